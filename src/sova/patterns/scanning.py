"""The state of searching one file: its place, its hits, and what they still wait for in the lines that follow."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from sova.model import Hit, Pattern, Problem, ProblemKind
from sova.patterns.blocks import Block
from sova.patterns.confirm import TIMEOUT, Judge, Span
from sova.patterns.display import CONTEXT, captured, shown, shown_match
from sova.patterns.views import Views

__all__ = ["FileScan"]


@dataclass(slots=True)
class _Found:
    """A hit in the making: the lines after it may still come."""

    index: int
    line_number: int
    line: str = ""
    captures: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    after: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _LongLine:
    """What the windows of one long line have shown so far."""

    head: bytes = b""
    found: dict[int, _Found] = field(default_factory=dict)
    excluded: set[int] = field(default_factory=set)


class FileScan:
    """Takes the blocks of one file in order: for each of them `begin`, `search` for what may be in it, `end`."""

    def __init__(
        self, file: str, patterns: Sequence[Pattern], judges: Sequence[Judge], *, max_hits: int | None, context: int
    ) -> None:
        self.lines = 0
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self._file, self._patterns, self._judges = file, patterns, judges
        self._max_hits, self._context = max_hits, context
        self._kept: list[_Found] = []
        self._unfinished: list[_Found] = []  # they lack lines after them
        self._waiting: list[_Found] = []  # the next line decides about them
        self._tail: deque[bytes] = deque(maxlen=context)
        self._given_up: set[int] = set()
        self._long = _LongLine()
        self._views = Views(Block(b""))
        self._split: list[bytes] | None = None

    def begin(self, views: Views) -> None:
        """Take the next block."""
        self._views, self._split = views, None
        block = views.block
        if block.opens and not block.closes:
            self._long = _LongLine(head=block.data[: 2 * CONTEXT])
        if block.opens and self._unfinished:
            self._give_after()
        if self._waiting:
            self._settle()

    def search(self, index: int, offset: int) -> None:
        """Judge a pattern on the block, from the line on that holds `offset` in what the filter read."""
        if index in self._given_up:
            return
        try:
            if self._views.block.whole:
                self._search_lines(index, offset)
            else:
                self._search_window(index)
        except TimeoutError:
            self._give_up(index)

    def end(self) -> None:
        """Leave the block."""
        block = self._views.block
        if block.whole:
            self.lines += block.data.count(b"\n") + (not block.data.endswith(b"\n"))
            self._remember()
        elif block.closes:
            for index, found in self._long.found.items():
                if index not in self._long.excluded:
                    self._add(found, last=True)
            self.lines += 1
            self._tail.append(self._long.head)

    def finish(self) -> tuple[Hit, ...]:
        """The hits in line order, after the last block; a line that none follows is not followed by anything."""
        for found in self._waiting:
            self._accept(found)
        self._waiting = []
        self._kept.sort(key=lambda found: (found.line_number, found.index))
        return tuple(self._hit(found) for found in self._kept)

    def _search_lines(self, index: int, offset: int) -> None:
        judge, match = self._judges[index], self._patterns[index].match
        data = self._views.text(match)
        searched = self._views.lower(match) if judge.literals.ignore_case else data
        for line in judge.lines(data, searched, self._views.line_start(match, offset)):
            if judge.not_followed_by is not None and line.end + 1 < len(data):
                end = data.find(b"\n", line.end + 1)
                if judge.not_followed_by(data[line.end + 1 : end if end >= 0 else len(data)]):
                    continue
            last = line.end + 1 >= len(data)
            if not last and self._is_full(index):
                self.counts[self._patterns[index].id] += 1
                continue
            number = data.count(b"\n", 0, line.start)
            found = _Found(index, self.lines + 1 + number)
            self._describe(found, data[line.start : line.end], line.span, number)
            self._add(found, last=last)

    def _search_window(self, index: int) -> None:
        judge = self._judges[index]
        if index in self._long.found:
            return
        data = self._views.text(self._patterns[index].match)
        span = judge.search(data)
        if span is not None:
            found = _Found(index, self.lines + 1)
            self._describe(found, data, span, None)
            self._long.found[index] = found

    def exclude(self, index: int) -> None:
        """Look in a window of a long line for what rules a pattern out on that line."""
        if self._judges[index].excludes(self._views.text(self._patterns[index].match)):
            self._long.excluded.add(index)

    def _describe(self, found: _Found, line: bytes, span: Span, number: int | None) -> None:
        """Fill in the texts; `number` counts from 0 in the block, None is a long line."""
        found.line = shown_match(line, span.start, span.end)
        found.captures = tuple((name, captured(text)) for name, text in span.captures)
        before = [*self._tail]
        if number is not None:
            lines = self._lines()
            before += lines[max(0, number - self._context) : number]
            found.after = [shown(text) for text in lines[number + 1 : number + 1 + self._context]]
        found.before = tuple(shown(text) for text in before[len(before) - self._context :]) if self._context else ()
        if len(found.after) < self._context:
            self._unfinished.append(found)

    def _lines(self) -> list[bytes]:
        """The lines of a whole block for display."""
        if self._split is None:
            self._split = self._views.raw.split(b"\n")
            if not self._split[-1]:
                self._split.pop()
        return self._split

    def _add(self, found: _Found, *, last: bool) -> None:
        if last and self._judges[found.index].not_followed_by is not None:
            self._waiting.append(found)
        else:
            self._accept(found)

    def _accept(self, found: _Found) -> None:
        full = self._is_full(found.index)
        self.counts[self._patterns[found.index].id] += 1
        if not full:
            self._kept.append(found)

    def _is_full(self, index: int) -> bool:
        return self._max_hits is not None and self.counts[self._patterns[index].id] >= self._max_hits

    def _settle(self) -> None:
        """Decide about hits on the line before this block, now that the next line is here."""
        waiting, self._waiting = self._waiting, []
        for found in waiting:
            data = self._views.text(self._patterns[found.index].match)
            if self._views.block.whole:
                data = data[: data.find(b"\n")] if b"\n" in data else data
            if self._is_followed(found.index, data):
                continue
            if self._views.block.closes:
                self._accept(found)
            else:
                self._waiting.append(found)

    def _is_followed(self, index: int, line: bytes) -> bool:
        following = self._judges[index].not_followed_by
        if following is None or index in self._given_up:
            return False
        try:
            return following(line) is not None
        except TimeoutError:
            self._give_up(index)
            return False

    def _give_after(self) -> None:
        """Give the hits before this block the first lines of it."""
        lines = self._lines()[: self._context] if self._views.block.whole else [self._long.head]
        texts = [shown(line) for line in lines]
        for found in self._unfinished:
            found.after += texts[: self._context - len(found.after)]
        self._unfinished = [found for found in self._unfinished if len(found.after) < self._context]

    def _remember(self) -> None:
        """Keep the last lines of a whole block, for those hits that are near the beginning of the next one."""
        lines = self._views.raw.removesuffix(b"\n").rsplit(b"\n", self._context)[-self._context :]
        self._tail.extend(line[: CONTEXT * 2] for line in lines)

    def _give_up(self, index: int) -> None:
        self._given_up.add(index)
        text = f"{self._patterns[index].id}: one line took longer than {TIMEOUT} s, and the rest was left out for it"
        self.problems.append(Problem(self._file, ProblemKind.PATTERN_TIMEOUT, text))

    def _hit(self, found: _Found) -> Hit:
        return Hit(
            pattern=self._patterns[found.index].id,
            file=self._file,
            line_number=found.line_number,
            line=found.line,
            captures=found.captures,
            before=found.before,
            after=tuple(found.after),
        )
