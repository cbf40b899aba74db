"""`sova run`: from sources to reports, through the command line."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.builds_on_disk import local_build
from tests.store.answers import rows
from tests.waiting import wait_until

from .conftest import Ran

Sova = Callable[..., Ran]


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """Three builds on disk, and a configuration that names them."""
    local_build(tmp_path / "builds", "one")
    local_build(tmp_path / "builds", "two", result="SUCCESS", end_time="2026-03-01T13:00:00Z")
    local_build(tmp_path / "builds", "three", job_name="other", end_time="2026-02-27T12:00:00Z")
    (tmp_path / "sova.yaml").write_text("sources: [{type: local, name: disk, path: builds}]\nstore: sova.db\n")
    return tmp_path


AS_OF = ("--as-of", "2026-03-02T09:00Z")


def found(ran: Ran) -> list[tuple[str, str]]:
    rows = json.loads(ran.out)["diagnoses"]
    return sorted((row["build"]["uuid"], row["verdict"]) for row in rows)


def test_the_main_job(sova: Sova, configured: Path) -> None:
    ran = sova("run", *AS_OF, "--days", "10", "-o", "json")
    assert ran.status == 0
    assert found(ran) == [("one", "known"), ("three", "known"), ("two", "passed")]


def test_running_twice_adds_nothing(sova: Sova, configured: Path) -> None:
    first = sova("run", *AS_OF, "--days", "10", "-o", "json")
    second = sova("run", *AS_OF, "--days", "10", "-o", "json")
    assert first.out == second.out
    assert "0 new builds" in sova("run", *AS_OF, "--days", "10").out


def test_a_new_pattern_judges_the_past_from_the_cache(sova: Sova, configured: Path, httpserver: HTTPServer) -> None:
    log = b"the flux capacitor is empty\n"
    httpserver.expect_request("/logs/job-output.txt").respond_with_data(log, content_type="text/plain")
    local_build(configured / "builds", "far", log_url=httpserver.url_for("/logs/"), end_time="2026-03-01T11:00:00Z")
    with (configured / "sova.yaml").open("a") as file:
        file.write("allow_hosts: [localhost, 127.0.0.1]\npatterns: [ours.yaml]\nbuiltin_patterns: false\n")
    pattern = "patterns:\n  - {{id: ours, files: [console], text: {}, message: Found it., tag: infra}}\n"
    (configured / "ours.yaml").write_text(pattern.format("never said"))
    assert ("far", "unknown") in found(sova("run", *AS_OF, "-o", "json"))
    asked = len(httpserver.log)
    (configured / "ours.yaml").write_text(pattern.format("flux capacitor"))
    assert ("far", "known") in found(sova("run", *AS_OF, "-o", "json"))
    assert (asked > 0, len(httpserver.log)) == (True, asked)


def test_without_a_range_today_and_yesterday_are_meant(sova: Sova, configured: Path) -> None:
    assert found(sova("run", *AS_OF, "-o", "json")) == [("one", "known"), ("two", "passed")]


def test_filters_are_options(sova: Sova, configured: Path) -> None:
    def asked(*options: str) -> list[str]:
        return [uuid for uuid, _ in found(sova("run", *AS_OF, "-o", "json", *options))]

    assert asked("--fail") == ["one"]
    assert asked("--since", "2026-02-01", "--job", "other") == ["three"]
    assert asked("--dates", "02-27") == ["three"]
    assert asked("--days", "10", "--limit", "1") == ["two"]
    assert asked("--days", "10", "--exclude", "unit") == ["three"]
    assert asked("--result", "success") == ["two"]


def test_the_console_and_the_pages(sova: Sova, configured: Path) -> None:
    ran = sova("run", *AS_OF, "--days", "10", "--html", "site")
    assert ran.status == 0
    assert "git.example.org" in ran.out
    assert "unit" in (configured / "site/index.html").read_text()
    assert "site/index.html" in ran.err


def test_json_lines_and_exit_status(sova: Sova, configured: Path) -> None:
    ran = sova("run", *AS_OF, "-o", "jsonl", "--exit-status")
    assert ran.status == 1
    assert len([json.loads(line) for line in ran.out.splitlines()]) == 2


def test_every_form_tells_of_the_same_builds(sova: Sova, configured: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(sova("run", *AS_OF, "-o", "csv").out)))
    assert sorted((row["uuid"], row["verdict"]) for row in rows) == found(sova("run", *AS_OF, "-o", "json"))
    assert sova("run", *AS_OF, "-o", "markdown").out.startswith("**2 builds, 1 failed**: ")
    ran = sova("run", *AS_OF, "-o", "pdf")
    assert (ran.status, "json, jsonl, csv, markdown, and table" in ran.err) == (2, True)


def test_no_configuration_says_what_to_do(sova: Sova) -> None:
    ran = sova("run")
    assert ran.status == 2
    assert "sova config init" in ran.err


@pytest.mark.parametrize(("option", "value"), [("--since", "soon"), ("--dates", "31-31"), ("--as-of", "later")])
def test_a_time_that_is_none(sova: Sova, configured: Path, option: str, value: str) -> None:
    ran = sova("run", option, value)
    assert ran.status == 2
    assert value in ran.err


def test_one_source_down_the_other_goes_on(sova: Sova, configured: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tenant/t/builds").respond_with_data(
        "<html>maintenance</html>", content_type="text/html"
    )
    with (configured / "sova.yaml").open("a") as file:
        file.write("limits: {retries: 0, timeout: 2}\n")
    text = (configured / "sova.yaml").read_text()
    zuul = f"{{type: zuul, name: broken, url: '{httpserver.url_for('')}', tenant: t}}"
    (configured / "sova.yaml").write_text(text.replace("path: builds}", f"path: builds}}, {zuul}"))
    ran = sova("run", *AS_OF, "--days", "10")
    assert ran.status == 4
    assert "broken" in ran.out
    assert "git.example.org" in ran.out
    ran = sova("run", *AS_OF, "--days", "10", "-o", "json")
    assert ran.status == 4
    assert "broken: " in ran.err
    assert "web page instead of JSON" in ran.err
    assert len(found(ran)) == 3


def test_a_reader_that_goes_away_is_no_error(configured: Path, compiled: Path) -> None:
    """As `sova run | head -1` leaves it."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(compiled)}
    command = [sys.executable, "-m", "sova", "run", *AS_OF]
    with subprocess.Popen(command, cwd=configured, env=environment, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")


def test_no_source_answers(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tenant/t/builds").respond_with_data("no", status=403)
    (tmp_path / "sova.yaml").write_text(
        f"sources: [{{type: zuul, name: shut, url: '{httpserver.url_for('')}', tenant: t}}]\nlimits: {{retries: 0}}\n"
    )
    ran = sova("run", *AS_OF)
    assert ran.status == 3
    assert "403" in ran.out


def test_one_index_of_two_is_down(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    """What the other gives is reported, the one is told once, and the status says that not everything was seen."""
    httpserver.expect_request("/down/").respond_with_data("no", status=403)
    listing = '<pre><a href="../">../</a>\n<a href="a1/">a1/</a>  01-Mar-2026 12:00  -\n</pre>'
    page = f"<html><head><title>Index of /up/</title></head><body><h1>Index of /up/</h1>{listing}</body></html>"
    httpserver.expect_request("/up/").respond_with_data(page, content_type="text/html")
    httpserver.expect_request("/up/a1/job-output.txt").respond_with_data("2026-03-01 12:00:00.000001 | it broke\n")
    urls = f"['{httpserver.url_for('/down/')}', '{httpserver.url_for('/up/')}']"
    (tmp_path / "sova.yaml").write_text(
        f"sources: [{{type: index_pages, name: nightly, urls: {urls}}}]\nlimits: {{retries: 0}}\n"
    )
    ran = sova("run", *AS_OF)
    assert ran.status == 4
    assert ran.out.startswith("1 build")
    assert "nightly could not be read to its end" in ran.out
    assert ran.out.count("403") == 1


def test_interrupted_what_is_done_is_saved(configured: Path, compiled: Path, httpserver: HTTPServer) -> None:
    """^C while one build's log server hangs: the others are in the store, exit 130."""

    asked, over = threading.Event(), threading.Event()

    def hang(_: Request) -> Response:
        asked.set()
        over.wait(120)
        return Response("late")

    httpserver.expect_request("/slow/job-output.txt").respond_with_handler(hang)
    local_build(configured / "builds", "slow", log_url=httpserver.url_for("/slow/"), end_time="2026-03-01T11:00:00Z")
    with (configured / "sova.yaml").open("a") as file:
        file.write("allow_hosts: [localhost, 127.0.0.1]\nworkers: 2\n")
    environment = {**os.environ, "XDG_CACHE_HOME": str(compiled)}
    command = [sys.executable, "-m", "sova", "run", *AS_OF, "--days", "10", "-o", "json"]
    with subprocess.Popen(command, cwd=configured, env=environment, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert asked.wait(60)
        wait_until(lambda: rows(configured / "sova.db", "SELECT count(*) FROM builds") == [(3,)])  # the other builds
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    over.set()
    assert process.returncode == 130
    assert "interrupted" in err
    assert {row["build"]["uuid"] for row in json.loads(out)["diagnoses"]} == {"one", "two", "three"}
