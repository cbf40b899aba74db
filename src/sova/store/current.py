"""Whether an open store is still what it was when it was opened: for programs that keep one open for days."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, text

from sova.errors import StoreError
from sova.store.database import reading
from sova.store.register import version_of
from sova.store.tables import HEAD, VERSION_TABLE
from sova.store.trouble import place

__all__ = ["check", "file_of"]

_TABLES = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant

FileIdentity = tuple[int, int]
"""Device and number of a file."""


def file_of(engine: Engine) -> FileIdentity | None:
    """Which file the database is; None for one that is no file, or not there."""
    path = engine.url.database
    if engine.url.get_backend_name() != "sqlite" or not path or path == ":memory:" or path.startswith("file:"):
        return None
    try:
        found = os.stat(Path(path))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check(engine: Engine, opened: FileIdentity | None) -> int:
    """The version of the store. Raises StoreError where the file is gone or is another one than was `opened`, or where
    another program has brought the tables to another version."""
    if opened is not None and (now := file_of(engine)) != opened:
        what = "is gone" if now is None else "was replaced by another one"
        raise StoreError(f"the database {place(engine.url)} {what} since it was opened; start the program again")
    with reading(engine) as connection:
        version = connection.scalars(_TABLES).first()
        if version != HEAD:
            raise StoreError(
                f"the database {place(engine.url)} was upgraded since it was opened (its tables are {version}, this "
                f"program works with {HEAD}); start the program again, with the newer Sova"
            )
        return version_of(connection)
