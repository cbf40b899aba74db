"""Where the lines of a large file begin: a sparse index, so that any line is one seek and a short read away."""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Block", "IndexWriter", "LineIndex"]

STEP = 128 * 1024
"""Bytes between two places of the index: what a reader of one line has to pass over, however long lines are."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the file between two places of the index. `line` is the number of the line that holds its first
    byte, which is the first of that line except within lines longer than the step."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LineIndex:
    """Places in a file of `size` bytes and `lines` lines, each with the number of the line that it lies in.

    Lines end at `\\n` only and count from 1; what follows the last `\\n` is a line when it is not empty.
    """

    size: int
    lines: int
    numbers: array[int]
    offsets: array[int]

    def before_line(self, line: int) -> tuple[int, int]:
        """A place (line, offset) at or before the beginning of that line, from where it is not far."""
        at = max(0, bisect_left(self.numbers, line) - 1)
        return self.numbers[at], self.offsets[at]

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """The blocks from the one that holds the offset `start` to the end."""
        at = max(0, bisect_right(self.offsets, start) - 1)
        for number in range(at, len(self.offsets)):
            yield self._block(number)

    def blocks_before(self, end: int) -> Iterator[Block]:
        """The blocks that begin before the offset `end`, the last first."""
        for number in range(bisect_left(self.offsets, end) - 1, -1, -1):
            yield self._block(number)

    def _block(self, at: int) -> Block:
        end = self.offsets[at + 1] if at + 1 < len(self.offsets) else self.size
        return Block(self.numbers[at], self.offsets[at], end)

    def packed(self) -> bytes:
        """The places as bytes: the line numbers, then the offsets, each of eight bytes, little end first."""
        return _packed(self.numbers) + _packed(self.offsets)

    @classmethod
    def unpacked(cls, data: bytes, *, size: int, lines: int) -> LineIndex:
        """The index whose places were packed. Raises ValueError for bytes that are no such thing."""
        if not data or len(data) % 16:
            raise ValueError("no line index")
        half = len(data) // 2
        return cls(size, lines, _unpacked(data[:half]), _unpacked(data[half:]))


class IndexWriter:
    """Makes the index of a file from its chunks, in their order."""

    def __init__(self) -> None:
        self._numbers = array("Q", [1])
        self._offsets = array("Q", [0])
        self._size = 0
        self._ends = 0
        self._ended = True

    def feed(self, chunk: bytes) -> None:
        for start in range(0, len(chunk), STEP):
            self._feed(chunk[start : start + STEP])

    def _feed(self, chunk: bytes) -> None:
        gone = self._size - self._offsets[-1]
        if gone >= STEP:
            end = chunk.find(b"\n")
            if end >= 0:
                self._put(self._ends + 2, self._size + end + 1)
            elif gone >= 2 * STEP:
                self._put(self._ends + 1, self._size)
        self._size += len(chunk)
        self._ends += chunk.count(b"\n")
        self._ended = chunk.endswith(b"\n")

    def _put(self, line: int, offset: int) -> None:
        self._numbers.append(line)
        self._offsets.append(offset)

    @property
    def index(self) -> LineIndex:
        """The index of what was fed until now."""
        return LineIndex(self._size, self._ends + (not self._ended), self._numbers, self._offsets)


def _packed(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers = array("Q", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(data: bytes) -> array[int]:
    numbers = array("Q")
    numbers.frombytes(data)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
