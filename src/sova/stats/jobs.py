"""How jobs are doing, asked of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sova.stats.runs import ALTERNATES_RUNS, Flaky, JobHealth, Streak, circle_of, flaky_of, streak_of
from sova.store import streaks
from sova.store.counting import Counting, counting

if TYPE_CHECKING:
    from sova.filters import Search
    from sova.store import Run, Store
    from sova.times import Span

__all__ = ["health", "red_or_flaky"]

_EVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)


def health(  # noqa: PLR0913 - the stretch that is looked at is two
    store: Store,
    jobs: Sequence[str],
    search: Search,
    *,
    since: dt.datetime,
    until: dt.datetime | None = None,
    runs: int = 10,
) -> dict[str, JobHealth]:
    """How each of these jobs is doing, by name: its newest `runs` runs before `until`, and whether it was flaky in the
    stretch. A streak goes back as far as the store does (`sova.store.streaks.LONGEST` at most). Raises StoreError."""
    return _with_whole_streaks(store, _healths(store, jobs, search, since, until, runs), search, until)


def red_or_flaky(  # noqa: PLR0913 - as `health`
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, *, limit: int, runs: int = 10
) -> tuple[JobHealth, ...]:
    """Jobs with a failure in the stretch that are red (their newest run failed) or flaky: red ones first, the longest
    streak first, then the flaky ones, those with most cases first. Raises StoreError."""
    span = (since, until)
    with counting(store, search) as counts:
        red = streaks.red_jobs(counts, span)
        flaky = _flaky(counts, span, list(red))
    names = [name for name, length in red.items() if length or flaky[name]]
    names.sort(key=lambda name: _worst(red[name], flaky[name], name))
    found = health(store, names[:limit], search, since=since, until=until, runs=runs)
    return tuple(sorted(found.values(), key=_worst_first))


def _worst_first(job: JobHealth) -> tuple[bool, int, int, str]:
    return _worst(job.streak.length if job.streak and job.streak.failed else 0, job.flaky, job.name)


def _worst(streak: int, flaky: Flaky | None, name: str) -> tuple[bool, int, int, str]:
    return not streak, -streak, -(flaky.cases if flaky else 0), name


def _flaky(counts: Counting, span: Span, jobs: Sequence[str]) -> dict[str, Flaky | None]:
    mixed = streaks.mixed_patch_sets(counts, span, jobs)
    periodic = streaks.alternating(counts, span, jobs, ALTERNATES_RUNS)
    return {name: flaky_of(mixed.get(name, 0), periodic.get(name, ())) for name in jobs}


def _healths(  # noqa: PLR0913, PLR0917 - as `health`
    store: Store, jobs: Sequence[str], search: Search, since: dt.datetime, until: dt.datetime | None, runs: int
) -> dict[str, JobHealth]:
    """As `health`, with streaks within the newest `runs` runs only."""
    span = (since, until or _EVER)
    query = replace(search.query, since=None, until=until, limit=None)
    newest = store.runs(jobs, limit=runs, search=replace(search, query=query))
    with counting(store, search) as counts:
        flaky = _flaky(counts, span, jobs)
    return {
        name: JobHealth(
            name=name,
            circle=circle_of(newest.get(name, ())),
            streak=streak_of(newest.get(name, ())),
            flaky=flaky[name],
            runs=newest.get(name, ()),
        )
        for name in jobs
    }


def _with_whole_streaks(
    store: Store, jobs: Mapping[str, JobHealth], search: Search, until: dt.datetime | None
) -> dict[str, JobHealth]:
    """The jobs, with streaks that go on before the runs that are shown."""
    longer = [name for name, job in jobs.items() if job.streak and job.streak.length == _ended(job.runs)]
    with counting(store, search) as counts:
        whole = streaks.streaks(counts, until or _EVER, longer)
    return {name: replace(job, streak=Streak(*whole[name])) if name in whole else job for name, job in jobs.items()}


def _ended(runs: Sequence[Run]) -> int:
    return sum(run.passed or run.failed for run in runs)
