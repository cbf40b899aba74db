"""What a search finds, by pages, by counts and by runs, is what it asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.filters import Query, Search
from sova.model import Diagnosis, Verdict
from sova.slugs import reason_slug
from sova.store import Store, conditions, newest
from sova.store.texts import search_words
from sova.testing import build
from tests.searches import accepted, diagnoses, moment, searches
from tests.store.answers import NOW, known
from tests.store.databases import Database

MINUTE = dt.timedelta(minutes=1)
several = st.lists(diagnoses, max_size=12, unique_by=lambda diagnosis: diagnosis.build.key)


@pytest.fixture(params=["looked up", "in order", "as it chooses"], scope="module")
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each way by which builds are found: as if always few, or never few, fulfilled a term."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param != "as it chooses":
            few = 10**6 if request.param == "looked up" else -1
            patch.setattr(newest, "_FEW", few)
            patch.setattr(newest, "_FEW_TEXTS", few)
            patch.setattr(conditions, "_FEW", few)
        yield


def walk(store: Store, search: Search, limit: int) -> list[Diagnosis]:
    """Every page, one after the other; each tells how many builds there are."""
    found: list[Diagnosis] = []
    totals: set[int] = set()
    after = ""
    while True:
        page = store.page(search, after=after, limit=limit, counted=1000)
        found += page.diagnoses
        totals.add(page.total)
        assert len(page.diagnoses) == limit or not page.after
        if not page.after:
            assert totals == {len(found)}
            return found
        after = page.after


@pytest.mark.usefixtures("way")
@given(several, searches, st.integers(1, 4))
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
def test_pages_and_counts_give_what_is_asked_for(
    database: Database, given: list[Diagnosis], search: Search, limit: int
) -> None:
    wanted = {diagnosis.build.key: diagnosis for diagnosis in given if accepted(diagnosis, search)}
    with database.store() as store:
        store.save_many(given)
        found = walk(store, search, limit)
        assert {diagnosis.build.key: diagnosis for diagnosis in found} == wanted
        assert len(found) == len(wanted)
        moments = [moment(diagnosis) for diagnosis in found]
        assert moments == sorted(moments, reverse=True)
        assert store.count_of(search) == len(wanted)
        assert store.count_of(search, most=2) == min(2, len(wanted))
        assert store.page(search, limit=limit, counted=2).total == min(2, len(wanted))


@pytest.mark.usefixtures("way")
@given(several, searches, st.integers(1, 3))
@settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)
def test_runs_are_the_newest_of_each_job(
    database: Database, given: list[Diagnosis], search: Search, limit: int
) -> None:
    with database.store() as store:
        store.save_many(given)
        jobs = ["unit", "tempest", "no such job"]
        found = store.runs(jobs, limit=limit, search=search)
        assert list(found) == jobs
        for job, runs in found.items():
            of_job = [one for one in walk(store, search, 50) if one.build.job_name == job]
            assert [run.key for run in runs] == [one.build.key for one in of_job[:limit]]
            for run, one in zip(runs, of_job, strict=False):
                primary = one.primary
                assert (run.verdict, run.passed, run.failed) == (one.verdict, one.passed, one.failed)
                assert (run.outcome, run.change) == (one.build.outcome, one.build.change.name)
                assert run.tag == ((one.tag or "unknown") if one.failed else "")
                assert run.message == (primary.message if primary else "")
                assert run.time == one.build.time
                assert run.duration == one.build.duration


def many(count: int, seconds: int = 0) -> list[Diagnosis]:
    times = [NOW - dt.timedelta(seconds=seconds * number) for number in range(count)]
    return [
        Diagnosis(build("SUCCESS", key=f"{number}", log_url="", end_time=time), Verdict.PASSED)
        for number, time in enumerate(times)
    ]


@pytest.mark.parametrize("seconds", [0, 1])
def test_builds_added_meanwhile_do_not_move_a_walk(store: Store, seconds: int) -> None:
    given = many(25, seconds)
    store.save_many(given)
    found, after, number = [], "", 0
    while True:
        page = store.page(after=after, limit=4)
        found += [diagnosis.build.key for diagnosis in page.diagnoses]
        after, number = page.after, number + 1
        if not after:
            break
        newer = build("SUCCESS", key=f"new {number}", log_url="", end_time=NOW + number * MINUTE)
        store.save(Diagnosis(newer, Verdict.PASSED))
    assert sorted(found) == sorted(diagnosis.build.key for diagnosis in given)


def test_builds_without_a_time_come_last(store: Store) -> None:
    undated = [
        Diagnosis(build("SUCCESS", key=f"undated {number}", log_url="", end_time=None), Verdict.PASSED)
        for number in range(5)
    ]
    store.save_many([*undated, *many(3)])
    keys = [diagnosis.build.key for diagnosis in walk(store, Search(), 2)]
    assert [key.startswith("undated") for key in keys] == [False] * 3 + [True] * 5
    assert len(set(keys)) == 8
    assert store.count_of(Search(Query(until=NOW + MINUTE))) == 3


@given(st.text(max_size=40) | st.binary(max_size=30).map(lambda raw: raw.hex()))
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_what_is_no_cursor_is_told(database: Database, after: str) -> None:
    with database.store() as store:
        store.save_many(many(3))
        real = store.page(limit=2).after
        if after in ("", real):
            return
        with pytest.raises(ValueError, match="is no place in a list"):
            store.page(after=after)


def test_a_cursor_can_stand_in_an_address(store: Store) -> None:
    store.save_many(many(3))
    after = store.page(limit=2).after
    assert after.replace("-", "").replace("_", "").isalnum()
    with pytest.raises(ValueError, match="no place"):
        store.page(after=f"{after[:-2]}+/")


def found_by(store: Store, text: str) -> int:
    assert len(walk(store, Search(text=text), 50)) == store.count_of(Search(text=text))
    return store.count_of(Search(text=text))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("no space left", 1),
        ("SPACE", 1),
        ("left no", 1),  # in any order
        ("spa", 1),  # the beginning of the last word
        ("spa left", 0),  # of the last one only
        ("pace", 0),  # never the end of one
        ("disk-full!", 1),  # the message
        ("Übergröße", 1),  # the subject
        ("ÜBERGR", 1),
        ("uber", 0),
        ("before", 0),  # lines around a hit are not shown in lists
        ("", 2),
        ("  ", 2),  # nothing is asked
        ("  --  ", 0),  # no word at all
        ('"', 0),
        ("no OR nothing", 0),
        ("space NOT left", 0),
        ("words:space", 0),
        ("space*", 1),
        ("_space_", 1),
        ("x" * 10_000, 0),
        ("a " * 10_000, 0),
        ("NEAR(no space)", 0),
        ("\x00", 0),
    ],
)
def test_words_are_found_whatever_stands_between_them(store: Store, asked: str, found: int) -> None:
    one = known(build(key="a", log_url="https://l/a"))
    store.save(replace(one, build=replace(one.build, change=replace(one.build.change, subject="Die Übergröße"))))
    store.save(Diagnosis(build("SUCCESS", key="b", log_url=""), Verdict.PASSED))
    assert found_by(store, asked) == found


@pytest.mark.usefixtures("way")
@given(st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=15, suppress_health_check=list(HealthCheck), deadline=None)
def test_no_question_breaks_the_search_and_every_text_finds_itself(database: Database, shown: str, asked: str) -> None:
    with database.store() as store:
        store.save(known(build(key="a"), message=shown))
        assert found_by(store, shown) == (1 if search_words(shown) or not shown.strip() else 0)
        assert found_by(store, asked) in (0, 1)


def test_a_megabyte_without_a_space_is_found_by_its_beginning(store: Store) -> None:
    store.save(known(build(key="a"), message="x" * 1_000_000))
    assert found_by(store, "xxx") == found_by(store, "x" * 200) == 1


def test_words_that_are_gone_are_not_found(store: Store) -> None:
    store.save(known(build(key="a"), message="old words"))
    store.save(known(build(key="a"), message="new words"))
    assert (found_by(store, "old"), found_by(store, "new")) == (0, 1)
    assert store.count_of(Search(reason=reason_slug("infra", "old words"))) == 0
    assert store.count_of(Search(reason=reason_slug("infra", "new words"))) == 1
    assert store.message_of(reason_slug("infra", "old words")) == ("infra", "old words")  # its page stays
