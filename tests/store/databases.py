"""Empty databases of every kind, made quickly: the tables are made once and copied from then on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sova.store import Store
from sova.store.tables import metadata
from tests.postgres_server import PostgresServer
from tests.store.answers import empty_database

__all__ = ["Database", "PostgresDatabase", "SqliteDatabase"]


class Database(Protocol):
    """One kind of database."""

    @property
    def name(self) -> str: ...

    def empty(self) -> AbstractContextManager[str]:
        """The path or URL of a database that holds the tables and nothing in them."""
        ...

    def bare(self) -> AbstractContextManager[str]:
        """The path or URL of a database without any table."""
        ...

    def store(self) -> AbstractContextManager[Store]:
        """An empty store for one example of many."""
        ...


class SqliteDatabase:
    name = "sqlite"

    @contextmanager
    def empty(self) -> Iterator[str]:
        with self.bare() as location:
            Path(location).write_bytes(empty_database())
            yield location

    @contextmanager
    def bare(self) -> Iterator[str]:
        with TemporaryDirectory() as directory:
            yield str(Path(directory, "sova.db"))

    @contextmanager
    def store(self) -> Iterator[Store]:
        with self.empty() as location, Store.open(location) as opened:
            yield opened


_EMPTY = "; ".join(
    [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables) if table.name != "state"]  # noqa: S608 - ours
    + ["UPDATE state SET value = 0"]
)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One database with the tables, which is emptied for each test: that is quicker than to make one."""

    server: PostgresServer
    kept: str
    opened: Store
    name: str = "postgresql"

    @classmethod
    @contextmanager
    def of(cls, server: PostgresServer) -> Iterator[PostgresDatabase]:
        kept = server.create()
        with Store.open(server.url(kept)) as opened:
            yield cls(server, kept, opened)
        server.drop(kept)

    @contextmanager
    def empty(self) -> Iterator[str]:
        self.server.execute(_EMPTY, self.kept)
        yield self.server.url(self.kept)

    @contextmanager
    def bare(self) -> Iterator[str]:
        name = self.server.create()
        try:
            yield self.server.url(name)
        finally:
            self.server.drop(name)

    @contextmanager
    def store(self) -> Iterator[Store]:
        with self.empty():
            yield self.opened
