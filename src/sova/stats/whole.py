"""Everything that `sova stats` and the page of statistics show, in one value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sova.stats.counts import DIMENSIONS, Compared, DayCount, Part, ReasonCount
from sova.stats.health import JobHealth

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store

__all__ = ["Statistics", "health", "statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of one stretch of time, and beside them today, yesterday and the last 7 days (`compared`).

    `days` are the calendar days of the stretch, `parts` the parts by each dimension that was asked for, `reasons` the
    top reasons, `jobs` the jobs that are red or flaky.
    """

    now: dt.datetime
    timezone: str
    name: str
    since: dt.datetime
    until: dt.datetime
    compared: tuple[Compared, ...]
    range: Compared
    days: tuple[DayCount, ...]
    parts: Mapping[str, tuple[Part, ...]]
    reasons: tuple[ReasonCount, ...]
    jobs: tuple[JobHealth, ...]


def health(
    store: Store, jobs: Sequence[str], search: Search, *, since: dt.datetime, runs: int = 10
) -> dict[str, JobHealth]:
    """How each of these jobs is doing, by name: its newest `runs` runs, and whether it was flaky since `since`.
    Raises StoreError."""
    raise NotImplementedError


def statistics(  # noqa: PLR0913, PLR0917 - everything that a page of statistics says
    store: Store,
    search: Search,
    since: dt.datetime,
    until: dt.datetime,
    now: dt.datetime,
    zone: ZoneInfo,
    *,
    name: str = "",
    by: Sequence[str] = DIMENSIONS,
    limit: int = 20,
) -> Statistics:
    """All statistics of a stretch of time. Raises StoreError, and ValueError for a dimension that is none."""
    raise NotImplementedError
