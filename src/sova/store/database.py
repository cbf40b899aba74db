"""Opens the database, SQLite or PostgreSQL, and begins its transactions.

SQLite runs in WAL mode: readers never wait for a writer, and a writer that is killed leaves only whole transactions.
Writers queue up instead of failing half-way: on SQLite a transaction that writes begins with BEGIN IMMEDIATE, on
PostgreSQL with an advisory lock that ends with it. A transaction that reads sees one state of the database.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from sova.errors import StoreError
from sova.store.trouble import hidden, told

__all__ = ["open_engine", "reading", "told", "writing"]

_WAIT = 30.0
"""Seconds to wait for another writer before giving up."""

_THREADS = 40
"""Threads of the web server, each of which may hold a connection at once."""

_CACHE = 16 * 1024**2
"""Bytes of pages that a connection to SQLite keeps."""

_WAL_PAGES = 8000
"""Pages of 4 kB that are written before SQLite moves them into place: many new builds change the same pages."""

_KEPT = 10
"""Connections to PostgreSQL that stay open; each is a process of the server."""

_CONNECT = 10
"""Seconds to wait for the answer of a PostgreSQL server."""

_WRITES = "sova_writes"
_LOCK = 0x50_7A
"""Names Sova's advisory lock among those of other programs; the schema tells two stores in one database apart."""


def open_engine(location: str) -> Engine:
    """An engine for a path, `:memory:`, or the URL of a SQLite or PostgreSQL database. Connects to nothing, touches no
    file but makes the directory. Raises StoreError."""
    url = _url(location)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return _postgresql(url.set(drivername="postgresql+psycopg"))
    raise StoreError(
        f"{hidden(location)}: {url.drivername} is no database that Sova knows; "
        "allowed: a path, sqlite:///PATH, postgresql://USER@HOST/DATABASE"
    )


def _url(location: str) -> URL:
    if "://" not in location:
        database = location if location == ":memory:" else str(Path(location).expanduser())
        return URL.create("sqlite", database=database)
    try:
        return make_url(location)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise StoreError(f"{hidden(location)}: is neither a path nor the URL of a database") from error


def _sqlite(url: URL) -> Engine:
    options = {"check_same_thread": False, "timeout": _WAIT}
    if url.database in (None, "", ":memory:"):  # one connection, or every thread would have a database of its own
        engine = create_engine(url, connect_args=options, poolclass=StaticPool)
    else:
        _make_directory(url)
        # connections that are kept know the tables and hold pages; one costs a few file handles
        engine = create_engine(url, connect_args=options, pool_size=_THREADS)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql(url: URL) -> Engine:
    defaults = {"connect_timeout": _CONNECT, "application_name": "sova"}
    options = {name: value for name, value in defaults.items() if name not in url.query}
    try:
        # pre-ping: after a restart of the server the first question would fail once for each connection that was kept
        engine = create_engine(
            url, connect_args=options, pool_size=_KEPT, max_overflow=_THREADS - _KEPT, pool_pre_ping=True
        )
    except ImportError as error:
        raise StoreError(
            f"{hidden(url.render_as_string())}: PostgreSQL needs the package psycopg: pip install 'sova-ci[postgresql]'"
        ) from error
    event.listen(engine, "checkin", _forget)
    # a connection that breaks off is told by `told`; the pool would print a traceback of its own
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    return engine


def _forget(connection: Any, _entry: ConnectionPoolEntry) -> None:  # Any: psycopg is not there for everyone
    """Leave it to the server again whether the next transaction may write: some are read-only as a whole."""
    if connection is not None and not connection.closed:
        connection.read_only = None


def _make_directory(url: URL) -> None:
    if not url.database or url.database.startswith("file:"):
        return
    directory = Path(url.database).parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{url.database}: its directory cannot be made: {error.strerror}") from error


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # cache_size, mmap_size and temp_store stay as they are: with 1,000,000 builds no other value made reading faster
    connection.isolation_level = None  # transactions are begun by `_begin`, never by the driver
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE // 1024}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # so that a file shrinks; holds for one that is new
        if not _read_only(connection):
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
    options: dict[str, object] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with told(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in the one transaction that writes; it is kept whole, or not at all. Raises StoreError."""
    options: dict[str, object] = {_WRITES: True}
    if engine.dialect.name == "postgresql":
        # each statement sees what was there when it began: the first one is the wait for the writer before
        options = {"isolation_level": "READ COMMITTED"}
    with told(engine), engine.connect().execution_options(**options) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = {_WAIT * 1000:.0f}; "
                f"SELECT pg_advisory_xact_lock({_LOCK}, hashtext(coalesce(current_schema(), '')))"
            )
        yield connection
