"""A window of a log: some lines of a file of any size, each bounded, all of them bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sova.logs.line_index import LineIndex
from sova.logs.spool import Spool, SpoolFile

__all__ = ["Line", "Telling", "Window", "line_start", "part_of_line", "window_around", "window_from", "window_until"]

LINES = 400
"""Lines of a window."""

BYTES = 200_000
"""Bytes of a window."""

LINE = 2_000
"""Bytes that are shown of a line; the whole line has a page of its own."""

PART = 100_000
"""Bytes of a whole line that are shown at once."""

Telling = Mapping[int, bytes]
"""By line number, what makes a line worth showing: of a line that is cut, the part with these bytes is shown."""

_NOTHING: Telling = {}
_LEAD = 60  # lines before the one that is asked for
_BLOCK = 64 * 1024
_LOOKED_AT = 8 * 2**20  # bytes of a long line in which the telling ones are looked for


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or the part of it that is shown: `start` bytes are left out before, `size` is that of the whole line,
    without its end."""

    number: int
    data: bytes
    start: int
    size: int

    @property
    def rest(self) -> int:
        """Bytes left out after what is shown."""
        return self.size - self.start - len(self.data)


@dataclass(frozen=True, slots=True)
class Window:
    """Lines in their order, without gaps; none for an empty file."""

    lines: tuple[Line, ...]

    @property
    def first(self) -> int:
        return self.lines[0].number if self.lines else 0

    @property
    def last(self) -> int:
        return self.lines[-1].number if self.lines else 0


@dataclass(frozen=True, slots=True)
class _Place:
    """A line in the file: from `start` to `end`, its `\\n` not counted."""

    number: int
    start: int
    end: int


def window_from(spool: Spool, first: int, *, telling: Telling = _NOTHING) -> Window:
    """The window that begins at that line, or at the nearest there is."""
    first = max(1, min(first, spool.lines))
    with spool.open() as file:
        return Window(tuple(_within(_shown(file, _places(file, spool.index, first, LINES), telling))))


def window_until(spool: Spool, last: int, *, telling: Telling = _NOTHING) -> Window:
    """The window that ends at that line, or at the nearest there is."""
    last = max(1, min(last, spool.lines))
    first = max(1, last - LINES + 1)
    with spool.open() as file:
        found = list(_shown(file, _places(file, spool.index, first, last - first + 1), telling))
    return Window(tuple(reversed(list(_within(reversed(found))))))


def window_around(spool: Spool, line: int, last: int = 0, *, telling: Telling = _NOTHING) -> Window:
    """The window that shows `line`, up to `last` where that fits, with some lines before."""
    line = max(1, min(line, spool.lines))
    lead = _LEAD if last - line < LINES - _LEAD else 5
    first = max(1, min(line - lead, spool.lines - LINES + 1))
    with spool.open() as file:
        found = list(_shown(file, _places(file, spool.index, first, LINES), telling))
    before = [one for one in found if one.number < line]
    head = list(_within(reversed(before), BYTES // 4))
    size = sum(len(one.data) for one in head)
    return Window((*reversed(head), *_within((one for one in found if one.number >= line), BYTES - size)))


def part_of_line(spool: Spool, number: int, start: int = 0) -> Line | None:
    """A part of one line, from byte `start` of it on; None where there is no such line."""
    if not 1 <= number <= spool.lines:
        return None
    with spool.open() as file:
        (place,) = _places(file, spool.index, number, 1)
        start = max(0, min(start, place.end - place.start))
        begin = place.start + start
        return Line(number, file.read(begin, min(place.end, begin + PART)), start, place.end - place.start)


def line_start(file: SpoolFile, index: LineIndex, line: int) -> int:
    """The offset at which a line begins; the size of the file for those after its end."""
    if line > index.lines:
        return index.size
    number, start = index.before_line(line)
    while number < line:
        block = file.read(start, start + _BLOCK)
        ends = block.count(b"\n")
        if number + ends < line:
            number += ends
            start += len(block)
            continue
        at = -1
        for _ in range(line - number):
            at = block.index(b"\n", at + 1)
        return start + at + 1
    return start


def _within(lines: Iterable[Line], most: int = BYTES) -> Iterator[Line]:
    """The first lines that fit in so many bytes, at least one."""
    size = 0
    for number, line in enumerate(lines):
        size += len(line.data)
        if size > most and number:
            return
        yield line


def _shown(file: SpoolFile, places: Iterator[_Place], telling: Telling) -> Iterator[Line]:
    for place in places:
        size = place.end - place.start
        wanted = telling.get(place.number, b"") if size > LINE else b""
        at = file.read(place.start, min(place.end, place.start + _LOOKED_AT)).find(wanted) if wanted else 0
        start = at - LINE // 2 if at > LINE // 2 else 0
        begin = place.start + start
        yield Line(place.number, file.read(begin, min(place.end, begin + LINE)), start, size)


def _places(file: SpoolFile, index: LineIndex, first: int, count: int) -> Iterator[_Place]:
    """Where the lines from `first` on are, at most `count` of them."""
    start = line_start(file, index, first)
    for number in range(first, min(first + count, index.lines + 1)):
        end = _end(file, start)
        yield _Place(number, start, end)
        start = end + 1


def _end(file: SpoolFile, start: int) -> int:
    """Where the line that begins at `start` ends."""
    size = 1024  # most lines are short
    while start < file.size:
        at = file.read(start, start + size).find(b"\n")
        if at >= 0:
            return start + at
        start, size = start + size, _BLOCK
    return file.size
