"""Databases of earlier versions of Sova are upgraded with all that they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, insert, inspect, select

import sova.store.migrations
from sova.filters import Query, Search
from sova.model import Diagnosis
from sova.slugs import build_slug
from sova.store import Store
from sova.store.database import open_engine, writing
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons, source_runs, tries
from sova.store.upgrade import alembic_config
from sova.testing import build
from tests import strategies
from tests.store.answers import known, no_logs, unknown
from tests.store.counted import answers_of, expected
from tests.store.databases import Database

TABLES = (builds, diagnoses, reasons, problems, details, tries, source_runs)


def old_database(location: str, revision: str, given: Sequence[Diagnosis]) -> None:
    """A database as an earlier Sova left it: rows of today's tables, as far as they were known then."""
    engine = open_engine(location)
    with Store.open(":memory:") as fresh, writing(engine) as old:
        fresh.save_many(given)
        config = alembic_config(str(Path(sova.store.migrations.__file__).parent))
        config.attributes["connection"] = old
        command.upgrade(config, revision)
        with fresh.reading() as new:
            for table in TABLES:
                columns = [table.c[column["name"]] for column in inspect(old).get_columns(table.name)]
                add(old, table, [dict(row) for row in new.execute(select(*columns)).mappings()])
            names = [(f"key:{key}", number) for key, number in new.execute(select(builds.c.key, builds.c.id))]
            others = select(identities.c.identity, identities.c.build_id).where(
                identities.c.identity.not_like("page:%")
            )
            names += [(row.identity, row.build_id) for row in new.execute(others)]
            add(old, identities, [{"identity": name, "build_id": number} for name, number in names])
    engine.dispose()


def add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:  # Any: columns
    if not rows:
        return
    connection.execute(insert(table), rows)
    if connection.dialect.name == "postgresql" and "id" in rows[0]:  # as if it had numbered them itself
        connection.exec_driver_sql(f"SELECT setval('{table.name}_id_seq', {max(row['id'] for row in rows)})")


@contextmanager
def upgraded(database: Database, revision: str, given: Sequence[Diagnosis]) -> Iterator[Store]:
    with database.bare() as location:
        old_database(location, revision, given)
        with Store.open(location) as store:
            yield store


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_everything_is_there_after_an_upgrade(database: Database, revision: str) -> None:
    given = [
        replace(known(build(key="a", log_url="https://l/a")), patterns_version="abc"),
        no_logs(build(key="b", log_url="https://l/" + "b" * 600)),
        unknown(build("", key="c", log_url="", end_time=None)),
        *(known(build(key=str(number), log_url=f"https://l/{number}")) for number in range(510)),
    ]
    with upgraded(database, revision, given) as store, Store.open(":memory:") as fresh:
        fresh.save_many(given)
        assert {diagnosis.build.key: diagnosis for diagnosis in store.diagnoses()} == {
            diagnosis.build.key: diagnosis for diagnosis in given
        }
        assert answers_of(store) == answers_of(fresh)
        assert store.get("a") == store.by_slug(build_slug("a")) == given[0]
        assert [one.key for one in store.outdated(Query(limit=513), "new") if one.key == "a"] == ["a"]
        assert store.count_of(Search(text="no space left")) == 511
        assert store.names() == fresh.names() != {}
        assert store.save_many(given[:5]) == 0
        assert store.count() == len(given)


def test_what_was_judged_by_a_set_is_not_outdated_after_an_upgrade(database: Database) -> None:
    with upgraded(database, "0001", [replace(known(build(key="a")), patterns_version="abc")]) as store:
        assert store.outdated(Query(), "abc") == []
        assert [one.key for one in store.outdated(Query(), "new")] == ["a"]


def without_fix(diagnosis: Diagnosis) -> Diagnosis:
    """As it was kept then: nobody knew when a failure was expected to be gone."""
    return replace(diagnosis, reasons=tuple(replace(reason, fixed_since=None) for reason in diagnosis.reasons))


@given(st.lists(strategies.diagnoses.map(without_fix), max_size=4))
@settings(max_examples=4, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
def test_whatever_is_stored_is_counted_after_an_upgrade_as_if_it_were_saved_now(
    database: Database, given: list[Diagnosis]
) -> None:
    with upgraded(database, "0002", given) as store, Store.open(":memory:") as fresh:
        fresh.save_many(given)
        assert list(store.diagnoses()) == list(fresh.diagnoses())
        assert answers_of(store) == answers_of(fresh)
        for diagnosis in given:  # what is saved later is numbered after what was there
            store.save(replace(diagnosis, why="now", build=replace(diagnosis.build, pipeline="new pipeline")))
            store.save(known(replace(diagnosis.build, key=f"{diagnosis.build.key} 2", uuid="", log_url="")))
        assert answers_of(store) == expected(store.diagnoses())
