"""How runs of a job followed each other: streaks, switches, patch sets that both failed and passed.

Only runs that passed or failed count. Of two at the same second the one stored later is the newer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import or_, select

from sova.store.counting import Counting, in_order
from sova.store.facts import Array, Facts
from sova.store.lists import numbers_of_kind
from sova.store.loading import batches
from sova.store.outcomes import moment_of, seconds_of
from sova.store.runs import Run, newest_of_jobs, runs_of
from sova.store.tables import outcomes
from sova.times import Span

__all__ = ["LONGEST", "alternating", "mixed_patch_sets", "newest_runs", "red_jobs", "streaks"]

LONGEST = 1000
"""Where counting a streak ends: a job that has passed for years needs no number."""

_WINDOW = dt.timedelta(days=30)

_ROW = outcomes.c
_ENDED = or_(_ROW.passed, _ROW.failed)


def numbers_of(counting: Counting, jobs: Collection[str]) -> dict[int, str]:
    """The jobs that the store knows, by number."""
    wanted = set(jobs)
    return {number: name for number, name in numbers_of_kind(counting.connection, "job").items() if name in wanted}


def red_jobs(counting: Counting, span: Span) -> dict[str, int]:
    """Jobs with a failure in that stretch, and how many of their newest runs in it failed: 0 where the last passed."""
    facts = counting.facts(span)
    jobs = _ByJob.of(facts.where(facts.ended))
    if not len(jobs.numbers):
        return {}
    place = np.arange(len(jobs.failed))
    last_passed = np.maximum.reduceat(np.where(jobs.failed, -1, place), jobs.starts)
    newest_failed = jobs.ends - 1 - np.maximum(last_passed, jobs.starts - 1)
    some = np.logical_or.reduceat(jobs.failed, jobs.starts)
    return {
        counting.names[number]: streak
        for number, streak in zip(jobs.numbers[some].tolist(), newest_failed[some].tolist(), strict=True)
    }


def mixed_patch_sets(counting: Counting, span: Span, jobs: Collection[str]) -> dict[str, int]:
    """For each of these jobs, how many patch sets of changes it both passed and failed in that stretch, if any."""
    facts = counting.facts(span)
    facts = facts.where(facts.ended & (facts.patch_set != 0))
    runs = np.sort((((facts.patch_set.astype(np.int64) << 31) + facts.job_id) << 1) + facts.failed)
    both = runs[1:][(runs[1:] ^ runs[:-1]) == 1] >> 1  # those that passed and those that failed stand side by side
    numbers, counts = np.unique(both % 2**31, return_counts=True)
    known = numbers_of(counting, jobs)
    return {known[job]: count for job, count in zip(numbers.tolist(), counts.tolist(), strict=True) if job in known}


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
    by_job = _ByJob.of(facts)
    newest = {
        known[number]: facts.build_id[by_job.order[max(start, end - most) : end]][::-1].tolist()
        for number, start, end in by_job.spans()
    }
    known_runs: dict[int, Run] = {}
    for batch in batches(build for builds in newest.values() for build in builds):
        rows = runs_of(counting.connection, _ROW.build_id.in_(batch), most=len(batch))
        known_runs |= {one.number: one.run for one in rows}
    return {name: tuple(known_runs[build] for build in newest.get(name, ()) if build in known_runs) for name in jobs}


def alternating(counting: Counting, span: Span, jobs: Collection[str], runs: int) -> dict[str, list[bool]]:
    """For each of these jobs, whether its newest runs without a change in that stretch failed, newest first: at most
    `runs` of them."""
    facts = counting.facts(span)
    by_job = _ByJob.of(facts.where(facts.ended & (facts.change == 0)))
    known = numbers_of(counting, jobs)
    failed = by_job.failed.tolist()
    return {
        known[job]: failed[max(start, end - runs) : end][::-1] for job, start, end in by_job.spans() if job in known
    }


@dataclass(frozen=True, slots=True)
class _ByJob:
    """Which runs failed, job by job, those of one job oldest first: from its place in `starts` to that in `ends`.
    `order` holds the place of each run among the facts."""

    numbers: Array
    starts: Array
    ends: Array
    order: Array
    failed: Array

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """The number of each job, and where its runs stand."""
        return zip(*(one.tolist() for one in (self.numbers, self.starts, self.ends)), strict=True)

    @classmethod
    def of(cls, facts: Facts) -> _ByJob:
        order = in_order(facts.job_id)
        jobs = facts.job_id[order]
        starts = np.flatnonzero(np.diff(jobs, prepend=-1))
        return cls(jobs[starts], starts, np.append(starts, len(jobs))[1:], order, facts.failed[order])


def streaks(counting: Counting, until: dt.datetime, jobs: Sequence[str]) -> dict[str, tuple[bool, int, dt.datetime]]:
    """For each of these jobs that ever ran before `until`: whether its newest run failed, how many of the newest ended
    alike (at most LONGEST), and when the first of these was."""
    found = {} if counting.of_all else _lately(counting, until, jobs)
    return found | _ever(counting, until, [name for name in jobs if name not in found])


def _lately(counting: Counting, until: dt.datetime, jobs: Sequence[str]) -> dict[str, tuple[bool, int, dt.datetime]]:
    """Those that began within the last 30 days."""
    found: dict[str, tuple[bool, int, dt.datetime]] = {}
    until = min(until, counting.end)
    facts = counting.facts((until - _WINDOW, until))
    facts = facts.where(facts.ended)
    by_job, known = _ByJob.of(facts), numbers_of(counting, jobs)
    for number, start, end in by_job.spans():
        alike = by_job.failed[start:end] == by_job.failed[end - 1]
        if number in known and not alike.all():
            length = int(np.argmin(alike[::-1]))
            first = facts.time[by_job.order[end - min(length, LONGEST)]]
            found[known[number]] = (bool(by_job.failed[end - 1]), min(length, LONGEST), moment_of(int(first)))
    return found


def _ever(counting: Counting, until: dt.datetime, jobs: Sequence[str]) -> dict[str, tuple[bool, int, dt.datetime]]:
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
