"""A run over sources: what is new is worked on once and saved at once, whatever goes wrong beside it."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from sova.collect import CollectResult, Past, collect
from sova.errors import SourceError, StoreError
from sova.filters import Query
from sova.model import Build, Change, Diagnosis, FileRead, Problem, ProblemKind, Verdict
from sova.store import SourceRun, Store
from sova.testing import build
from tests.store.answers import empty_database

ROOT = Path(__file__).parents[1]
NOW = dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


class FakeSource:
    """Gives what it was given, raises what is among it, and counts how much was asked of it."""

    def __init__(self, name: str, items: Sequence[Build | Problem | BaseException]) -> None:
        self.name = name
        self.items = items
        self.given = 0

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        for item in self.items:
            if isinstance(item, BaseException):
                raise item
            self.given += 1
            yield replace(item, seen_by=(self.name,)) if isinstance(item, Build) else item


class Triage:
    """Remembers what it was asked, and answers with a function of the build."""

    def __init__(self, answer: Callable[[Build], Diagnosis]) -> None:
        self.asked: list[str] = []
        self.answer = answer

    def __call__(self, one: Build) -> Diagnosis:
        self.asked.append(one.key)
        return self.answer(one)


def unknown(one: Build) -> Diagnosis:
    return Diagnosis(one, Verdict.UNKNOWN)


def failures(count: int, first: int = 0) -> list[Build]:
    """Failed builds, newest first, a minute apart."""
    numbers = range(first, first + count)
    return [build(key=f"{n:04}", log_url=f"https://l/{n}", end_time=NOW - n * MINUTE) for n in numbers]


@pytest.fixture
def location(tmp_path: Path) -> Path:
    return tmp_path / "sova.db"


@pytest.fixture
def store(location: Path) -> Iterator[Store]:
    location.write_bytes(empty_database())
    with Store.open(str(location)) as opened:
        yield opened


def gather(
    store: Store,
    *sources: FakeSource,
    triage: Callable[[Build], Diagnosis] = unknown,
    query: Query = Query(),  # noqa: B008 - a frozen value
    now: dt.datetime = NOW,
) -> CollectResult:
    return collect(sources, query, store, triage, workers=3, now=now)


def test_a_second_run_adds_nothing_and_works_on_nothing(store: Store) -> None:
    triage = Triage(unknown)
    first = gather(store, FakeSource("zuul", failures(8)), triage=triage)
    assert first == CollectResult((SourceRun("zuul", NOW, 8, NOW),), new=8)
    before = list(store.diagnoses())
    second = gather(store, FakeSource("zuul", failures(8)), triage=triage)
    assert second == CollectResult((SourceRun("zuul", NOW, 8, NOW),), known=8)
    assert len(triage.asked) == 8
    assert list(store.diagnoses()) == before


def test_only_what_is_new_is_worked_on(store: Store) -> None:
    gather(store, FakeSource("zuul", failures(5, first=3)))
    triage = Triage(unknown)
    result = gather(store, FakeSource("zuul", failures(8)), triage=triage)
    assert (result.new, result.known) == (3, 5)
    assert sorted(triage.asked) == ["0000", "0001", "0002"]


def test_a_build_of_two_sources_is_worked_on_once_with_what_both_know(store: Store) -> None:
    change = Change("nova", "master", 7, "1", subject="Fix it")
    comment = build(key="log:l/1", log_url="http://l/1", change=change)
    row = build(key="zuul:z/1", log_url="https://l/1/", uuid="0" * 32, start_time=NOW, nodeset="noble")
    triage = Triage(unknown)
    result = gather(store, FakeSource("gerrit", [comment, comment]), FakeSource("zuul", [row]), triage=triage)
    assert result.new == 1
    assert [source.builds for source in result.sources] == [2, 1]
    (stored,) = store.diagnoses()
    assert (stored.build.key, stored.build.seen_by) == ("zuul:z/1", ("gerrit", "zuul"))
    assert (stored.build.change.subject, stored.build.nodeset) == ("Fix it", "noble")


def test_what_one_source_told_first_and_the_other_later_is_one_build(store: Store) -> None:
    comment, row = (
        build(key="log:l/1", log_url="http://l/1"),
        build(key="zuul:z/1", log_url="https://l/1/", uuid="0" * 32),
    )
    gather(store, FakeSource("gerrit", [comment]))
    result = gather(store, FakeSource("zuul", [row]))
    assert (result.new, result.again, result.known) == (0, 0, 1)
    (stored,) = store.diagnoses()
    assert stored.build.seen_by == ("gerrit", "zuul")


def test_a_source_that_fails_leaves_the_others_and_what_it_gave(store: Store) -> None:
    down = FakeSource("zuul", [*failures(2), SourceError("no connection to zuul.example")])
    problem = Problem("gerrit", ProblemKind.SOURCE, "cut by its limit of 200")
    result = gather(store, down, FakeSource("gerrit", [problem, *failures(3, first=10)]))
    told = Problem("zuul", ProblemKind.SOURCE, "no connection to zuul.example")
    assert result.new == 5
    assert result.sources == (
        SourceRun("zuul", NOW, 2, NOW, reachable=False, problems=(told,)),
        SourceRun("gerrit", NOW, 3, NOW - 10 * MINUTE, problems=(problem,)),
    )
    assert store.last_runs() == (
        SourceRun("gerrit", NOW, 3, NOW - 10 * MINUTE, True, (problem,)),
        SourceRun("zuul", NOW, 2, NOW, False, (told,)),
    )


def test_a_bug_in_a_source_is_told_with_its_traceback(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        result = gather(store, FakeSource("odd", [KeyError("uuid")]), FakeSource("zuul", failures(1)))
    assert (result.new, result.interrupted) == (1, False)
    (odd, _) = result.sources
    assert (odd.reachable, odd.problems) == (False, (Problem("odd", ProblemKind.CRASHED, "KeyError: 'uuid'"),))
    assert "Traceback" in caplog.text
    assert "source odd" in caplog.text


def test_a_bug_in_the_triage_of_one_build_is_kept_to_that_build(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    def answer(one: Build) -> Diagnosis:
        if one.key == "0001":
            raise ZeroDivisionError("a bug")
        return unknown(one)

    with caplog.at_level(logging.ERROR):
        result = gather(store, FakeSource("zuul", failures(3)), triage=answer)
    assert result.new == 3
    stored = store.get("0001")
    assert stored is not None
    assert stored.problems == (Problem("https://l/1", ProblemKind.CRASHED, "ZeroDivisionError: a bug"),)
    assert "Traceback" in caplog.text


def test_a_database_that_fails_ends_the_run(store: Store, location: Path) -> None:
    store.close()
    with Store.open(f"sqlite:///file:{location}?mode=ro&uri=true") as readable, pytest.raises(StoreError):
        gather(readable, FakeSource("zuul", failures(1)))


def test_what_may_still_come_is_tried_five_times_a_day(store: Store) -> None:
    triage = Triage(lambda one: Diagnosis(one, Verdict.NO_LOGS, problems=(Problem("l", ProblemKind.NETWORK, "503"),)))
    results = [gather(store, FakeSource("z", failures(1)), triage=triage, now=NOW + n * MINUTE) for n in range(9)]
    assert [(result.new, result.again, result.known) for result in results[:6]] == [
        (1, 0, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 1, 0),
        (0, 0, 1),
    ]
    assert len(triage.asked) == 5
    gather(store, FakeSource("z", failures(1)), triage=triage, now=NOW + dt.timedelta(days=1, hours=1))
    assert len(triage.asked) == 6


def test_a_new_pattern_set_judges_once_what_is_stored_and_was_read(store: Store) -> None:
    def judged(verdict: Verdict, version: str, size: int = 10) -> Triage:
        read = (FileRead("job-output.txt", "https://l/job-output.txt", size, 1),)
        return Triage(lambda one: Diagnosis(one, verdict, files_read=read, patterns_version=version))

    fetching = judged(Verdict.UNKNOWN, "old")
    gather(store, FakeSource("z", failures(3)), triage=fetching)
    cached = judged(Verdict.KNOWN, "new")
    results = [
        collect([FakeSource("z", failures(2))], Query(), store, fetching, past=past, workers=2, now=NOW)
        for past in (Past("old", cached), Past("new", cached), Past("new", cached))
    ]
    assert [(result.new, result.again, result.known, result.reread) for result in results] == [
        (0, 0, 2, 0),
        (0, 0, 2, 3),  # also the one that the source does not list any more
        (0, 0, 2, 0),
    ]
    assert (len(fetching.asked), sorted(cached.asked)) == (3, ["0000", "0001", "0002"])
    assert [stored.verdict for stored in store.diagnoses()] == [Verdict.KNOWN] * 3


def test_a_new_pattern_set_never_takes_away_what_was_read(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    read = (FileRead("job-output.txt", "https://l/job-output.txt", 10, 1),)
    gather(store, FakeSource("z", failures(2)), triage=lambda one: Diagnosis(one, Verdict.KNOWN, files_read=read))
    before = list(store.diagnoses())

    def answer(one: Build) -> Diagnosis:
        if one.key == "0001":
            raise ZeroDivisionError("a bug")
        return Diagnosis(one, Verdict.NO_LOGS, patterns_version="new")

    with caplog.at_level(logging.ERROR):
        past = Past("new", Triage(answer))
        result = collect([FakeSource("z", [])], Query(), store, unknown, past=past, workers=2, now=NOW)
    assert result.reread == 2
    assert "a bug in Sova" in caplog.text
    assert list(store.diagnoses()) == before


def test_a_running_build_is_worked_on_when_it_has_ended(store: Store) -> None:
    triage = Triage(unknown)
    running = build("", key="a", end_time=None)
    for _ in range(3):
        gather(store, FakeSource("z", [running]), triage=triage)
    assert triage.asked == ["a"]
    assert gather(store, FakeSource("z", [build(key="a")]), triage=triage).again == 1
    assert store.count(Query(fail=True)) == 1


def test_filters_hold_whatever_a_source_gives(store: Store) -> None:
    passed = build("SUCCESS", key="passed", end_time=NOW)
    result = gather(store, FakeSource("zuul", [passed, *failures(2)]), query=Query(fail=True, since=NOW - MINUTE))
    assert (result.new, store.get("passed")) == (2, None)


def test_the_limit_takes_the_newest_of_all_sources(store: Store) -> None:
    sources = FakeSource("a", failures(30, first=5)), FakeSource("b", failures(30))
    assert gather(store, *sources, query=Query(limit=7)).new == 7
    assert [diagnosis.build.key for diagnosis in store.diagnoses()] == [f"{n:04}" for n in range(7)]


def test_with_a_limit_no_more_is_read_than_is_needed(store: Store) -> None:
    source = FakeSource("zuul", failures(5000))
    gather(store, source, query=Query(limit=10))
    assert source.given <= 100


def test_builds_that_come_a_little_out_of_order_are_found_within_the_limit(store: Store) -> None:
    builds = failures(200)
    late = builds.pop(0)
    builds.insert(40, late)  # the newest one, asked for before forty others
    gather(store, FakeSource("zuul", builds), query=Query(limit=3))
    assert [diagnosis.build.key for diagnosis in store.diagnoses()] == ["0000", "0001", "0002"]


def test_a_build_told_of_many_times_counts_once_for_the_limit(store: Store) -> None:
    repeated = [one for one in failures(60) for _ in range(3)]
    gather(store, FakeSource("gerrit", repeated), query=Query(limit=40))
    assert store.count() == 40


def test_the_sources_are_read_side_by_side(store: Store) -> None:
    together = threading.Barrier(3, timeout=60)

    class Waiting(FakeSource):
        def builds(self, query: Query) -> Iterator[Build | Problem]:
            together.wait()
            yield from super().builds(query)

    result = gather(store, *(Waiting(name, []) for name in "abc"))
    assert all(source.reachable for source in result.sources)


def test_without_sources_nothing_happens(store: Store) -> None:
    assert gather(store) == CollectResult()


class Seen:
    """A Progress that remembers what it was told, and by which thread."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []
        self.threads: set[int] = set()

    def _tell(self, what: str, value: object) -> None:
        self.threads.add(threading.get_ident())
        self.told.append((what, value))

    def read(self, source: str, builds: int) -> None:
        self._tell(source, builds)

    def planned(self, builds: int) -> None:
        self._tell("planned", builds)

    def done(self, diagnosis: Diagnosis) -> None:
        self._tell("done", diagnosis.build.key)


