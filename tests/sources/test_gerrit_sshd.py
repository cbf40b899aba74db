"""Collecting from a Gerrit through a real OpenSSH client and server, when all is well and when it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Build, Problem
from sova.sources.gerrit import GerritSettings, GerritSource
from tests.ports import HOST
from tests.sources.making import NOW, context, split
from tests.sshd import Sshd, running

RECORDED = Path(__file__).resolve().parents[1] / "data" / "gerrit" / "query.jsonl"
ASKED = Query(change=(4102,))
FOUND = ["docs", "acme-storage", "functional"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("gerrit")) as running_server:
        (running_server.home / "query.jsonl").write_bytes(RECORDED.read_bytes())
        yield running_server


def gerrit(server: Sshd, http: HttpClient, known_hosts: str = "known_hosts", **keys: object) -> GerritSource:
    settings = GerritSettings.model_validate(
        {
            "type": "gerrit",
            "host": HOST,
            "port": server.port,
            "user": server.user,
            "key_file": server.key_file,
            "ssh_command": server.ssh_command(known_hosts),
            "timeout": 20,
            **keys,
        }
    )
    return GerritSource(settings, context(http))


def test_builds_are_collected(server: Sshd, http: HttpClient) -> None:
    server.answers("cat query.jsonl")
    query = Query(since=NOW.replace(day=20, hour=0), change=(4102,))
    builds, problems = split(gerrit(server, http, projects=["^org/.*"], branches=["stable/7.2"]).builds(query))
    assert ([build.job_name for build in builds], problems) == (FOUND, [])
    (words,) = server.asked()
    assert words[:3] == ["gerrit", "query", "--format=JSON"]
    assert words[-3:] == [
        "--",
        '(status:open OR status:merged) project:"^org/.*" branch:"stable/7.2" change:4102 after:"2025-11-20"',
        "limit:200",
    ]


@pytest.mark.parametrize(
    ("known_hosts", "told"), [("unknown", "host key is not known.*ssh-keyscan"), ("changed", "host key has CHANGED")]
)
def test_a_host_key_that_is_not_the_known_one_is_refused(
    server: Sshd, http: HttpClient, known_hosts: str, told: str
) -> None:
    server.answers("cat query.jsonl")
    with pytest.raises(SourceError, match=told):
        list(gerrit(server, http, known_hosts).builds(ASKED))
    assert not (server.home / "asked").exists()


def test_a_wrong_key_is_told(server: Sshd, http: HttpClient) -> None:
    with pytest.raises(SourceError, match="registered with the account"):
        list(gerrit(server, http, key_file=str(server.home / "other")).builds(ASKED))


def test_a_wrong_port_is_told(server: Sshd, http: HttpClient) -> None:
    with pytest.raises(SourceError, match="nothing listens there"):
        list(gerrit(server, http, port=1).builds(ASKED))


def test_a_server_that_hangs_is_given_up_and_what_came_is_kept(server: Sshd, http: HttpClient) -> None:
    server.answers("cat query.jsonl; sleep 30")
    assert_kept(gerrit(server, http, timeout=5), "gave up, no byte came for 5 seconds")


def test_a_connection_that_is_cut_keeps_whole_changes(server: Sshd, http: HttpClient) -> None:
    # the command's parent is the server's end of the connection; the second change is whole, the third is not
    server.answers("head -n 2 query.jsonl; sed -n 3p query.jsonl | head -c 40; sleep 1; kill -9 $PPID; sleep 5")
    assert_kept(gerrit(server, http), "was cut")


def assert_kept(source: GerritSource, told: str) -> None:
    """The builds come, then the error."""
    given: list[Build | Problem] = []
    with pytest.raises(SourceError, match=told):
        given.extend(source.builds(ASKED))
    assert [item.job_name for item in given if isinstance(item, Build)] == FOUND


def test_an_error_line_is_told(server: Sshd, http: HttpClient) -> None:
    server.answers("""echo '{"type":"error","message":"Unsupported operator project:x"}'""")
    with pytest.raises(SourceError, match="Unsupported operator project:x"):
        list(gerrit(server, http).builds(ASKED))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo 'fatal: gerrit: not found' >&2; exit 127", "does not know the command"),
        ("echo 'fatal: internal server error' >&2; exit 1", "status 1 .*internal server error"),
    ],
)
def test_a_command_that_fails_is_told(server: Sshd, http: HttpClient, script: str, told: str) -> None:
    server.answers(script)
    with pytest.raises(SourceError, match=told):
        list(gerrit(server, http).builds(ASKED))
