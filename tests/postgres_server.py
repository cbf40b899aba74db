"""The machine's own PostgreSQL, started in a temporary directory and stopped by its own process.

It listens on loopback, takes everyone at their word, and does not wait for the disk: nothing in it outlives the tests.
The server refuses to run as root; then it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from psycopg import sql

from tests.ports import HOST, free_port
from tests.skips import postgres_program

__all__ = ["PostgresServer", "needs_postgres", "running"]

_USER = "sova"
_STARTS_WITHIN = 30.0
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "autovacuum": "off",
    "timezone": "America/New_York",  # nothing may depend on the server's own
}


def needs_postgres() -> tuple[str, str]:
    """The paths of initdb and postgres. Skips the test where they are not installed."""
    found = postgres_program("initdb"), postgres_program("postgres")
    if found[0] is None or found[1] is None:
        pytest.skip("postgres is not installed (postgresql)")
    return found[0], found[1]


@dataclass(slots=True)
class PostgresServer:
    """A running server; databases in it are made and dropped by name."""

    port: int
    command: tuple[str, ...]
    home: Path
    user: int | None
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str, user: str = _USER) -> str:
        return f"postgresql://{user}@{HOST}:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """The rows that a statement gives, in a connection of its own and outside of any transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql.SQL(statement))
            return cursor.fetchall() if cursor.description else []

    def create(self) -> str:
        """The name of a new, empty database."""
        name = f"sova_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return name

    def drop(self, name: str) -> None:
        """Drop the database, whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, cwd=self.home, user=self.user)
        end = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"postgres did not start: {(self.home / 'log').read_text(encoding='utf-8', errors='replace')}")

    def stop(self) -> None:
        """Stop at once, as a machine that fails; connections break off."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)


@contextmanager
def running(**settings: str) -> Iterator[PostgresServer]:
    """A new server with an empty directory of its own, short enough a path for every system; `settings` over ours."""
    initdb, postgres = needs_postgres()
    home = Path(mkdtemp(prefix="sova-pg-"))
    user = _unprivileged(home)
    try:
        data = home / "data"
        made = subprocess.run(
            [initdb, "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd=home,
            user=user,
        )
        assert made.returncode == 0, made.stderr
        port = free_port()
        options = [part for name, value in (_SETTINGS | settings).items() for part in ("-c", f"{name}={value}")]
        command = (postgres, "-D", str(data), "-p", str(port), *options)
        server = PostgresServer(port, command, home, user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def _unprivileged(home: Path) -> int | None:
    """The number of the user who may run the server, who is given its directory; None where that is who we are."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    user = known.get("postgres", known.get("nobody"))
    if user is None:
        pytest.skip("postgres is not installed (no user to run it as)")
    os.chown(home, user, -1)
    return user
