"""Reads as much of a console log on a web server as is needed to know how its build went."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import HttpError
from sova.logs.html_console import is_html_name, without_markup
from sova.logs.openers import decompressed
from sova.logs.paths import bare
from sova.model import Problem, ProblemKind
from sova.sources.console_facts import ConsoleFacts, console_facts

if TYPE_CHECKING:
    from sova.http_client import HttpClient

__all__ = ["ConsoleReader"]

_NAMES = ("job-output.txt", "job-output.txt.gz", "console.html", "console.html.gz", "console.txt", "console.txt.gz")
_HEAD = 128 * 1024
_TAILS = (512 * 1024, 16 * 1024 * 1024)
"""How much of the end is read: what runs after the job itself may have written much, so a second try takes more."""
_WHOLE = Limits(file_size=500_000_000)
_DAMAGED = (ProblemKind.TRUNCATED, ProblemKind.UNDECODABLE, ProblemKind.TOO_LARGE)
_NOT_SATISFIABLE = 416
_TOTAL = re.compile(r"bytes \d+-\d+/(\d+)\Z")
_MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd")


class ConsoleReader:
    """Finds the console below the root of a build's logs. What was right for one build is tried first for the next.

    Threads may share it.
    """

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._names: tuple[str, ...] = _NAMES
        self._gives_parts = True

    def facts(self, log_url: str) -> ConsoleFacts | None:
        """What the console below `log_url` (with `/` at its end) tells; None when there is no console.

        Raises LogError when that cannot be known.
        """
        for name in self._names:
            try:
                facts = self._facts(log_url + name)
            except LogError as error:
                if error.problem.kind is ProblemKind.GONE:
                    continue
                raise
            self._names = (name, *(other for other in self._names if other != name))
            return facts
        return None

    def _facts(self, url: str) -> ConsoleFacts:
        if not self._gives_parts:
            return self._from_start(url)
        try:
            head, total = self._part(url, f"0-{_HEAD - 1}")
        except _NoPartError:
            return self._from_start(url)
        facts = _read(head, head, url)
        for size in _TAILS:
            if facts.result or total <= len(head):
                break
            start = max(0, total - size)
            try:
                tail, _ = self._part(url, f"{start}-{total - 1}")
            except _NoPartError:
                return self._from_start(url)
            facts = _read(head, tail, url)
            if start == 0:
                break
        return facts

    def _part(self, url: str, span: str) -> tuple[bytes, int]:
        """Some bytes of a file, and its size. Raises _NoPartError when only the whole file can be had or used."""
        headers = {"Range": f"bytes={span}", "Accept": "text/plain", "Accept-Encoding": "identity"}
        try:
            with self._http.stream(url, headers=headers, keep_gzip=True) as stream:
                if stream.status != 206:
                    self._gives_parts = False
                    raise _NoPartError
                total = _TOTAL.match(stream.headers.get("content-range", ""))
                if total is None or stream.headers.get("content-encoding", "identity").lower() != "identity":
                    raise _NoPartError
                part = b"".join(stream.chunks)
        except HttpError as error:
            if error.status == _NOT_SATISFIABLE:  # there is no first byte: the file is empty
                return b"", 0
            raise _log_error(error) from error
        if span.startswith("0-") and part.startswith(_MAGIC):
            raise _NoPartError
        return part, int(total[1])

    def _from_start(self, url: str) -> ConsoleFacts:
        """Reads the whole file, and keeps its two ends. One that is damaged or too large tells what it can."""
        head, tail = b"", b""
        try:
            for chunk in decompressed(lambda: self._chunks(url), where=url, limits=_WHOLE):
                head += chunk[: max(0, _HEAD - len(head))]
                tail += chunk
                if len(tail) > 4 * _TAILS[0]:
                    tail = tail[-_TAILS[0] :]
        except LogError as error:
            if error.problem.kind not in _DAMAGED:
                raise
        return _read(head, tail, url)

    def _chunks(self, url: str) -> Iterator[bytes]:
        try:
            with self._http.stream(url, headers={"Accept": "text/plain"}, keep_gzip=True) as stream:
                yield from stream.chunks
        except HttpError as error:
            raise _log_error(error) from error


class _NoPartError(Exception):
    """The server gives no parts of a file, or parts of it are of no use."""


def _log_error(error: HttpError) -> LogError:
    return LogError(Problem(error.url, error.kind, error.detail))


def _read(head: bytes, tail: bytes, url: str) -> ConsoleFacts:
    return console_facts(_text(head, url), _text(tail, url))


def _text(part: bytes, url: str) -> str:
    plain: Iterable[bytes] = without_markup([part]) if is_html_name(bare(url)) else [part]
    return b"".join(plain).decode("utf-8", errors="replace")
