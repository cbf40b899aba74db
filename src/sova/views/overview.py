"""The first page: what is broken now, what is new, what came back, how much of it is explained, and what is silent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import NamedTuple

from sova.filters import Search
from sova.model import Diagnosis, Verdict
from sova.stats import Compared, DayCount, JobHealth, ReasonCount, top_reasons_of
from sova.stats.counted import compare_in, daily_in
from sova.stats.jobs import health_in, red_and_flaky
from sova.store import SourceRun
from sova.store.counting import Counting, counting
from sova.times import days_back
from sova.views.desk import Desk, Span

__all__ = ["OverviewView", "RedJob", "overview"]

TREND_DAYS = 14
RED_DAYS = 7
"""How many days back a job is looked for that failed in its newest run."""
SILENT = dt.timedelta(hours=6)
"""How old the newest build may be before the page says that nothing comes in."""

_MOST_RED = 20
_MOST_FLAKY = 10
_MOST_REASONS = 200
_MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class RedJob:
    """A job whose newest run failed. `key`, `tag` and `message` are of that run; `diagnosis` is its whole answer where
    no reason is known."""

    health: JobHealth
    key: str
    tag: str
    message: str
    diagnosis: Diagnosis | None

    @property
    def name(self) -> str:
        return self.health.name


@dataclass(frozen=True, slots=True)
class OverviewView:
    """`compared` and the reasons are of `span`, `days` the last TREND_DAYS, `red` and `flaky` of the last RED_DAYS,
    those that failed longest first; `red_jobs` and `flaky_jobs` count them all, `red` and `flaky` have the first.
    `new`, `returned` and `burning` are apart: each reason stands in one. `lost` holds those that cost most. `unknown`
    and `unread` are the newest failures without a reason, or without logs. `newest` is the time of the newest build of
    all."""

    now: dt.datetime
    span: Span
    search: Search
    compared: Compared
    days: tuple[DayCount, ...]
    red: tuple[RedJob, ...]
    flaky: tuple[JobHealth, ...]
    new: tuple[ReasonCount, ...]
    returned: tuple[ReasonCount, ...]
    burning: tuple[ReasonCount, ...]
    lost: tuple[ReasonCount, ...]
    unknown: tuple[Diagnosis, ...]
    unread: tuple[Diagnosis, ...]
    sources: tuple[SourceRun, ...]
    newest: dt.datetime | None
    red_jobs: int
    flaky_jobs: int

    @property
    def without_reason(self) -> int:
        """Failures whose logs were read and that no pattern explains."""
        totals = self.compared.totals
        return totals.failed - totals.explained - totals.unreadable

    @property
    def silent(self) -> bool:
        """Whether nothing came in for so long that a page without failures would mislead."""
        return self.newest is None or self.now - self.newest > SILENT


def overview(desk: Desk, span: Span, search: Search) -> OverviewView:
    """The first page for a stretch of time. Raises StoreError."""
    store, zone = desk.store, desk.timezone
    wanted = desk.within(search, span)
    tomorrow = days_back(desk.now, 0, zone)
    trend, week = ((days_back(desk.now, days, zone), tomorrow) for days in (TREND_DAYS, RED_DAYS))
    with counting(store, wanted) as counts:
        compared = compare_in(counts, (span.since, span.until), zone, span.words)
        days = daily_in(counts, trend, zone)
        jobs = counts.once(("jobs of the overview", week), lambda: _jobs(counts, week))
    reasons = top_reasons_of(store, wanted, span.since, span.until, limit=_MOST_REASONS, zone=zone)
    lost = top_reasons_of(store, wanted, span.since, span.until, limit=_MOST_LINES, order="lost", zone=zone)
    return OverviewView(
        now=desk.now,
        span=span,
        search=search,
        compared=compared,
        days=days,
        red=tuple(_red(desk, wanted, one) for one in jobs.red),
        flaky=jobs.flaky,
        new=tuple(one for one in reasons if one.new),
        returned=tuple(one for one in reasons if one.returned),
        burning=tuple(one for one in reasons if not one.new and not one.returned),
        lost=tuple(one for one in lost if one.lost),
        unknown=_failures(desk, span, search, Verdict.UNKNOWN),
        unread=_failures(desk, span, search, Verdict.NO_LOGS),
        sources=store.last_runs(),
        newest=store.newest(),
        red_jobs=jobs.all_red,
        flaky_jobs=jobs.all_flaky,
    )


class _Jobs(NamedTuple):
    """The same for every range that is asked for."""

    red: tuple[JobHealth, ...]
    flaky: tuple[JobHealth, ...]
    all_red: int
    all_flaky: int


def _jobs(counts: Counting, week: tuple[dt.datetime, dt.datetime]) -> _Jobs:
    red, flaky = red_and_flaky(counts, week)
    most_red, most_flaky = red[:_MOST_RED], list(flaky)[:_MOST_FLAKY]
    jobs = health_in(counts, list(dict.fromkeys([*most_red, *most_flaky])), week, flaky=flaky)
    shown_red, shown_flaky = (tuple(jobs[name] for name in names) for names in (most_red, most_flaky))
    return _Jobs(shown_red, shown_flaky, len(red), len(flaky))


def _red(desk: Desk, wanted: Search, job: JobHealth) -> RedJob:
    run = next((run for run in job.runs if run.failed), None)
    if run is None:  # all that are shown were skipped, or are running
        of_job = replace(wanted, query=replace(wanted.query, jobs=(job.name,), since=None, until=None), failed=True)
        (found,) = desk.store.page(of_job, limit=1).diagnoses
        return RedJob(job, found.build.key, found.tag, found.primary.message if found.primary else "", found)
    return RedJob(job, run.key, run.tag, run.message, None if run.message else desk.store.get(run.key))


def _failures(desk: Desk, span: Span, search: Search, verdict: Verdict) -> tuple[Diagnosis, ...]:
    wanted = replace(desk.within(search, span), failed=True, verdict=(verdict,))
    return desk.store.page(wanted, limit=_MOST_LINES).diagnoses
