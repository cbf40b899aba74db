"""Stores to test with: every test that asks for `store`, `location` or `database` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sova.store import Store
from tests.postgres_server import PostgresServer
from tests.store.databases import Database, PostgresDatabase, SqliteDatabase


@pytest.fixture(scope="session")
def postgres_database(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    with PostgresDatabase.of(postgres) as made:
        yield made


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """One kind of database after the other."""
    if request.param == "sqlite":
        return SqliteDatabase(tmp_path_factory.mktemp("sqlite"))
    found: Database = request.getfixturevalue("postgres_database")
    return found


@pytest.fixture
def location(database: Database) -> Iterator[str]:
    """A path or URL with the tables and nothing in them."""
    with database.empty() as made:
        yield made


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    with Store.open(location) as opened:
        yield opened
