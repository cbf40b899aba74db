"""What was rendered is kept until the store changes, and what the reader has already is not sent again.

A page depends on its address, the store's version, the version of Sova, the pattern set and the moments that it tells
of; all of that makes its ETag. So a page that is asked for again costs a look at the store's version, nothing else.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from importlib.metadata import version
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from fastapi import Request, Response
from isal import igzip

if TYPE_CHECKING:
    from sova.web.serving import Serving

__all__ = ["SOVA_VERSION", "Kept", "PageCache", "etag_of", "sent", "sent_headers", "takes_gzip", "unchanged"]

SOVA_VERSION = version("sova-ci")

_MOST_BYTES = 64 * 10**6
_OVERHEAD = 500  # bytes that an entry takes beside its content
_AT_ONCE = 2
"""Answers that are made at a time. Threads share one interpreter: more of them would only take turns, each slower for
it; with one, a long answer would hold up all others."""
_PACKED = 2  # a tenth larger than what zlib makes at its level 5, in a tenth of the time


@dataclass(frozen=True, slots=True)
class Kept:
    """A rendered answer: packed with gzip, its type, and the header `Link` where it has one."""

    packed: bytes
    media_type: str
    link: str = ""

    @classmethod
    def of(cls, content: bytes, media_type: str, *, link: str = "") -> Kept:
        return cls(igzip.compress(content, _PACKED, mtime=0), media_type, link)


class PageCache:
    """The answers rendered last, by ETag; the ones not asked for the longest go first. Threads share one.

    Two that ask for the same at once wait for one rendering.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = Lock()
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._coming: dict[str, Future[Kept | None]] = {}
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, make: Callable[[], Kept | None]) -> Kept | None:
        """What is kept under the key, else what `make` gives; None is not kept. Raises what `make` raises."""
        with self._lock:
            if found := self._kept.get(key):
                self._kept.move_to_end(key)
                self.hits += 1
                return found
            coming = self._coming.get(key)
            if coming is None:
                self.misses += 1
                mine = self._coming[key] = Future()
            else:
                self.hits += 1
        return coming.result() if coming else self._make(key, make, mine)

    def _make(self, key: str, make: Callable[[], Kept | None], mine: Future[Kept | None]) -> Kept | None:
        try:
            with self._turns:
                made = make()
        except BaseException as error:
            with self._lock:
                del self._coming[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._coming[key]
            if made is not None:
                self._keep(key, made)
        mine.set_result(made)
        return made

    def _keep(self, key: str, made: Kept) -> None:
        size = len(made.packed) + _OVERHEAD
        if size > self._most:
            return
        self._kept[key] = made
        self.bytes += size
        while self.bytes > self._most:
            _, oldest = self._kept.popitem(last=False)
            self.bytes -= len(oldest.packed) + _OVERHEAD


def etag_of(request: Request, serving: Serving, *moments: dt.datetime) -> str:
    """The ETag of the page or answer at this address as things stand now. Raises StoreError.

    `moments` are those that the content depends on: the ends of its range, and the minute where it tells that.
    It is weak: packed and unpacked content share it.
    """
    parts = (
        SOVA_VERSION,
        str(serving.store.check()),
        serving.pattern_set.version,
        *(moment.isoformat() for moment in moments),
        str(request.base_url),
        request.url.path,
        request.url.query,
    )
    digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f'W/"{digest}"'


def unchanged(request: Request, etag: str, cache_control: str = "no-cache") -> Response | None:
    """The answer 304 where the reader has this very content, else None."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag.removeprefix("W/") in known:
        return Response(status_code=304, headers=sent_headers(etag, cache_control))
    return None


def sent(request: Request, etag: str, kept: Kept) -> Response:
    """The answer with that content, packed where the reader takes that."""
    headers = {**sent_headers(etag), "Content-Type": kept.media_type}
    if kept.link:
        headers["Link"] = kept.link
    if takes_gzip(request):
        return Response(kept.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(kept.packed), headers=headers)


def takes_gzip(request: Request) -> bool:
    """Whether the reader takes content that is packed with gzip."""
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        if coding in ("gzip", "*"):
            return not any(piece.replace(" ", "") in ("q=0", "q=0.0", "q=0.00", "q=0.000") for piece in parameters)
    return False


def sent_headers(etag: str, cache_control: str = "no-cache") -> dict[str, str]:
    """What tells whether and how long an answer may be kept."""
    return {"ETag": etag, "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
