"""What is counted and searched is always what follows from the diagnoses; the version tells when it changes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from sova.filters import Query, Search
from sova.model import Build, Change, Diagnosis, ProblemKind, Verdict
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store import ChangedBuild, Saved, SourceRun, Store
from sova.store.tables import names
from sova.testing import build
from tests import searches, strategies
from tests.store.answers import NOW, known, no_logs, unknown
from tests.store.counted import answers_of, expected
from tests.store.databases import Database

# few keys, uuids and places of logs, so that reports turn out to be of one build
joining = st.builds(
    lambda found, key, uuid, log: replace(
        found, build=replace(found.build, key=key, uuid=uuid * 32, log_url=log, job_name="unit")
    ),
    searches.diagnoses,
    st.sampled_from("abcd"),
    st.sampled_from(("", "0", "1")),
    st.sampled_from(("", "https://l/1", "https://l/2")),
)
steps = st.lists(
    st.tuples(st.sampled_from(("save", "save_many", "update")), st.lists(joining, min_size=1, max_size=3)), max_size=5
)


def do(store: Store, step: str, diagnoses: list[Diagnosis]) -> None:
    if step == "save":
        for diagnosis in diagnoses:
            store.save(diagnosis)
    elif step == "save_many":
        store.save_many(diagnoses)
    else:
        store.update_builds([diagnosis.build for diagnosis in diagnoses])


@given(steps)
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_happens_what_is_counted_follows_from_the_diagnoses(
    database: Database, steps: list[tuple[str, list[Diagnosis]]]
) -> None:
    with database.store() as store:
        version, before = store.version(), answers_of(store)
        for step, diagnoses in steps:
            do(store, step, diagnoses)
            found = list(store.diagnoses())
            assert answers_of(store) == expected(found)
            check_index(store, found)
            after = answers_of(store)
            assert after == before or store.version() > version
            version, before = store.version(), after


def check_index(store: Store, found: list[Diagnosis]) -> None:
    """The index of the words knows each text that is there, and no other."""
    for word in ("disk", "404", "試験"):
        held = [one for one in found if searches.accepted(one, Search(text=f"{word} {word}"))]
        assert store.count_of(Search(text=f"{word} {word}")) == len(held)
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("INSERT INTO search(search, rank) VALUES ('integrity-check', 1)")


@given(strategies.diagnoses)
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_text_is_counted_as_it_is(database: Database, diagnosis: Diagnosis) -> None:
    with database.store() as store:
        assert store.save_many([diagnosis]) == 1
        assert list(store.diagnoses()) == [diagnosis]
        assert answers_of(store) == expected([diagnosis])
        job = diagnosis.build.job_name
        assert store.name_of("job", name_slug(job)) == job
        assert store.by_slug(build_slug(diagnosis.build.key)) == diagnosis


@given(st.lists(joining, max_size=6))
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_many_at_once_are_kept_as_one_after_the_other(database: Database, given: list[Diagnosis]) -> None:
    with database.store() as store:
        new = store.save_many(given)
        at_once = sorted(store.diagnoses(), key=lambda one: one.build.key)
        counted = answers_of(store)
    with database.store() as store:
        assert [store.save(diagnosis) for diagnosis in given].count(Saved.NEW) == new
        assert sorted(store.diagnoses(), key=lambda one: one.build.key) == at_once
        assert answers_of(store) == counted


def test_many_are_replaced_by_the_same_rules(store: Store) -> None:
    first = [known(build(key=str(number), log_url=f"https://l/{number}"), size=1000) for number in range(700)]
    assert store.save_many(iter(first)) == 700
    less = [unknown(diagnosis.build, size=10) for diagnosis in first[:3]]
    more = [unknown(diagnosis.build, size=2000) for diagnosis in first[3:6]]
    assert store.save_many([*less, *more, known(build(key="new", log_url="https://l/new"))]) == 1
    assert [store.get(str(number)) for number in range(6)] == [*first[:3], *more]
    assert store.count() == 701


# -- names and addresses ---------------------------------------------------------------------------------------------


def test_names_and_messages_are_found_by_their_slugs(store: Store) -> None:
    change = Change("openstack/nova", "stable/2026.1", 7, "2")
    store.save(known(build(key="a", job_name="Unit tests", pipeline="check", change=change)))
    store.save(Diagnosis(build("SUCCESS", key="b", job_name="docs", log_url="", change=Change()), Verdict.PASSED))
    assert store.names()["job"] == ("Unit tests", "docs")
    assert store.names()["project"] == ("openstack/nova",)
    assert (store.names()["pipeline"], store.names()["result"]) == (("check",), ("FAILURE", "SUCCESS"))
    assert (store.names()["branch"], store.names()["tag"]) == (("stable/2026.1",), ("infra",))
    assert store.name_of("job", name_slug("Unit tests")) == "Unit tests"
    assert store.name_of("job", "docs") == "docs"
    assert store.name_of("project", "docs") is None
    assert store.message_of(reason_slug("infra", "disk full")) == ("infra", "disk full")
    assert store.message_of(reason_slug("code", "disk full")) is None


def test_names_follow_what_other_programs_write(location: str) -> None:
    with Store.open(location) as store, Store.open(location) as other:
        assert store.names()["job"] == ()
        for job in ("docs", "a job before"):
            other.save(known(build(key=job, job_name=job)))
        assert store.names()["job"] == ("a job before", "docs")
        assert store.count_of(Search(Query(jobs=("a job*",)))) == 1


def test_names_are_read_anew_where_another_database_was_put_in_place(store: Store) -> None:
    store.save(known(build(key="a", job_name="docs")))
    assert store.names()["job"] == ("docs",)
    with store.writing() as connection:  # as a restored backup would have it
        connection.execute(update(names).values(name="restored"))
    assert store.names()["job"] == ("restored",)


def test_an_address_stays_good_when_a_better_key_is_known(store: Store) -> None:
    store.save(known(build(key="log:l/1", log_url="http://l/1")))
    store.save(known(build(key="zuul:z/1", log_url="https://l/1/", uuid="0" * 32, start_time=NOW)))
    stored = store.get("zuul:z/1")
    assert stored is not None
    assert store.by_slug(build_slug("log:l/1")) == store.by_slug(build_slug("zuul:z/1")) == stored
    assert store.by_slug("0" * 16) is store.by_slug("\ud800") is store.by_slug("") is None


# -- versions --------------------------------------------------------------------------------------------------------


CHANGES: dict[str, Callable[[Store], object]] = {
    "a new build": lambda store: store.save(known(build(key="new", log_url="https://l/new"))),
    "many new builds": lambda store: store.save_many([unknown(build(key="new", log_url="https://l/new"))]),
    "another answer": lambda store: store.save(known(build(key="a"), message="another")),
    "more of a build": lambda store: store.update_builds([build(key="a", nodeset="noble", pipeline="gate")]),
    "a source that was read": lambda store: store.record_run([SourceRun("zuul", NOW, 1, NOW)]),
}
NO_CHANGES: dict[str, Callable[[Store], object]] = {
    "the same": lambda store: store.save(known(build(key="a"))),
    "the same of many": lambda store: store.save_many([known(build(key="a"))]),
    "less": lambda store: store.save(no_logs(build(key="a"), ProblemKind.GONE)),
    "a known build": lambda store: store.update_builds([build(key="a")]),
    "an unknown build": lambda store: store.update_builds([build(key="x", log_url="")]),
    "no source": lambda store: store.record_run([]),
    "questions": lambda store: (store.page(), store.count_of(), store.version()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_raises_the_version(store: Store, change: str) -> None:
    store.save(known(build(key="a")))
    version = store.version()
    CHANGES[change](store)
    assert store.version() == version + 1


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_changes_nothing_leaves_the_version(store: Store, change: str) -> None:
    store.save(known(build(key="a")))
    version = store.version()
    NO_CHANGES[change](store)
    assert store.version() == version


def test_what_was_written_since_a_version_is_told(store: Store) -> None:
    change = Change("nova", "master", 7, "2")
    store.save_many([known(build(key="a", log_url="https://l/a")), unknown(build(key="b", log_url="https://l/b"))])
    version = store.version()
    assert list(store.keys_changed_since(version)) == []
    store.save(known(build(key="b", log_url="https://l/b", change=change)))
    store.save(Diagnosis(build("SUCCESS", key="c", log_url="", end_time=None, change=Change()), Verdict.PASSED))
    changed = {one.key: one for one in store.keys_changed_since(version)}
    assert changed == {
        "b": ChangedBuild("b", "unit", "nova", 7, build().end_time, "infra", "disk full"),
        "c": ChangedBuild("c", "unit", "", None, None, "", ""),
    }
    assert {one.key for one in store.keys_changed_since(0)} == {"a", "b", "c"}


# -- side by side ----------------------------------------------------------------------------------------------------


def test_writers_side_by_side_lose_nothing_and_count_every_build_once(store: Store, location: str) -> None:
    failed: list[BaseException] = []

    def write(opened: Store, name: str) -> None:
        try:
            for number in range(6):
                own = [unknown(of(f"{name}-{number}-{place}", name)) for place in range(20)]
                opened.save_many([*own, *(known(of(f"both-{number}-{place}", name)) for place in range(5))])
        except BaseException as error:
            failed.append(error)

    def of(key: str, name: str) -> Build:
        return build(key=key, log_url=f"https://l/{key}", job_name=f"job {key[-1]}", seen_by=(name,))

    with Store.open(location) as other:
        threads = [
            threading.Thread(target=write, args=(opened, name))
            for opened, name in ((store, "one"), (store, "two"), (other, "three"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    found = list(store.diagnoses())
    assert len(found) == store.count_of() == 3 * 120 + 30
    assert {one.build.seen_by for one in found if one.verdict is Verdict.KNOWN} == {("one", "three", "two")}
    assert answers_of(store) == expected(found)


def test_the_newest_time_is_exact(store: Store) -> None:
    times = [NOW + dt.timedelta(microseconds=number) for number in (7, 900_000, 3)]
    for number, time in enumerate(times):
        store.save(Diagnosis(build("SUCCESS", key=str(number), log_url="", end_time=time), Verdict.PASSED))
    assert store.newest() == times[1]
    assert [one.build.time for one in store.diagnoses(Query(limit=2))] == [times[1], times[0]]
