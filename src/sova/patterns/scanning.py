"""The state of searching one file: what was found, what still waits for the next line, what took too long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sova.model import Hit, Match, Pattern, Problem, ProblemKind
from sova.patterns.blocks import Block
from sova.patterns.confirm import TIMEOUT, Judge, Search, Span, candidates
from sova.patterns.surroundings import Found, Surroundings
from sova.patterns.views import Views

__all__ = ["FileScan"]

_PATIENCE = 5
"""So many lines may take too long for a pattern; then the rest of the file is left out for it."""


@dataclass(slots=True)
class _LongLine:
    """What the windows of one long line have shown so far."""

    found: dict[int, Found] = field(default_factory=dict)
    excluded: set[int] = field(default_factory=set)


class FileScan:
    """Takes the blocks of one file in order: for each of them `begin`, `search` for what may be in it, `end`."""

    def __init__(
        self, file: str, patterns: Sequence[Pattern], judges: Sequence[Judge], *, max_hits: int | None, context: int
    ) -> None:
        self.lines = 0
        self.counts: Counter[str] = Counter()
        self._file, self._patterns, self._judges = file, patterns, judges
        self._max_hits = max_hits
        self._surroundings = Surroundings(context)
        self._views = Views(Block(b""))
        self._kept: list[Found] = []
        self._new: list[Found] = []  # in this block
        self._waiting: list[Found] = []  # the next line decides about them
        self._long = _LongLine()
        self._too_long: Counter[int] = Counter()  # lines that took too long, by pattern

    def begin(self, views: Views) -> None:
        """Take the next block."""
        self._views = views
        if views.block.opens and not views.block.closes:
            self._long = _LongLine()
        self._surroundings.begin(views.block)
        if self._waiting:
            self._settle()

    def search(self, index: int, offset: int) -> None:
        """Judge a pattern on the block, from the line on that holds `offset` in what the filter read."""
        if self._views.block.whole:
            self._search_lines(index, offset)
        else:
            self._search_window(index)

    def exclude(self, index: int) -> None:
        """Look in a window of a long line for what rules a pattern out on that line."""
        if self._judges[index].excludes(self._text(index)):
            self._long.excluded.add(index)

    def end(self) -> None:
        """Leave the block."""
        block, first = self._views.block, self.lines + 1
        if block.whole:
            self._number_lines()
        elif block.closes:
            self._close_long_line()
        self._surroundings.end(block, self._new, first)
        self._new = []

    def finish(self) -> tuple[tuple[Hit, ...], tuple[Problem, ...]]:
        """Hits in line order and problems, after the last block; nothing follows the last line of a file."""
        for found in self._waiting:
            self._accept(found)
        self._waiting = []
        self._kept.sort(key=lambda found: (found.line_number, found.index))
        hits = tuple(found.hit(self._patterns[found.index].id, self._file) for found in self._kept)
        return hits, tuple(self._problem(index, lines) for index, lines in sorted(self._too_long.items()) if lines)

    def _text(self, index: int) -> bytes:
        return self._views.text(self._patterns[index].match)

    def _search_lines(self, index: int, offset: int) -> None:
        judge, match, data = self._judges[index], self._patterns[index].match, self._text(index)
        searched = self._views.lower(match) if judge.literals.ignore_case else data
        for start, end in candidates(data, searched, self._views.line_start(match, offset), judge.literals):
            line = data[start:end]
            span = self._match(index, line)
            if span is None or judge.excludes(line):
                continue
            last = end + 1 >= len(data)
            if not last and judge.not_followed_by and self._is_followed(index, _first_line(data, end + 1)):
                continue
            if self._is_full(index) and not last:
                self.counts[self._patterns[index].id] += 1
                continue
            found = Found(index, start, line, span)
            self._new.append(found)
            self._add(found, last=last)

    def _search_window(self, index: int) -> None:
        if index in self._long.found:
            return
        window = self._text(index)
        span = self._match(index, window)
        if span is not None:
            self._long.found[index] = Found(index, 0, window, span, line_number=self.lines + 1)

    def _number_lines(self) -> None:
        """Tell each hit in the block the number of its line, and count the lines."""
        places = dict.fromkeys(Match, (0, self.lines + 1))
        for found in sorted(self._new, key=lambda found: found.start):
            match = self._patterns[found.index].match
            at, number = places[match]
            found.line_number = number + self._views.text(match).count(b"\n", at, found.start)
            places[match] = found.start, found.line_number
        data = self._views.raw
        self.lines += data.count(b"\n") + (not data.endswith(b"\n"))

    def _close_long_line(self) -> None:
        self.lines += 1
        self._new = [found for index, found in self._long.found.items() if index not in self._long.excluded]
        for found in self._new:
            self._add(found, last=True)

    def _add(self, found: Found, *, last: bool) -> None:
        if last and self._judges[found.index].not_followed_by:
            self._waiting.append(found)
        else:
            self._accept(found)

    def _accept(self, found: Found) -> None:
        full = self._is_full(found.index)
        self.counts[self._patterns[found.index].id] += 1
        if not full:
            self._kept.append(found)

    def _is_full(self, index: int) -> bool:
        return self._max_hits is not None and self.counts[self._patterns[index].id] >= self._max_hits

    def _settle(self) -> None:
        """Decide about hits on the line before this block, now that the next line is here."""
        waiting, self._waiting = self._waiting, []
        block = self._views.block
        for found in waiting:
            text = self._text(found.index)
            if self._is_followed(found.index, _first_line(text, 0) if block.whole else text):
                continue
            if block.closes:
                self._accept(found)
            else:
                self._waiting.append(found)

    def _is_followed(self, index: int, line: bytes) -> bool:
        following = self._judges[index].not_followed_by
        return following is not None and self._match(index, line, following) is not None

    def _match(self, index: int, line: bytes, search: Search | None = None) -> Span | None:
        """What a pattern's judge says of a line; None also where that took too long or does so all the time."""
        if self._too_long[index] >= _PATIENCE:
            return None
        try:
            return (search or self._judges[index].search)(line)
        except TimeoutError:
            self._too_long[index] += 1
            return None

    def _problem(self, index: int, lines: int) -> Problem:
        text = f"{self._patterns[index].id}: {lines} line{'s'[: lines > 1]} took longer than {TIMEOUT} s"
        if lines >= _PATIENCE:
            text += ", and it was not looked for in those after them"
        return Problem(self._file, ProblemKind.PATTERN_TIMEOUT, text)


def _first_line(data: bytes, start: int) -> bytes:
    """The line that begins at `start`."""
    end = data.find(b"\n", start)
    return data[start : end if end >= 0 else len(data)]
