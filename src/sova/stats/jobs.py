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

__all__ = ["EVER", "flaky_jobs", "health", "health_in", "red_and_flaky", "red_or_flaky"]

EVER = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
"""After every build."""


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
    with counting(store, search) as counts:
        return health_in(counts, jobs, (since, until or EVER), runs=runs)


def health_in(
    counts: Counting, jobs: Sequence[str], span: Span, *, runs: int = 10, flaky: Mapping[str, Flaky] | None = None
) -> dict[str, JobHealth]:
    """As `health`, in a state of the store that is looked at already; `flaky` are those jobs, where that is known."""
    newest = streaks.newest_runs(counts, span[1], jobs, runs)
    flaky = flaky_jobs(counts, span, jobs) if flaky is None else flaky
    found = {
        name: JobHealth(name, circle_of(newest[name]), streak_of(newest[name]), flaky.get(name), newest[name])
        for name in jobs
    }
    return _with_whole_streaks(counts, found, span[1])


def red_or_flaky(
    store: Store, search: Search, since: dt.datetime, until: dt.datetime, *, limit: int
) -> tuple[JobHealth, ...]:
    """Jobs with a failure in the stretch that are red (their newest run failed) or flaky: red ones first, the longest
    streak first, then the flaky ones, those with most cases first. Raises StoreError."""
    with counting(store, search) as counts:
        red, flaky = red_and_flaky(counts, (since, until))
        names = list(dict.fromkeys([*red, *flaky]))[:limit]
        found = health_in(counts, names, (since, until), flaky=flaky)
    return tuple(sorted(found.values(), key=_worst_first))


def red_and_flaky(counts: Counting, span: Span) -> tuple[list[str], dict[str, Flaky]]:
    """The names of the jobs with a failure in the stretch that are red, and those that are flaky, worst first."""
    red = streaks.red_jobs(counts, span)
    flaky = flaky_jobs(counts, span, list(red))
    names = sorted(red, key=lambda name: _worst(red[name], flaky.get(name), name))
    return [name for name in names if red[name]], {name: flaky[name] for name in names if name in flaky}


def _worst_first(job: JobHealth) -> tuple[bool, int, int, str]:
    return _worst(job.streak.length if job.streak and job.streak.failed else 0, job.flaky, job.name)


def _worst(streak: int, flaky: Flaky | None, name: str) -> tuple[bool, int, int, str]:
    return not streak, -streak, -(flaky.cases if flaky else 0), name


def flaky_jobs(counts: Counting, span: Span, jobs: Sequence[str]) -> dict[str, Flaky]:
    """Those of the jobs that were flaky in the stretch."""
    mixed = streaks.mixed_patch_sets(counts, span, jobs)
    periodic = streaks.alternating(counts, span, jobs, ALTERNATES_RUNS)
    found = ((name, flaky_of(mixed.get(name, 0), periodic.get(name, ()))) for name in jobs)
    return {name: flaky for name, flaky in found if flaky}


def _with_whole_streaks(counts: Counting, jobs: Mapping[str, JobHealth], until: dt.datetime) -> dict[str, JobHealth]:
    """The jobs, with streaks that go on before the runs that are shown."""
    longer = [name for name, job in jobs.items() if job.streak and job.streak.length == _ended(job.runs)]
    whole = streaks.streaks(counts, until, longer)
    return {name: replace(job, streak=Streak(*whole[name])) if name in whole else job for name, job in jobs.items()}


def _ended(runs: Sequence[Run]) -> int:
    return sum(run.passed or run.failed for run in runs)
