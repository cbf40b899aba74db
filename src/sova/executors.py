"""Works on many builds side by side and gives each result as soon as it is there.

Anything that is a `concurrent.futures.Executor` can do the work; threads of this process by default.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Executor, Future, wait
from contextlib import contextmanager, suppress
from itertools import islice
from queue import Empty, SimpleQueue
from types import FrameType
from typing import ParamSpec, TypeAlias, TypeVar

from sova.model import Build, Diagnosis

__all__ = ["DaemonThreads", "Done", "run", "stopped_by_interrupt"]

P = ParamSpec("P")
T = TypeVar("T")
Done: TypeAlias = "tuple[Build, Diagnosis | BaseException]"
Work: TypeAlias = "Callable[[Build], Diagnosis]"

_GRACE = 2.0
"""Seconds that builds in hand are given to finish when the run is stopped."""

_GLANCE = 0.1
"""Seconds after which a waiting run looks whether it is to stop."""


class DaemonThreads(Executor):
    """A pool of threads that never keeps the program from ending.

    `concurrent.futures.ThreadPoolExecutor` joins its threads at the end of the program: one hanging download would
    hold a ^C for as long as it hangs. These are left behind, and end with the process.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._tasks: SimpleQueue[tuple[Callable[[], None], Callable[[], bool]] | None] = SimpleQueue()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def task() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        self._tasks.put((task, future.cancel))
        if len(self._threads) < self._workers:
            thread = threading.Thread(target=self._work, name=f"sova-{len(self._threads) + 1}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end after what was submitted; `wait` until they have, `cancel_futures` not yet begun."""
        if cancel_futures:
            self._cancel_all()
        for _ in self._threads:
            self._tasks.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _cancel_all(self) -> None:
        with suppress(Empty):
            while item := self._tasks.get_nowait():
                item[1]()

    def _work(self) -> None:
        while item := self._tasks.get():
            item[0]()


def run(
    work: Work,
    builds: Iterable[Build],
    workers: int,
    *,
    stop: threading.Event | None = None,
    make_pool: Callable[[int], Executor] = DaemonThreads,
) -> Iterator[Done]:
    """Each build with its diagnosis, or with what `work` raised, in the order in which they are done.

    Builds are taken from `builds` only as they are needed, twice as many as there are workers at most. When `stop` is
    set no further build is begun; those in hand that are done within moments are still given, the rest is dropped.
    """
    stop = stop or threading.Event()
    pool = make_pool(workers)
    waiting = iter(builds)
    running: dict[Future[Diagnosis], Build] = {}
    try:
        while not stop.is_set():
            for build in islice(waiting, 2 * workers - len(running)):
                running[pool.submit(work, build)] = build
            if not running:
                return
            yield from _done(running, _GLANCE)
        _cancel(running)
        yield from _done(running, _GRACE, everything=True)
    finally:
        _cancel(running)
        pool.shutdown(wait=False)


def _done(running: dict[Future[Diagnosis], Build], timeout: float, *, everything: bool = False) -> Iterator[Done]:
    done, _ = wait(running, timeout, return_when=ALL_COMPLETED if everything else FIRST_COMPLETED)
    for future in [future for future in running if future in done]:
        build = running.pop(future)
        if not future.cancelled():
            error = future.exception()
            yield build, future.result() if error is None else error


def _cancel(running: dict[Future[Diagnosis], Build]) -> None:
    for future in list(running):
        if future.cancel():
            del running[future]


@contextmanager
def stopped_by_interrupt(stop: threading.Event) -> Iterator[None]:
    """Within, the first ^C sets `stop` and breaks nothing off; only where ^C has its usual meaning otherwise."""
    usual = signal.default_int_handler
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not usual:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            usual(number, frame)
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
