"""The commands of Sova against real servers: a job that really ran and failed, and a collection of real builds."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Say
from tests.real.gerrit_server import TOLD_BY_BOTH, GerritServer
from tests.real.log_servers import LogServers
from tests.real.tally import Count, Tally
from tests.real.zuul_server import ZuulServer

pytestmark = pytest.mark.real

Row = Mapping[str, object]


def sova(home: Path, *arguments: str, config: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a user would, with a home of its own."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SOVA_", "XDG_"))}
    environ |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_DATA_HOME": str(home / "data")}
    if config:
        (home / "sova.yaml").write_text(config, encoding="utf-8")
    command = [sys.executable, "-m", "sova", *arguments]
    return subprocess.run(
        command,
        cwd=home,
        env=environ,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def diagnoses(done: subprocess.CompletedProcess[str]) -> list[Row]:
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stderr[-2000:]}"
    document = json.loads(done.stdout)
    assert document["version"] == 1
    rows: list[Row] = document["diagnoses"]
    return rows


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one commit made the real Zuul run: a job that fails and a job that passes, each with its real logs."""

    failed: str
    passed: str
    log: bytes


@pytest.fixture(scope="module")
def commits() -> dict[str, Pushed]:
    return {}  # filled once, by the first test that has a server


@pytest.fixture
def pushed(zuul: ZuulServer, executor: Path, log_servers: LogServers, commits: dict[str, Pushed]) -> Pushed:
    """URLs of the build pages of both builds, and the console of the failed one as it lies on disk."""
    if not commits:
        uuids = {str(row["result"]): str(row["uuid"]) for row in zuul.push()}
        urls = {result: f"{zuul.url}/t/{zuul.tenant}/build/{uuid}" for result, uuid in uuids.items()}
        log = (executor / uuids["FAILURE"] / "job-output.txt").read_bytes()
        commits["only"] = Pushed(urls["FAILURE"], urls["SUCCESS"], log)
    return commits["only"]


ALLOWED = 'allow_hosts: ["127.0.0.1"]\n'


def test_a_job_that_really_failed_is_explained(zuul: ZuulServer, pushed: Pushed, tmp_path: Path, say: Say) -> None:
    (row,) = diagnoses(sova(tmp_path, "diagnose", "-o", "json", pushed.failed, config=ALLOWED))
    (read,) = [file for file in _rows(row, "files_read") if file["name"] == "job-output.txt"]
    reasons = ", ".join(str(reason["pattern"]) for reason in _rows(row, "reasons"))
    say(
        f"{zuul.version}: a real job failed, {read['size']} of {len(pushed.log)} bytes read: "
        f"{row['verdict']} ({reasons})"
    )
    assert (read["size"], read["lines"]) == (len(pushed.log), pushed.log.count(b"\n") + (pushed.log[-1:] != b"\n"))
    assert row["verdict"] == "known"
    assert "AssertionError: 1 != 2" in json.dumps(row)


def test_a_job_that_really_passed_is_no_failure(pushed: Pushed, tmp_path: Path) -> None:
    (row,) = diagnoses(sova(tmp_path, "diagnose", "-o", "json", pushed.passed, config=ALLOWED))
    assert row["verdict"] in ("passed", "no failure seen")


def test_logs_on_a_host_that_nobody_typed_are_refused(pushed: Pushed, tmp_path: Path) -> None:
    (row,) = diagnoses(sova(tmp_path, "diagnose", "-o", "json", pushed.failed))
    assert {problem["kind"] for problem in _rows(row, "problems")} == {"refused"}
    assert "allow_hosts" in json.dumps(row["problems"])


def _rows(row: Row, key: str) -> Sequence[Row]:
    value = row[key]
    assert isinstance(value, list)
    return value


def zuul_config(zuul: ZuulServer) -> str:
    return f"""\
sources:
  - type: zuul
    name: zuul
    url: {zuul.url}
    tenant: {zuul.tenant}
    page_size: 40
allow_hosts: ["127.0.0.1"]
store: builds.db
"""


