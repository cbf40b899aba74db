"""The one HTTP client: connection pools, retries, redirects, caps, and which addresses may be connected to.

Hosts that a person wrote (configuration, command line) are trusted. Every other host came out of content and may not
resolve to a private address: names are resolved once, and the addresses found are checked and then connected to.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import InvalidURL, responses
from types import TracebackType
from urllib.parse import urljoin, urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    LocationParseError,
    LocationValueError,
    MaxRetryError,
)

from sova.addresses import Guard, RefusedAddressError
from sova.config import Limits
from sova.errors import SovaError
from sova.model import ProblemKind
from sova.pools import GuardedPools, PatientRetry

__all__ = ["CutError", "HttpClient", "HttpError", "Response", "Stream"]

_AGENT = "sova (CI log reader)"
_RETRIED = frozenset({429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "private-token", "proxy-authorization"})
_CHUNK = 64 * 1024
_ERROR_BODY = 4096


class HttpError(SovaError):
    """A request without a usable answer. `body` is how the server's own explanation begins, if it sent one."""

    def __init__(self, url: str, kind: ProblemKind, detail: str, *, status: int | None = None) -> None:
        self.url = _shown(url)
        self.kind = kind
        self.detail = detail
        self.status = status
        self.retry_after: float | None = None  # seconds
        self.body = b""
        super().__init__(f"{self.url}: {detail}")


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are in lower case, `url` is the address after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer whose body is read as it comes. Reading `chunks` raises HttpError when the connection is cut."""

    status: int
    headers: Mapping[str, str]
    url: str
    chunks: Iterator[bytes] = field(repr=False)


class HttpClient:
    """Gives the bodies of URLs. Threads may share it; it connects on the first request."""

    def __init__(
        self, limits: Limits, *, trusted_hosts: Collection[str] = (), allow_hosts: Collection[str] = ()
    ) -> None:
        """`trusted_hosts` are `host` or `host:port`; `allow_hosts` are names, globs and networks."""
        self._limits = limits
        self._guard = Guard(trusted_hosts, allow_hosts)
        self._pools = GuardedPools(self._guard, connections=limits.connections, timeout=limits.timeout)
        self._retry = PatientRetry(
            total=limits.retries,
            redirect=0,
            status_forcelist=_RETRIED,
            backoff_factor=0.2,
            backoff_jitter=0.1,
            raise_on_status=False,
            allowed_methods=frozenset({"GET"}),
        )

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections."""
        self._pools.clear()

    def trust(self, url: str) -> None:
        """Trust the host of a URL that a person typed."""
        self._guard.trust(url)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, max_bytes: int = 50_000_000) -> Response:
        """The whole answer. Raises HttpError, also for status 400 and above and for a body over `max_bytes`.

        With `If-None-Match` or `If-Modified-Since` in `headers` the answer may be a 304 with an empty body.
        """
        for left in range(self._limits.retries, -1, -1):
            try:
                with self.stream(url, headers=headers) as stream:
                    return Response(stream.status, stream.headers, _whole(stream, max_bytes), stream.url)
            except CutError:
                if not left:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    @contextmanager
    def stream(
        self, url: str, *, headers: Mapping[str, str] | None = None, keep_gzip: bool = False
    ) -> Iterator[Stream]:
        """The answer with its body still to be read. Raises HttpError, also for status 400 and above.

        The body is decoded by its Content-Encoding; with `keep_gzip`, gzip is left as it was sent.
        """
        deadline = time.monotonic() + self._limits.total_timeout
        response, final = self._follow(url, {"user-agent": _AGENT, "accept-encoding": "gzip", **_lower(headers or {})})
        try:
            if response.status >= 400:
                raise _status_error(response, final)
            found = _lower(response.headers)
            decode = not (keep_gzip and found.get("content-encoding", "").lower() in ("gzip", "x-gzip"))
            yield Stream(response.status, found, final, _chunks(response, final, deadline, decode))
        finally:
            response.close()  # a connection whose body was read to its end is back in its pool already
            response.release_conn()

    def _follow(self, url: str, headers: dict[str, str]) -> tuple[BaseHTTPResponse, str]:
        seen = [url]
        while True:
            response = self._request(seen[-1], headers)
            target = response.headers.get("location", "")
            if response.status not in _REDIRECTS or not target:
                return response, seen[-1]
            response.drain_conn()
            response.release_conn()
            try:
                target = urljoin(seen[-1], target)
            except ValueError as error:
                raise HttpError(seen[-1], ProblemKind.REFUSED, f"redirected to no URL: {target[:200]!r}") from error
            if len(seen) > self._limits.redirects:
                detail = f"redirected more than {self._limits.redirects} times (limits.redirects), last to {target}"
                raise HttpError(url, ProblemKind.REFUSED, detail, status=response.status)
            if _origin(target) != _origin(seen[-1]):
                headers = {name: value for name, value in headers.items() if name not in _PRIVATE_HEADERS}
            seen.append(target)

    def _request(self, url: str, headers: Mapping[str, str]) -> BaseHTTPResponse:
        if not url.lower().startswith(("http://", "https://")):
            raise HttpError(url, ProblemKind.REFUSED, "only http and https are spoken")
        try:
            return self._pools.urlopen(
                "GET",
                url,
                headers=headers,
                redirect=False,
                retries=self._retry,
                preload_content=False,
                pool_timeout=self._limits.total_timeout,
            )
        except (LocationParseError, LocationValueError, InvalidURL, UnicodeError) as error:
            raise HttpError(url, ProblemKind.REFUSED, f"not a URL: {error}") from error
        except RefusedAddressError as error:
            raise HttpError(url, ProblemKind.REFUSED, str(error)) from error
        except HTTPError as error:
            raise HttpError(url, ProblemKind.NETWORK, _words(error)) from error


