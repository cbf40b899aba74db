"""`POST /api/v1/diagnose`: who may, what is answered, and what is never connected to."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sova.config import Config, Limits
from sova.store import Store
from sova.web import api_diagnose
from sova.web.app import create_app
from tests.reports.samples import NOW
from tests.schemas import DIAGNOSES, validator
from tests.web.conftest import ADDRESS, TestClient

TOKEN = "correct horse battery staple"  # noqa: S105 - made up
BEARER = {"Authorization": f"Bearer {TOKEN}"}
LOG = b"2026-03-01 10:00:01.000001 | primary | fatal: unable to access 'https://git.example.org/x/': " + (
    b"Could not resolve host: git.example.org\n2026-03-01 10:00:02.000001 | primary | ERROR\n"
)
Json = Any  # what a JSON document holds
Asked = Callable[..., TestClient]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def client_of(sample_store: Store, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TestClient]:
    """A reader with the token, of an app with these settings."""

    def made(*, token: str = TOKEN, allow_hosts: tuple[str, ...] = ()) -> TestClient:
        monkeypatch.setenv("SOVA_TOKEN", token)
        config = Config(cache=str(cache), limits=Limits(retries=0, timeout=5), allow_hosts=allow_hosts)
        return TestClient(create_app(config, store=sample_store, now=lambda: NOW), base_url=ADDRESS, headers=BEARER)

    return made


def diagnose(client: TestClient, target: str, status: int = 200) -> Json:
    answer = client.post("/api/v1/diagnose", json={"target": target})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_host_that_allow_hosts_names_is_read(client_of: Asked, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/job-output.txt").respond_with_data(LOG, content_type="text/plain")
    row = diagnose(client_of(allow_hosts=("127.0.0.1", "localhost")), httpserver.url_for("/job-output.txt"))
    assert (row["verdict"], row["problems"]) == ("known", [])
    assert "git.example.org" in row["reasons"][0]["message"]
    validator(DIAGNOSES, "diagnosis").validate(row)


@pytest.mark.parametrize("path", ["/job-output.txt", "/logs/", "/t/main/build/9594e23724f044dc9c1c06d85085a367"])
def test_a_private_host_is_refused_and_the_setting_named(client_of: Asked, httpserver: HTTPServer, path: str) -> None:
    row = diagnose(client_of(), httpserver.url_for(path))
    assert row["verdict"] == "no logs"
    assert "allow_hosts" in json.dumps(row["problems"])
    assert httpserver.log == []


def test_a_redirect_to_a_private_host_is_refused(client_of: Asked, httpserver: HTTPServer) -> None:
    """Only the first host is allowed; where it leads is not."""
    port = httpserver.port
    httpserver.expect_request("/a.log").respond_with_data(
        status=302, headers={"Location": f"http://127.0.0.1:{port}/secret"}
    )
    httpserver.expect_request("/secret").respond_with_data("a secret")
    row = diagnose(client_of(allow_hosts=("localhost",)), f"http://localhost:{port}/a.log")
    assert "a secret" not in json.dumps(row)
    assert "allow_hosts" in json.dumps(row["problems"])
    assert [request.path for request, _ in httpserver.log] == ["/a.log"]


def test_logs_that_are_gone_are_part_of_the_answer(client_of: Asked, httpserver: HTTPServer) -> None:
    httpserver.expect_request(re.compile("/gone.*")).respond_with_data("no", status=404)
    row = diagnose(client_of(allow_hosts=("127.0.0.1", "localhost")), httpserver.url_for("/gone.log"))
    assert (row["verdict"], [problem["kind"] for problem in row["problems"]]) == ("no logs", ["gone"])


@pytest.mark.parametrize(
    "target",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "-",
        "ftp://logs.example.org/",
        "HTTP://logs.example.org/",
        "http://",
        "http:///etc/passwd",
        "http://logs.example.org/\nHost: evil",
        "http://logs.example.org/" + "x" * 2000,
        "http://logs.example.org/\u2028",
        "",
    ],
)
def test_what_is_no_address(client_of: Asked, target: str) -> None:
    problem = diagnose(client_of(), target, 400)
    assert "target" in problem["detail"]
    assert "root:" not in json.dumps(problem)


@pytest.mark.parametrize(
    "body", ["[]", "{}", "nonsense", '{"target": 5}', '{"target": "http://a", "path": "/etc"}', ""]
)
def test_a_body_of_another_form(client_of: Asked, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client_of().post("/api/v1/diagnose", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_the_token(client_of: Asked, httpserver: HTTPServer, given: str) -> None:
    client = client_of(allow_hosts=("127.0.0.1", "localhost"))
    answer = client.post(
        "/api/v1/diagnose", json={"target": httpserver.url_for("/a.log")}, headers={"Authorization": given}
    )
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="sova"')
    assert httpserver.log == []


def test_where_no_token_is_set_nothing_can_be_asked(client_of: Asked) -> None:
    assert "SOVA_TOKEN" in diagnose(client_of(token=""), "http://logs.example.org/", 403)["detail"]


@pytest.fixture
def slow(httpserver: HTTPServer) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A log server that has been asked for /slow.log, and answers when it is told to."""
    asked, over = threading.Event(), threading.Event()

    def wait(_: Request) -> Response:
        asked.set()
        over.wait(30)
        return Response(LOG, content_type="text/plain")

    httpserver.expect_request("/slow.log").respond_with_handler(wait)
    yield asked, over
    over.set()