def test_progress_is_told_from_one_thread(store: Store) -> None:
    seen = Seen()
    collect([FakeSource("zuul", failures(3))], Query(), store, unknown, workers=3, now=NOW, progress=seen)
    assert seen.threads == {threading.get_ident()}
    assert ("zuul", 3) in seen.told
    assert seen.told[-4] == ("planned", 3)
    assert sorted(seen.told[-3:], key=str) == [("done", f"{n:04}") for n in range(3)]


def test_an_interrupt_saves_what_is_done_and_begins_nothing_more(store: Store) -> None:
    triage = Triage(unknown)

    def answer(one: Build) -> Diagnosis:
        if len(triage.asked) == 20:
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.002)
        return unknown(one)

    triage.answer = answer
    result = gather(store, FakeSource("zuul", failures(500)), triage=triage)
    assert result.interrupted
    assert store.count() == result.new == len(triage.asked)
    assert 20 <= result.new < 100
    again = gather(store, FakeSource("zuul", failures(500)))
    assert (again.new, again.known) == (500 - result.new, result.new)


def test_an_interrupt_while_a_source_hangs_ends_at_once(store: Store) -> None:
    release = threading.Event()

    class Hanging(FakeSource):
        def builds(self, query: Query) -> Iterator[Build | Problem]:
            os.kill(os.getpid(), signal.SIGINT)
            release.wait(60)
            yield from ()

    began = time.monotonic()
    result = gather(store, Hanging("slow", []), FakeSource("zuul", failures(3)))
    release.set()
    assert result.interrupted
    assert time.monotonic() - began < 10
    assert store.count() == 0


