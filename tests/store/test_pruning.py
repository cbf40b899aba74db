"""What `Store.prune` removes, on both databases: log texts before builds, by age and by size, and what stays."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sova.config import Retention
from sova.filters import Query, Search
from sova.model import Diagnosis, Excerpt, Hit
from sova.slugs import build_slug
from sova.store import Saved, SourceRun, Store
from sova.testing import build
from tests.store.answers import NOW, known, rows, unknown

DAY = dt.timedelta(days=1)


def failure(key: str, age: dt.timedelta, **values: object) -> Diagnosis:
    """A known failure whose build ended this long before NOW; its line holds its own key."""
    diagnosis = known(build(key=key, log_url=f"https://l/{key}", end_time=NOW - age, **values))  # type: ignore[arg-type]  # fields of several types by name
    hits = tuple(replace(hit, line=f"broken {key}") for hit in diagnosis.reasons[0].hits)
    return replace(diagnosis, reasons=(replace(diagnosis.reasons[0], hits=hits),))


def without_hits(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, reasons=tuple(replace(reason, hits=()) for reason in diagnosis.reasons), excerpts=())


def bulky(key: str, age: dt.timedelta) -> Diagnosis:
    """A failure with much text that no database can press together."""
    lines = tuple(os.urandom(400).hex() for _ in range(30))
    excerpt = Excerpt("job-output.txt", 1, 30, lines, 1.0, "errors")
    return replace(unknown(build(key=key, log_url=f"https://l/{key}", end_time=NOW - age)), excerpts=(excerpt,))


def test_log_lines_go_first_and_all_that_is_counted_stays(store: Store) -> None:
    old, new = failure("old", 91 * DAY), failure("new", 89 * DAY)
    store.save_many([old, new])
    before = store.version()
    done = store.prune(Retention(), NOW)
    assert (done.log_texts, done.builds, done.trouble) == (1, 0, "")
    assert store.get("new") == new
    assert store.by_slug(build_slug("old")) == without_hits(old)
    assert store.count_of(Search(failed=True, tag=("infra",))) == 2
    assert store.version() > before


def test_a_build_without_its_lines_is_found_by_its_message_only(store: Store) -> None:
    store.save(failure("old", 91 * DAY))
    assert store.count_of(Search(text="broken")) == 1
    store.prune(Retention(), NOW)
    assert store.count_of(Search(text="broken")) == 0
    assert store.count_of(Search(text="disk full")) == 1


def test_builds_go_as_a_whole_and_leave_nothing(store: Store, location: str) -> None:
    store.save_many([failure("old", 401 * DAY), failure("new", 1 * DAY)])
    done = store.prune(Retention(), NOW)
    assert done.builds == 1
    assert [diagnosis.build.key for diagnosis in store.diagnoses()] == ["new"]
    assert store.get("old") is None
    for table in ("diagnoses", "details", "outcomes", "texts"):
        assert rows(location, f"SELECT count(*) FROM {table}") == [(1,)]  # noqa: S608 - constants


@pytest.mark.parametrize("field", ["log_texts", "verdicts"])
def test_the_border_is_so_many_days_to_the_second(store: Store, field: str) -> None:
    second = dt.timedelta(seconds=1)
    store.save_many(
        [failure("at", 10 * DAY), failure("before", 10 * DAY + second), failure("after", 10 * DAY - second)]
    )
    done = store.prune(Retention.model_validate({field: 10}), NOW)
    assert (done.log_texts, done.builds) == ((1, 0) if field == "log_texts" else (0, 1))


def test_pruning_again_removes_nothing(store: Store) -> None:
    store.save_many([failure("a", 91 * DAY), failure("b", 500 * DAY), failure("c", DAY)])
    assert store.prune(Retention(), NOW).builds == 1
    version = store.version()
    again = store.prune(Retention(), NOW)
    assert (again.log_texts, again.builds) == (0, 0)
    assert store.version() == version


def test_a_build_without_a_time_is_never_old(store: Store) -> None:
    store.save(known(build(key="a", end_time=None)))
    store.prune(Retention(log_texts=1, verdicts=1, size=1), NOW + 1000 * DAY)
    assert store.get("a") == known(build(key="a", end_time=None))


def test_more_days_than_there_were_keep_everything(store: Store) -> None:
    store.save(failure("a", 5000 * DAY))
    done = store.prune(Retention(log_texts=10**9, verdicts=10**9), NOW)
    assert (done.log_texts, done.builds) == (0, 0)


def test_more_than_a_batch_goes(store: Store) -> None:
    store.save_many(failure(str(number), 100 * DAY) for number in range(600))
    assert store.prune(Retention(), NOW).log_texts == 600
    assert store.prune(Retention(verdicts=50), NOW).builds == 600
    assert store.count() == 0


def test_by_size_the_oldest_lines_go_until_it_is_met(store: Store) -> None:
    store.save_many(bulky(str(number), number * DAY) for number in range(2, 152))
    full = store.prune(Retention(log_texts=1000), NOW).bytes_after
    done = store.prune(Retention(log_texts=1000, size=full // 2), NOW)
    assert done.bytes_after <= full // 2
    assert done.builds == 0
    kept = [diagnosis.build.key for diagnosis in store.diagnoses() if diagnosis.excerpts]
    assert kept == [str(number) for number in range(2, 2 + len(kept))]
    assert 30 < len(kept) < 75  # half of the bytes, and hardly more, are gone
    assert store.count() == 150


def test_by_size_builds_go_when_no_lines_are_left_but_nothing_of_the_last_day(store: Store) -> None:
    store.save_many(failure(str(number), number * DAY / 2) for number in range(60))
    done = store.prune(Retention(size=1), NOW)
    assert [diagnosis.build.key for diagnosis in store.diagnoses()] == ["0", "1", "2"]
    assert store.get("1") == failure("1", DAY / 2)
    assert (done.builds, done.log_texts) == (57, 57)


def test_a_dry_run_tells_what_would_go_and_removes_nothing(store: Store) -> None:
    store.save_many([failure("a", 91 * DAY), failure("b", 500 * DAY), failure("c", 2 * DAY)])
    before = list(store.diagnoses()), store.version()
    told = store.prunable(Retention(), NOW)
    assert (told.log_texts, told.builds) == (1, 1)
    assert (list(store.diagnoses()), store.version()) == before


def test_a_dry_run_by_size_is_near_the_truth(store: Store) -> None:
    store.save_many(bulky(str(number), number * DAY) for number in range(2, 102))
    whole = store.prunable(Retention(log_texts=1000), NOW).bytes_before
    retention = Retention(log_texts=1000, size=whole // 2)
    told, done = store.prunable(retention, NOW), store.prune(retention, NOW)
    assert abs(told.log_texts - done.log_texts) < 25
    assert (told.builds, done.builds) == (0, 0)


def test_old_answers_of_sources_go_but_for_the_last_of_each(store: Store, location: str) -> None:
    store.record_run([SourceRun("zuul", NOW - 500 * DAY, 1, None), SourceRun("gone", NOW - 500 * DAY, 1, None)])
    store.record_run([SourceRun("zuul", NOW, 2, None)])
    store.prune(Retention(), NOW)
    assert [(run.source, run.builds) for run in store.last_runs()] == [("gone", 1), ("zuul", 2)]
    assert rows(location, "SELECT count(*) FROM source_runs") == [(2,)]


def test_a_diagnosis_that_lost_its_lines_gets_them_back_when_it_is_made_anew(store: Store) -> None:
    old = failure("old", 91 * DAY)
    store.save(old)
    store.prune(Retention(), NOW)
    assert store.save(old) is Saved.REPLACED
    assert store.get("old") == old


def test_what_is_newly_known_of_a_build_leaves_its_lines_away(store: Store) -> None:
    old = failure("old", 91 * DAY)
    store.save(old)
    store.prune(Retention(), NOW)
    store.update_builds([replace(old.build, nodeset="noble", seen_by=("zuul",))])
    found = store.get("old")
    assert found is not None
    assert (found.build.nodeset, found.reasons[0].hits, found.reasons[0].count) == ("noble", (), 3)


def test_the_file_of_sqlite_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "sova.db"
    with Store.open(str(path)) as store:
        store.save_many(bulky(str(number), 100 * DAY) for number in range(100))
        store.prune(Retention(log_texts=1000), NOW)  # so that all is in the file itself
        before = path.stat().st_size
        done = store.prune(Retention(), NOW)
        assert (done.bytes_before, done.bytes_after) == (before, path.stat().st_size)
        assert done.bytes_after < before / 4
        assert store.count(Query(fail=True)) == 100
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_the_file_of_an_earlier_sova_shrinks_too(tmp_path: Path) -> None:
    path = tmp_path / "sova.db"
    with Store.open(str(path)) as store:
        store.save_many(bulky(str(number), 100 * DAY) for number in range(100))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA auto_vacuum = NONE; VACUUM;")
    assert rows(path, "PRAGMA auto_vacuum") == [(0,)]
    with Store.open(str(path)) as store:
        done = store.prune(Retention(), NOW)
    assert done.bytes_after < done.bytes_before / 4
    assert rows(path, "PRAGMA auto_vacuum") == [(2,)]


def test_hits_are_kept_in_the_order_of_their_reasons(store: Store) -> None:
    one = failure("one", 2 * DAY)
    hit = Hit("other", "job-output.txt", 9, "second")
    two = replace(one, reasons=(*one.reasons, replace(one.reasons[0], pattern="other", primary=False, hits=(hit,))))
    store.save_many([two, failure("old", 100 * DAY)])
    store.prune(Retention(), NOW)
    assert store.get("one") == two
