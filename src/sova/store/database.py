"""Opens the database and says in words what is wrong with it.

SQLite runs in WAL mode: readers never wait for a writer, and a writer that is killed leaves only whole transactions.
A transaction that writes begins with BEGIN IMMEDIATE, so that two writers queue up instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from sova.errors import StoreError

__all__ = ["open_engine", "reading", "told", "writing"]

_WAIT = 30.0
"""Seconds to wait for another writer before giving up."""

_WRITES = "sova_writes"
_WORDS = {
    "SQLITE_BUSY": f"is locked: another program has been writing to it for more than {_WAIT:.0f} seconds",
    "SQLITE_LOCKED": "is locked by another part of this program",
    "SQLITE_READONLY": "is read-only",
    "SQLITE_NOTADB": "is not a database",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup, or move it away to begin anew",
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_CANTOPEN": "cannot be opened: no such directory, or no permission",
    "SQLITE_PERM": "cannot be opened: no permission",
    "SQLITE_IOERR": "cannot be read or written: the disk fails, is full, or a limit on file sizes is reached",
}


def open_engine(location: str) -> Engine:
    """An engine for a path, `:memory:`, or a SQLAlchemy URL of SQLite. Touches no file but makes the directory."""
    url = _url(location)
    if url.get_backend_name() != "sqlite":
        raise StoreError(
            f"{location}: {url.get_backend_name()} is no database that Sova knows; allowed: a path, sqlite:///"
        )
    options = {"check_same_thread": False, "timeout": _WAIT}
    if url.database in (None, "", ":memory:"):  # one connection, or every thread would have a database of its own
        engine = create_engine(url, connect_args=options, poolclass=StaticPool)
    else:
        _make_directory(url)
        engine = create_engine(url, connect_args=options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _url(location: str) -> URL:
    if "://" not in location:
        database = location if location == ":memory:" else str(Path(location).expanduser())
        return URL.create("sqlite", database=database)
    try:
        return make_url(location)
    except ArgumentError as error:
        raise StoreError(f"{location}: is neither a path nor the URL of a database") from error


def _make_directory(url: URL) -> None:
    if not url.database or url.database.startswith("file:"):
        return
    directory = Path(url.database).parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{url.database}: its directory cannot be made: {error.strerror}") from error


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, never by the driver
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete" and not _read_only(connection):
        connection.execute("PRAGMA journal_mode = WAL")


def _read_only(connection: sqlite3.Connection) -> bool:
    """Whether the file can only be read; then nothing about it is changed and the first write says so."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith("SQLITE_READONLY"):
            return True
        raise
    connection.execute("ROLLBACK")
    return False


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that sees one state of the database. Raises StoreError."""
    with told(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in the one transaction that writes; it is kept whole, or not at all. Raises StoreError."""
    with told(engine), engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turns what the database says into a StoreError with the place and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{_place(engine)} {_words(error.orig)}") from error
    except sqlite3.Error as error:  # raised while a connection is prepared, where SQLAlchemy translates nothing
        raise StoreError(f"{_place(engine)} {_words(error)}") from error


def _place(engine: Engine) -> str:
    return f"the database {engine.url.render_as_string(hide_password=True).removeprefix('sqlite:///')}"


def _words(error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", "")
    for code, words in _WORDS.items():
        if name == code or name.startswith(f"{code}_"):
            return f"{words} ({error})"
    return f"does not work: {error}"
