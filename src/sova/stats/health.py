"""How a job is doing: its circle, its streak, and whether it is flaky. Runs are builds that passed or failed, newest
first; skipped and running ones say nothing and are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sova.store import Run

__all__ = ["ALTERNATES", "CIRCLE", "SAME_PATCH_SET", "Circle", "Flaky", "JobHealth", "Streak", "circle_of", "streak_of"]

CIRCLE = 3
"""How many runs a circle looks at, unless told otherwise."""
SAME_PATCH_SET = "same patch set"
ALTERNATES = "alternates"


class Circle(StrEnum):
    """The seed's circles: the last runs all passed, all failed, some of each, or there are none."""

    PASSED = "passed"
    FAILED = "failed"
    MIXED = "mixed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Streak:
    """How many of the newest runs ended alike, without another between them, and when the first of these was."""

    failed: bool
    length: int
    since: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Flaky:
    """A job whose result does not depend on the code alone. `rule` is SAME_PATCH_SET or ALTERNATES, `cases` how many
    patch sets, or how many switches; `words` says rule and numbers in a sentence."""

    rule: str
    cases: int
    words: str


@dataclass(frozen=True, slots=True)
class JobHealth:
    """One job: what its newest runs say. `runs` are newest first and hold those that neither passed nor failed too."""

    name: str
    circle: Circle
    streak: Streak | None
    flaky: Flaky | None
    runs: tuple[Run, ...]


class _Ended(Protocol):
    """What a circle needs to know of a run."""

    @property
    def passed(self) -> bool: ...
    @property
    def failed(self) -> bool: ...
    @property
    def time(self) -> dt.datetime | None: ...


def circle_of(runs: Iterable[_Ended], most: int = CIRCLE) -> Circle:
    """The circle of the newest `most` runs (newest first) that passed or failed; fewer will do."""
    failed = {run.failed for run in _ended(runs)[:most]}
    if not failed:
        return Circle.NONE
    if len(failed) == 2:
        return Circle.MIXED
    return Circle.FAILED if True in failed else Circle.PASSED


def streak_of(runs: Iterable[_Ended]) -> Streak | None:
    """The streak that the newest run (newest first) belongs to; None where none passed or failed."""
    ended = _ended(runs)
    if not ended:
        return None
    failed = ended[0].failed
    length = next((place for place, run in enumerate(ended) if run.failed is not failed), len(ended))
    return Streak(failed, length, ended[length - 1].time)


def _ended(runs: Iterable[_Ended]) -> Sequence[_Ended]:
    return [run for run in runs if run.passed or run.failed]
