"""Every question of a page is answered by an index: none reads a big table from end to end.

A way through a whole index of `outcomes` is meant, where that holds all that is asked: in the order of time, where the
newest builds are held against a condition that many fulfil, until there are enough; and where all builds are counted.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from sova.filters import Query, Search
from sova.model import Build, Change, Diagnosis, Hit, Outcome, Reason, Verdict
from sova.slugs import build_slug, reason_slug
from sova.stats import compare
from sova.store import Store
from sova.store.database import open_engine
from tests.store.answers import NOW

BUILDS = 3000
BIG = ("builds", "diagnoses", "reasons", "problems", "details", "outcomes", "texts", "identities", "tries")
WHOLE = re.compile(rf"SCAN ({'|'.join(BIG)}|shown)\b(?! USING COVERING INDEX ix_outcomes)")
FEW = Search(Query(job_type=("job 1",)))

SEARCHES: dict[str, Search] = {
    "everything": Search(),
    "a stretch of time": Search(Query(since=NOW - dt.timedelta(hours=5), until=NOW)),
    "a day": Search(Query(dates=((None, NOW.month, NOW.day),))),
    "a job": FEW,
    "jobs": Search(Query(jobs=("job 1*",))),
    "tracked jobs": Search(Query(jobs=("job*",), exclude=("job 3",))),
    "a project": Search(Query(project=("project 1",))),
    "a branch": Search(Query(branch=("branch 0",))),
    "a pipeline": Search(Query(pipeline=("pipeline 1",))),
    "a change": Search(Query(change=(77,))),
    "a result": Search(Query(result=("timed_out",))),
    "results": Search(Query(result=("timed_out", "failure"))),
    "an outcome": Search(outcome=(Outcome.FAILURE,)),
    "failures": Search(failed=True),
    "the rest": Search(failed=False),
    "failed builds": Search(Query(fail=True)),
    "voting": Search(Query(voting=False)),
    "periodic": Search(Query(periodic=True)),
    "of changes": Search(Query(periodic=False)),
    "a tag": Search(tag=("infra",)),
    "tags": Search(tag=("infra", "unknown")),
    "a verdict": Search(verdict=(Verdict.NO_LOGS,)),
    "verdicts": Search(verdict=(Verdict.NO_LOGS, Verdict.UNKNOWN)),
    "a reason": Search(reason=reason_slug("infra", "message 4")),
    "a pattern": Search(pattern="pattern 4"),
    "a rare word": Search(text="rare 77"),
    "a common word": Search(text="common wor"),
    "several": Search(
        Query(jobs=("job 1*",), branch=("branch 0",), since=NOW - dt.timedelta(hours=50)), tag=("infra",)
    ),
    "none": Search(Query(job_type=("no such job",))),
}


def diagnosis(number: int) -> Diagnosis:
    change = Change(
        f"project {number % 7}", f"branch {number % 20 // 19}", number // 9 or None, "1", subject="common words"
    )
    time = NOW - dt.timedelta(minutes=number)
    result = ("SUCCESS", "FAILURE", "TIMED_OUT", "SUCCESS")[number % 4]
    build = Build(
        key=f"key {number}",
        job_name=f"job {number % 40}",
        result=result,
        pipeline=f"pipeline {number % 3}",
        change=change,
        voting=number % 5 > 0,
        end_time=time,
    )
    if result == "SUCCESS":
        return Diagnosis(build, Verdict.PASSED)
    if number % 3 == 0:
        return Diagnosis(build, Verdict.UNKNOWN if number % 2 else Verdict.NO_LOGS)
    hit = Hit("p", "f", 1, f"rare {number}")
    reason = Reason(f"pattern {number % 30}", f"message {number % 30}", "infra", (hit,), primary=True)
    return Diagnosis(build, Verdict.KNOWN, (reason,))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    location = str(tmp_path_factory.mktemp("filled") / "sova.db")
    with Store.open(location) as store:
        store.save_many(map(diagnosis, range(BUILDS)))
    with Store(open_engine(location)) as store:
        yield store


@contextmanager
def plans(store: Store) -> Iterator[list[str]]:
    """How SQLite goes about each statement that is executed meanwhile: the lines of EXPLAIN QUERY PLAN."""
    found: list[str] = []
    with store.reading() as connection:
        engine = connection.engine

    def explain(
        connection: Connection,
        cursor: Any,  # Any: what the driver has
        statement: str,
        parameters: object,
        *_rest: object,
    ) -> None:
        if statement.startswith(("SELECT", "WITH")):
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
            found.extend(row[3] for row in rows)

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def whole_tables(found: list[str]) -> list[str]:
    assert found, "nothing was asked"
    return [line for line in found if WHOLE.match(line)]


ASKED: dict[str, Callable[[Store, Search], object]] = {
    "a page": lambda store, search: store.page(search, limit=20),
    "the page after": lambda store, search: store.page(search, after=store.page(limit=20).after, limit=20),
    "a bounded count": lambda store, search: store.count_of(search, most=1000),
    "a count": lambda store, search: store.count_of(search),
    "runs": lambda store, search: store.runs(["job 1", "job 2"], limit=10, search=search),
    "what is outdated": lambda store, search: store.outdated(search.query, "new"),
    "the newest outdated": lambda store, search: store.outdated(replace(search.query, limit=10), "new"),
    "the newest diagnoses": lambda store, search: list(store.diagnoses(Query(limit=20))),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("search", SEARCHES)
def test_no_question_reads_a_whole_table(filled: Store, asked: str, search: str) -> None:
    with plans(filled) as found:
        ASKED[asked](filled, SEARCHES[search])
    assert whole_tables(found) == []


@pytest.mark.parametrize("search", sorted(SEARCHES.keys() - {"none"}))
def test_each_search_finds_something(filled: Store, search: str) -> None:
    assert 0 < filled.count_of(SEARCHES[search]) <= BUILDS


def test_runs_go_by_the_index_of_the_job(filled: Store) -> None:
    for name in sorted(SEARCHES.keys() - {"none"}):  # that one is false before anything is read
        with plans(filled) as found:
            filled.runs(["job 1", "job 2"], limit=10, search=SEARCHES[name])
        assert [line for line in found if line.startswith("SCAN outcomes")] == [], name
        assert any("ix_outcomes_job_id_time_build_id (job_id=?" in line for line in found)


@pytest.mark.parametrize(
    ("search", "index"),
    [
        ("a job", "ix_outcomes_job_id_time_build_id (job_id=?"),
        ("a project", "ix_outcomes_project_id_time_build_id (project_id=?"),
        ("a branch", "ix_outcomes_branch_id_time_build_id (branch_id=?"),
        ("a pipeline", "ix_outcomes_pipeline_id_time_build_id (pipeline_id=?"),
        ("a change", "ix_outcomes_change_number_time_build_id (change_number=?"),
        ("a result", "ix_outcomes_result_id_time_build_id (result_id=?"),
        ("a tag", "ix_outcomes_tag_id_time_build_id (tag_id=?"),
        ("a verdict", "ix_outcomes_verdict_time_build_id (verdict=?"),
        ("a reason", "ix_outcomes_message_id_time_build_id (message_id=?"),
        ("a pattern", "ix_reasons_pattern_build_id (pattern=?"),
        ("a rare word", "VIRTUAL TABLE INDEX"),
        ("periodic", "ix_outcomes_change_number_time_build_id (change_number=?"),
        ("everything", "ix_outcomes_counting"),
        ("failures", "ix_outcomes_counting"),
        ("a stretch of time", "ix_outcomes_counting (time>? AND time<?)"),
    ],
)
def test_a_page_goes_by_the_index_of_its_filter(filled: Store, search: str, index: str) -> None:
    with plans(filled) as found:
        filled.page(SEARCHES[search], limit=20)
    assert any(index in line for line in found), found


ALONE: dict[str, Callable[[Store], object]] = {
    "by slug": lambda store: store.by_slug(build_slug("key 77")),
    "newest": lambda store: store.newest(),
    "version": lambda store: store.version(),
    "changes": lambda store: list(store.keys_changed_since(store.version() - 1)),
    "name": lambda store: store.name_of("job", "job 1"),
    "message": lambda store: store.message_of(reason_slug("infra", "message 4")),
    "what to count again": lambda store: compare(store, Search(), NOW - dt.timedelta(days=9), NOW, dt.UTC),
    "plan": lambda store: store.plan([diagnosis(77).build], NOW),
}


@pytest.mark.parametrize("asked", ALONE)
def test_single_things_are_looked_up(filled: Store, asked: str) -> None:
    with plans(filled) as found:
        ALONE[asked](filled)
    assert [line for line in found if line.startswith("SCAN") and not line.startswith("SCAN CONSTANT")] == []


def test_a_scan_would_be_noticed(filled: Store) -> None:
    with plans(filled) as found, filled.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM builds WHERE subject = ''").all()
        connection.exec_driver_sql("SELECT sum(duration) FROM outcomes WHERE outcome = ''").all()
    assert len(whole_tables(found)) == 2
