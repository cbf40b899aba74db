"""Statistics of what the store holds: any stretch of time, beside the one before it, by day and by dimension.

The stretch is always given; `search.query.since` and `until` are not looked at. Every function raises StoreError.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sova.stats.counts import Compared, DayCount, Part

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store

__all__ = ["compare", "compared", "daily", "parts"]


def compared(store: Store, search: Search, now: dt.datetime, zone: dt.tzinfo) -> tuple[Compared, ...]:
    """Today, yesterday and the last 7 days, each beside the stretch before it."""
    raise NotImplementedError


def compare(  # noqa: PLR0913, PLR0917 - the range is two, and the zone says what was before it
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, zone: dt.tzinfo, name: str = ""
) -> Compared:
    """A stretch of time beside the one before it."""
    raise NotImplementedError


def daily(
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, zone: dt.tzinfo
) -> tuple[DayCount, ...]:
    """Every calendar day of the zone that the stretch touches, oldest first, empty ones too."""
    raise NotImplementedError


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
    raise NotImplementedError
