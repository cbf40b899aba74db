"""How runs of a job followed each other: streaks, switches, patch sets that both failed and passed.

Only runs that passed or failed count. Of two at the same second the one stored later is the newer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import or_, select

from sova.store.counting import Array, Counting
from sova.store.facts import Facts
from sova.store.loading import batches
from sova.store.outcomes import moment_of, seconds_of
from sova.store.runs import Run, newest_of_jobs, runs_of
from sova.store.tables import names, outcomes
from sova.times import Span

__all__ = ["LONGEST", "alternating", "mixed_patch_sets", "newest_runs", "red_jobs", "streaks"]

LONGEST = 1000
"""Where counting a streak ends: a job that has passed for years needs no number."""

_WINDOW = dt.timedelta(days=30)

_ROW = outcomes.c
_ENDED = or_(_ROW.passed, _ROW.failed)


def numbers_of(counting: Counting, jobs: Collection[str]) -> dict[int, str]:
    """The jobs that the store knows, by number."""
    found: dict[int, str] = {}
    for batch in batches(set(jobs)):
        wanted = select(names.c.id, names.c.name).where(names.c.kind == "job", names.c.name.in_(batch))
        found |= dict(counting.connection.execute(wanted).all())
    return found


def red_jobs(counting: Counting, span: Span) -> dict[str, int]:
    """Jobs with a failure in that stretch, and how many of their newest runs in it failed: 0 where the last passed."""
    facts = counting.facts(span)
    by_job = _by_job(facts.where(facts.ended))
    found: dict[str, int] = {}
    for number, failed in by_job:
        if failed.any():
            passed = np.flatnonzero(~failed)
            found[counting.names[number]] = len(failed) - 1 - int(passed[-1]) if len(passed) else len(failed)
    return found


def mixed_patch_sets(counting: Counting, span: Span, jobs: Collection[str]) -> dict[str, int]:
    """For each of these jobs, how many patch sets of changes it both passed and failed in that stretch, if any."""
    facts = counting.facts(span)
    facts = facts.where(facts.ended & (facts.patch_set != 0))
    facts = facts.where(_both(facts)[facts.patch_set])  # cheap, and leaves few to look at
    known = numbers_of(counting, jobs)
    runs = (facts.patch_set.astype(np.int64) << 32) + facts.job_id
    both = np.intersect1d(runs[facts.passed], runs[facts.failed])
    numbers, counts = np.unique(both % 2**32, return_counts=True)
    return {known[job]: count for job, count in zip(numbers.tolist(), counts.tolist(), strict=True) if job in known}


def _both(facts: Facts) -> Array:
    """For the number of each patch set whether it both passed and failed, whatever the job."""
    passed, failed = (np.zeros(int(facts.patch_set.max(initial=0)) + 1, np.bool_) for _ in range(2))
    passed[facts.patch_set[facts.passed]] = True
    failed[facts.patch_set[facts.failed]] = True
    return passed & failed


def newest_runs(counting: Counting, until: dt.datetime, jobs: Collection[str], most: int) -> dict[str, tuple[Run, ...]]:
    """The newest runs before `until` of each of these jobs, newest first. Where more than jobs is asked for, those of
    the last 30 days: a job's index would be read far back for the few runs of one project."""
    if counting.of_all:
        asked = replace(counting.search, query=replace(counting.search.query, until=until))
        return newest_of_jobs(counting.connection, list(jobs), most, asked)
    until = min(until, counting.end)
    facts = counting.facts((until - _WINDOW, until))
    known = numbers_of(counting, jobs)
    facts = facts.where(np.isin(facts.job_id, list(known)))
    order = np.argsort(facts.job_id, kind="stable")
    numbers, starts = np.unique(facts.job_id[order], return_index=True)
    newest = [part[-most:] for part in np.split(facts.build_id[order], starts[1:])] if len(numbers) else []
    known_runs: dict[int, Run] = {}
    for batch in batches(number for part in newest for number in part.tolist()):
        rows = runs_of(counting.connection, _ROW.build_id.in_(batch), most=len(batch))
        known_runs |= {one.number: one.run for one in rows}
    found: dict[str, tuple[Run, ...]] = dict.fromkeys(jobs, ())
    for number, part in zip(numbers.tolist(), newest, strict=True):
        found[known[number]] = tuple(known_runs[build] for build in part[::-1].tolist() if build in known_runs)
    return found


def alternating(counting: Counting, span: Span, jobs: Collection[str], runs: int) -> dict[str, list[bool]]:
    """For each of these jobs, whether its newest runs without a change in that stretch failed, newest first: at most
    `runs` of them."""
    facts = counting.facts(span)
    facts = facts.where(facts.ended & (facts.change == 0))
    known = numbers_of(counting, jobs)
    return {known[job]: failed[: -runs - 1 : -1].tolist() for job, failed in _by_job(facts) if job in known}


def _by_job(facts: Facts) -> Iterator[tuple[int, Array]]:
    """The number of each job, and which of its runs failed, oldest first."""
    order = np.argsort(facts.job_id, kind="stable")
    numbers, starts = np.unique(facts.job_id[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(facts.failed[order], starts[1:]), strict=True) if len(numbers) else ()


def streaks(counting: Counting, until: dt.datetime, jobs: Sequence[str]) -> dict[str, tuple[bool, int, dt.datetime]]:
    """For each of these jobs that ever ran before `until`: whether its newest run failed, how many of the newest ended
    alike (at most LONGEST), and when the first of these was."""
    found: dict[str, tuple[bool, int, dt.datetime]] = {}
    earlier = _ROW.time < seconds_of(until)
    for number, name in numbers_of(counting, jobs).items():
        runs = select(_ROW.failed, _ROW.time).where(_ROW.job_id == number, _ENDED, earlier, *counting.conditions)
        runs = runs.order_by(_ROW.time.desc(), _ROW.build_id.desc()).limit(LONGEST)
        with counting.connection.execute(runs.execution_options(yield_per=32)) as rows:
            length, last = 0, None
            for failed, time in rows:
                if last is not None and failed is not last[0]:
                    break
                length, last = length + 1, (failed, time)
        if last is not None:
            found[name] = (last[0], length, moment_of(last[1]))
    return found
