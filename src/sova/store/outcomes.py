"""What is counted of a diagnosis, with names in words: the row of table `outcomes` before its names become numbers."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import overload

from sova.model import Diagnosis, Reason
from sova.store.identity import bounded
from sova.store.rows import clean, storable

__all__ = ["KINDS", "Counted", "counted", "moment_of", "reason_of", "seconds_of"]

KINDS = ("job", "project", "branch", "pipeline", "result", "tag")
"""Kinds of names; each is a column of `outcomes`."""


@dataclass(frozen=True, slots=True)
class Counted:
    """`names` holds a name or None for each of KINDS, `reason` tag and message of the primary one, `row` the rest."""

    names: tuple[str | None, ...]
    reason: tuple[str, str] | None
    row: dict[str, object]


@overload
def seconds_of(time: dt.datetime) -> int: ...
@overload
def seconds_of(time: dt.datetime | None) -> int | None: ...
def seconds_of(time: dt.datetime | None) -> int | None:
    """Whole seconds since 1970, rounded down."""
    return None if time is None else math.floor(time.timestamp())


@overload
def moment_of(seconds: int) -> dt.datetime: ...
@overload
def moment_of(seconds: int | None) -> dt.datetime | None: ...
def moment_of(seconds: int | None) -> dt.datetime | None:
    """The moment so many seconds after 1970 began."""
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)


def reason_of(reason: Reason) -> tuple[str, str]:
    """Tag and message, as they are kept: what makes two reasons one."""
    return clean(reason.tag), clean(reason.message)


def counted(diagnosis: Diagnosis) -> Counted:
    """What is counted of this diagnosis."""
    build, change, primary = diagnosis.build, diagnosis.build.change, diagnosis.primary
    names = (build.job_name, change.project, change.branch, build.pipeline, build.result)
    row: dict[str, object] = {
        "time": seconds_of(build.time),
        "change_number": change.number,
        "patchset": bounded(clean(change.patchset)),
        "duration": build.duration,
        "passed": diagnosis.passed,
        "failed": diagnosis.failed,
        "explained": diagnosis.explained,
        "unreadable": diagnosis.unreadable,
        "voting": build.voting,
        "verdict": diagnosis.verdict,
        "outcome": build.outcome,
    }
    tag = clean(diagnosis.tag or "unknown") if diagnosis.failed else None
    reason = reason_of(primary) if primary else None
    return Counted((*map(clean, names), tag), reason, storable(row))
