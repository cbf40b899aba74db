"""`sova db`: upgrade, prune, export, import, and what is said when the database cannot."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import alembic.command
import pytest

from sova.model import Diagnosis
from sova.reports.as_json import dumps, to_row
from sova.store import Store
from sova.store import database as transactions
from sova.store.database import open_engine, writing
from sova.store.upgrade import alembic_config
from sova.testing import build
from tests.postgres_server import PostgresServer, running
from tests.store.answers import empty_database, known, rows, unknown

from .conftest import Ran

Sova = Callable[..., Ran]
ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
NOBODY = 65534


def failure(key: str, age: timedelta = 2 * DAY, message: str = "disk full") -> Diagnosis:
    return known(build(key=key, log_url=f"https://l/{key}", end_time=NOW - age), message=message)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database that is configured, and is there with its tables."""
    (tmp_path / "sova.yaml").write_text("store: sova.db\n")
    (tmp_path / "sova.db").write_bytes(empty_database())
    return tmp_path / "sova.db"


@pytest.fixture
def url(tmp_path: Path, postgres: PostgresServer) -> Iterator[str]:
    """A configured database of PostgreSQL, without tables."""
    name = postgres.create()
    (tmp_path / "postgres.yaml").write_text(f"store: {postgres.url(name)}\n")
    yield postgres.url(name)
    postgres.drop(name)


def fill(path: Path | str, *diagnoses: Diagnosis) -> None:
    with Store.open(str(path)) as store:
        store.save_many(diagnoses)


def stored(path: Path | str) -> list[Diagnosis]:
    with Store.open(str(path)) as store:
        return list(store.diagnoses())


# -- upgrade ---------------------------------------------------------------------------------------------------------


def test_upgrade_tells_what_it_did(sova: Sova, path: Path) -> None:
    path.unlink()
    made, again = sova("db", "upgrade"), sova("db", "upgrade")
    assert (made.status, again.status) == (0, 0)
    assert "sova.db: tables made (version " in made.out
    assert "is up to date" in again.out
    assert "nothing to do" in again.out


def test_upgrade_tells_from_which_tables(sova: Sova, path: Path) -> None:
    """Tables as the first Sova left them, made by its own migration."""
    path.unlink()
    engine = open_engine(str(path))
    config = alembic_config(str(ROOT / "src/sova/store/migrations"))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "0001")
    engine.dispose()
    ran = sova("db", "upgrade")
    assert "upgraded from tables 0001 to " in ran.out
    assert "up to date" in sova("db", "upgrade").out


# -- prune -----------------------------------------------------------------------------------------------------------


def test_prune_removes_what_the_configuration_does_not_keep(sova: Sova, path: Path) -> None:
    fill(path, failure("old", 20 * DAY), failure("older", 50 * DAY), failure("new"))
    with (path.parent / "sova.yaml").open("a") as file:
        file.write("retention: {log_texts: 10, verdicts: 40}\n")
    dry = sova("db", "prune", "--dry-run")
    assert "log lines of 1 builds would be removed (kept 10 days)" in dry.out
    assert "1 builds would be removed (kept 40 days)" in dry.out
    assert len(stored(path)) == 3
    ran = sova("db", "prune")
    assert ran.status == 0
    assert "1 builds removed (kept 40 days)" in ran.out
    assert "the database was" in ran.out
    assert [(found.build.key, bool(found.reasons[0].hits)) for found in stored(path)] == [("new", True), ("old", False)]


def test_options_of_prune_go_before_the_configuration(sova: Sova, path: Path) -> None:
    fill(path, failure("old", 20 * DAY), failure("new"))
    sova("db", "prune", "--verdicts", "10")
    assert [found.build.key for found in stored(path)] == ["new"]
    sova("db", "prune", "--log-texts", "1")
    assert stored(path)[0].reasons[0].hits == ()


def test_prune_by_size_says_when_the_last_day_is_too_large(sova: Sova, path: Path) -> None:
    fill(path, failure("now", timedelta(hours=1)), failure("old"))
    ran = sova("db", "prune", "--size", "1kB")
    assert ran.status == 0
    assert "the last day stays" in ran.err
    assert [found.build.key for found in stored(path)] == ["now"]


@pytest.mark.parametrize("options", [("--size", "0"), ("--size", "much"), ("--log-texts", "0"), ("--verdicts", "-1")])
def test_a_retention_that_is_none_is_refused(sova: Sova, path: Path, options: tuple[str, str]) -> None:
    fill(path, failure("a", 1000 * DAY))
    ran = sova("db", "prune", *options)
    assert ran.status == 2
    assert options[0] in ran.err
    assert len(stored(path)) == 1


