"""Logs that are being fetched and unpacked: each once, however many ask for it, and nobody waits long for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as StillWaiting
from dataclasses import dataclass, field
from threading import BoundedSemaphore, Lock, Thread

from sova.logs.spool import Spool

__all__ = ["Progress", "Unpacking"]

_AT_ONCE = 4
_FAILURE_HOLDS = 30  # seconds for which a log that cannot be had is not asked for again


@dataclass(slots=True)
class Progress:
    """How far it is: bytes unpacked, and since when."""

    size: int = 0
    begun: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def __call__(self, size: int) -> None:
        self.size = size


@dataclass(frozen=True, slots=True)
class _Job:
    progress: Progress
    result: Future[Spool]

    @property
    def is_over(self) -> bool:
        """Whether it failed so long ago that it may be tried again."""
        return self.result.done() and self.progress.seconds > _FAILURE_HOLDS


class Unpacking:
    """Runs jobs in threads of their own, a few at once; a job that is under way is joined, not begun again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._jobs: dict[str, _Job] = {}
        self._room = BoundedSemaphore(_AT_ONCE)

    def get(self, key: str, make: Callable[[Progress], Spool], patience: float) -> Spool | Progress:
        """What `make` gives, or after `patience` seconds how far it is. Raises what `make` raised."""
        with self._lock:
            self._jobs = {name: known for name, known in self._jobs.items() if not known.is_over}
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = _Job(Progress(), Future())
                # a daemon, because a download that hangs must not hold the end of the server
                Thread(target=self._work, args=(key, job, make), daemon=True, name="unpacking").start()
        try:
            return job.result.result(patience)
        except StillWaiting:
            if job.result.done():
                raise
            return job.progress

    def _work(self, key: str, job: _Job, make: Callable[[Progress], Spool]) -> None:
        try:
            with self._room:
                made = make(job.progress)
        except BaseException as error:  # whoever waits is told
            job.progress.begun = time.monotonic()
            job.result.set_exception(error)
            return
        with self._lock:
            self._jobs.pop(key, None)
        job.result.set_result(made)