def test_a_keyboard_interrupt_from_elsewhere_is_an_interrupt_too(store: Store) -> None:
    def answer(one: Build) -> Diagnosis:
        raise KeyboardInterrupt

    result = gather(store, FakeSource("zuul", failures(3)), triage=answer)
    assert (result.interrupted, result.new, store.count()) == (True, 0, 0)


CRASHING = """
import sys, time
from sova.collect import collect
from sova.filters import Query
from sova.model import Diagnosis, Verdict
from sova.store import Store
from tests.test_collect import NOW, FakeSource, failures, unknown

class Told:
    def read(self, source, builds): pass
    def planned(self, builds): pass
    def done(self, diagnosis): print(diagnosis.build.key, flush=True)

def slow(build):
    time.sleep(0.002)
    return unknown(build)

with Store.open(sys.argv[1]) as store:
    collect([FakeSource("zuul", failures(3000))], Query(), store, slow, workers=4, now=NOW, progress=Told())
"""


def test_a_run_that_is_killed_loses_only_the_builds_in_hand(location: Path) -> None:
    command = [sys.executable, "-c", CRASHING, str(location)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told = [next(process.stdout).strip() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        told += [line.strip() for line in process.stdout]
    with Store.open(str(location)) as store:
        saved = {diagnosis.build.key for diagnosis in store.diagnoses()}
        assert set(told) <= saved
        assert len(saved) <= len(told) + 1
        result = gather(store, FakeSource("zuul", failures(3000)), query=Query(limit=500))
        assert (result.new + result.known, result.again) == (500, 0)
        assert result.known >= len(told) > 0
