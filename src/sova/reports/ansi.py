"""Colours of terminals as classes for CSS: the sixteen colours, bold and underline; everything else is taken out.

Each line begins plain, so that a line looks the same in every window of a log. 256 and true colours become the nearest
of the sixteen. Nothing can be hidden by it: where a background is set, the style sheet chooses the letters' colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from sova.reports.clean import SEQUENCE, shown

__all__ = ["Piece", "pieces", "plain"]

_STYLE = re.compile(r"\x1b\[([0-9;:]*)m\Z")
_LONGEST = 200  # characters of a sequence that is looked into
_RETURN = "␍"
_RETURNS = re.compile(r"\r+")

_SIXTEEN = (
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229),
    (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255), (255, 0, 255), (0, 255, 255),
    (255, 255, 255),
)  # fmt: skip
"""What xterm shows for the sixteen colours."""

_CUBE = (0, 95, 135, 175, 215, 255)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text of one look. `classes` are names for CSS; `marked` where it is part of what was searched."""

    text: str
    classes: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    bold: bool = False
    underline: bool = False
    colour: int | None = None
    ground: int | None = None

    @property
    def classes(self) -> str:
        names = ["a-b"] if self.bold else []
        if self.underline:
            names.append("a-u")
        if self.ground is not None:
            names.append(f"a-bg{self.ground}")
        elif self.colour is not None:
            names.append(f"a-fg{self.colour}")
        return " ".join(names)


def pieces(text: str, marks: Sequence[tuple[int, int]] = ()) -> list[Piece]:
    """The line in pieces that can be shown; together they are its `plain` text, in which `marks` are places."""
    return list(_marked(_styled(text), marks))


def plain(text: str) -> str:
    """The line as it is shown."""
    return "".join(piece.text for piece in _styled(text))


def _styled(text: str) -> Iterator[Piece]:
    look = _Look()
    at = 0
    text = text.removesuffix("\r")
    for found in SEQUENCE.finditer(text):
        yield from _piece(text[at : found.start()], look)
        at = found.end()
        style = _STYLE.match(found[0][:_LONGEST])
        if style:
            look = _changed(look, style[1])
    yield from _piece(text[at:], look)


def _piece(text: str, look: _Look) -> Iterator[Piece]:
    # a progress bar writes over its own line; here it stays one row
    clean = shown(_RETURNS.sub(_RETURN, text)).replace("\n", " ")
    if clean:
        yield Piece(clean, look.classes)


def _marked(found: Iterable[Piece], marks: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    begin = 0
    for piece in found:
        at, end = 0, len(piece.text)
        for start, stop in marks:
            first, last = max(at, start - begin), min(end, stop - begin)
            if first < last:
                if at < first:
                    yield replace(piece, text=piece.text[at:first])
                yield replace(piece, text=piece.text[first:last], marked=True)
                at = last
        if at < end:
            yield replace(piece, text=piece.text[at:])
        begin += end


@lru_cache(maxsize=1024)
def _changed(look: _Look, parameters: str) -> _Look:
    """The look after one sequence of colours and weights; what is not known changes nothing."""
    codes = [_numbers(part) for part in parameters.split(";")]
    at = 0
    while at < len(codes):
        code, *details = codes[at]
        at += 1
        if code in (38, 48):
            if not details:  # the older way: 38;5;n and 38;2;r;g;b
                taken = 2 if codes[at : at + 1] == [[5]] else 4 if codes[at : at + 1] == [[2]] else 0
                details = [part[0] for part in codes[at : at + taken]]
                at += taken
            colour = _sixteenth(details)
            look = replace(look, colour=colour) if code == 38 else replace(look, ground=colour)
        else:
            look = _simple(look, code, details)
    return look


def _numbers(part: str) -> list[int]:
    return [int(number[:6]) if number else 0 for number in part.split(":")]


def _simple(look: _Look, code: int, details: Sequence[int]) -> _Look:
    match code:
        case 0:
            return _Look()
        case 1 | 22:
            return replace(look, bold=code == 1)
        case 4 | 24:
            return replace(look, underline=code == 4 and details[:1] != [0])
        case 39:
            return replace(look, colour=None)
        case 49:
            return replace(look, ground=None)
        case _ if 30 <= code <= 37 or 90 <= code <= 97:
            return replace(look, colour=code - 30 if code < 90 else code - 82)
        case _ if 40 <= code <= 47 or 100 <= code <= 107:
            return replace(look, ground=code - 40 if code < 100 else code - 92)
    return look


def _sixteenth(details: Sequence[int]) -> int | None:
    """The nearest of the sixteen colours to one told as `5, n` or `2, [space,] r, g, b`, None for others."""
    if details[:1] == [5] and len(details) > 1 and details[1] < 256:
        number = details[1]
        if number < 16:
            return number
        if number > 231:
            return _nearest(*[8 + 10 * (number - 232)] * 3)
        number -= 16
        return _nearest(_CUBE[number // 36], _CUBE[number // 6 % 6], _CUBE[number % 6])
    if details[:1] == [2] and len(details) > 3:
        return _nearest(*(min(255, part) for part in details[-3:]))
    return None


def _nearest(*colour: int) -> int:
    return min(range(16), key=lambda one: sum((a - b) ** 2 for a, b in zip(_SIXTEEN[one], colour, strict=True)))
