"""Which parts of a query a server may be asked for. The filters have the last word, so leaving a part out is safe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sova.filters import Query, matches
from sova.times import day_span

__all__ = ["earliest", "exact", "narrowed"]

_GLOB = frozenset("*?[")


def exact(names: Sequence[str]) -> tuple[str, ...]:
    """The names when none of them is a glob, else (): servers know no globs, or not the same ones."""
    return () if any(_GLOB & set(name) for name in names) else tuple(names)


def narrowed(configured: Sequence[str], asked: Sequence[str]) -> tuple[str, ...] | None:
    """Exact names to ask a server for: () asks for everything, None says that nothing can be wanted."""
    first, second = exact(configured), exact(asked)
    if first and asked:
        first = tuple(name for name in first if matches(name, tuple(asked)))
        return first or None
    if second and configured:
        second = tuple(name for name in second if matches(name, tuple(configured)))
        return second or None
    return first or second


def earliest(query: Query, now: dt.datetime) -> dt.datetime | None:
    """The moment before which no build is wanted, or None. A date without a year means the last one there was."""
    starts = []
    for year, month, day in query.dates:
        last = now.astimezone(query.timezone).year
        spans = [day_span(year, month, day, query.timezone)] if year else _recent(last, month, day, query)
        starts += [span[0] for span in spans if span and span[0] <= now][:1]
    first = min(starts, default=None) if len(starts) == len(query.dates) else None
    return max((moment for moment in (query.since, first) if moment), default=None)


def _recent(last: int, month: int, day: int, query: Query) -> list[tuple[dt.datetime, dt.datetime] | None]:
    return [day_span(year, month, day, query.timezone) for year in range(last, last - 9, -1)]
