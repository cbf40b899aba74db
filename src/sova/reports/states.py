"""How one build is drawn, in pages and on the console: its mark and words. Loads neither templates nor database."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sova.model import Diagnosis, Outcome, Verdict
from sova.reports.clean import shorten
from sova.reports.tags import Mark, mark_of

if TYPE_CHECKING:
    from sova.store import Run

__all__ = ["Shown", "Told", "shown_of", "state_of"]

_STATES = {
    Verdict.PASSED: ("passed", "passed"),
    Verdict.SKIPPED: ("skipped", "skipped or running"),
    Verdict.NO_LOGS: ("unread", "failed, logs not read"),
    Verdict.NO_FAILURE_SEEN: ("skipped", "no failure seen"),
}


Shown: TypeAlias = "Run | Told"
"""A build as the store counts it, or a diagnosis as far as it is shown."""


@dataclass(frozen=True, slots=True)
class Told:
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


def shown_of(run: Shown | Diagnosis) -> Shown:
    """What is shown of a build, whole or not."""
    if not isinstance(run, Diagnosis):
        return run
    build, message = run.build, run.primary.message if run.primary else ""
    return Told(
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


def state_of(run: Shown | Diagnosis) -> tuple[Mark, str]:
    """How one build is drawn: its mark and words. The letter always stands beside the colour."""
    run = shown_of(run)
    if state := _STATES.get(run.verdict):
        return mark_of(state[0]), "running" if run.outcome == Outcome.RUNNING else state[1]
    tag = run.tag or "unknown"
    return mark_of(tag), f"{shorten(tag, 24)}: {shorten(run.message, 160) or 'no known reason'}"
