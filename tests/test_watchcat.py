"""The seed's front doors: the same parameters and defaults, as a function and as a command."""

from __future__ import annotations

import datetime as dt
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import sova
from sova.watchcat import _watchcat, meow
from tests.builds_on_disk import local_build

SEED = {
    "days": None,
    "dates": None,
    "limit": None,
    "short": None,
    "fail": True,
    "exclude": None,
    "job_type": None,
    "down_path": None,
    "periodic": False,
    "pipeline": None,
}
"""Names and defaults of the seed's parameters; its `down_path` was a fixed directory, ours is the cache."""


@pytest.fixture
def ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Builds of today, as the clock says: `meow` has no parameter for another day."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    now = dt.datetime.now(dt.UTC)
    change = {"number": 7, "patchset": "1", "project": "org/x", "branch": "main"}
    for name, hours, fields in (
        ("new", 0, {"change": change, "pipeline": "check"}),
        ("old", 72, {"change": change, "pipeline": "gate"}),
        ("green", 1, {"change": change, "result": "SUCCESS"}),
        ("limit", 2, {"change": change, "result": "RETRY_LIMIT", "job_name": "tempest-ha"}),
        ("nightly", 1, {"job_name": "image"}),
    ):
        local_build(tmp_path / "builds", name, end_time=(now - dt.timedelta(hours=hours)).isoformat(), **fields)
    # one small pattern file instead of the library: these tests are about parameters
    (tmp_path / "p.yaml").write_text("patterns: [{id: dns, text: 'Could not resolve', message: no name, tag: infra}]\n")
    (tmp_path / "sova.yaml").write_text(
        "sources: [{type: local, name: disk, path: builds}]\nstore: sova.db\naliases: {ha: tempest-ha}\n"
        "builtin_patterns: false\npatterns: p.yaml\n"
    )
    return tmp_path


def uuids(**parameters: object) -> set[str]:
    return {diagnosis.build.uuid for diagnosis in meow(**parameters)}  # type: ignore[arg-type]  # as a script passes them


def test_the_parameters_are_the_seeds() -> None:
    signature = inspect.signature(meow)
    ours = {name: field.default for name, field in signature.parameters.items() if field.kind is not field.KEYWORD_ONLY}
    assert ours == SEED
    assert sova.meow is meow


def test_each_parameter_is_an_option() -> None:
    options = {parameter.name: parameter.default for parameter in _watchcat.params}
    assert set(SEED) <= set(options)
    assert options["fail"] is True


def test_failures_of_changes_by_default(ci: Path) -> None:
    assert uuids() == {"new", "old", "limit"}


def test_filters(ci: Path) -> None:
    assert uuids(days=2) == {"new", "limit"}
    assert uuids(limit=1) == {"new"}
    assert uuids(short="ha") == {"limit"}
    assert uuids(fail=False) == {"new", "old", "limit", "green"}
    assert uuids(exclude="unit") == {"limit"}
    assert uuids(job_type="tempest-ha") == {"limit"}
    assert uuids(periodic=True) == {"nightly"}
    assert uuids(pipeline="gate") == {"old"}
    day = dt.datetime.now(dt.UTC) - dt.timedelta(hours=72)
    assert uuids(dates=[f"{day:%m-%d}"]) == {"old"}


def test_the_seeds_line(ci: Path) -> None:
    (found,) = meow(job_type="tempest-ha")
    date, job, mark, messages, again, log = found.text.split("\t")
    assert (job.strip(), mark, messages.strip(), again) == ("tempest-ha", "||", "no name", "||")
    assert date == f"{found.build.end_time:%m-%d %H:%M}"
    assert log == f"log: {found.build.log_url}"


def test_down_path_is_where_logs_are_kept(ci: Path) -> None:
    meow(limit=1, down_path=ci / "downloads")
    assert (ci / "downloads").is_dir()


def test_the_command(ci: Path) -> None:
    ran = CliRunner().invoke(_watchcat, ["--short", "ha"])
    assert ran.exit_code == 0
    assert ran.output.count("\n") == 1
    assert "no name" in ran.output


def test_a_bad_date_is_told(ci: Path) -> None:
    ran = CliRunner().invoke(_watchcat, ["--dates", "31-31"])
    assert ran.exit_code == 2
    assert "31-31" in ran.output


def test_python_dash_m(ci: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sova.watchcat", "--limit", "1"], capture_output=True, text=True, check=True, cwd=ci
    )
    assert "no name" in ran.stdout
