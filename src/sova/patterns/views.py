"""The forms in which the lines of one block are searched: as they are, and as messages."""

from __future__ import annotations

from functools import cached_property

from sova.model import Match
from sova.patterns.blocks import Block
from sova.patterns.message import without_ansi, without_returns

__all__ = ["Views"]


class Views:
    """A block in its forms; each is made when it is first asked for, and is the same object as raw where it can be."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.raw = block.data
        self._lower: dict[Match, bytes] = {}

    @cached_property
    def plain(self) -> bytes:
        """Without ANSI sequences: what the filter reads for patterns of `match: message`."""
        return without_ansi(self.raw)

    @cached_property
    def message(self) -> bytes:
        """Also without the carriage return at the end of each line: what those patterns are judged on."""
        return without_returns(self.plain, closes=self.block.closes)

    def text(self, match: Match) -> bytes:
        """What patterns of this kind are judged on."""
        return self.message if match is Match.MESSAGE else self.raw

    def lower(self, match: Match) -> bytes:
        """The same in lower case."""
        if match not in self._lower:
            self._lower[match] = self.text(match).lower()
        return self._lower[match]

    def line_start(self, match: Match, offset: int) -> int:
        """Where in `text` the line begins that holds an offset of what the filter read."""
        if match is Match.RAW:
            return self.raw.rfind(b"\n", 0, offset) + 1
        start = self.plain.rfind(b"\n", 0, offset) + 1
        return start - self.plain.count(b"\r\n", 0, start) if self.message is not self.plain else start
