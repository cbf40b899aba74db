"""Downloads: each URL once, through the cache, within the limits; what breaks off is kept as far as it came."""

from __future__ import annotations

import errno
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import CutError, HttpClient, HttpError, Stream
from sova.logs.cache import Cache, Draft, Remote, Stored
from sova.logs.openers import Source, log_error
from sova.model import Problem, ProblemKind

__all__ = ["Fetched", "Fetcher"]

_ABSENT = frozenset({404, 410})
_ABSENT_FOR = 24 * 3600  # seconds for which "not there" is believed of a build that has ended
_ACCEPT = {"accept": "text/plain, */*"}  # log servers make HTML of a log for whoever accepts HTML first


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body on this machine, as it was sent. `problem` is why it is not whole; `source` raises it at the end."""

    url: str
    content_type: str
    size: int
    source: Source = field(repr=False)
    problem: Problem | None = None


class Fetcher:
    """Fetches the files of one build. `final`: the build has ended, so what is in the cache holds.

    Without an HTTP client only the cache is read.
    """

    def __init__(self, http: HttpClient | None, cache: Cache, limits: Limits, *, final: bool = True) -> None:
        self._http = http
        self._cache = cache
        self._limits = limits
        self._final = final
        self._absent: set[str] = set()

    def fetch(self, url: str) -> Fetched | None:
        """The body of a URL, or None where the server says 404 or 410. Raises LogError when nothing can be had."""
        if url in self._absent:
            return None
        with self._cache.alone(url):
            stored = self._cache.get(url)
            if stored is None or not self._holds(stored):
                try:
                    found = self._download(url, stored)
                except OSError as error:
                    raise _disk_error(self._cache.directory, error) from error
                if isinstance(found, Fetched):
                    return found
                stored = found
        if stored.remote.status in _ABSENT:
            self._absent.add(url)
            return None
        return _fetched(stored)

    def _holds(self, stored: Stored) -> bool:
        if self._http is None:
            return True
        if not self._final:
            return False
        return stored.remote.status not in _ABSENT or time.time() - stored.remote.fetched < _ABSENT_FOR

    def _download(self, url: str, stored: Stored | None) -> Stored | Fetched:
        if self._http is None:
            raise log_error(url, ProblemKind.MISSING, "is not in the cache, and nothing is fetched in this run")
        headers = _ACCEPT | (_validators(stored.remote) if stored else {})
        for left in range(self._limits.retries, -1, -1):
            try:
                with self._http.stream(url, headers=headers, keep_gzip=True) as stream:
                    if stored and stream.status == 304:
                        return stored
                    return self._receive(url, stream, last=not left)
            except CutError as error:
                if not left:
                    raise log_error(url, error.kind, error.detail) from error
            except HttpError as error:
                if error.status not in _ABSENT:
                    raise log_error(url, error.kind, error.detail) from error
                return self._remember_absent(url, error.status or 404)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _receive(self, url: str, stream: Stream, *, last: bool) -> Stored | Fetched:
        """The body, or its beginning with the reason for its end. Raises CutError when another attempt is worth it."""
        _check_length(url, stream, self._limits.file_size)
        headers = stream.headers
        remote = Remote(
            url=url,
            final_url=stream.url,
            content_type=headers.get("content-type", ""),
            etag=headers.get("etag", ""),
            last_modified=headers.get("last-modified", ""),
        )
        with ExitStack() as stack:
            draft = stack.enter_context(self._cache.draft(remote))
            try:
                self._write(stream, draft, url)
            except HttpError as error:
                if (isinstance(error, CutError) and not last) or not draft.size:
                    raise
                return _partial(draft, Problem(url, error.kind, error.detail), stack.pop_all().close)
            except LogError as error:
                return _partial(draft, error.problem, stack.pop_all().close)
            return draft.keep()

    def _write(self, stream: Stream, draft: Draft, url: str) -> None:
        for chunk in stream.chunks:
            draft.write(chunk)
            if draft.size > self._limits.file_size:
                detail = f"larger than limits.file_size ({self._limits.file_size} bytes); read up to there"
                raise log_error(url, ProblemKind.TOO_LARGE, detail)

    def _remember_absent(self, url: str, status: int) -> Stored:
        with self._cache.draft(Remote(url=url, status=status)) as draft:
            return draft.keep()


def _fetched(stored: Stored) -> Fetched:
    remote = stored.remote
    return Fetched(remote.final_url or remote.url, remote.content_type, stored.size, _translated(stored))


def _translated(stored: Stored) -> Source:
    def read() -> Iterator[bytes]:
        try:
            yield from stored.source()
        except OSError as error:
            raise _disk_error(stored.path, error) from error

    return read


def _partial(draft: Draft, problem: Problem, discard: Callable[[], None]) -> Fetched:
    """The beginning of a body, in a file that is removed when nobody can read it any more."""
    draft.flush()
    stored = Stored(draft.remote, draft.path, draft.start, draft.size)

    def read() -> Iterator[bytes]:
        yield from stored.source()
        raise LogError(problem)

    weakref.finalize(read, discard)
    return Fetched(draft.remote.final_url, draft.remote.content_type, draft.size, read, problem)


def _validators(remote: Remote) -> dict[str, str]:
    if remote.status in _ABSENT:
        return {}
    pairs = (("if-none-match", remote.etag), ("if-modified-since", remote.last_modified))
    return {name: value for name, value in pairs if value}


def _check_length(url: str, stream: Stream, most: int) -> None:
    length = stream.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise log_error(url, ProblemKind.TOO_LARGE, f"{length} bytes, more than limits.file_size ({most} bytes)")


def _disk_error(place: Path, error: OSError) -> LogError:
    kind = ProblemKind.TOO_LARGE if error.errno in (errno.ENOSPC, errno.EDQUOT) else ProblemKind.DENIED
    return log_error(str(place), kind, f"the cache of downloaded logs: {error.strerror or error}")
