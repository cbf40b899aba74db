"""A build as one cell of a grid or strip: colour, letter and words. Made without templates, as a page has thousands."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from sova.model import Diagnosis, Outcome, Verdict
from sova.reports.clean import shorten
from sova.reports.links import Links
from sova.reports.tags import Mark, mark_of
from sova.reports.wording import length

if TYPE_CHECKING:
    from sova.store import Run

__all__ = ["cell", "state_of", "strip"]

_STATES = {
    Verdict.PASSED: ("passed", "passed"),
    Verdict.SKIPPED: ("skipped", "skipped or running"),
    Verdict.NO_LOGS: ("unread", "failed, logs not read"),
    Verdict.NO_FAILURE_SEEN: ("skipped", "no failure seen"),
}


@dataclass(frozen=True, slots=True)
class _Told:
    """What is shown of a diagnosis; a Run has all of this itself."""

    key: str
    time: dt.datetime | None
    outcome: str
    verdict: Verdict
    tag: str
    message: str
    failed: bool
    change: str
    duration: float | None


def _told(run: Run | Diagnosis) -> Run | _Told:
    if not isinstance(run, Diagnosis):
        return run
    build, message = run.build, run.primary.message if run.primary else ""
    return _Told(
        build.key,
        build.time,
        build.outcome,
        run.verdict,
        run.tag,
        message,
        run.failed,
        build.change.name,
        build.duration,
    )


def state_of(run: Run | Diagnosis) -> tuple[Mark, str]:
    """How one build is drawn: its mark and words. The letter always stands beside the colour."""
    return _state(_told(run))


def _state(run: Run | _Told) -> tuple[Mark, str]:
    if state := _STATES.get(run.verdict):
        return mark_of(state[0]), "running" if run.outcome == Outcome.RUNNING else state[1]
    tag = run.tag or "unknown"
    return mark_of(tag), f"{shorten(tag, 24)}: {shorten(run.message, 160) or 'no known reason'}"


def cell(run: Run | Diagnosis, links: Links, zone: str) -> Markup:
    """The link to a build as one letter; its title, which is read aloud too, is time, change, length and reason."""
    told = _told(run)
    mark, words = _state(told)
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
