"""Does the tasks of a site, in several processes where that pays."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

from sova.errors import SovaError
from sova.reports.pages import load_templates
from sova.reports.site.making import Maker, Task
from sova.store import Store

__all__ = ["Progress", "work"]

Progress = Callable[[int, int], None]
"""Is told how much is done, and of how much."""

_PAYS = 60  # weight of the tasks from which on processes are worth their start
_MOST = 16

_maker: Maker | None = None


def work(
    maker: Maker, tasks: Sequence[Task], *, open_store: Callable[[], Store] | None, processes: int, progress: Progress
) -> tuple[int, bytes]:
    """Do the tasks; gives how many files changed, and the first page, which is for the caller to write last.

    With `open_store` processes open the store for themselves; without, or where this process has threads already
    (they do not go with a fork), all is done here. Raises StoreError, OSError, SovaError.
    """
    whole = sum(task.weight for task in tasks)
    processes = min(processes or _cores(), _MOST)
    if open_store is None or processes < 2 or whole < _PAYS or not _can_fork():
        return _work_here(maker, tasks, whole, progress)
    load_templates()
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("fork"), initializer=_begin, initargs=(maker, open_store)
    ) as pool:
        first = pool.submit(_overview)
        futures = {pool.submit(_do, task): task for task in tasks}
        try:
            return _gathered(futures, whole, progress), first.result()
        except BrokenProcessPool as error:
            raise SovaError("a process that wrote pages ended early; is there enough memory?") from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _work_here(maker: Maker, tasks: Sequence[Task], whole: int, progress: Progress) -> tuple[int, bytes]:
    written = done = 0
    for task in tasks:
        written += maker.make(task)
        done += task.weight
        progress(done, whole)
    return written, maker.overview()


def _gathered(futures: dict[Future[int], Task], whole: int, progress: Progress) -> int:
    written = done = 0
    for future in as_completed(futures):
        written += future.result()
        done += futures[future].weight
        progress(done, whole)
    return written


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _can_fork() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1


def _begin(maker: Maker, open_store: Callable[[], Store]) -> None:
    """In a new process: a store of its own, as the parent's connections are not to be shared; what the parent has read
    to count is. ^C is the parent's business."""
    global _maker  # noqa: PLW0603 - there is no other way to give a pool's process something of its own
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # what came with the fork stays for ever
    gc.set_threshold(50_000, 20, 100)  # pages are many small values that go all at once
    store = open_store()
    store.facts = maker.desk.store.facts
    _maker = maker.elsewhere(replace(maker.desk, store=store))


def _end_with_parent() -> None:
    """A parent that was killed cannot say so, and its processes would wait for tasks for ever."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _do(task: Task) -> int:
    assert _maker is not None  # noqa: S101 - as _begin set it
    return _maker.make(task)


def _overview() -> bytes:
    assert _maker is not None  # noqa: S101 - as above
    return _maker.overview()
