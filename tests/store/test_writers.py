"""Two writers at once, on both databases: nothing is lost or there twice, and one that is killed harms nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sova.config import Retention
from sova.model import Diagnosis, Verdict
from sova.store import Store
from sova.testing import build
from tests.store.answers import NOW, rows
from tests.store.databases import Database

ROOT = Path(__file__).parents[2]
COUNT = 60
WRITER = """
import sys
from dataclasses import replace
from sova.model import Diagnosis, Verdict
from sova.store import Store
from sova.testing import build
from tests.store.answers import known, unknown

name, location, count = sys.argv[1:]
with Store.open(location) as store:
    print("open", flush=True)
    for number in range(int(count)):
        own = build("SUCCESS", key=f"{name}-{number}", log_url="")
        both = build(key=f"both-{number}", log_url=f"https://l/{number}", seen_by=(name,))
        # the two tell differently of the builds that both see; the one that read more is to stay
        told = known(both, size=2000, message=f"reason {number}") if name == "one" else unknown(both, size=1000)
        if number % 2:
            store.save_many([Diagnosis(own, Verdict.PASSED), told])
        else:
            store.save(Diagnosis(own, Verdict.PASSED))
            store.save(told)
        print(number, flush=True)
"""


@contextmanager
def writer(name: str, location: str, count: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, name, location, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def bare(database: Database) -> Iterator[str]:
    """The place of a database that is not made yet."""
    with database.bare() as location:
        yield location


def nothing_is_torn(location: str) -> None:
    for table in ("diagnoses", "outcomes"):
        assert rows(location, f"SELECT count(*) FROM {table}") == rows(location, "SELECT count(*) FROM builds")  # noqa: S608 - constants
    if "://" not in location:
        assert rows(location, "PRAGMA integrity_check") == [("ok",)]
        assert rows(location, "PRAGMA foreign_key_check") == []


def test_two_writers_at_once_lose_nothing(bare: str) -> None:
    """They make the tables at once too."""
    with writer("one", bare, COUNT) as one, writer("two", bare, COUNT) as two:
        assert (one.wait(60), two.wait(60)) == (0, 0)
    nothing_is_torn(bare)
    with Store.open(bare) as store:
        assert store.count() == 3 * COUNT
        both = [found for number in range(COUNT) if (found := store.get(f"both-{number}"))]
        assert all(store.get(f"{name}-{number}") for name in ("one", "two") for number in range(COUNT))
    assert [found.build.seen_by for found in both] == [("one", "two")] * COUNT
    assert [found.reasons[0].message for found in both] == [f"reason {number}" for number in range(COUNT)]
    assert rows(bare, "SELECT count(*) FROM messages WHERE message LIKE 'reason %'") == [(COUNT,)]


def test_a_writer_that_is_killed_leaves_all_it_saved_and_does_not_stop_the_other(bare: str) -> None:
    with writer("one", bare, 100_000) as killed, writer("two", bare, 40) as other:
        assert killed.stdout is not None
        lines = iter(killed.stdout)
        while next(lines).strip() != "20":
            pass
        time.sleep(0.01)
        os.kill(killed.pid, signal.SIGKILL)
        told = 20 + sum(1 for _ in lines)
        assert other.wait(60) == 0
    nothing_is_torn(bare)
    with Store.open(bare) as store:
        assert all(store.get(f"one-{number}") and store.get(f"both-{number}") for number in range(told + 1))
        assert all(store.get(f"two-{number}") and store.get(f"both-{number}") for number in range(40))
        assert store.get(f"one-{told + 2}") is None


def test_threads_share_a_store(store: Store) -> None:
    def save(name: str) -> None:
        for number in range(25):
            store.save(Diagnosis(build("SUCCESS", key=f"{name}-{number}", log_url=""), Verdict.PASSED))

    threads = [threading.Thread(target=save, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 100


def test_forty_threads_read_at_once(store: Store) -> None:
    """As many as the web server has; each holds its connection until all have one."""
    everyone = threading.Barrier(40, timeout=30)
    seen: list[int] = []

    def read() -> None:
        with store.reading() as connection:
            everyone.wait()
            seen.append(connection.exec_driver_sql("SELECT count(*) FROM builds").scalar_one())

    threads = [threading.Thread(target=read) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [0] * 40


def test_a_reader_sees_one_state_while_another_writes(store: Store) -> None:
    with store.reading() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM builds").scalar_one()
        store.save(Diagnosis(build("SUCCESS", key="a", log_url=""), Verdict.PASSED))
        after = connection.exec_driver_sql("SELECT count(*) FROM builds").scalar_one()
    assert (before, after, store.count()) == (0, 0, 1)


def test_others_write_while_old_builds_are_removed(store: Store) -> None:
    store.save_many(
        Diagnosis(build("SUCCESS", key=f"old-{number}", log_url="", end_time=NOW), Verdict.PASSED)
        for number in range(1500)
    )
    later = NOW.replace(year=2029)
    saved = 0
    pruning = threading.Thread(target=lambda: store.prune(Retention(), later))
    pruning.start()
    while pruning.is_alive() or not saved:
        store.save(Diagnosis(build("SUCCESS", key=f"new-{saved}", log_url="", end_time=later), Verdict.PASSED))
        saved += 1
    pruning.join()
    assert store.count() == saved
