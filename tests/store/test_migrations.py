"""Databases of earlier versions of Sova are upgraded with all that they hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sova.store.migrations
from sova.filters import Query, Search
from sova.model import Diagnosis
from sova.slugs import build_slug
from sova.store import Store
from sova.store.database import open_engine, writing
from sova.store.upgrade import alembic_config
from sova.testing import build
from tests import strategies
from tests.store.answers import known, no_logs, unknown
from tests.store.counted import answers_of

TABLES = ("builds", "diagnoses", "reasons", "problems", "details", "tries", "source_runs")


def old_database(location: Path, revision: str, diagnoses: Sequence[Diagnosis]) -> None:
    """A database as an earlier Sova left it: rows of today's tables, as far as they were known then."""
    engine = open_engine(str(location))
    with writing(engine) as connection:
        config = alembic_config(str(Path(sova.store.migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    new = location.with_suffix(".new")
    with Store.open(str(new)) as store:
        store.save_many(diagnoses)
    with closing(sqlite3.connect(location)) as old:
        old.execute("ATTACH ? AS new", (str(new),))
        for table in TABLES:
            names = [row[1] for row in old.execute(f"PRAGMA main.table_info({table})")]
            old.execute(f"INSERT INTO main.{table} ({', '.join(names)}) SELECT {', '.join(names)} FROM new.{table}")  # noqa: S608
        old.execute("INSERT INTO identities SELECT 'key:' || key, id FROM builds")
        old.execute("INSERT INTO identities SELECT * FROM new.identities WHERE identity NOT LIKE 'page:%'")
        old.commit()


@contextmanager
def upgraded(revision: str, diagnoses: Sequence[Diagnosis]) -> Iterator[Store]:
    with TemporaryDirectory() as directory:
        location = Path(directory, "old.db")
        old_database(location, revision, diagnoses)
        with Store.open(str(location)) as store:
            yield store


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_everything_is_there_after_an_upgrade(revision: str) -> None:
    given = [
        replace(known(build(key="a", log_url="https://l/a")), patterns_version="abc"),
        no_logs(build(key="b", log_url="https://l/" + "b" * 600)),
        unknown(build("", key="c", log_url="", end_time=None)),
        *(known(build(key=str(number), log_url=f"https://l/{number}")) for number in range(1100)),
    ]
    with upgraded(revision, given) as store, Store.open(":memory:") as fresh:
        fresh.save_many(given)
        assert {diagnosis.build.key: diagnosis for diagnosis in store.diagnoses()} == {
            diagnosis.build.key: diagnosis for diagnosis in given
        }
        assert answers_of(store) == answers_of(fresh)
        assert store.get("a") == store.by_slug(build_slug("a")) == given[0]
        assert [one.key for one in store.outdated(Query(limit=1103), "new") if one.key == "a"] == ["a"]
        assert store.count_of(Search(text="no space left")) == 1101
        assert store.names("job") == fresh.names("job") != ()
        assert store.save_many(given) == 0
        assert store.count() == len(given)


def test_what_was_judged_by_a_set_is_not_outdated_after_an_upgrade() -> None:
    with upgraded("0001", [replace(known(build(key="a")), patterns_version="abc")]) as store:
        assert store.outdated(Query(), "abc") == []
        assert [one.key for one in store.outdated(Query(), "new")] == ["a"]


def without_fix(diagnosis: Diagnosis) -> Diagnosis:
    """As it was kept then: nobody knew when a failure was expected to be gone."""
    return replace(diagnosis, reasons=tuple(replace(reason, fixed_since=None) for reason in diagnosis.reasons))


@given(st.lists(strategies.diagnoses.map(without_fix), max_size=4))
@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_is_stored_is_counted_after_an_upgrade_as_if_it_were_saved_now(given: list[Diagnosis]) -> None:
    with upgraded("0002", given) as store, Store.open(":memory:") as fresh:
        fresh.save_many(given)
        assert list(store.diagnoses()) == list(fresh.diagnoses())
        assert answers_of(store) == answers_of(fresh)
