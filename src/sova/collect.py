"""Reads every source, works on what is new, saves each diagnosis as soon as it is there.

One bad source or build never stops a run: it becomes a Problem. Killed at any moment, a run loses the builds in hand;
the next one takes them up again.
"""

from __future__ import annotations

import datetime as dt
import heapq
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

from sova import executors
from sova.errors import SourceError
from sova.executors import DaemonThreads, stopped_by_interrupt
from sova.filters import Query, accepts, newest_first, select
from sova.model import Build, Diagnosis, Problem, ProblemKind, Verdict
from sova.sources import Source
from sova.store import SourceRun, Store
from sova.store.identity import merge_all

__all__ = ["CollectResult", "Past", "Progress", "collect"]

_log = logging.getLogger(__name__)

_LOOK_FURTHER = 50
"""Builds read after the newest `limit` ones: a source orders by when builds were asked for, not by when they ended."""

_GLANCE = 0.1
"""Seconds between two looks at how far the sources are."""


@dataclass(frozen=True, slots=True)
class CollectResult:
    """What a run did: how each source answered, and how many builds were worked on for the first time, worked on
    again, and known well enough before. `reread` builds were stored, and judged anew by the pattern set of this run.
    `interrupted`: it was stopped, and what was done is saved."""

    sources: tuple[SourceRun, ...] = ()
    new: int = 0
    again: int = 0
    known: int = 0
    reread: int = 0
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """How a new pattern set is applied to what is stored: its version, and a triage that fetches nothing."""

    patterns_version: str
    triage: Callable[[Build], Diagnosis]


class Progress(Protocol):
    """Is told how far a run is; every call comes from the thread that called `collect`."""

    def read(self, source: str, builds: int) -> None:
        """A source has given so many builds by now."""

    def planned(self, builds: int) -> None:
        """So many builds are to be worked on."""

    def done(self, diagnosis: Diagnosis) -> None:
        """A build was worked on, and its diagnosis is saved."""


class _Silence:
    def read(self, source: str, builds: int) -> None:
        """Nobody wants to know."""

    def planned(self, builds: int) -> None:
        """Nobody wants to know."""

    def done(self, diagnosis: Diagnosis) -> None:
        """Nobody wants to know."""


@dataclass(slots=True)
class _Reading:
    """What a source has given so far."""

    source: str
    builds: list[Build] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    reachable: bool = True

    def failed(self, kind: ProblemKind, detail: str) -> None:
        self.reachable = False
        problem = Problem(self.source, kind, detail)
        if problem not in self.problems:
            self.problems.append(problem)

    def told(self, now: dt.datetime) -> SourceRun:
        newest = max((build.time for build in self.builds if build.time), default=None)
        return SourceRun(self.source, now, len(self.builds), newest, self.reachable, tuple(self.problems))


@dataclass(slots=True)
class _Run:
    """What a run works with, and what it has done so far."""

    sources: Sequence[Source]
    query: Query
    store: Store
    triage: Callable[[Build], Diagnosis]
    past: Past | None
    workers: int
    now: dt.datetime
    progress: Progress
    stop: threading.Event = field(default_factory=threading.Event)
    readings: list[_Reading] = field(default_factory=list)
    new: int = 0
    again: int = 0
    known: int = 0
    reread: int = 0

    @property
    def result(self) -> CollectResult:
        sources = tuple(reading.told(self.now) for reading in self.readings)
        return CollectResult(sources, self.new, self.again, self.known, self.reread, interrupted=self.stop.is_set())


def collect(  # noqa: PLR0913 - all that a run needs, each thing once
    sources: Sequence[Source],
    query: Query,
    store: Store,
    triage: Callable[[Build], Diagnosis],
    *,
    past: Past | None = None,
    workers: int,
    now: dt.datetime,
    progress: Progress | None = None,
) -> CollectResult:
    """Bring the store up to date with the sources, as far as `query` asks for. Raises StoreError.

    With `past`, stored builds that this pattern set has not judged yet are judged by it. The sources are read side by
    side. On ^C nothing further is begun; what is done within moments is saved.
    """
    run = _Run(sources, query, store, triage, past, workers, now, progress or _Silence())
    try:
        with stopped_by_interrupt(run.stop):
            _read_all(run)
            store.record_run(run.result.sources)
            if not run.stop.is_set():
                _work_on_new(run)
            if past and not run.stop.is_set():
                _apply_to_past(run, past)
    except KeyboardInterrupt:  # by a second ^C, or where something else takes care of SIGINT
        run.stop.set()
    return run.result


