"""A build as one cell of a grid or strip: colour, letter and words. Made without templates, as a page has thousands."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from sova.model import Diagnosis
from sova.reports.clean import shorten
from sova.reports.links import Links
from sova.reports.states import shown_of, state_of
from sova.reports.wording import length

if TYPE_CHECKING:
    from sova.store import Run

__all__ = ["cell", "strip"]


def cell(run: Run | Diagnosis, links: Links, zone: str) -> Markup:
    """The link to a build as one letter; its title, which is read aloud too, is time, change, length and reason."""
    told = shown_of(run)
    mark, words = state_of(told)
    parts = (_when(told.time, zone), shorten(told.change, 40), length(told.duration), words)
    title = escape(" · ".join(filter(None, parts)))
    failed = " data-failed" if told.failed else ""
    page = links.build(told.key)
    kind, leads = ("a", f' href="{page}"') if page else ("span", ' role="img"')
    return Markup(  # noqa: S704 - every value is escaped, or one of ours
        f'<{kind} class="cell tag-{mark.name}"{failed}{leads} title="{title}" aria-label="{title}">'
        f"{mark.letter}</{kind}>"
    )


def _when(moment: dt.datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" if moment else ""


def strip(runs: tuple[Run, ...], links: Links, zone: str, most: int = 10) -> Markup:
    """The newest runs side by side, newest first."""
    cells = Markup("").join(cell(run, links, zone) for run in runs[:most])
    return Markup('<span class="strip">{}</span>').format(cells)