def test_one_at_a_time(client_of: Asked, httpserver: HTTPServer, slow: tuple[threading.Event, threading.Event]) -> None:
    asked, over = slow
    client = client_of(allow_hosts=("127.0.0.1", "localhost"))
    first: list[Json] = []
    thread = threading.Thread(target=lambda: first.append(diagnose(client, httpserver.url_for("/slow.log"))))
    thread.start()
    assert asked.wait(30)
    second = client.post("/api/v1/diagnose", json={"target": httpserver.url_for("/other.log")})
    over.set()
    thread.join(30)
    assert (second.status_code, int(second.headers["retry-after"])) == (429, 15)
    assert first[0]["verdict"] == "known"
    assert diagnose(client, httpserver.url_for("/other.log"))["verdict"] == "no logs"


def test_what_takes_too_long_is_given_up(
    client_of: Asked,
    httpserver: HTTPServer,
    slow: tuple[threading.Event, threading.Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api_diagnose, "SECONDS", 0.2)
    monkeypatch.setattr(api_diagnose, "GRACE", 0.1)
    client = client_of(allow_hosts=("127.0.0.1", "localhost"))
    answer = client.post("/api/v1/diagnose", json={"target": httpserver.url_for("/slow.log")})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "15")
    busy = client.post("/api/v1/diagnose", json={"target": httpserver.url_for("/slow.log")})
    assert busy.status_code == 429
    slow[1].set()
    with api_diagnose._one_at_a_time:  # free again as soon as the server has answered
        pass


def test_after_the_time_what_was_read_counts(
    client_of: Asked, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/job-output.txt").respond_with_data(LOG, content_type="text/plain")
    moments = iter([0.0])
    monkeypatch.setattr(api_diagnose, "monotonic", lambda: next(moments, 61.0))
    row = diagnose(client_of(allow_hosts=("127.0.0.1", "localhost")), httpserver.url_for("/job-output.txt"))
    assert "given up" in row["problems"][0]["detail"]


def test_nothing_is_stored(client_of: Asked, httpserver: HTTPServer, sample_store: Store, cache: Path) -> None:
    httpserver.expect_request("/job-output.txt").respond_with_data(LOG, content_type="text/plain")
    before = sample_store.version()
    client = client_of(allow_hosts=("127.0.0.1", "localhost"))
    answer = client.post("/api/v1/diagnose", json={"target": httpserver.url_for("/job-output.txt")})
    assert (answer.headers["cache-control"], sample_store.version()) == ("no-store", before)
    assert [path.name for path in cache.iterdir() if path.name != "patterns"] == []
