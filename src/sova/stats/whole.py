"""Everything that `sova stats` and the page of statistics show, in one value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sova.stats.causes import top_reasons_of
from sova.stats.counted import checked, compare_in, compared_in, daily_in, parts_in
from sova.stats.counts import DIMENSIONS, Compared, DayCount, Part, ReasonCount
from sova.stats.jobs import red_or_flaky
from sova.stats.runs import JobHealth
from sova.store.counting import counting

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store

__all__ = ["Statistics", "statistics"]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The statistics of one stretch of time, and beside them today, yesterday and the last 7 days (`compared`).

    `days` are the calendar days of the stretch, `parts` the parts by each dimension that was asked for, `reasons` the
    top reasons, `jobs` the jobs that are red or flaky; `newest` is the time of the newest build that is stored at all.
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
    newest: dt.datetime | None = None


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
    top: int | None = None,
) -> Statistics:
    """All statistics of a stretch of time: at most `limit` parts of each dimension, and `top` (by default as many)
    reasons and jobs. Raises StoreError, and ValueError for a dimension that is none."""
    dimensions = [checked(one) for one in dict.fromkeys(by)]
    with counting(store, search) as counts:
        beside = compared_in(counts, now, zone)
        ranged = compare_in(counts, (since, until), zone, name)
        days = daily_in(counts, (since, until), zone)
        by_dimension = {one: parts_in(counts, (since, until), zone, one, limit) for one in dimensions}
    return Statistics(
        now=now,
        timezone=zone.key,
        name=name,
        since=since,
        until=until,
        compared=beside,
        range=ranged,
        days=days,
        parts=by_dimension,
        reasons=top_reasons_of(store, search, since, until, limit=top or limit, zone=zone),
        jobs=red_or_flaky(store, search, since, until, limit=top or limit),
        newest=store.newest(),
    )