class CutError(HttpError):
    """The connection ended, or fell silent, before the body did."""


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _shown(url: str) -> str:
    """The URL without a password."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)


def _chunks(response: BaseHTTPResponse, url: str, deadline: float, decode: bool) -> Iterator[bytes]:
    size = 0
    try:
        # read1, because read and stream keep what came before a cut to themselves
        while chunk := response.read1(_CHUNK, decode_content=decode):
            size += len(chunk)
            yield chunk
            if time.monotonic() > deadline:
                raise HttpError(url, ProblemKind.NETWORK, f"took longer than limits.total_timeout, got {size} bytes")
    except DecodeError as error:
        raise HttpError(url, ProblemKind.UNDECODABLE, f"cannot be decoded: {_words(error)}") from error
    except HTTPError as error:
        raise CutError(url, ProblemKind.NETWORK, f"cut after {size} bytes: {_words(error)}") from error


def _whole(stream: Stream, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in stream.chunks:
        body += chunk
        if len(body) > max_bytes:
            raise HttpError(stream.url, ProblemKind.TOO_LARGE, f"the answer is larger than {max_bytes} bytes")
    return bytes(body)


def _status_error(response: BaseHTTPResponse, url: str) -> HttpError:
    body = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk  # short bodies are read to the end, so that the connection can be used again
            if len(body) > _CHUNK:
                break
    except HTTPError:
        body += b" [cut]"
    status = response.status
    error = HttpError(url, _kind(status), f"HTTP {status} {responses.get(status, '')}".strip(), status=status)
    error.retry_after = PatientRetry().get_retry_after(response)
    error.body = bytes(body[:_ERROR_BODY])
    return error


def _kind(status: int) -> ProblemKind:
    if status in (404, 410):
        return ProblemKind.GONE
    if status >= 500 or status in (408, 425, 429):
        return ProblemKind.NETWORK
    return ProblemKind.DENIED


def _words(error: BaseException) -> str:
    """What went wrong without the names of objects that urllib3 puts into its messages."""
    if isinstance(error, MaxRetryError) and error.reason is not None:
        return _words(error.reason)
    first = error.args[0] if error.args else ""
    text = first if isinstance(first, str) and first else str(error)
    return re.sub(r"^<?[\w.]*(?:Connection|Pool)\([^)]*\)>?: ", "", text) or type(error).__name__
