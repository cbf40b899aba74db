"""`sova serve` as a program of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sova.cli import main
from tests.waiting import wait_until

_WAIT = 30


@dataclass(frozen=True, slots=True)
class Started:
    """A running server: its address, the lines that it wrote up to there, and the program."""

    address: str
    said: tuple[str, ...]
    program: subprocess.Popen[str]

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of a page."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=_WAIT)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ended_by(self, number: signal.Signals) -> tuple[int, str]:
        """Exit status and the rest of stderr after a signal."""
        self.program.send_signal(number)
        _, rest = self.program.communicate(timeout=_WAIT)
        return self.program.returncode, rest


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def surroundings(tmp_path: Path, compiled: Path) -> dict[str, str]:
    """The environment of a person who has configured next to nothing."""
    (tmp_path / "sova.yaml").write_text("builtin_patterns: false\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SOVA_", "XDG_", "PROMETHEUS_"))}
    return {**kept, "XDG_CACHE_HOME": str(compiled), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


@contextmanager
def started(directory: Path, surroundings: dict[str, str], *options: str) -> Iterator[Started]:
    command = [sys.executable, "-m", "sova", "serve", "--port", "0", *options]
    program = subprocess.Popen(
        command, cwd=directory, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    said: list[str] = []
    try:
        assert program.stderr
        for line in program.stderr:
            said.append(line)
            if found := re.search(r"Sova is at (http://\S+/)", line):
                yield Started(found[1], tuple(said), program)
                return
        pytest.fail(f"it did not start: {''.join(said)}")
    finally:
        if program.poll() is None:
            program.terminate()
        program.communicate(timeout=_WAIT)


@pytest.fixture
def refused(
    tmp_path: Path, surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs `sova serve` in this process, where it should end at once: its exit status and stderr."""
    monkeypatch.chdir(tmp_path)
    for name in ("SOVA_CONFIG", "SOVA_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, surroundings[name])

    def run(*options: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["serve", *options])
        return int(str(ended.value.code)), capfd.readouterr().err

    return run


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_answers_on_loopback_over_a_new_store_and_ends_cleanly(
    tmp_path: Path, surroundings: dict[str, str], number: signal.Signals, status: int
) -> None:
    with started(tmp_path, surroundings) as server:
        assert server.address.startswith("http://127.0.0.1:")
        wait_until(lambda: server.get("/readyz") == (200, "ready\n"))
        page_status, page = server.get("/")
        ended, rest = server.ended_by(number)
    assert (page_status, "sova run" in page) == (200, True)  # nothing is stored yet: it says how builds come
    assert (tmp_path / "sova" / "sova.db").exists()
    assert ended == status
    assert "Traceback" not in rest
    assert len(server.said) == 1


def test_several_processes_answer_and_count_together(tmp_path: Path, surroundings: dict[str, str]) -> None:
    with started(tmp_path, surroundings, "--workers", "2") as server:
        for _ in range(6):
            assert server.get("/healthz")[0] == 200
        _, figures = server.get("/metrics")
        ended, rest = server.ended_by(signal.SIGTERM)
    assert 'sova_http_requests_total{method="GET",route="/healthz",status="200"} 6.0' in figures
    assert (ended, "Traceback" in rest) == (0, False)


def test_several_processes_end_with_130_when_interrupted(tmp_path: Path, surroundings: dict[str, str]) -> None:
    with started(tmp_path, surroundings, "--workers", "2") as server:
        assert server.get("/healthz")[0] == 200
        ended, rest = server.ended_by(signal.SIGINT)
    assert (ended, "Traceback" in rest) == (130, False)


def test_a_port_that_is_taken_is_told(refused: Callable[..., tuple[int, str]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, said = refused("--port", port)
    assert status == 2
    assert (
        said == f"error: port {port} of 127.0.0.1 is in use; choose another with --port, or a free one with --port 0\n"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--host", "no such host"), "'no such host' is no address of this machine"),
        (("--host", "192.0.2.1"), "cannot listen on port 8080 of 192.0.2.1"),
        (("--workers", "2", "--as-of", "2026-11-22"), "--as-of goes with one worker only"),
        (("--as-of", "soon"), "Invalid value for '--as-of': 'soon' is not a time"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    refused: Callable[..., tuple[int, str]], options: tuple[str, ...], words: str
) -> None:
    status, said = refused(*options)
    assert (status, words in said, "Traceback" in said) == (2, True, False)


def test_a_database_of_another_kind_is_told(tmp_path: Path, refused: Callable[..., tuple[int, str]]) -> None:
    (tmp_path / "sova").mkdir()
    (tmp_path / "sova" / "sova.db").write_text("a text that is long enough to be no database " * 50)
    status, said = refused("--port", "0")
    assert status == 2
    assert "is not a database" in said
    assert "Sova is at" not in said


def test_an_address_that_others_reach_is_warned_of_and_requests_are_logged(
    tmp_path: Path, surroundings: dict[str, str]
) -> None:
    with started(tmp_path, surroundings, "--host", "0.0.0.0", "--access-log") as server:
        assert "warning: 0.0.0.0 is not only this machine" in server.said[0]
        assert server.address.startswith("http://127.0.0.1:")
        assert server.get("/healthz?text=%0Aforged%1b%5B31m")[0] == 200
        _, rest = server.ended_by(signal.SIGTERM)
    (line,) = rest.splitlines()  # of the log of requests
    assert re.fullmatch(
        r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO 127\.0\.0\.1:\d+ - "GET /healthz\?\S+ HTTP/1\.1" 200', line
    )


def test_help_has_examples_and_exit_statuses(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    help_text = capfd.readouterr().out
    for words in ("sova serve --port 0 --open", "SOVA_TOKEN", "130 interrupted"):
        assert words in help_text