def test_prune_on_postgresql(sova: Sova, url: str) -> None:
    fill(url, failure("old", 100 * DAY), failure("new"))
    ran = sova("--config", "postgres.yaml", "db", "prune")
    assert (ran.status, ran.err) == (0, "")
    assert "log lines of 1 builds removed" in ran.out


# -- export and import -----------------------------------------------------------------------------------------------


def test_what_is_exported_from_sqlite_and_imported_into_postgresql_is_equal(sova: Sova, path: Path, url: str) -> None:
    told = [failure("a"), failure("b\0", DAY), unknown(build("", key="c", end_time=None, log_url="https://l/c"))]
    fill(path, *told)
    assert sova("db", "export", "builds.jsonl").err == "wrote 3 builds to builds.jsonl\n"
    ran = sova("--config", "postgres.yaml", "db", "import", "builds.jsonl")
    assert (ran.status, ran.out, ran.err) == (0, "3 builds read, 3 of them new; 0 bad lines\n", "")
    assert stored(url) == stored(path)
    assert sorted(found.build.key for found in stored(url)) == ["a", "b\0", "c"]
    back = sova("--config", "postgres.yaml", "db", "export")
    assert back.out == (path.parent / "builds.jsonl").read_text()


def test_export_is_newest_first_and_takes_the_filters(sova: Sova, path: Path) -> None:
    fill(path, *(failure(str(number), number * DAY) for number in (3, 1, 2)))
    rows_of = [json.loads(line) for line in sova("db", "export").out.splitlines()]
    assert [row["build"]["key"] for row in rows_of] == ["1", "2", "3"]
    assert len(sova("db", "export", "--since", "60h").out.splitlines()) == 2
    assert len(sova("db", "export", "--limit", "1").out.splitlines()) == 1
    assert sova("db", "export", "--job", "other").out == ""
    assert sova("db", "export", "--since", "soon").status == 2


def test_export_means_jobs_that_are_not_tracked_too(sova: Sova, path: Path) -> None:
    fill(path, failure("a"))
    with (path.parent / "sova.yaml").open("a") as file:
        file.write("jobs: [something-else]\n")
    assert len(sova("db", "export").out.splitlines()) == 1


def test_importing_twice_changes_nothing(sova: Sova, path: Path) -> None:
    fill(path, failure("a"), failure("b"))
    sova("db", "export", "builds.jsonl")
    ran = sova("db", "import", "builds.jsonl")
    assert ran.out == "2 builds read, 0 of them new; 0 bad lines\n"
    assert len(stored(path)) == 2


BAD = {
    "{": "is no JSON",
    "[1]": "is no JSON object",
    '{"build": 1}': "build: ",
    '{"version": 1, "diagnoses": []}': "is a whole document",
    "[" * 100_000: "nested too deep",
    dumps(to_row(failure("x"))).replace('"seconds": 0.0', '"seconds": NaN'): "a number that is none",
    dumps(to_row(failure("x"))).replace('"seconds": 0.0', '"seconds": 1e999'): "a number that is none",
    dumps(to_row(failure("x"))).replace(f'"{(NOW - 2 * DAY).isoformat()[:19]}Z"', '"2026-01-01T00:00:00"'): "zone",
    dumps(to_row(failure("x"))).replace(
        f'"{(NOW - 2 * DAY).isoformat()[:19]}Z"', '"0001-01-01T00:00:00+02:00"'
    ): "out of range",
}


def test_bad_lines_are_told_with_their_numbers_and_the_others_go_in(sova: Sova, path: Path) -> None:
    good = [dumps(to_row(failure(str(number)))) for number in range(len(BAD))]
    lines = [line for pair in zip(BAD, good, strict=True) for line in pair]
    (path.parent / "builds.jsonl").write_bytes("\n".join([*lines, "", "\xff"]).encode("latin-1"))
    ran = sova("db", "import", "builds.jsonl")
    assert ran.status == 1
    told = ran.err.splitlines()
    for number, (said, words) in enumerate(zip(told, [*BAD.values(), "not UTF-8"], strict=True)):
        assert said.startswith(f"builds.jsonl:{2 * number + 1 + (number == len(BAD))}: ")
        assert words in said
    assert ran.out == f"{len(BAD)} builds read, {len(BAD)} of them new; {len(BAD) + 1} bad lines\n"
    assert len(stored(path)) == len(BAD)


def test_many_bad_lines_are_counted(sova: Sova, path: Path) -> None:
    (path.parent / "builds.jsonl").write_text("x\n" * 1000)
    ran = sova("db", "import", "builds.jsonl")
    assert len(ran.err.splitlines()) == 21
    assert "and 980 more bad lines" in ran.err


