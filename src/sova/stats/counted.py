"""Statistics of what the store holds: any stretch of time, beside the one before it, by day and by dimension.

The stretch is always given; `search.query.since` and `until` are not looked at. Every function raises StoreError.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from sova.slugs import name_slug
from sova.stats.counts import DIMENSIONS, Compared, DayCount, Part, Totals, biggest_first
from sova.stats.ranges import before, days_of, periods
from sova.store.counting import Counting, counting
from sova.store.tallies import Tally

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store
    from sova.times import Span

__all__ = [
    "checked",
    "compare",
    "compare_in",
    "compared",
    "compared_in",
    "daily",
    "daily_in",
    "newest_of",
    "parts",
    "parts_in",
    "totals_of",
]

Called: TypeAlias = "tuple[str, str, str]"
"""Name, slug, and the tag of a reason."""


def compared(store: Store, search: Search, now: dt.datetime, zone: dt.tzinfo) -> tuple[Compared, ...]:
    """Today, yesterday and the last 7 days, each beside the stretch before it."""
    with counting(store, search) as counts:
        return compared_in(counts, now, zone)


def compared_in(counts: Counting, now: dt.datetime, zone: dt.tzinfo) -> tuple[Compared, ...]:
    """As `compared`, in a state of the store that is looked at already."""
    return tuple(compare_in(counts, (since, until), zone, name) for name, since, until in periods(now, zone))


def compare(  # noqa: PLR0913, PLR0917 - the range is two, and the zone says what was before it
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, zone: dt.tzinfo, name: str = ""
) -> Compared:
    """A stretch of time beside the one before it."""
    with counting(store, search) as counts:
        return compare_in(counts, (since, until), zone, name)


def compare_in(counts: Counting, span: Span, zone: dt.tzinfo, name: str = "") -> Compared:
    """As `compare`, in a state of the store that is looked at already."""
    earlier = before(*span, zone)
    counts.facts((earlier[0], span[1]))  # both at once, and what is asked of them next
    now, then = (totals_of(counts.total(one)) for one in (span, earlier))
    return Compared(name, *span, now, then)


def newest_of(store: Store, search: Search) -> dt.datetime | None:
    """Time of the newest build that is asked for, None where none has one."""
    with counting(store, search) as counts:
        return counts.newest()


def daily(
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, zone: dt.tzinfo
) -> tuple[DayCount, ...]:
    """Every calendar day of the zone that the stretch touches, oldest first, empty ones too."""
    with counting(store, search) as counts:
        return daily_in(counts, (since, until), zone)


def daily_in(counts: Counting, span: Span, zone: dt.tzinfo) -> tuple[DayCount, ...]:
    """As `daily`, in a state of the store that is looked at already."""
    return tuple(DayCount(date, *day, totals_of(counts.total(day))) for date, day in days_of(*span, zone))


def parts(  # noqa: PLR0913 - a stretch of time is two, and the zone says what was before it
    store: Store,
    search: Search,
    since: dt.datetime,
    until: dt.datetime,
    by: str,
    *,
    limit: int = 50,
    zone: dt.tzinfo | None = None,
) -> tuple[Part, ...]:
    """The builds of each job, branch, ... (one of DIMENSIONS): most failures first, then most builds, then by name.

    `zone` says which stretch was before (by default the zone of `search.query`). Raises ValueError for another `by`.
    """
    with counting(store, search) as counts:
        return parts_in(counts, (since, until), zone or search.query.timezone, by, limit)


def parts_in(counts: Counting, span: Span, zone: dt.tzinfo, by: str, limit: int) -> tuple[Part, ...]:
    """As `parts`, in a state of the store that is looked at already."""
    tallies = counts.leading(checked(by), span, limit)
    called = _called(counts, by, tallies)
    top = sorted(called, key=lambda key: (-tallies[key].failed, -tallies[key].builds, called[key]))[:limit]
    earlier = counts.parts(by, before(*span, zone), top) if top else {}
    lengths = counts.lengths(by, span, top) if top else {}
    return tuple(_part(called[key], tallies[key], earlier.get(key), lengths.get(key)) for key in top)


def _part(called: Called, tally: Tally, earlier: Tally | None, lengths: tuple[float, float] | None) -> Part:
    name, slug, tag = called
    median, p90 = lengths or (None, None)
    return Part(name, totals_of(tally), totals_of(earlier), median, p90, slug, tag)


def checked(by: str) -> str:
    """The dimension itself. Raises ValueError that says what is allowed."""
    if by not in DIMENSIONS:
        raise ValueError(f"{by!r} is nothing to count by; allowed: {', '.join(DIMENSIONS)}")
    return by


def totals_of(tally: Tally | None) -> Totals:
    """Counts as they are shown; of nothing, where there is none."""
    if tally is None:
        return Totals()
    return Totals(
        builds=tally.builds,
        passed=tally.passed,
        failed=tally.failed,
        other=tally.builds - tally.passed - tally.failed,
        explained=tally.explained,
        unreadable=tally.unreadable,
        by_tag=biggest_first(tally.by_tag),
        seconds=tally.seconds,
        lost=tally.lost,
        by_outcome=biggest_first(Counter({outcome.value: number for outcome, number in tally.by_outcome.items()})),
    )


def _called(counts: Counting, by: str, numbers: Iterable[int]) -> dict[int, Called]:
    """What each value of a dimension is called."""
    if by == "reason":
        found = counts.messages(list(numbers))
        return {number: (message, slug, tag) for number, (slug, tag, message) in found.items()}
    names = counts.names
    if by == "change":
        changes = {number: change for number in numbers if (change := counts.changes[number])}
        slugs = {project: name_slug(names[project]) for project, _ in changes.values()}
        return {number: (f"{names[p]} {n}".strip(), f"{slugs[p]}/{n}", "") for number, (p, n) in changes.items()}
    words = {number: names[number] or ("unknown" if by == "tag" else "") for number in numbers}
    return {number: (word, name_slug(word), "") for number, word in words.items()}
