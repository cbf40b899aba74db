"""Top reasons: what fails most, what costs most, what is new, what came back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from sova.model import Action
from sova.slugs import reason_slug
from sova.stats.counts import ReasonCount
from sova.stats.ranges import before
from sova.store import sightings as seen
from sova.store.counting import counting
from sova.store.sightings import About, Cost, Sightings

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Store

__all__ = ["ORDERS", "SILENCE", "first_seen_of", "top_reasons_of"]

SILENCE = dt.timedelta(days=7)
"""How long a reason must have been away to have returned, where nobody said that it is fixed."""

_KEYS: Mapping[str, Callable[[Cost], tuple[float, float, str, str]]] = {
    "builds": lambda cost: (-cost.builds, -cost.last_seen.timestamp(), cost.message, cost.tag),
    "lost": lambda cost: (-cost.lost, -cost.builds, cost.message, cost.tag),
    "last_seen": lambda cost: (-cost.last_seen.timestamp(), -cost.builds, cost.message, cost.tag),
}
ORDERS = tuple(_KEYS)
"""What reasons can be sorted by."""

_NOTHING = About("", "", "", Action.NONE, "", None)


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
    if order not in _KEYS:
        raise ValueError(f"{order!r} is no order of reasons; allowed: {', '.join(ORDERS)}")
    span = (since, until)
    with counting(store, search) as counts:
        costs = seen.costs(counts, span)
        top = sorted(costs, key=lambda number: _KEYS[order](costs[number]))[:limit]
        if not top:
            return ()
        earlier = seen.before(counts, before(*span, zone or search.query.timezone), top)
        times = seen.sightings(counts.connection, span, top)
        known = seen.about(counts.connection, until, top)
    return tuple(
        _reason(costs[number], times[number], known.get(number, _NOTHING), earlier.get(number, 0), since)
        for number in top
    )


def first_seen_of(store: Store, reasons: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dt.datetime]:
    """When each of these reasons (tag and message) was first seen in all that is stored. Raises StoreError."""
    slugs = {reason_slug(*reason): reason for reason in reasons}
    with store.reading() as connection:
        found = seen.first_seen(connection, slugs)
    return {slugs[slug]: moment for slug, moment in found.items()}


def _reason(cost: Cost, times: Sightings, known: About, earlier: int, since: dt.datetime) -> ReasonCount:
    return ReasonCount(
        slug=cost.slug,
        tag=cost.tag,
        message=cost.message,
        pattern=known.pattern,
        bug=known.bug,
        owner=known.owner,
        action=known.action,
        note=known.note,
        fixed_since=known.fixed_since,
        builds=cost.builds,
        jobs=cost.jobs,
        changes=cost.changes,
        projects=cost.projects,
        first_seen=times.first,
        last_seen=cost.last_seen,
        lost=cost.lost,
        new=times.first >= since,
        returned=_returned(times, known.fixed_since),
        before=earlier,
    )


def _returned(times: Sightings, fixed_since: dt.datetime | None) -> bool:
    if times.last_before is None:
        return False
    fixed = fixed_since is not None and fixed_since <= times.first_within
    return fixed or times.first_within - times.last_before >= SILENCE