def test_files_that_cannot_be_read_or_written_are_told(sova: Sova, path: Path) -> None:
    assert "no.jsonl cannot be read" in sova("db", "import", "no.jsonl").err
    ran = sova("db", "export", "no/builds.jsonl")
    assert ran.status == 2
    assert "no/builds.jsonl cannot be written" in ran.err


def test_an_export_that_fails_leaves_the_file_as_it_was(sova: Sova, path: Path) -> None:
    fill(path, failure("a"))
    (path.parent / "builds.jsonl").write_text("before\n")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE diagnoses SET files_read = '['")
        connection.commit()
    with pytest.raises(ValueError, match="Expecting value"):
        sova("db", "export", "builds.jsonl")
    assert sorted(found.name for found in path.parent.iterdir() if "builds" in found.name) == ["builds.jsonl"]
    assert (path.parent / "builds.jsonl").read_text() == "before\n"


@pytest.mark.parametrize("more", [0, 1, 2, 500])
def test_a_line_that_is_too_long_costs_no_other(
    sova: Sova, path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    fill(path, failure("a"), failure("b"))
    first, second = sova("db", "export").out.splitlines()
    longest = max(len(first), len(second)) + 100
    monkeypatch.setattr("sova.cli.transfer._LONGEST", longest)
    (path.parent / "builds.jsonl").write_text(f"{first}\n{'x' * (longest + more)}\n{second}\n")
    path.unlink()
    ran = sova("db", "import", "builds.jsonl")
    assert "2 builds read, 2 of them new; 1 bad line" in ran.out


def test_export_and_import_take_a_pipe(path: Path) -> None:
    fill(path, failure("a"), failure("b"))
    command = [sys.executable, "-m", "sova", "--config", str(path.parent / "sova.yaml"), "db"]
    written = subprocess.run([*command, "export"], capture_output=True, check=True, timeout=60)
    path.unlink()
    read = subprocess.run([*command, "import", "-"], input=written.stdout, capture_output=True, check=True, timeout=60)
    assert read.stdout == b"2 builds read, 2 of them new; 0 bad lines\n"


# -- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("prune",), ("export",)])
def test_where_there_is_no_database_none_is_made(sova: Sova, path: Path, command: tuple[str, ...]) -> None:
    path.unlink()
    ran = sova("db", *command)
    assert (ran.status, ran.out) == (2, "")
    assert "there is no database at" in ran.err
    assert not path.exists()


@pytest.mark.parametrize("command", [("upgrade",), ("prune",), ("export",), ("import", "builds.jsonl")])
def test_what_is_no_database_is_left_alone(sova: Sova, path: Path, command: tuple[str, ...]) -> None:
    (path.parent / "builds.jsonl").write_text(dumps(to_row(failure("a"))))
    path.write_text("my diary\n" * 1000)
    ran = sova("db", *command)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("error: the database ")
    assert "is not a database" in ran.err
    assert path.read_text() == "my diary\n" * 1000


@pytest.mark.parametrize("command", [("upgrade",), ("prune",), ("export",), ("import", "builds.jsonl")])
def test_tables_of_a_newer_sova_are_left_alone(sova: Sova, path: Path, command: tuple[str, ...]) -> None:
    (path.parent / "builds.jsonl").write_text(dumps(to_row(failure("a"))))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE sova_version SET version_num = '9999'")
        connection.commit()
    ran = sova("db", *command)
    assert (ran.status, ran.out) == (2, "")
    assert "was written by a newer Sova" in ran.err
    assert rows(path, "SELECT count(*) FROM builds") == [(0,)]


@pytest.mark.parametrize("command", [("prune", "--verdicts", "1"), ("import", "builds.jsonl")])
def test_a_database_that_another_program_holds_is_told(
    sova: Sova, path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(transactions, "_WAIT", 0.05)
    fill(path, failure("a", 5 * DAY))
    (path.parent / "builds.jsonl").write_text(dumps(to_row(failure("b"))))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = sova("db", *command)
        reads = sova("db", "export")
    assert (ran.status, ran.out) == (2, "")
    assert "is locked: another program has been writing to it for more than 30 seconds" in ran.err
    assert len(reads.out.splitlines()) == 1
    assert len(stored(path)) == 1


UNPRIVILEGED = f"""
import contextlib, io, os, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from sova.cli import main

def run(*args):
    try:
        main(list(args))
    except SystemExit as ended:
        return ended.code

with TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    # everything is imported before the rights are given away, with which it might not be read
    Path(directory, "sova.yaml").write_text("store: sova.db")
    Path(directory, "empty").touch()
    for command in (("upgrade",), ("import", directory + "/empty"), ("export",), ("prune",)):
        run("--config", directory + "/sova.yaml", "db", *command)
if os.geteuid() == 0:  # who may write everywhere
    os.setgroups([])
    os.setgid({NOBODY})
    os.setuid({NOBODY})
sys.exit(run(*sys.argv[1:]))
"""


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A database in a directory that every user can come to; others than the one who runs the tests may not write."""
    directory = Path(mkdtemp(prefix="sova-db-"))
    directory.chmod(0o755)
    (directory / "sova.yaml").write_text("store: sova.db\n")
    (directory / "builds.jsonl").write_text(dumps(to_row(failure("b"))))
    fill(directory / "sova.db", failure("a", 5 * DAY))
    if os.geteuid() == 0:
        for file in (directory, *directory.iterdir()):
            os.chown(file, NOBODY, NOBODY)
    yield directory / "sova.db"
    directory.chmod(0o755)
    shutil.rmtree(directory)


def unprivileged(path: Path, *command: str) -> Ran:
    args = ["--config", str(path.parent / "sova.yaml"), "db", *command]
    ran = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, *args], capture_output=True, text=True, check=False, timeout=60
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize("part", ["file", "directory"])
def test_a_database_that_can_only_be_read_is_told(open_path: Path, part: str) -> None:
    (open_path if part == "file" else open_path.parent).chmod(0o444 if part == "file" else 0o555)
    before = open_path.read_bytes()
    for command in (("import", str(open_path.parent / "builds.jsonl")), ("prune", "--verdicts", "1")):
        ran = unprivileged(open_path, *command)
        assert (ran.status, ran.out) == (2, ""), ran.err
        assert ran.err.startswith("error: the database ")
        assert "read-only" in ran.err or "no permission" in ran.err
        assert "Traceback" not in ran.err
    assert open_path.read_bytes() == before


LIMITED = """
import resource, sys
from sova.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
main(sys.argv[1:])
"""


def test_a_disk_that_is_full_is_told_and_what_went_in_is_whole(path: Path) -> None:
    many = [failure(str(number), message=f"{number} {'x' * 2000}") for number in range(2000)]
    (path.parent / "builds.jsonl").write_text("\n".join(dumps(to_row(one)) for one in many))
    command = ["--config", str(path.parent / "sova.yaml"), "db", "import", str(path.parent / "builds.jsonl")]
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, *command], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: the database ")
    assert "full" in ran.stderr
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]
    [(number,)] = rows(path, "SELECT count(*) FROM builds")
    assert isinstance(number, int)
    assert number < 2000
    assert number % 500 == 0  # whole transactions
    assert rows(path, "SELECT count(*) FROM outcomes") == [(number,)]


def test_postgresql_that_goes_away_in_the_middle_is_told(tmp_path: Path) -> None:
    with running(synchronous_commit="on") as server:
        location = server.url(server.create())
        (tmp_path / "sova.yaml").write_text(f"store: {location}\n")
        with Store.open(location) as store:
            store.save(failure("a"))
        command = [sys.executable, "-m", "sova", "--config", str(tmp_path / "sova.yaml"), "db", "import", "-"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None
            assert process.stderr is not None
            lines = [dumps(to_row(replace(failure(str(number)), why="x" * 500))) + "\n" for number in range(1200)]
            process.stdin.write("".join(lines[:700]))  # one transaction, and a part of the next
            process.stdin.flush()
            while server.execute("SELECT count(*) FROM builds", location.rpartition("/")[2]) == [(1,)]:
                threading.Event().wait(0.05)
            server.stop()
            with suppress(BrokenPipeError):  # it may have ended already
                process.stdin.write("".join(lines[700:]))
            with suppress(BrokenPipeError):
                process.stdin.close()
            said = process.stderr.read()
            assert process.wait(60) == 2
        assert said.startswith("error: the database postgresql://sova@")
        assert "cannot be reached" in said
        assert len(said.splitlines()) == 1
        server.start()
        with Store.open(location) as store:
            assert (store.count() - 1) % 500 == 0
            assert store.get("a") == failure("a")


def test_a_password_is_never_shown(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text("store: postgresql://me:hush@127.0.0.1:1/sova\n")
    for command in ("upgrade", "prune", "export"):
        ran = sova("db", command)
        assert ran.status == 2
        assert "postgresql://me:***@127.0.0.1:1/sova cannot be reached" in ran.err
        assert "hush" not in ran.out + ran.err
    shown = sova("config", "show")
    assert "hush" not in shown.out + shown.err


@pytest.mark.parametrize("command", [(), ("upgrade",), ("prune",), ("export",), ("import",)])
def test_help_has_examples(sova: Sova, command: tuple[str, ...]) -> None:
    ran = sova("db", *command, "--help")
    assert ran.status == 0
    assert "Example" in ran.out
