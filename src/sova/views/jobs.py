"""Jobs: all of them beside their newest runs, and one with its days, lengths, reasons and builds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sova.errors import CursorError
from sova.filters import Search
from sova.model import Diagnosis
from sova.stats import (
    Circle,
    Compared,
    DayCount,
    Flaky,
    JobHealth,
    ReasonCount,
    Totals,
    health,
    top_reasons_of,
)
from sova.stats import before as stretch_before
from sova.stats.counted import compare_in, daily_in, totals_of
from sova.stats.jobs import EVER, flaky_jobs, health_in
from sova.store.counting import counting
from sova.views.desk import Desk, Span
from sova.views.lengths import DayLength, lengths

__all__ = ["ORDERS", "PAGE", "JobRow", "JobView", "JobsView", "job", "jobs"]

ORDERS = ("failed", "name", "flaky")
"""Orders of the grid: most failures first, by name, flaky jobs first."""

RUNS = 30
"""Runs of a job that the grid shows."""
MOST_RUNS = 1000
"""Runs of a job that its lengths are counted over."""

PAGE = 50
"""Jobs on a page of the grid."""

_BUILDS = 50
_ALL_JOBS = 5000
_REASONS = 10


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job of the grid: its builds in the stretch of time and in the one before."""

    name: str
    short: str
    group: str
    totals: Totals
    before: Totals
    health: JobHealth


@dataclass(frozen=True, slots=True)
class JobsView:
    """A page of the grid. `groups` are titles and rows, in the configured order; `after` leads to the next page,
    `total` counts the jobs on all pages."""

    span: Span
    search: Search
    order: str
    groups: tuple[tuple[str, tuple[JobRow, ...]], ...]
    total: int
    after: str

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """What this page was asked for beside span and search."""
        return (("order", self.order),) if self.order != ORDERS[0] else ()


@dataclass(frozen=True, slots=True)
class JobView:
    """One job. `median` and `p90` are its lengths in seconds, `lengths` those of its newest MOST_RUNS runs in the
    stretch by day; `diagnoses` its newest builds, newest first; `after` is the cursor of the builds behind them in the
    list of builds."""

    name: str
    short: str
    group: str
    span: Span
    search: Search
    compared: Compared
    health: JobHealth
    median: float | None
    p90: float | None
    days: tuple[DayCount, ...]
    lengths: tuple[DayLength, ...]
    reasons: tuple[ReasonCount, ...]
    diagnoses: tuple[Diagnosis, ...]
    after: str


def jobs(  # noqa: PLR0913 - which page of the grid
    desk: Desk, span: Span, search: Search, *, after: str = "", order: str = ORDERS[0], most: int = PAGE
) -> JobsView:
    """The grid of the jobs that ran in a stretch of time, `most` a page. Raises StoreError, CursorError,
    and ValueError for an order that is none."""
    if order not in ORDERS:
        raise ValueError(f"{order!r} is no order; allowed: {', '.join(ORDERS)}")
    start = _place(after)
    counted = _Counted(desk, span, desk.within(search, span))
    titles = {title: place for place, title in enumerate((*desk.groups, ""))}
    flaky = counted.flaky() if order == "flaky" else {}

    def place(name: str) -> tuple[int, bool, int, str]:
        failed = counted.now[name].failed if order != "name" else 0
        return titles.get(desk.group_of(name), len(titles)), name not in flaky, -failed, name

    ordered = sorted(counted.now, key=place)
    shown = ordered[start : start + most]
    before = counted.before(shown)
    of_page = health(desk.store, shown, desk.within(search, span), since=span.since, runs=RUNS)
    rows = [
        JobRow(name, desk.short_of(name), desk.group_of(name), counted.now[name], before[name], _of(of_page, name))
        for name in shown
    ]
    more = str(start + most) if len(ordered) > start + most else ""
    return JobsView(span, search, order, tuple(_grouped(rows)), len(ordered), more)


class _Counted:
    """Totals by job, of a stretch and of the one before it. Medians are left out: the grid shows none."""

    def __init__(self, desk: Desk, span: Span, search: Search) -> None:
        self._desk, self._search, self._span = desk, search, span
        with counting(desk.store, search) as counts:
            tallies = counts.leading("job", (span.since, span.until), _ALL_JOBS)
            self._keys = {counts.names[key]: key for key in tallies}
        self.now = {name: totals_of(tallies[key]) for name, key in self._keys.items()}

    def flaky(self) -> dict[str, Flaky]:
        """Those of the jobs that are flaky."""
        with counting(self._desk.store, self._search) as counts:
            return flaky_jobs(counts, (self._span.since, EVER), list(self.now))

    def before(self, jobs: Sequence[str]) -> dict[str, Totals]:
        """The totals of these jobs in the stretch before."""
        earlier = stretch_before(self._span.since, self._span.until, self._desk.timezone)
        with counting(self._desk.store, self._search) as counts:
            tallies = counts.parts("job", earlier, [self._keys[name] for name in jobs])
        return {name: totals_of(tallies.get(self._keys[name])) for name in jobs}


def _place(after: str) -> int:
    if after and not (after.isascii() and after.isdigit() and len(after) < 7):
        raise CursorError(f"{after[:100]!r} is no place in the grid")
    return int(after or 0)


def _of(known: dict[str, JobHealth], name: str) -> JobHealth:
    return known.get(name) or JobHealth(name, Circle.NONE, None, None, ())


def _grouped(rows: Iterable[JobRow]) -> Iterator[tuple[str, tuple[JobRow, ...]]]:
    """Rows that stand together by group; a group that comes back stands twice."""
    title, several = "", list[JobRow]()
    for row in rows:
        if several and row.group != title:
            yield title, tuple(several)
            several = []
        title = row.group
        several.append(row)
    if several:
        yield title, tuple(several)


def job(desk: Desk, name: str, span: Span, search: Search) -> JobView | None:
    """One job in a stretch of time; None where the store never saw it. Raises StoreError."""
    store, zone = desk.store, desk.timezone
    if name not in store.names()["job"]:
        return None
    wanted = desk.within(replace(search, query=replace(search.query, jobs=(name,))), span)
    since, until = span.since, span.until
    page = store.page(wanted, limit=_BUILDS)
    with counting(store, wanted) as counts:
        compared = compare_in(counts, (since, until), zone, span.words)
        days = daily_in(counts, (since, until), zone)
        seconds = counts.durations((since, until), MOST_RUNS)
        median, p90 = next(iter(counts.lengths("job", (since, until)).values()), (None, None))
        known = health_in(counts, [name], (since, EVER), runs=RUNS)
    return JobView(
        name=name,
        short=desk.short_of(name),
        group=desk.group_of(name),
        span=span,
        search=search,
        compared=compared,
        health=_of(known, name),
        median=median,
        p90=p90,
        days=days,
        lengths=lengths(seconds, zone),
        reasons=top_reasons_of(store, wanted, since, until, limit=_REASONS, zone=zone),
        diagnoses=page.diagnoses,
        after=page.after,
    )
