"""Empty databases of every kind, made quickly: the tables are made once and copied from then on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from sqlalchemy import Engine

from sova.store import Store
from sova.store.database import open_engine
from sova.store.tables import metadata
from sova.store.upgrade import upgrade
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
        """An empty store for one example of many. The engine under all of them is the same, as it knows every statement
        by then."""
        ...

    def again(self) -> Store:
        """Another one over the same database, which has read nothing yet."""
        ...


class SqliteDatabase:
    """A new file for each test."""

    name = "sqlite"

    def __init__(self, directory: Path) -> None:
        self._kept = directory / "kept.db"
        self._engine = open_engine(str(self._kept))

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
        self._kept.write_bytes(empty_database())
        try:
            yield self.again()
        finally:
            self._engine.dispose()  # the last connection takes the WAL along, and the next example has a new file

    def again(self) -> Store:
        return Store(self._engine)


_EMPTY = "; ".join(
    [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables) if table.name != "state"]  # noqa: S608 - ours
    + ["UPDATE state SET value = 0"]
)


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """One database with the tables, which is emptied for each test: that is quicker than to make one."""

    server: PostgresServer
    kept: str
    engine: Engine
    name: str = "postgresql"

    @classmethod
    @contextmanager
    def of(cls, server: PostgresServer) -> Iterator[PostgresDatabase]:
        kept = server.create()
        engine = open_engine(server.url(kept))
        upgrade(engine)
        yield cls(server, kept, engine)
        engine.dispose()
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
            yield self.again()

    def again(self) -> Store:
        return Store(self.engine)