# -- reading the sources ---------------------------------------------------------------------------------------------


def _read_all(run: _Run) -> None:
    run.readings = [_Reading(source.name) for source in run.sources]
    pool = DaemonThreads(len(run.sources))
    pairs = zip(run.sources, run.readings, strict=True)
    running: set[Future[None]] = {pool.submit(_read, source, reading, run.query, run.stop) for source, reading in pairs}
    try:
        while running and not run.stop.is_set():
            done, running = wait(running, _GLANCE)
            for reading in run.readings:
                run.progress.read(reading.source, len(reading.builds))
            for future in done:
                future.result()
    finally:
        pool.shutdown(wait=False)


def _read(source: Source, reading: _Reading, query: Query, stop: threading.Event) -> None:
    newest = _Newest(query)
    try:
        for item in source.builds(query):
            if isinstance(item, Problem):
                reading.problems.append(item)
                continue
            reading.builds.append(item)
            if newest.enough_after(item) or stop.is_set():
                return
    except SourceError as error:
        reading.failed(ProblemKind.SOURCE, str(error))
    except Exception as error:
        _log.exception("source %s: a bug in Sova or a plugin; the other sources go on", reading.source)
        reading.failed(ProblemKind.CRASHED, f"{type(error).__name__}: {error}")


class _Newest:
    """The newest builds that one source gave, as many as are asked for."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._keys: set[str] = set()
        self._newest: list[tuple[bool, dt.datetime, str]] = []
        self._in_vain = 0

    def enough_after(self, build: Build) -> bool:
        """Whether no newer build is to be expected behind this one."""
        limit = self._query.limit
        if limit is None:
            return False
        self._in_vain += 1
        if build.key not in self._keys and accepts(build, self._query):
            self._keys.add(build.key)
            heapq.heappush(self._newest, newest_first(build))
            dropped = heapq.heappop(self._newest) if len(self._newest) > limit else None
            if dropped is None or dropped[2] != build.key:
                self._in_vain = 0
        return len(self._newest) >= limit and self._in_vain >= _LOOK_FURTHER


# -- working on builds -----------------------------------------------------------------------------------------------


def _work_on_new(run: _Run) -> None:
    seen = merge_all(chain.from_iterable(reading.builds for reading in run.readings))
    plan = run.store.plan(select(seen, run.query), run.now)
    run.store.update_builds(plan.changed)
    run.known = len(plan.known)
    todo = sorted([*plan.new, *plan.again], key=newest_first, reverse=True)
    run.progress.planned(len(todo))
    new = {build.key for build in plan.new}
    for build, outcome in executors.run(run.triage, todo, run.workers, stop=run.stop):
        diagnosis = outcome if isinstance(outcome, Diagnosis) else _crashed(build, outcome)
        run.store.save(diagnosis, tried_at=run.now)
        if build.key in new:
            run.new += 1
        else:
            run.again += 1
        run.progress.done(diagnosis)


def _apply_to_past(run: _Run, past: Past) -> None:
    """What is left over of the cache may be less than was read then; the store keeps the answer that read more."""
    todo = run.store.outdated(run.query, past.patterns_version)
    if todo:
        run.progress.planned(len(todo))
    for build, outcome in executors.run(past.triage, todo, run.workers, stop=run.stop):
        diagnosis = outcome if isinstance(outcome, Diagnosis) else _crashed(build, outcome)
        if diagnosis is outcome:  # an answer is worth more than the news that Sova crashed
            run.store.save(diagnosis)
        run.reread += 1
        run.progress.done(diagnosis)


def _crashed(build: Build, error: BaseException) -> Diagnosis:
    """The diagnosis of a build on which `triage` raised what it should not. A KeyboardInterrupt is raised again."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    _log.error("build %s: a bug in Sova or a plugin; the other builds go on", build.key, exc_info=error)
    problem = Problem(build.log_url or build.key, ProblemKind.CRASHED, f"{type(error).__name__}: {error}")
    verdict = Verdict.UNKNOWN if build.failed else Verdict.SKIPPED
    return Diagnosis(build, verdict, problems=(problem,), why="Sova crashed on this build; that is a bug of Sova")
