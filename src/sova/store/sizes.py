"""How large the database is, and how what was freed is given back."""

from __future__ import annotations

import time
from contextlib import closing

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, literal_column, select

from sova.store.database import told
from sova.store.tables import metadata

__all__ = ["give_back", "size", "used"]

_INCREMENTAL = 2
"""SQLite's number of the mode in which a file can shrink bit by bit."""

_PAGES = 1000
"""Pages given back at once; other writers get their turn in between."""

_PAUSE = 0.02
_WORTH_IT = 0.1
"""Part of a file that must be free before all of it is written anew."""

_ROW = 28
"""Bytes that PostgreSQL adds to a row."""


def size(connection: Connection) -> int:
    """Bytes: of SQLite's file, or of PostgreSQL's rows (what its files hold beside them changes with every vacuum)."""
    if connection.dialect.name == "sqlite":
        return _pragma(connection, "page_count") * _pragma(connection, "page_size")
    return used(connection)


def used(connection: Connection) -> int:
    """Bytes that are in use, without those that were freed."""
    if connection.dialect.name == "sqlite":
        pages = _pragma(connection, "page_count") - _pragma(connection, "freelist_count")
        return pages * _pragma(connection, "page_size")
    return sum(_used_by(connection, table) for table in metadata.sorted_tables)


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _used_by(connection: Connection, table: Table) -> int:
    """The rows that are there."""
    row: ColumnElement[int] = literal_column("0")
    for column in table.columns:
        row += func.coalesce(func.pg_column_size(column), 0)
    rows = select(func.count().label("rows"), func.coalesce(func.sum(row), 0).label("bytes")).select_from(table)
    number, filled = connection.execute(rows).one()
    return int(filled) + _ROW * int(number)


def give_back(engine: Engine) -> None:
    """Let SQLite's file shrink; let PostgreSQL use anew what was freed. Others may read and write meanwhile, but for
    the one time that an old SQLite file is written anew. Raises StoreError; then nothing is lost, only not given back.
    """
    with told(engine):
        if engine.dialect.name == "sqlite":
            _shrink(engine)
        else:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                names = ", ".join(table.name for table in metadata.sorted_tables)
                connection.exec_driver_sql(f"VACUUM (ANALYZE) {names}")


def _shrink(engine: Engine) -> None:
    with closing(engine.raw_connection()) as pooled, closing(pooled.cursor()) as cursor:

        def ask(statement: str) -> int:
            cursor.execute(statement)
            row = cursor.fetchone()
            return int(row[0]) if row else 0

        free, pages = ask("PRAGMA freelist_count"), ask("PRAGMA page_count")
        if ask("PRAGMA auto_vacuum") == _INCREMENTAL:
            while free > 0:
                cursor.executescript(f"PRAGMA incremental_vacuum({_PAGES})")  # `execute` frees a single page
                before, free = free, ask("PRAGMA freelist_count")
                if free >= before:  # others fill what we free
                    break
                time.sleep(_PAUSE)
        elif free > pages * _WORTH_IT:  # a file of an earlier Sova
            ask("PRAGMA auto_vacuum = INCREMENTAL")
            ask("VACUUM")
        ask("PRAGMA wal_checkpoint(TRUNCATE)")
