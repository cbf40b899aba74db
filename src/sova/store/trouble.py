"""What a database says when it cannot: in words, with the place and what to do, and never with a password."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from sova.errors import StoreError

__all__ = ["hidden", "place", "told"]

_LOCKED = "is locked: another program has been writing to it for more than 30 seconds"
_NO_USER = "refuses the user or the password; a password may stand in the URL, in PGPASSWORD or in ~/.pgpass"
_MISSING = "does not exist; make it with `createdb`"
_STOPPING = "is being shut down or started; try again in a moment"
_BUSY = "has no connection left for Sova; raise its max_connections, or end other programs"
_UNREACHABLE = "cannot be reached: the server is not there, or broke off"
_DAMAGED = "is damaged; restore it from a backup, or move it away to begin anew"
_FULL = "cannot grow: the disk is full"

_SQLITE = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": "is locked by another part of this program",
    "SQLITE_READONLY": "is read-only",
    "SQLITE_NOTADB": "is not a database",
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_FULL": _FULL,
    "SQLITE_CANTOPEN": "cannot be opened: no such directory, or no permission",
    "SQLITE_PERM": "cannot be opened: no permission",
    "SQLITE_IOERR": "cannot be read or written: the disk fails, is full, or a limit on file sizes is reached",
}
_POSTGRESQL = {  # by SQLSTATE, or by how it begins: the class
    "55P03": _LOCKED,
    "25006": "is read-only",
    "42501": "gives no permission; the user of the URL must own Sova's tables and may make some in the schema",
    "3F000": "has no schema to make tables in; name one in the search_path of the user",
    "3D000": _MISSING,
    "28": _NO_USER,
    "53100": _FULL,
    "53300": _BUSY,
    "57P01": _UNREACHABLE,  # what is said to those who are thrown out
    "57P02": _UNREACHABLE,
    "57P03": _STOPPING,
    "08": _UNREACHABLE,
    "58": "cannot be read or written: the disk of the server fails",
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
_NOT_CONNECTED = (  # while a connection is made there is no SQLSTATE but only the words of the server
    (re.compile(r'database ".*" does not exist'), _MISSING),
    (re.compile(r"password|authentication|role \".*\" does not exist|pg_hba", re.IGNORECASE), _NO_USER),
    (re.compile(r"starting up|shutting down|recovery mode"), _STOPPING),
    (re.compile(r"too many clients|too many connections|connection slots"), _BUSY),
)
_PASSWORD = re.compile(r"(://[^/@:]*:).*(?=@)|(\bpassword=)[^&\s]*", re.IGNORECASE)


def hidden(location: str) -> str:
    """The path or URL without the password in it."""
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}***", location)


def place(url: URL) -> str:
    """The database as people know it: its path, or its URL without password and options."""
    if url.get_backend_name() == "sqlite":
        return str(url.render_as_string().removeprefix("sqlite:///"))
    return str(url.set(drivername=url.get_backend_name(), query={}).render_as_string())


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Turns what the database says into a StoreError with the place and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise _told(engine, error.orig) from error
    except sqlite3.Error as error:  # raised while a connection is prepared, where SQLAlchemy translates nothing
        raise _told(engine, error) from error
    except NoConnectionError as error:
        raise StoreError(f"the database {place(engine.url)} is asked by too many at once; try again") from error


def _told(engine: Engine, error: BaseException | None) -> StoreError:
    said = " ".join(str(error).split())
    if password := engine.url.password:
        said = said.replace(str(password), "***")
    words = _sqlite(error) if engine.dialect.name == "sqlite" else _postgresql(error, said)
    return StoreError(f"the database {place(engine.url)} {f'{words} ({said})' if words else f'does not work: {said}'}")


def _sqlite(error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", "")
    return next((words for code, words in _SQLITE.items() if name == code or name.startswith(f"{code}_")), "")


def _postgresql(error: BaseException | None, said: str) -> str:
    state = getattr(error, "sqlstate", None) or ""
    if state:
        return next((words for code, words in _POSTGRESQL.items() if state.startswith(code)), "")
    if type(error).__name__ != "OperationalError":
        return ""
    return next((words for expression, words in _NOT_CONNECTED if expression.search(said)), _UNREACHABLE)
