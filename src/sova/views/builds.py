"""One build, and lists of builds.

What stands beside a build (the same reason elsewhere, its change, the runs before and after it) is asked of the store
apart from the diagnosis itself, so that a page on disk can do without: `BuildView(diagnosis)` is a page too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sova.filters import Query, Search
from sova.model import Build, Diagnosis
from sova.slugs import reason_slug
from sova.stats import days_of
from sova.store.around import Neighbours, neighbours, reason_around
from sova.times import day_start
from sova.views.desk import Desk, Span

__all__ = ["Around", "BuildView", "BuildsView", "DayView", "Elsewhere", "build", "builds", "day"]

DAYS = 14
"""How many days around a build are looked at for the same reason."""
NEWEST = 10
COUNTED = 10_000
"""Builds are counted up to here: nobody pages further, and counting all takes long."""
COUNTED_BY_WORDS = 1_000
"""The same where words are asked for: their builds are looked for in one text after the other."""
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The primary reason of a build in the days around it: `others` counts other builds that failed for it, `jobs` and
    `changes` those of all, `days` all of each day. `newest` are the newest other builds; when it was seen first and
    last goes for everything that is stored."""

    slug: str
    since: dt.datetime
    until: dt.datetime
    others: int
    jobs: int
    changes: int
    days: tuple[int, ...]
    newest: tuple[Build, ...]
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands beside a build. `change_failures` counts the other failures of the same change."""

    elsewhere: Elsewhere | None = None
    change_failures: int = 0
    neighbours: Neighbours = field(default_factory=Neighbours)


@dataclass(frozen=True, slots=True)
class BuildView:
    """One build with its diagnosis."""

    diagnosis: Diagnosis
    around: Around | None = None

    @property
    def pruned(self) -> bool:
        """Whether the lines that were found in the logs are no longer kept."""
        return any(reason.count and not reason.hits for reason in self.diagnosis.reasons)


@dataclass(frozen=True, slots=True)
class BuildsView:
    """A page of builds, newest first. `after` is the cursor that this page was asked for by, `more` the one of the next
    page ("" at the end); counting `total` stops somewhere. `names` holds what is known of each thing that can be
    filtered by; `days` are the days that have a page of their own (on disk)."""

    span: Span | None
    search: Search
    diagnoses: tuple[Diagnosis, ...]
    total: int
    after: str
    more: str
    names: Mapping[str, tuple[str, ...]]
    days: tuple[dt.date, ...] = ()

    @property
    def counted_out(self) -> bool:
        """Whether there are more builds than were counted."""
        return self.total >= _most_counted(self.search)


@dataclass(frozen=True, slots=True)
class DayView:
    """Every failure of one day of the zone, newest first."""

    span: Span
    date: dt.date
    diagnoses: tuple[Diagnosis, ...]
    days: tuple[dt.date, ...] = ()
    search: Search = field(default_factory=lambda: Search(failed=True))

    @property
    def earlier(self) -> dt.date | None:
        """The day before that has a page of its own."""
        return max((day for day in self.days if day < self.date), default=None)

    @property
    def later(self) -> dt.date | None:
        """The next day that has a page of its own."""
        return min((day for day in self.days if day > self.date), default=None)


def build(desk: Desk, slug: str) -> BuildView | None:
    """The build with this slug, or one that any of its keys ever had; None where there is none. Raises StoreError."""
    found = desk.store.by_slug(slug)
    return BuildView(found, around(desk, found)) if found else None


def around(desk: Desk, diagnosis: Diagnosis) -> Around:
    """What stands beside the build. Raises StoreError."""
    return Around(
        elsewhere=_elsewhere(desk, diagnosis),
        change_failures=_change_failures(desk, diagnosis),
        neighbours=neighbours(desk.store, diagnosis.build),
    )


def _elsewhere(desk: Desk, diagnosis: Diagnosis) -> Elsewhere | None:
    reason, time = diagnosis.primary, diagnosis.build.time
    if not reason or not time or not diagnosis.failed:
        return None
    slug = reason_slug(reason.tag, reason.message)
    since, until = _days_around(desk, time)
    days = [span for _, span in days_of(since, until, desk.timezone)]
    seen = reason_around(desk.store, desk.within(Search(reason=slug)), days, NEWEST + 1)
    return Elsewhere(
        slug=slug,
        since=since,
        until=until,
        others=max(0, sum(seen.days) - 1),
        jobs=seen.jobs,
        changes=seen.changes,
        days=seen.days,
        newest=tuple(one for one in seen.newest if one.key != diagnosis.build.key)[:NEWEST],
        first_seen=seen.first_seen,
        last_seen=seen.last_seen,
    )


def _days_around(desk: Desk, time: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """DAYS days of the zone with this moment in them: half of them after it, as far as they have come."""
    today, day = desk.now.astimezone(desk.timezone).date(), time.astimezone(desk.timezone).date()
    last = max(day, min(today, day + dt.timedelta(days=DAYS // 2)))
    first = last - dt.timedelta(days=DAYS - 1)
    return day_start(first, desk.timezone), day_start(last + dt.timedelta(days=1), desk.timezone)


def _change_failures(desk: Desk, diagnosis: Diagnosis) -> int:
    change = diagnosis.build.change
    if change.number is None:
        return 0
    asked = Query(change=(change.number,), project=(change.project,) if change.project else ())
    return max(0, desk.store.count_of(desk.within(Search(asked, failed=True)), COUNTED) - diagnosis.failed)


def builds(  # noqa: PLR0913 - the page that is asked for, and what the site on disk adds
    desk: Desk,
    span: Span | None,
    search: Search,
    after: str = "",
    *,
    limit: int = 50,
    days: Sequence[dt.date] = (),
) -> BuildsView:
    """The builds asked for, `limit` to a page. Raises StoreError, and CursorError."""
    asked = desk.within(search, span)
    page = desk.store.page(asked, after=after, limit=limit, counted=_most_counted(search))
    return BuildsView(
        span=span,
        search=search,
        diagnoses=page.diagnoses,
        total=page.total,
        after=after,
        more=page.after,
        names=desk.store.names(),
        days=tuple(days),
    )


def _most_counted(search: Search) -> int:
    return COUNTED_BY_WORDS if search.text else COUNTED


def day(desk: Desk, date: dt.date, *, days: Sequence[dt.date] = ()) -> DayView:
    """Every failure of a day; `days` are those that have pages. Raises StoreError."""
    span = Span("", day_start(date, desk.timezone), day_start(date + dt.timedelta(days=1), desk.timezone))
    return DayView(span, date, tuple(desk.store.walk(desk.within(Search(failed=True), span))), tuple(days))
