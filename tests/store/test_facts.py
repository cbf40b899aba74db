"""What is kept in memory is what the database holds, whatever was written, merged or removed since it was read."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from sova.config import Retention
from sova.filters import Query, Search
from sova.model import Change, Diagnosis
from sova.slugs import reason_slug
from sova.stats import compare, parts, top_reasons_of
from sova.store import Store, fact_cache
from sova.store.fact_cache import FactCache, Numbers
from sova.store.facts import Facts
from sova.testing import build
from tests.store.databases import Database
from tests.store.test_counting import BEGIN, DAY, HOUR, because, diagnoses

UTC = dt.UTC
END = BEGIN + 40 * DAY


def answers(store: Store) -> object:
    """What all kinds of counts say."""
    by = [parts(store, Search(), BEGIN - DAY, END, one, limit=1000) for one in ("job", "change", "tag")]
    return compare(store, Search(), BEGIN, END, UTC), by, top_reasons_of(store, Search(), BEGIN, END)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(diagnoses, min_size=1, max_size=6), min_size=1, max_size=4))
def test_a_reader_follows_what_is_written(database: Database, steps: list[list[Diagnosis]]) -> None:
    with database.store() as writer:
        reader = database.again()
        for several in steps:
            writer.save_many(several)
            again = [replace(one, build=replace(one.build, end_time=BEGIN + 3 * DAY)) for one in several[:1]]
            assert answers(reader) == answers(database.again())
            writer.save_many(again)  # builds that move to another day
            assert answers(reader) == answers(database.again())
        writer.prune(Retention(log_texts=5, verdicts=10), BEGIN + 25 * DAY)
        assert answers(reader) == answers(database.again())


def test_builds_that_turn_out_to_be_one_are_counted_once(database: Database) -> None:
    first = because("dns", "a", BEGIN, job_name="unit", uuid="", log_url="https://logs.example.org/1/")
    second = because("dns", "b", BEGIN, job_name="unit", uuid="1" * 32, log_url="")
    both = because("dns", "b", BEGIN, job_name="unit", uuid="1" * 32, log_url="https://logs.example.org/1/")
    with database.empty() as location, Store.open(location) as reader, Store.open(location) as writer:
        writer.save_many([first, second])
        assert compare(reader, Search(), BEGIN, END, UTC).totals.builds == 2
        writer.save(both)
        assert compare(reader, Search(), BEGIN, END, UTC).totals.builds == writer.count() == 1


def test_only_what_changed_is_read_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[range] = []
    days = FactCache._read

    def watched(cache: FactCache, connection: Connection, numbers: Numbers, wanted: range) -> list[Facts]:
        read.append(wanted)
        return days(cache, connection, numbers, wanted)

    monkeypatch.setattr(FactCache, "_read", watched)
    store.save_many([because("dns", str(number), BEGIN + number * DAY) for number in range(5)])
    compare(store, Search(), BEGIN, BEGIN + 5 * DAY, UTC)
    store.save(because("dns", "more", BEGIN + 2 * DAY + HOUR))
    assert compare(store, Search(), BEGIN, BEGIN + 5 * DAY, UTC).totals.builds == 6
    compare(store, Search(), BEGIN - 3 * DAY, BEGIN + 5 * DAY, UTC)  # nothing lies before the first build
    assert [len(wanted) for wanted in read] == [5]


def test_days_that_nobody_asked_for_go_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_cache, "_MOST_ROWS", 3)
    store.save_many([because("dns", str(number), BEGIN + number * DAY) for number in range(6)])
    for number in (0, 1, 2, 3, 4, 5, 0):
        day = BEGIN + number * DAY
        assert compare(store, Search(), day, day + DAY, UTC).totals.builds == 1
    assert sum(map(len, store.facts._days.values())) == 3
    compare(store, Search(), BEGIN, END, UTC)
    assert all(one.build_id.base is None for one in store.facts._days.values())  # a part would keep the whole
    assert compare(store, Search(), BEGIN, END, UTC).totals.builds == 6


def test_many_changes_at_once_are_read_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fact_cache, "_MOST_CHANGED", 3)
    store.save(because("dns", "first", BEGIN))
    assert compare(store, Search(), BEGIN, END, UTC).totals.builds == 1
    store.save_many([because("dns", str(number), BEGIN + HOUR) for number in range(5)])
    assert compare(store, Search(), BEGIN, END, UTC).totals.builds == 6


def test_numbers_of_changes_begin_anew_where_builds_were_removed(store: Store) -> None:
    store.save_many([because("dns", str(number), BEGIN + number * DAY, change=change(number)) for number in range(30)])
    assert [one.name for one in parts(store, Search(), BEGIN, END, "change", limit=1)] == ["p 0"]
    store.prune(Retention(log_texts=5, verdicts=10), BEGIN + 30 * DAY)
    left = parts(store, Search(), BEGIN, END, "change", limit=100)
    assert {one.name for one in left} == {f"p {number}" for number in range(20, 30)}
    with store.reading() as connection:
        assert len(store.facts.follow(connection).numbers.changes) == 1 + len(left)


def change(number: int) -> Change:
    return Change(project="p", number=number, patchset="1")


def test_who_needs_other_days_does_not_wait_for_a_reader(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    days, at_it, go = FactCache._read, Event(), Event()

    def slow(cache: FactCache, connection: Connection, numbers: Numbers, wanted: range) -> list[Facts]:
        if len(wanted) > 1:
            at_it.set()
            assert go.wait(10)
        return days(cache, connection, numbers, wanted)

    with database.empty() as location, Store.open(location) as store:
        store.save_many([because("dns", str(number), BEGIN + number * DAY) for number in range(5)])
        compare(store, Search(), BEGIN + 4 * DAY, BEGIN + 5 * DAY, UTC)
        compare(store, Search(), BEGIN + 3 * DAY, BEGIN + 4 * DAY, UTC)
        monkeypatch.setattr(FactCache, "_read", slow)
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(compare, store, Search(), BEGIN, BEGIN + 5 * DAY, UTC)
            assert at_it.wait(10)
            search = Search(Query(jobs=("4",)))  # nothing that was counted before
            assert compare(store, search, BEGIN + 4 * DAY, BEGIN + 5 * DAY, UTC).totals.builds == 1
            go.set()
            assert waits.result(10).totals.builds == 5


def test_an_older_state_is_not_kept(database: Database) -> None:
    """A reader whose transaction began before the newest one that is known here."""
    with database.empty() as location, Store.open(location) as store, Store.open(location) as writer:
        writer.save(because("dns", "a", BEGIN))
        with store.reading() as old:
            state = store.facts.follow(old)
            writer.save(because("disk", "b", BEGIN + 9 * DAY))
            with store.reading() as new:
                store.facts.follow(new)
            span = (0, int(END.timestamp()))
            assert len(Facts.joined(store.facts.between(old, state, span))) == 1
        assert compare(store, Search(), BEGIN, END, UTC).totals.builds == 2


def test_changes_numbers_and_names_of_any_size(store: Store) -> None:
    far = because(
        "dns", "a", BEGIN, change=replace(build().change, number=2**63 - 1, project="p" * 5000, patchset="9" * 10**6)
    )
    bare = because("dns", "b", BEGIN, change=replace(build().change, number=None, project=""), duration=None)
    store.save_many([far, bare])
    (change,) = parts(store, Search(), BEGIN, END, "change")
    assert change.name == f"{'p' * 5000} {2**63 - 1}"
    periodic = Search(Query(periodic=True))
    assert compare(store, periodic, BEGIN, END, UTC).totals.builds == 1
    reason = Search(reason=reason_slug("infra", "dns"), pattern="dns-id", text="dns")
    assert compare(store, reason, BEGIN, END, UTC).totals.builds == 2
