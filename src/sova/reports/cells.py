"""A build as one cell of a grid or strip: colour, letter and words. Made without templates, as a page has thousands."""

from __future__ import annotations

import datetime as dt
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

__all__ = ["cell", "run_of", "state_of", "strip"]

_STATES = {
    Verdict.PASSED: ("passed", "passed"),
    Verdict.SKIPPED: ("skipped", "skipped or running"),
    Verdict.NO_LOGS: ("unread", "failed, logs not read"),
    Verdict.NO_FAILURE_SEEN: ("skipped", "no failure seen"),
}


def run_of(diagnosis: Diagnosis) -> Run:
    """The diagnosis as what a grid shows of it."""
    from sova.store import Run  # noqa: PLC0415

    build, primary = diagnosis.build, diagnosis.primary
    return Run(
        key=build.key,
        time=build.time,
        outcome=build.outcome,
        verdict=diagnosis.verdict,
        tag=diagnosis.tag,
        message=primary.message if primary else "",
        passed=diagnosis.passed,
        failed=diagnosis.failed,
        change=build.change.name,
        duration=build.duration,
    )


def state_of(run: Run | Diagnosis) -> tuple[Mark, str]:
    """How one build is drawn: its mark and words. The letter always stands beside the colour."""
    if isinstance(run, Diagnosis):
        run = run_of(run)
    if state := _STATES.get(run.verdict):
        return mark_of(state[0]), "running" if run.outcome == Outcome.RUNNING else state[1]
    tag = run.tag or "unknown"
    return mark_of(tag), f"{shorten(tag, 24)}: {shorten(run.message, 160) or 'no known reason'}"


def cell(run: Run | Diagnosis, links: Links, zone: str) -> Markup:
    """The link to a build as one letter; its title, which is read aloud too, is time, change, length and reason."""
    if isinstance(run, Diagnosis):
        run = run_of(run)
    mark, words = state_of(run)
    told = escape(" · ".join(filter(None, (_when(run.time, zone), run.change, length(run.duration), words))))
    failed = " data-failed" if run.failed else ""
    return Markup(  # noqa: S704 - every value is escaped, or one of ours
        f'<a class="cell tag-{mark.name}"{failed} href="{links.build(run.key)}" title="{told}" aria-label="{told}">'
        f"{mark.letter}</a>"
    )


def _when(moment: dt.datetime | None, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}" if moment else ""


def strip(runs: tuple[Run, ...], links: Links, zone: str, most: int = 10) -> Markup:
    """The newest runs side by side, newest first."""
    cells = Markup("").join(cell(run, links, zone) for run in runs[:most])
    return Markup('<span class="strip">{}</span>').format(cells)
