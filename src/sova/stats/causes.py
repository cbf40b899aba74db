"""Top reasons: what fails most, what costs most, what is new, what came back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from sova.stats.counts import ReasonCount

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store

__all__ = ["ORDERS", "top_reasons_of"]

ORDERS = ("builds", "lost", "last_seen")


def top_reasons_of(  # noqa: PLR0913 - a stretch of time is two, and the zone says what was before it
    store: Store,
    search: Search,
    since: dt.datetime,
    until: dt.datetime,
    *,
    limit: int = 50,
    order: str = "builds",
    zone: dt.tzinfo | None = None,
) -> tuple[ReasonCount, ...]:
    """The reasons of the failures in a stretch of time, the biggest in `order` (one of ORDERS) first.

    `zone` says which stretch was before (by default the zone of `search.query`). Raises StoreError, and ValueError for
    another `order`.
    """
    raise NotImplementedError
