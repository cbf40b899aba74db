"""The HTTP client: what it gives, what it retries, follows and refuses."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sova.config import Limits
from sova.http_client import CutError, HttpClient, HttpError
from sova.model import ProblemKind
from tests.raw_server import plain, raw_server

LIMITS = Limits(timeout=10, retries=2, redirects=3, total_timeout=60)


@pytest.fixture
def client() -> Iterator[HttpClient]:
    with HttpClient(LIMITS, trusted_hosts=["127.0.0.1"], allow_hosts=["127.0.0.0/8"]) as client:
        yield client


@pytest.fixture
def impatient() -> Iterator[HttpClient]:
    limits = LIMITS.model_copy(update={"timeout": 0.2})
    with HttpClient(limits, allow_hosts=["127.0.0.0/8"]) as client:
        yield client


@pytest.fixture
def stranger() -> Iterator[HttpClient]:
    """A client to which nobody named a host."""
    with HttpClient(LIMITS) as client:
        yield client


def error_of(client: HttpClient, url: str, max_bytes: int = 10**6) -> HttpError:
    with pytest.raises(HttpError) as caught:
        client.get(url, max_bytes=max_bytes)
    return caught.value


def test_an_answer_has_status_lower_case_headers_body_and_url(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("text", headers={"X-Some-Name": "value"})
    response = client.get(httpserver.url_for("/a"))
    assert (response.status, response.body, response.url) == (200, b"text", httpserver.url_for("/a"))
    assert response.headers["x-some-name"] == "value"


def test_gzip_is_asked_for_and_decoded(client: HttpClient, httpserver: HTTPServer) -> None:
    body = gzip.compress(b"line\n" * 1000)
    httpserver.expect_request("/a", headers={"Accept-Encoding": "gzip"}).respond_with_data(
        body, headers={"Content-Encoding": "gzip"}
    )
    assert client.get(httpserver.url_for("/a")).body == b"line\n" * 1000


def test_gzip_can_be_kept_as_it_was_sent(client: HttpClient, httpserver: HTTPServer) -> None:
    body = gzip.compress(b"line\n")
    httpserver.expect_request("/a").respond_with_data(body, headers={"Content-Encoding": "gzip"})
    with client.stream(httpserver.url_for("/a"), keep_gzip=True) as stream:
        assert b"".join(stream.chunks) == body


def test_a_body_that_is_not_what_its_encoding_says_is_undecodable(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("plain text", headers={"Content-Encoding": "gzip"})
    assert error_of(client, httpserver.url_for("/a")).kind is ProblemKind.UNDECODABLE


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProblemKind.DENIED),
        (401, ProblemKind.DENIED),
        (403, ProblemKind.DENIED),
        (404, ProblemKind.GONE),
        (410, ProblemKind.GONE),
        (429, ProblemKind.NETWORK),
        (500, ProblemKind.NETWORK),
        (503, ProblemKind.NETWORK),
    ],
)
def test_every_status_from_400_is_an_error_of_a_kind(
    client: HttpClient, httpserver: HTTPServer, status: int, kind: ProblemKind
) -> None:
    httpserver.expect_request("/a").respond_with_data("the server's own words", status=status)
    error = error_of(client, httpserver.url_for("/a"))
    assert (error.kind, error.status, error.body) == (kind, status, b"the server's own words")
    assert str(status) in str(error)


def test_a_server_error_is_tried_again(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("", status=503)
    httpserver.expect_ordered_request("/a").respond_with_data("", status=429, headers={"Retry-After": "0"})
    httpserver.expect_ordered_request("/a").respond_with_data("at last")
    assert client.get(httpserver.url_for("/a")).body == b"at last"


def test_retry_after_is_waited_for(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("", status=429, headers={"Retry-After": "1"})
    httpserver.expect_ordered_request("/a").respond_with_data("at last")
    started = time.monotonic()
    assert client.get(httpserver.url_for("/a")).body == b"at last"
    assert time.monotonic() - started >= 0.9


def test_a_long_retry_after_is_told_and_not_waited_for(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=429, headers={"Retry-After": "3600"})
    started = time.monotonic()
    error = error_of(client, httpserver.url_for("/a"))
    assert error.retry_after == 3600
    assert len(httpserver.log) == 1
    assert time.monotonic() - started < 60


def test_a_retry_after_that_is_nonsense_is_no_wait(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_ordered_request("/a").respond_with_data("", status=503, headers={"Retry-After": "soon"})
    httpserver.expect_ordered_request("/a").respond_with_data("at last")
    assert client.get(httpserver.url_for("/a")).body == b"at last"


def test_a_404_is_not_tried_again(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=404)
    error_of(client, httpserver.url_for("/a"))
    assert len(httpserver.log) == 1


def test_a_304_is_an_answer(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a", headers={"If-None-Match": '"x"'}).respond_with_data("", status=304)
    response = client.get(httpserver.url_for("/a"), headers={"If-None-Match": '"x"'})
    assert (response.status, response.body) == (304, b"")


def test_a_body_over_the_cap_is_too_large(client: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("x" * 101)
    assert error_of(client, httpserver.url_for("/a"), max_bytes=100).kind is ProblemKind.TOO_LARGE
    assert len(client.get(httpserver.url_for("/a"), max_bytes=101).body) == 101


def test_a_gzip_bomb_stops_at_the_cap(client: HttpClient, httpserver: HTTPServer) -> None:
    body = gzip.compress(bytes(50_000_000))
    httpserver.expect_request("/a").respond_with_data(body, headers={"Content-Encoding": "gzip"})
    assert error_of(client, httpserver.url_for("/a"), max_bytes=1000).kind is ProblemKind.TOO_LARGE


# -- connections that break -------------------------------------------------------------------------------------------


def test_a_body_shorter_than_announced_is_cut_and_tried_again(client: HttpClient) -> None:
    with raw_server(plain(b"only this", length=100), plain(b"all of it")) as server:
        assert client.get(server.url).body == b"all of it"
        assert len(server.requests) == 2


def test_a_body_that_is_always_cut_is_a_network_problem(client: HttpClient) -> None:
    with raw_server(plain(b"only this", length=100)) as server:
        error = error_of(client, server.url)
        assert isinstance(error, CutError)
        assert (error.kind, len(server.requests)) == (ProblemKind.NETWORK, 3)
        assert "cut after 9 bytes" in error.detail


def test_a_cut_chunked_body_is_a_network_problem(client: HttpClient) -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n50\r\nrest") as server:
        assert error_of(client, server.url).kind is ProblemKind.NETWORK


def test_what_came_before_the_cut_is_given(client: HttpClient) -> None:
    with raw_server(plain(b"only this", length=100)) as server, client.stream(server.url) as stream:
        given: list[bytes] = []
        with pytest.raises(CutError):
            given.extend(stream.chunks)
        assert b"".join(given) == b"only this"


def gone(connection: socket.socket) -> None:
    """Wait until the client closes the connection."""
    assert connection.recv(1) == b""


def test_a_silent_server_is_a_network_problem(impatient: HttpClient) -> None:
    with raw_server(gone) as server:
        error = error_of(impatient, server.url)
        assert error.kind is ProblemKind.NETWORK
        assert "time" in error.detail.lower()


def test_a_server_that_goes_silent_in_the_body_is_a_network_problem(impatient: HttpClient) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(plain(b"some", length=10))
        gone(connection)

    with raw_server(answer) as server:
        assert error_of(impatient, server.url).kind is ProblemKind.NETWORK


def test_a_body_that_trickles_is_given_up_at_the_total_timeout() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(plain(b"", length=10**6))
        while True:  # until the client closes the connection
            connection.sendall(b"x" * 100)
            time.sleep(0.05)

    limits = Limits(timeout=10, total_timeout=0.3, retries=0)
    with raw_server(answer) as server, HttpClient(limits, trusted_hosts=["127.0.0.1:" + server.url[17:]]) as client:
        error = error_of(client, server.url)
    assert error.kind is ProblemKind.NETWORK
    assert "total_timeout" in error.detail


def test_no_server_is_a_network_problem_in_plain_words(client: HttpClient) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        error = error_of(client, f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert error.kind is ProblemKind.NETWORK
    assert "Connection refused" in error.detail
    assert "object at" not in error.detail


def test_a_name_that_does_not_exist_is_a_network_problem(client: HttpClient) -> None:
    error = error_of(client, "http://nowhere.invalid/")
    assert error.kind is ProblemKind.NETWORK
    assert "nowhere.invalid" in str(error)


def test_what_is_not_http_is_a_network_problem(client: HttpClient) -> None:
    with raw_server(b"SSH-2.0-OpenSSH_9.2\r\n") as server:
        assert error_of(client, server.url).kind is ProblemKind.NETWORK


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:alert(1)", "/etc/passwd", "http://[::1", "http://a b/", ""],
)
def test_what_is_no_http_url_is_refused(client: HttpClient, url: str) -> None:
    assert error_of(client, url).kind is ProblemKind.REFUSED


# -- redirects ---------------------------------------------------------------------------------------------------------


def redirect(httpserver: HTTPServer, path: str, target: str) -> None:
    httpserver.expect_request(path).respond_with_data("", status=302, headers={"Location": target})


def test_redirects_are_followed_to_the_final_url(client: HttpClient, httpserver: HTTPServer) -> None:
    redirect(httpserver, "/a", "b/c")
    redirect(httpserver, "/b/c", httpserver.url_for("/d"))
    httpserver.expect_request("/d").respond_with_data("there")
    response = client.get(httpserver.url_for("/a"))
    assert (response.body, response.url) == (b"there", httpserver.url_for("/d"))


def test_a_redirect_loop_ends(client: HttpClient, httpserver: HTTPServer) -> None:
    redirect(httpserver, "/a", "/a")
    error = error_of(client, httpserver.url_for("/a"))
    assert error.kind is ProblemKind.REFUSED
    assert "limits.redirects" in error.detail
    assert len(httpserver.log) == 1 + LIMITS.redirects


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://[::1"])
def test_a_redirect_to_another_scheme_is_refused(client: HttpClient, target: str) -> None:
    with raw_server(plain(b"", f"Location: {target}", status="302 Found")) as server:
        assert error_of(client, server.url).kind is ProblemKind.REFUSED


def test_secrets_stay_with_the_host_they_are_for(client: HttpClient, httpserver: HTTPServer) -> None:
    redirect(httpserver, "/same", "/asks")
    seen: list[str] = []

    def asks(request: Request) -> Response:
        seen.append(request.headers.get("Authorization", ""))
        return Response("ok")

    httpserver.expect_request("/asks").respond_with_handler(asks)
    with raw_server(plain(b"", f"Location: {httpserver.url_for('/asks')}", status="302 Found")) as other:
        client.get(httpserver.url_for("/same"), headers={"Authorization": "secret"})
        client.get(other.url, headers={"Authorization": "secret"})
        assert "secret" in other.requests[0]
    assert seen == ["secret", ""]


def test_a_redirect_does_not_make_a_private_host_trusted(httpserver: HTTPServer) -> None:
    with (
        raw_server(plain(b"", f"Location: {httpserver.url_for('/a')}", status="302 Found")) as other,
        HttpClient(LIMITS) as client,
    ):
        client.trust(other.url)
        error = error_of(client, other.url)
    assert error.kind is ProblemKind.REFUSED
    assert "allow_hosts" in error.detail
    assert not httpserver.log


# -- hosts -------------------------------------------------------------------------------------------------------------


def test_a_private_host_that_nobody_named_is_refused(stranger: HttpClient, httpserver: HTTPServer) -> None:
    error = error_of(stranger, httpserver.url_for("/a"))
    assert error.kind is ProblemKind.REFUSED
    assert "allow_hosts" in str(error)
    assert not httpserver.log


def test_an_address_in_disguise_is_refused(stranger: HttpClient, httpserver: HTTPServer) -> None:
    for host in ("2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "LOCALHOST", "localhost."):
        assert error_of(stranger, f"http://{host}:{httpserver.port}/").kind is ProblemKind.REFUSED
    assert not httpserver.log


def test_a_name_is_resolved_once_so_that_it_cannot_change(
    stranger: HttpClient, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        address = "93.184.216.34" if asked.count("rebinding.example") == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    connected: list[object] = []

    def connect(self: socket.socket, address: object) -> None:
        connected.append(address)
        raise OSError("no route in this test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with HttpClient(Limits(retries=0)) as client:
        assert error_of(client, f"http://rebinding.example:{httpserver.port}/").kind is ProblemKind.NETWORK
    assert asked.count("rebinding.example") == 1
    assert connected == [("93.184.216.34", httpserver.port)]


def test_a_url_that_a_person_typed_is_trusted_with_its_port_only(stranger: HttpClient, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("ok")
    stranger.trust(httpserver.url_for("/other"))
    assert stranger.get(httpserver.url_for("/a")).body == b"ok"
    with raw_server(plain(b"secret")) as other:
        assert error_of(stranger, other.url).kind is ProblemKind.REFUSED
        assert other.requests == []


@pytest.mark.parametrize("allowed", ["localhost", "local*", "127.0.0.0/8", "127.0.0.1"])
def test_allow_hosts_takes_names_globs_and_networks(httpserver: HTTPServer, allowed: str) -> None:
    httpserver.expect_request("/a").respond_with_data("ok")
    host = "127.0.0.1" if allowed == "127.0.0.1" else "localhost"
    with HttpClient(LIMITS, allow_hosts=[allowed, "::1"]) as client:
        assert client.get(f"http://{host}:{httpserver.port}/a").body == b"ok"


def test_a_password_in_a_url_is_not_told(stranger: HttpClient) -> None:
    error = error_of(stranger, "http://user:hunter2@127.0.0.1:1/")
    assert "hunter2" not in str(error)
    assert "hunter2" not in error.url


# -- many at once ------------------------------------------------------------------------------------------------------


def test_connections_to_one_host_are_bounded_and_used_again() -> None:
    together = threading.Barrier(3, timeout=60)
    asked: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.client_address[1])
            together.wait()  # an answer comes only when three ask at once
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in http.server
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        place = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever).start()
        with HttpClient(Limits(connections=3), trusted_hosts=[place]) as client:
            threads = [threading.Thread(target=client.get, args=(f"http://{place}/a",)) for _ in range(12)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        server.shutdown()
    assert (len(asked), len(set(asked))) == (12, 3)


def test_a_stream_left_half_read_gives_its_connection_back(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("x" * 10**6)
    with HttpClient(Limits(connections=1, total_timeout=5), trusted_hosts=[f"localhost:{httpserver.port}"]) as client:
        for _ in range(3):
            with client.stream(httpserver.url_for("/a")) as stream:
                assert next(stream.chunks)
