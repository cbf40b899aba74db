"""Searching in a log of any size, from a line on or backwards, within a time: literal text, or a regex by line.

What is searched is what is shown: without control sequences of terminals and carriage returns at line ends. Letters
without regard to case are those of ASCII. Lines of more than the index's step are searched in stretches that overlap.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from sova.logs.line_index import Block
from sova.logs.spool import Spool, SpoolFile
from sova.logs.window import line_start

__all__ = ["Count", "Found", "Needle", "count_lines", "find_after", "find_before"]

LONGEST = 500
"""Characters that a search may have."""

MOST = 1_000
"""Lines up to which matching lines are counted."""

SECONDS = 5.0
"""How long one search may take."""

COUNTING = 1.0
"""How long counting may take."""

_OVERLAP = 4096
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


class Needle:
    """What is looked for. Without `exact`, A is a; `is_regex` makes the text a regular expression."""

    def __init__(self, text: str, *, is_regex: bool = False, exact: bool = False) -> None:
        """Raises ValueError for an empty or overlong text, and for no regular expression."""
        if not text or len(text) > LONGEST:
            raise ValueError(f"should have 1 to {LONGEST} characters")
        self.text, self.is_regex, self.exact = text, is_regex, exact
        literal = text.encode("utf-8", "replace")
        self._literal = literal if exact else literal.lower()
        self._regex = _compiled(literal, exact) if is_regex else None

    def prepared(self, data: bytes) -> bytes:
        """The data as it is searched; the number of lines stays the same."""
        if b"\x1b" in data:
            data = _SEQUENCE.sub(b"", data)
        if self._regex is None:
            return data if self.exact else data.lower()
        return data.replace(b"\r\n", b"\n").removesuffix(b"\r")

    def find(self, data: bytes, start: int, until: float) -> tuple[int, int] | None:
        """Where the first match from `start` on begins and ends. Raises TimeoutError at the time `until`."""
        if self._regex is None:
            at = data.find(self._literal, start)
            return (at, at + len(self._literal)) if at >= 0 else None
        match = self._regex.search(data, start, timeout=_left(until), concurrent=True)
        return match.span() if match else None

    def find_last(self, data: bytes, until: float) -> tuple[int, int] | None:
        """Where the first match of the last line that has one begins and ends."""
        if self._regex is None:
            at = data.rfind(self._literal)
            return (at, at + len(self._literal)) if at >= 0 else None
        return max(self.each_line(data, until), default=None)

    def each_line(self, data: bytes, until: float) -> Iterator[tuple[int, int]]:
        """The first match of each line that has one."""
        start = 0
        while found := self.find(data, start, until):
            yield found
            start = data.find(b"\n", found[0]) + 1
            if not start:
                return

    def spans(self, text: str, until: float) -> list[tuple[int, int]]:
        """Every match in a line as it is shown, as places in the text; none when the time is over."""
        found: list[tuple[int, int]] = []
        data = text.encode("utf-8", "replace")
        data = data if self.exact or self._regex else data.lower()
        start = 0
        try:
            while start <= len(data) and (match := self.find(data, start, until)):
                if match[1] > match[0]:
                    found.append(match)
                start = max(match[1], match[0] + 1)
        except TimeoutError:
            return []
        if text.isascii():
            return found
        return [tuple(len(data[:place].decode(errors="replace")) for place in span) for span in found]  # type: ignore[misc]  # two of them


def _compiled(expression: bytes, exact: bool) -> regex.Pattern[bytes]:
    try:
        return regex.compile(expression, regex.MULTILINE | (0 if exact else regex.IGNORECASE))
    except (regex.error, RecursionError, OverflowError) as error:
        raise ValueError(f"is no regular expression: {error}") from error


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@dataclass(frozen=True, slots=True)
class Found:
    """The line found, and the bytes that matched; or None, with `stopped` as the line up to which was searched when the
    time was over (0: to the end)."""

    line: int | None
    match: bytes = b""
    stopped: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many lines match, and the how manieth the line found is (0: not known). `whole` unless the counting ended at
    the bound or for want of time."""

    lines: int
    place: int
    whole: bool


def find_after(spool: Spool, needle: Needle, line: int, *, seconds: float = SECONDS) -> Found:
    """The first matching line after that one (0: of all). Raises LogError when the log was pruned meanwhile."""
    until = time.monotonic() + seconds
    with spool.open() as file:
        start = line_start(file, spool.index, line + 1)
        at = line + 1
        for block in spool.index.blocks(start):
            at, begin = (at, start) if block.start < start else (block.line, block.start)
            try:
                _left(until)
                data = needle.prepared(_data(file, begin, block.end))
                match = needle.find(data, 0, until)
            except TimeoutError:
                return Found(None, stopped=at)
            if match:
                return _found(data, at, match)
    return Found(None)


def find_before(spool: Spool, needle: Needle, line: int, *, seconds: float = SECONDS) -> Found:
    """The last matching line before that one. Raises LogError when the log was pruned meanwhile."""
    until = time.monotonic() + seconds
    with spool.open() as file:
        end = line_start(file, spool.index, line)
        for block in spool.index.blocks_before(end):
            try:
                _left(until)
                data = needle.prepared(_data(file, block.start, min(block.end, end)))
                match = needle.find_last(data, until)
            except TimeoutError:
                return Found(None, stopped=_last_line(file, block))
            if match:
                return _found(data, block.line, match)
    return Found(None)


def count_lines(spool: Spool, needle: Needle, found: int | None, *, seconds: float = COUNTING) -> Count:
    """How many lines match, up to `MOST` of them, and which of them is the line found."""
    until = time.monotonic() + seconds
    lines = place = 0
    try:
        for line in _matching(spool, needle, until):
            lines += 1
            place = lines if line == found else place
            if lines == MOST:
                return Count(lines, place, whole=False)
    except TimeoutError:
        return Count(lines, place, whole=False)
    return Count(lines, place, whole=True)


def _matching(spool: Spool, needle: Needle, until: float) -> Iterator[int]:
    """The numbers of all lines that match."""
    given = 0
    with spool.open() as file:
        for block in spool.index.blocks():
            _left(until)
            data = needle.prepared(_data(file, block.start, block.end))
            line, counted = block.line, 0
            for start, _ in needle.each_line(data, until):
                line += data.count(b"\n", counted, start)
                counted = start
                if line != given:  # a long line lies in several blocks
                    given = line
                    yield line


def _data(file: SpoolFile, start: int, end: int) -> bytes:
    """The bytes of a block; when it ends within a line, with some more of that line."""
    data = file.read(start, end)
    if end < file.size and not data.endswith(b"\n"):
        data += file.read(end, end + _OVERLAP).partition(b"\n")[0]
    return data


def _found(data: bytes, line: int, match: tuple[int, int]) -> Found:
    start, end = match
    return Found(line + data.count(b"\n", 0, start), data[start : min(end, start + 200)])


def _last_line(file: SpoolFile, block: Block) -> int:
    return block.line + file.read(block.start, block.end).count(b"\n")