HOURS = 18
SINCE = f"{dt.datetime.now(dt.UTC) - dt.timedelta(hours=HOURS):%Y-%m-%dT%H:%M}"


@pytest.fixture
def recent(zuul: ZuulServer) -> list[str]:
    """Builds that the real Zuul had in the last hours, by its database."""
    return zuul.uuids(f"coalesce(b.end_time, b.start_time) >= '{SINCE}'")


def test_collecting_twice_keeps_every_build_once(
    zuul: ZuulServer, log_servers: LogServers, recent: list[str], tmp_path: Path, count: Count
) -> None:
    for attempt in ("first", "second"):
        done = sova(tmp_path, "run", "--since", SINCE, "-o", "json", config=zuul_config(zuul))
        found = list(map(_uuid, diagnoses(done)))
        count(zuul.version, f"sova run, the last {HOURS} hours, {attempt} time", Tally.of(recent, found))


def _build(row: Row) -> Row:
    build = row["build"]
    assert isinstance(build, dict)
    return build


def test_a_configuration_made_for_the_server_works(
    zuul: ZuulServer, log_servers: LogServers, recent: list[str], tmp_path: Path, count: Count
) -> None:
    made = sova(tmp_path, "config", "init", "--from", f"{zuul.url}/t/{zuul.tenant}/builds")
    assert made.returncode == 0, made.stderr
    rows = diagnoses(sova(tmp_path, "run", "--since", SINCE, "-o", "json"))
    count(zuul.version, "sova config init --from its address, sova run", Tally.of(recent, map(_uuid, rows)))


def _uuid(row: Row) -> str:
    return str(_build(row)["uuid"])


@dataclass(frozen=True, slots=True)
class Both:
    """A real Zuul and a real Gerrit: the builds that Zuul has, how many of them Gerrit's comments tell of too."""

    version: str
    config: str
    builds: list[str]
    reported: int


@pytest.fixture
def both(zuul: ZuulServer, gerrit: GerritServer, recent: list[str]) -> Both:
    rows = zuul.sql("select uuid, job_name, coalesce(result, 'FAILURE') from zuul_build")
    builds = {uuid: (job, result) for uuid, job, result in rows}
    reported = recent[:60]
    for first in range(0, len(reported), 10):
        number = gerrit.create_change(TOLD_BY_BOTH, f"Told by both, {first}")
        page = f"{zuul.url}/t/{zuul.tenant}/build"
        lines = [
            f"- {builds[uuid][0]} {page}/{uuid} : {builds[uuid][1]} in 1m 02s" for uuid in reported[first : first + 10]
        ]
        gerrit.comment(number, "Build failed (check pipeline).\n\n" + "\n".join(lines))
    return Both(f"{zuul.version}, {gerrit.version}", both_config(zuul, gerrit), recent, len(reported))


def both_config(zuul: ZuulServer, gerrit: GerritServer) -> str:
    source = f"""\
  - type: gerrit
    name: gerrit
    host: 127.0.0.1
    port: {gerrit.ssh_port}
    user: admin
    key_file: {gerrit.key_file}
    ssh_command: {gerrit.ssh_command}
    projects: [{TOLD_BY_BOTH}]
"""
    return zuul_config(zuul).replace("allow_hosts", f"{source}allow_hosts")


@pytest.mark.usefixtures("log_servers")
def test_a_build_that_gerrit_and_zuul_tell_of_is_one(both: Both, tmp_path: Path, count: Count, say: Say) -> None:
    rows = diagnoses(sova(tmp_path, "run", "--since", SINCE, "-o", "json", config=both.config))
    count(both.version, "sova run over both", Tally.of(both.builds, map(_uuid, rows)))
    seen = Counter(tuple(sorted(map(str, _list(_build(row), "seen_by")))) for row in rows)
    say("  seen by: " + ", ".join(f"{' and '.join(names)} {number}" for names, number in sorted(seen.items())))
    assert seen["gerrit", "zuul"] == both.reported


def _list(row: Row, key: str) -> list[object]:
    value = row[key]
    assert isinstance(value, list)
    return value
