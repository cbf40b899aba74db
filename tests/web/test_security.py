"""Headers, hosts, bodies and the token: asked as a browser, another site or a script would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends
from pydantic import BaseModel

from sova.config import Config, Web
from sova.errors import ConfigError
from sova.store import Store
from sova.web.app import create_app
from sova.web.security import MOST_BODY, hosts_of, read_token, token_needed
from tests.web.conftest import ADDRESS, TestClient

TOKEN = "correct horse battery staple"  # noqa: S105 - made up
RIGHT = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
BARE = Config(builtin_patterns=False)


class Wish(BaseModel):
    text: str


def reader_of(store: Store, clock: Callable[[], dt.datetime]) -> Iterator[TestClient]:
    """A reader of an app with one call that does something, and one that is broken."""
    app = create_app(BARE, store=store, now=clock)
    router = APIRouter()

    @router.post("/api/v1/wish", dependencies=[Depends(token_needed)])
    def wish(wish: Wish) -> dict[str, str]:
        return {"granted": wish.text}

    @router.get("/broken")
    @router.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("a secret of the server")

    app.include_router(router)
    with TestClient(app, base_url=ADDRESS) as found:
        yield found


@pytest.fixture
def open_to_wishes(
    sample_store: Store, clock: Callable[[], dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.setenv("SOVA_TOKEN", TOKEN)
    yield from reader_of(sample_store, clock)


@pytest.fixture
def without_token(
    sample_store: Store, clock: Callable[[], dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    monkeypatch.delenv("SOVA_TOKEN", raising=False)
    yield from reader_of(sample_store, clock)


@pytest.mark.parametrize("path", ["/healthz", "/no/such/page", "/api/v1/no-such", "/broken", "/static/sova.css"])
def test_every_answer_has_the_headers(without_token: TestClient, path: str) -> None:
    headers = without_token.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "10.1.2.3", "LOCALHOST."]
)
def test_the_server_answers_to_its_own_names(without_token: TestClient, host: str) -> None:
    assert without_token.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[", "a@b", "::"]
)
def test_a_foreign_name_that_is_made_to_point_here_reads_nothing(without_token: TestClient, host: str) -> None:
    for path in ("/healthz", "/api/v1/builds", "/static/sova.css"):
        answer = without_token.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert "web.url" in answer.text


def test_the_configured_names_are_ours() -> None:
    web = Web(host="ci.example.net", url="https://Sova.example.org:8443/x/")
    assert hosts_of(Config(web=web)) == {"localhost", "ci.example.net", "sova.example.org"}
    assert "localhost" in hosts_of(Config(web=Web(host="0.0.0.0")))
    assert "0.0.0.0" not in hosts_of(Config(web=Web(host="0.0.0.0")))


def test_head_gets_the_headers_of_get_without_the_body(without_token: TestClient) -> None:
    for path in ("/static/sova.css", "/healthz", "/no/such/page"):
        head, get = without_token.head(path), without_token.get(path)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_pages_can_only_be_read(without_token: TestClient, method: str) -> None:
    answer = without_token.request(method, "/healthz")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


def test_without_a_token_nothing_can_be_done_and_the_answer_says_what_to_set(without_token: TestClient) -> None:
    answer = without_token.post("/api/v1/wish", headers=RIGHT, json={"text": "rain"})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "SOVA_TOKEN" in answer.json()["detail"]


def test_the_right_token_opens(open_to_wishes: TestClient) -> None:
    answer = open_to_wishes.post("/api/v1/wish", headers=RIGHT, json={"text": "rain"})
    assert (answer.status_code, answer.json()) == (200, {"granted": "rain"})


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ü"],
)
def test_any_other_token_does_not(open_to_wishes: TestClient, given: str | None) -> None:
    headers = {"Authorization": given.encode()} if given is not None else {}
    answer = open_to_wishes.post("/api/v1/wish", headers=headers, json={"text": "rain"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert TOKEN not in answer.text


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
def test_what_a_form_of_another_site_can_send_is_refused(open_to_wishes: TestClient, kind: str) -> None:
    answer = open_to_wishes.post("/api/v1/wish", headers={**RIGHT, "Content-Type": kind}, content=b'{"text": "rain"}')
    assert answer.status_code in (400, 415)
    assert "granted" not in answer.text


def test_a_large_body_is_refused_whether_its_length_is_told_or_not(open_to_wishes: TestClient) -> None:
    large = b'{"text": "' + b"x" * MOST_BODY + b'"}'
    told = open_to_wishes.post("/api/v1/wish", headers=RIGHT, content=large)
    untold = open_to_wishes.post("/api/v1/wish", headers=RIGHT, content=iter([large[:100], large[100:]]))
    assert (told.status_code, untold.status_code) == (413, 413)


@pytest.mark.parametrize("length", ["-1", "1e3", "²", "9" * 30])
def test_a_length_that_is_none_is_refused(open_to_wishes: TestClient, length: str) -> None:
    headers = {**RIGHT, "Content-Length": length.encode("latin-1")}
    assert open_to_wishes.post("/api/v1/wish", headers=headers, content=b"{}").status_code == 413


def test_a_bug_is_told_without_its_traceback(without_token: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    page, problem = without_token.get("/broken"), without_token.get("/api/broken")
    assert (page.status_code, problem.status_code) == (500, 500)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert problem.headers["content-type"] == "application/problem+json"
    for answer in (page, problem):
        assert "a secret" not in answer.text
        assert "Traceback" not in answer.text
    assert "a secret of the server" in caplog.text


def test_the_token_comes_from_the_environment_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("of the file\n")
    config = Config(web=Web(token_file=str(file)))
    monkeypatch.delenv("SOVA_TOKEN", raising=False)
    assert (read_token(Config()), read_token(config)) == ("", "of the file")
    monkeypatch.setenv("SOVA_TOKEN", " of the environment ")
    assert read_token(config) == "of the environment"


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_a_token_file_that_holds_none_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    monkeypatch.delenv("SOVA_TOKEN", raising=False)
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"web\.token_file"):
        read_token(Config(web=Web(token_file=str(file))))


def test_the_token_is_not_shown_with_the_rest(sample_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOVA_TOKEN", TOKEN)
    serving = create_app(BARE, store=sample_store).state.sova
    assert serving.token == TOKEN
    assert TOKEN not in repr(serving)
