"""What is saved comes back as it was, once, and is never replaced by what read less."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.filters import Query, select
from sova.model import Build, Diagnosis, Problem, ProblemKind, Verdict
from sova.store import Saved, SourceRun, Store
from sova.testing import build
from tests import strategies
from tests.queries import builds, queries
from tests.store.answers import NOW, dump, known, no_logs, rows, unknown
from tests.store.databases import Database


@given(strategies.diagnoses)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_diagnosis_comes_back_as_it_was(database: Database, diagnosis: Diagnosis) -> None:
    with database.store() as store:
        assert store.save(diagnosis) is Saved.NEW
        assert store.get(diagnosis.build.key) == diagnosis
        assert list(store.diagnoses()) == [diagnosis]


@given(strategies.diagnoses)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_saving_the_same_again_changes_nothing(database: Database, diagnosis: Diagnosis) -> None:
    with database.store() as store:
        store.save(diagnosis)
        assert store.save(diagnosis) is Saved.UNCHANGED
        assert list(store.diagnoses()) == [diagnosis]


def test_saving_the_same_again_leaves_every_row_as_it_was(store: Store, location: str) -> None:
    diagnoses = [
        known(build(key="a")),
        no_logs(build(key="b", log_url="https://l/b")),
        unknown(build(key="c", log_url="")),
    ]
    for diagnosis in diagnoses:
        store.save(diagnosis, tried_at=NOW)
    before = dump(location)
    for diagnosis in diagnoses:
        assert store.save(diagnosis, tried_at=NOW) is Saved.UNCHANGED
    assert dump(location) == before
    assert "No space left on device" in before


def test_a_later_diagnosis_of_as_much_replaces(store: Store) -> None:
    store.save(known(build(key="a"), message="old"))
    later = known(build(key="a"), message="new")
    assert store.save(later) is Saved.REPLACED
    assert list(store.diagnoses()) == [later]


def test_one_that_read_less_never_replaces(store: Store) -> None:
    first = known(build(key="a", seen_by=("gerrit",)), size=1000)
    store.save(first)
    for less in (
        no_logs(build(key="a", seen_by=("zuul",))),
        known(build(key="a"), size=999),
        unknown(build(key="a"), 10),
    ):
        assert store.save(less) is Saved.KEPT
    kept = store.get("a")
    assert kept == replace(first, build=replace(first.build, seen_by=("gerrit", "zuul")))


def test_of_the_same_bytes_the_one_of_fewer_files_never_replaces(store: Store) -> None:
    file = known(build(key="a"), size=500).files_read[0]
    first = replace(known(build(key="a")), files_read=(file, replace(file, name="b.log")))
    store.save(first)
    assert store.save(known(build(key="a"), size=1000)) is Saved.KEPT
    assert store.get("a") == first


def test_a_result_that_became_known_counts_even_where_the_logs_are_gone(store: Store) -> None:
    store.save(unknown(build("", key="a")))
    store.save(no_logs(build("FAILURE", key="a"), ProblemKind.GONE))
    stored = store.get("a")
    assert stored is not None
    assert (stored.build.result, stored.bytes_read) == ("FAILURE", 1000)
    assert store.count(Query(fail=True)) == 1


def test_one_build_of_two_sources_is_one_row_found_by_either_key(store: Store) -> None:
    comment = build(key="log:l/1", log_url="http://l/1", seen_by=("gerrit",))
    row = build(key="zuul:z/1", log_url="https://l/1/", uuid="0" * 32, start_time=NOW, seen_by=("zuul",))
    store.save(known(comment))
    assert store.save(known(row)) is Saved.REPLACED
    assert store.count() == 1
    for key in ("log:l/1", "zuul:z/1"):
        stored = store.get(key)
        assert stored is not None
        assert (stored.build.key, stored.build.seen_by) == ("zuul:z/1", ("gerrit", "zuul"))
    assert store.save(known(comment)) is Saved.UNCHANGED


def test_two_rows_that_turn_out_to_be_one_build_become_one(store: Store, location: str) -> None:
    by_uuid = build(key="zuul:z/1", uuid="0" * 32, log_url="")
    by_log = build(key="log:l/1", log_url="https://l/1")
    store.save(unknown(by_uuid, size=10))
    store.save(known(by_log, size=1000))
    store.save(known(build(key="other", log_url="https://l/2")))
    both = build(key="zuul:z/1", uuid="0" * 32, log_url="https://l/1", seen_by=("zuul",))
    store.save(no_logs(both))
    assert store.count() == 2
    stored = store.get("log:l/1")
    assert stored is not None
    assert (stored.bytes_read, stored.verdict, stored.build) == (1000, Verdict.KNOWN, both)
    assert store.get("zuul:z/1") == stored
    assert rows(location, "SELECT count(*) FROM diagnoses") == [(2,)]
    assert rows(location, "SELECT build_id FROM identities WHERE build_id NOT IN (SELECT id FROM builds)") == []


def test_a_log_page_that_two_jobs_share_does_not_make_them_one(store: Store) -> None:
    store.save(known(build(key="a", job_name="one", log_url="https://l/today")))
    store.save(known(build(key="b", job_name="two", log_url="https://l/today")))
    assert store.count() == 2


@given(st.lists(builds, max_size=10, unique_by=lambda build: build.key), queries)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_the_store_answers_a_query_as_the_filters_do(database: Database, found: list[Build], query: Query) -> None:
    wanted = select(found, query)
    with database.store() as store:
        for one in found:
            store.save(Diagnosis(one, Verdict.UNKNOWN))
        assert [diagnosis.build for diagnosis in store.diagnoses(query)] == wanted
        assert store.count(query) == len(wanted)


@pytest.mark.parametrize(
    ("zone", "time", "day"),
    [
        ("America/New_York", dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC), (None, 12, 31)),
        ("Europe/Berlin", dt.datetime(2025, 12, 31, 23, 30, tzinfo=dt.UTC), (None, 1, 1)),
    ],
)
def test_a_day_of_any_year_is_one_of_the_zone(
    store: Store, zone: str, time: dt.datetime, day: tuple[None, int, int]
) -> None:
    store.save(known(build(key="a", end_time=time)))
    assert store.count(Query(dates=(day,), timezone=ZoneInfo(zone))) == 1
    assert store.count(Query(dates=(day,))) == 0


def test_builds_of_one_moment_come_in_the_order_of_the_filters(store: Store) -> None:
    same = [build("SUCCESS", key=key, log_url="") for key in ("b", "c", "a")]
    for one in same:
        store.save(Diagnosis(one, Verdict.PASSED))
    assert [diagnosis.build for diagnosis in store.diagnoses()] == select(same, Query())


def test_more_than_a_page_of_diagnoses_comes_in_order(store: Store) -> None:
    times = [NOW + dt.timedelta(minutes=7 * number % 1009) for number in range(250)]
    for number, time in enumerate(times):
        store.save(Diagnosis(build("SUCCESS", key=str(number), end_time=time, log_url=""), Verdict.PASSED))
    assert [diagnosis.build.time for diagnosis in store.diagnoses()] == sorted(times, reverse=True)
    assert store.newest() == max(times)


def test_a_diagnosis_can_be_saved_while_others_are_read() -> None:
    with Store.open(":memory:") as store:
        store.save(known(build(key="a")))
        for diagnosis in store.diagnoses():
            store.save(replace(diagnosis, why="seen"))
        assert [diagnosis.why for diagnosis in store.diagnoses()] == ["seen"]


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert (store.count(), store.newest(), store.get("a"), list(store.diagnoses())) == (0, None, None, [])
    assert store.last_runs() == ()


def test_half_characters_and_huge_numbers_are_stored_as_near_as_they_can_be(store: Store) -> None:
    given = build(key="half \ud800", job_name="\udfff", change=replace(build().change, number=2**70))
    store.save(known(given))
    assert store.save(known(given)) is Saved.UNCHANGED
    stored = store.get("half \ud800")
    assert stored is not None
    assert (stored.build.key, stored.build.job_name) == ("half \ufffd", "\ufffd")
    assert stored.build.change.number == 2**63 - 1
    assert store.count(Query(job_type=("\udfff",))) == 1


def test_the_last_answer_of_each_source_is_remembered(store: Store) -> None:
    problem = Problem("zuul", ProblemKind.SOURCE, "no connection")
    store.record_run([SourceRun("zuul", NOW, 10, NOW), SourceRun("gerrit", NOW, 3, None)])
    later = SourceRun("zuul", NOW + dt.timedelta(hours=1), 0, None, reachable=False, problems=(problem,))
    store.record_run([later])
    store.record_run([])
    assert store.last_runs() == (SourceRun("gerrit", NOW, 3, None), later)


@pytest.mark.parametrize("key", ["", "a'; DROP TABLE builds; --", "\x00", "%"])
def test_keys_are_data(store: Store, key: str) -> None:
    store.save(known(build(key=key)))
    assert store.get(key) is not None
    assert store.get(f"{key}_") is None
