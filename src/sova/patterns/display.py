"""Lines of a log as text for people: decoded, without control sequences, and cut when they are very long."""

from __future__ import annotations

from sova.patterns.message import message_of, without_ansi

__all__ = ["CONTEXT", "captured", "shown", "shown_match"]

LINE = 1_600
"""Bytes that are kept of a line with a match."""

CONTEXT = 240
"""Bytes that are kept of a line before or after one with a match."""

CAPTURE = 1_000
"""Bytes that are kept of what a group captured."""

_CUT = "..."  # in ASCII: one other sign in a text doubles the memory that it takes


def shown(line: bytes) -> str:
    """The beginning of a line that stands before or after a match."""
    return _text(message_of(line[: 2 * CONTEXT]), 0, CONTEXT)


def captured(data: bytes) -> str:
    """What a group captured, or the beginning of it; nothing is left out of that."""
    return _text(data, 0, CAPTURE)


def shown_match(line: bytes, start: int, end: int) -> str:
    """A line, cut around what matched at `start` to `end`."""
    plain = message_of(line)
    if plain is not line:
        start, end = len(without_ansi(line[:start])), len(without_ansi(line[:end]))
    room = max(0, LINE - (end - start)) // 2
    first = max(0, min(start - room, len(plain) - LINE))
    return _text(plain, first, first + LINE)


def _text(data: bytes, start: int, end: int) -> str:
    """Part of the data as text; of a character that the cut would divide nothing is kept."""
    end = min(end, len(data))
    while 0 < start < end and _goes_on(data, start):
        start += 1
    while start < end < len(data) and _goes_on(data, end):
        end -= 1
    text = data[start:end].decode(errors="replace")
    return (_CUT if start else "") + text + (_CUT if end < len(data) else "")


def _goes_on(data: bytes, place: int) -> bool:
    """Whether a character of UTF-8 that began before reaches over this place."""
    return data[place] & 0xC0 == 0x80 and any(byte & 0xC0 == 0xC0 for byte in data[max(0, place - 3) : place])
