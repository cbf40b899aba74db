"""Which parts of a query a server may be asked for. The filters have the last word, so leaving a part out is safe."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Sequence

from sova.filters import Query, accepts, matches
from sova.model import Build
from sova.times import day_span

__all__ = ["Horizon", "earliest", "exact", "narrowed"]

_GLOB = frozenset("*?[")
_YEARS = 9  # every day of the calendar comes at least once in so many


def exact(names: Sequence[str]) -> tuple[str, ...]:
    """The names when none of them is a glob, else (): servers know no globs, or not the same ones."""
    return () if any(_GLOB & set(name) for name in names) else tuple(names)


def narrowed(configured: Sequence[str], asked: Sequence[str]) -> tuple[str, ...] | None:
    """Exact names to ask a server for: () asks for everything, None says that nothing can be wanted."""
    first, second = exact(configured), exact(asked)
    if first and asked:
        return tuple(name for name in first if matches(name, tuple(asked))) or None
    if second and configured:
        return tuple(name for name in second if matches(name, tuple(configured))) or None
    return first or second


def earliest(query: Query, now: dt.datetime) -> dt.datetime | None:
    """The moment before which no build is wanted, or None. A date without a year means the last one there was."""
    starts = []
    for year, month, day in query.dates:
        last = now.astimezone(query.timezone).year
        spans = [
            day_span(one, month, day, query.timezone) for one in ([year] if year else range(last, last - _YEARS, -1))
        ]
        starts += [span[0] for span in spans if span and span[0] <= now][:1]
    first = min(starts, default=None) if len(starts) == len(query.dates) else None
    return max((moment for moment in (query.since, first) if moment), default=None)


class Horizon:
    """How far back in time a source has to look: to the wanted time, or until enough newer builds were found."""

    def __init__(self, query: Query, now: dt.datetime) -> None:
        self._query = query
        self._since = earliest(query, now)
        self._newest: list[dt.datetime] = []

    def saw(self, build: Build) -> None:
        """Tells of a build that was found, in any order."""
        limit = self._query.limit
        if limit is not None and build.time and accepts(build, self._query):
            heapq.heappush(self._newest, build.time)
            if len(self._newest) > limit:
                heapq.heappop(self._newest)

    def moment(self) -> dt.datetime | None:
        """The moment before which no build is wanted any more, or None."""
        enough = self._newest[0] if self._newest and len(self._newest) == self._query.limit else None
        return max((moment for moment in (self._since, enough) if moment), default=None)

    def passed(self, time: dt.datetime | None) -> bool:
        """Whether a build of that time comes too late to be wanted; one without a time never does."""
        moment = self.moment()
        return time is not None and moment is not None and time < moment
