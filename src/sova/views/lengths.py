"""How long builds took, day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sova.store.counting import rank

__all__ = ["DayLength", "lengths"]


@dataclass(frozen=True, slots=True)
class DayLength:
    """The builds of one day, in seconds: the least length that 50 % (90 %) of them do not exceed, and the longest."""

    date: dt.date
    builds: int
    median: float
    p90: float
    longest: float


def lengths(builds: Iterable[tuple[dt.datetime, float]], zone: ZoneInfo) -> tuple[DayLength, ...]:
    """The days of the zone that have builds (their times and lengths), oldest first."""
    days: dict[dt.date, list[float]] = {}
    for time, length in builds:
        days.setdefault(time.astimezone(zone).date(), []).append(length)
    return tuple(_day(date, sorted(days[date])) for date in sorted(days))


def _day(date: dt.date, found: Sequence[float]) -> DayLength:
    median, p90 = (found[rank(len(found), percent)] for percent in (50, 90))
    return DayLength(date, len(found), median, p90, found[-1])
