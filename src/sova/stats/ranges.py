"""Stretches of time: the named periods, the stretch before one, and the days in one.

Days are calendar days of a time zone, 23 to 25 hours long (or whatever its rules make of them).
"""

from __future__ import annotations

import datetime as dt

from sova.times import Span, day_start, days_back

__all__ = ["MOST_DAYS", "before", "days_of", "periods"]

MOST_DAYS = 3660
"""Ten years: what is counted by day has an end."""


def periods(now: dt.datetime, timezone: dt.tzinfo) -> tuple[tuple[str, dt.datetime, dt.datetime], ...]:
    """Name, beginning and end (UTC) of the periods that stand beside every range; "last 7 days" are today and the six
    before (the seed's "last week"). A period ends where the day ends, so "today" goes on until midnight."""
    tomorrow = days_back(now, 0, timezone)
    today, yesterday = days_back(now, 1, timezone), days_back(now, 2, timezone)
    return (
        ("today", today, tomorrow),
        ("yesterday", yesterday, today),
        ("last 7 days", days_back(now, 7, timezone), tomorrow),
    )


def before(since: dt.datetime, until: dt.datetime, timezone: dt.tzinfo) -> Span:
    """The stretch that ends where this one begins: as many calendar days of the zone where this one begins and ends
    with a day, else the same length. It is cut where the calendar begins."""
    first, last = since.astimezone(timezone).date(), until.astimezone(timezone).date()
    try:
        if day_start(first, timezone) == since and day_start(last, timezone) == until:
            return day_start(first - (last - first), timezone), since
        return since - (until - since), since
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC), since


def days_of(since: dt.datetime, until: dt.datetime, timezone: dt.tzinfo) -> tuple[tuple[dt.date, Span], ...]:
    """Every calendar day of the zone that the stretch touches, oldest first, with its beginning and end (UTC), cut to
    the stretch. A day that the zone left out is not there. Raises ValueError for more than MOST_DAYS days."""
    if until - since > dt.timedelta(days=MOST_DAYS):
        raise ValueError(f"a range should hold at most {MOST_DAYS:,} days")
    found: list[tuple[dt.date, Span]] = []
    day = since.astimezone(timezone).date()
    while (start := day_start(day, timezone)) < until:
        following = day + dt.timedelta(days=1)
        span = max(since, start), min(until, day_start(following, timezone))
        if span[0] < span[1]:
            found.append((day, span))
        day = following
    return tuple(found)
