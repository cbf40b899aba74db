"""How a job is doing: its circle, its streak, and whether it is flaky. Of runs, which come newest first, only those
count that passed or failed; skipped and running ones say nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sova.store import Run

__all__ = [
    "ALTERNATES",
    "ALTERNATES_RUNS",
    "CIRCLE",
    "SAME_PATCH_SET",
    "Circle",
    "Flaky",
    "JobHealth",
    "Streak",
    "circle_of",
    "flaky_of",
    "streak_of",
    "switches",
]

CIRCLE = 5
"""How many runs a circle looks at, unless told otherwise."""
SAME_PATCH_SET = "same patch set"
ALTERNATES = "alternates"
ALTERNATES_RUNS = 10
_SWITCHES = 4
"""So many switches among ALTERNATES_RUNS runs are flaky: a job that broke and was mended has two, one that broke again
three; four need a result that comes and goes."""


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
    """A job whose result does not depend on the code alone. `rule` is SAME_PATCH_SET (a patch set of a change both
    failed and passed it) or ALTERNATES (at least 4 switches between passed and failed among its newest 10 runs without
    a change); `cases` is how many patch sets, or how many switches; `words` says rule and numbers in a sentence."""

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


def switches(failed: Sequence[bool]) -> int:
    """How often a run ended otherwise than the one before it."""
    return sum(one is not other for one, other in pairwise(failed))


def flaky_of(patch_sets: int, periodic: Sequence[bool]) -> Flaky | None:
    """Whether a job is flaky. `patch_sets` is how many both failed and passed it; `periodic` says of its newest
    ALTERNATES_RUNS runs without a change whether each failed. Where both rules hold, the first is told."""
    if patch_sets:
        words = "1 patch set" if patch_sets == 1 else f"{patch_sets:,} patch sets"
        return Flaky(SAME_PATCH_SET, patch_sets, f"{words} both failed and passed it")
    count = switches(periodic)
    if count < _SWITCHES:
        return None
    words = f"{count} switches between passed and failed in its last {len(periodic)} runs without a change"
    return Flaky(ALTERNATES, count, words)


def _ended(runs: Iterable[_Ended]) -> Sequence[_Ended]:
    return [run for run in runs if run.passed or run.failed]
