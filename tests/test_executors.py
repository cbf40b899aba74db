"""Work on many builds side by side: bounded, as completed, and ended at once when it is to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from itertools import count

import pytest

from sova import executors
from sova.executors import DaemonThreads, run, stopped_by_interrupt
from sova.model import Build, Diagnosis, Verdict
from sova.testing import build
from tests.waiting import wait_until


def passed(one: Build) -> Diagnosis:
    return Diagnosis(one, Verdict.PASSED)


def endless(taken: list[int]) -> Iterator[Build]:
    for number in count():
        taken.append(number)
        yield build(key=str(number))


def test_every_build_comes_back_with_its_diagnosis() -> None:
    builds = [build(key=str(number)) for number in range(50)]
    done = dict(run(passed, builds, workers=4))
    assert done == {one: passed(one) for one in builds}
    assert list(run(passed, [], workers=4)) == []


def test_what_work_raises_comes_back_with_its_build() -> None:
    def work(one: Build) -> Diagnosis:
        if one.key == "bad":
            raise ZeroDivisionError("a bug")
        return passed(one)

    done = {one.key: outcome for one, outcome in run(work, [build(key="bad"), build(key="good")], workers=1)}
    assert isinstance(done["bad"], ZeroDivisionError)
    assert isinstance(done["good"], Diagnosis)


def test_results_come_as_they_are_done() -> None:
    release = threading.Event()

    def work(one: Build) -> Diagnosis:
        if one.key == "slow":
            assert release.wait(60)
        return passed(one)

    results = run(work, [build(key="slow"), build(key="quick")], workers=2)
    assert next(results)[0].key == "quick"
    release.set()
    assert next(results)[0].key == "slow"


def test_as_many_work_at_once_as_there_are_workers() -> None:
    together = threading.Barrier(3, timeout=60)

    def work(one: Build) -> Diagnosis:
        together.wait()
        return passed(one)

    assert len(list(run(work, [build(key=str(number)) for number in range(6)], workers=3))) == 6


def test_builds_are_taken_only_as_they_are_needed() -> None:
    taken: list[int] = []
    results = run(passed, endless(taken), workers=3)
    for _ in range(10):
        next(results)
    results.close()  # type: ignore[attr-defined]  # `run` is a generator
    assert 10 <= len(taken) <= 10 + 2 * 3 + 3


def test_stop_ends_it_and_what_is_done_is_still_given() -> None:
    stop = threading.Event()
    begun: list[str] = []

    def work(one: Build) -> Diagnosis:
        begun.append(one.key)
        if len(begun) == 4:
            stop.set()
        time.sleep(0.01)
        return passed(one)

    done = [one.key for one, _ in run(work, endless([]), workers=2, stop=stop)]
    assert sorted(done) == sorted(begun)
    assert 4 <= len(done) <= 8


def test_stop_drops_a_build_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executors, "_GRACE", 0.1)
    stop, release = threading.Event(), threading.Event()

    def work(one: Build) -> Diagnosis:
        stop.set()
        release.wait(60)
        return passed(one)

    began = time.monotonic()
    assert list(run(work, [build(key="hangs")], workers=1, stop=stop)) == []
    assert time.monotonic() - began < 10
    release.set()


def test_any_executor_of_the_standard_kind_can_work() -> None:
    done = list(run(passed, [build(key="a")], workers=2, make_pool=ThreadPoolExecutor))
    assert done == [(build(key="a"), passed(build(key="a")))]


def test_the_threads_end_when_the_work_does() -> None:
    list(run(passed, [build(key="a")], workers=2))
    wait_until(lambda: not any(thread.name.startswith("sova-") for thread in threading.enumerate()))


def test_a_pool_that_is_shut_down_cancels_what_has_not_begun() -> None:
    release = threading.Event()
    pool = DaemonThreads(1)
    first = pool.submit(release.wait, 60)
    second = pool.submit(int)
    wait_until(first.running)
    pool.shutdown(wait=False, cancel_futures=True)
    release.set()
    assert first.result(60) is True
    with pytest.raises(CancelledError):
        second.result(60)
    with DaemonThreads(2) as waits:
        third = waits.submit(int, "7")
    assert third.result(0) == 7


def test_a_program_ends_while_a_thread_hangs() -> None:
    script = (
        "import time\nfrom sova.executors import DaemonThreads\n"
        "DaemonThreads(1).submit(time.sleep, 600)\nprint('end')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "end\n"


def test_the_first_interrupt_sets_the_event_and_the_second_breaks_off() -> None:
    stop = threading.Event()
    with stopped_by_interrupt(stop):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(60)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_program_that_takes_care_of_interrupts_keeps_its_way() -> None:
    seen: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    try:
        stop = threading.Event()
        with stopped_by_interrupt(stop):
            os.kill(os.getpid(), signal.SIGINT)
        assert seen == [signal.SIGINT]
        assert not stop.is_set()
    finally:
        signal.signal(signal.SIGINT, usual)
