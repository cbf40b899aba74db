"""Diagnoses as triage leaves them, and the content of a database as text."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from sova.model import Build, Diagnosis, FileRead, Hit, Problem, ProblemKind, Reason, Verdict
from sova.store import Store

__all__ = ["NOW", "dump", "empty_database", "known", "no_logs", "not_yet", "rows", "unknown"]

NOW = dt.datetime(2026, 3, 1, 13, 0, tzinfo=dt.UTC)


def known(build: Build, size: int = 1000, message: str = "disk full") -> Diagnosis:
    """A failure with a reason."""
    hit = Hit("disk", "job-output.txt", 7, "No space left on device", (("0", "No space"),), ("before",), ("after",))
    reason = Reason("disk", message, "infra", (hit,), primary=True, count=3)
    return Diagnosis(build, Verdict.KNOWN, (reason,), files_read=_read(size), patterns_version="1", why="the only one")


def unknown(build: Build, size: int = 1000) -> Diagnosis:
    """A failure whose logs were read and told nothing."""
    return Diagnosis(build, Verdict.UNKNOWN, files_read=_read(size))


def no_logs(build: Build, kind: ProblemKind = ProblemKind.NETWORK) -> Diagnosis:
    """A failure whose logs could not be had."""
    return Diagnosis(build, Verdict.NO_LOGS, problems=(Problem(build.log_url, kind, "503 from the log server"),))


def not_yet(build: Build) -> Diagnosis:
    """A failure whose logs are on their way."""
    return no_logs(build, ProblemKind.NOT_YET)


def _read(size: int) -> tuple[FileRead, ...]:
    return (FileRead("job-output.txt", "https://logs.example.org/1/job-output.txt.gz", size, size // 80),)


def dump(location: str | Path) -> str:
    """The whole database as text: SQL of SQLite's, every row of PostgreSQL's."""
    if "://" not in str(location):
        with closing(sqlite3.connect(location)) as connection:
            return "\n".join(connection.iterdump())
    tables = rows(location, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    return "\n".join(
        f"{table}: {row}"
        for (table,) in tables
        for (row,) in rows(location, f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608 - its own tables
    )


def rows(location: str | Path, sql: str) -> list[tuple[object, ...]]:
    """What a query of another program gives."""
    if "://" not in str(location):
        with closing(sqlite3.connect(location)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(str(location), autocommit=True) as server:
        return server.execute(sql.encode()).fetchall()


@cache
def empty_database() -> bytes:
    """A SQLite database with its tables; making them anew for each test would take most of the time."""
    with TemporaryDirectory() as directory:
        location = Path(directory, "sova.db")
        Store.open(str(location)).close()
        return location.read_bytes()
