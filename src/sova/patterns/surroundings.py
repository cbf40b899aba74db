"""Hits in the making, with the lines before and after them, across the blocks of a file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from sova.model import Hit
from sova.patterns.blocks import Block
from sova.patterns.confirm import Span
from sova.patterns.display import CONTEXT, captured, shown, shown_match

__all__ = ["Found", "Surroundings"]

_HEAD = 2 * CONTEXT
"""Bytes that are kept of a line for being shown; room for control sequences, which are not shown."""


@dataclass(slots=True)
class Found:
    """A line that a pattern matched: the pattern's number, where the line begins in the text judged, and the match."""

    index: int
    start: int
    text: bytes
    span: Span
    line_number: int = 0
    line: str = ""
    captures: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    after: list[str] = field(default_factory=list)

    def hit(self, pattern: str, file: str) -> Hit:
        """The finished hit."""
        return Hit(
            pattern=pattern,
            file=file,
            line_number=self.line_number,
            line=self.line,
            captures=self.captures,
            before=self.before,
            after=tuple(self.after),
        )


class Surroundings:
    """The lines around hits: takes the blocks of a file in order, and for each of them the hits in it."""

    def __init__(self, context: int) -> None:
        self._context = context
        self._tail: deque[bytes] = deque(maxlen=context)
        self._unfinished: list[Found] = []
        self._head = b""  # of a long line

    def begin(self, block: Block) -> None:
        """Give hits before this block the first lines of it."""
        if block.opens and not block.closes:
            self._head = block.data[:_HEAD]
        if not self._unfinished or not block.opens:
            return
        lines = _lines(block.data.split(b"\n", self._context)) if block.whole else [self._head]
        texts = [shown(line[:_HEAD]) for line in lines[: self._context]]
        for found in self._unfinished:
            found.after += texts[: self._context - len(found.after)]
        self._unfinished = [found for found in self._unfinished if len(found.after) < self._context]

    def end(self, block: Block, found: Iterable[Found], first: int) -> None:
        """Finish what can be finished of the hits in a block whose first line has the number `first`; leave it."""
        hits = list(found)
        if block.whole:
            if hits:
                self._describe_all(hits, _lines(block.data.split(b"\n")), first)
            self._tail.extend(_lines(block.data.rsplit(b"\n", self._context + 1))[-self._context :])
        elif block.closes:
            for each in hits:
                self._describe(each, (), ())
            self._tail.append(self._head)

    def _describe_all(self, hits: Iterable[Found], lines: list[bytes], first: int) -> None:
        for found in hits:
            number = found.line_number - first
            before = lines[max(0, number - self._context) : number]
            self._describe(found, before, lines[number + 1 : number + 1 + self._context])

    def _describe(self, found: Found, before: Iterable[bytes], after: Iterable[bytes]) -> None:
        found.line = shown_match(found.text, found.span.start, found.span.end)
        found.captures = tuple((name, captured(text)) for name, text in found.span.captures)
        earlier = deque([*self._tail, *before], maxlen=self._context)
        found.before = tuple(shown(line) for line in earlier)
        found.after = [shown(line) for line in after]
        found.text, found.span = b"", _NOWHERE
        if len(found.after) < self._context:
            self._unfinished.append(found)


_NOWHERE = Span(0, 0, ())


def _lines(split: list[bytes]) -> list[bytes]:
    """Lines without what stands after the last line feed."""
    return split if split[-1] else split[:-1]
