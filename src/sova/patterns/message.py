"""What a line says: its message without colours, line end and the prefix that CI systems put before it.

Also the filling of a pattern's message with what the pattern captured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

__all__ = ["ANSI", "PREFIX", "fill", "message_of", "message_starts", "placeholders", "without_ansi", "without_returns"]

ANSI = re.compile(
    rb"\x1b(?:"
    rb"\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements, GitLab's \x1b[0K
    rb"|\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # titles and links
    rb"|[()*+][0-9A-Z]"  # character sets
    rb"|[=>78@-Z\\^_a-z]"
    rb")"
)
"""A terminal's control sequence; none reaches over a line's end."""

PREFIX = re.compile(
    rb"(?:\xef\xbb\xbf)?"  # byte order mark, at the beginning of a file
    rb"(?:"
    rb"\[?(?:\d{4}-\d\d-\d\d[ T])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?"
    rb"(?: \d\d[OE](?: |\+)| \| | )"  # GitLab's stream, Zuul's bar
    rb"(?P<host>[\w.-]{1,100} \| )?"  # Zuul's host
    rb")?"
)
"""What may stand before a message: a time stamp with or without date, in brackets or not; then GitLab's stream
(`00O `) or a bar; then `host | `. After it, as at the line's start, `^` holds in patterns of `match: message`."""

_LONGEST_PREFIX = 200

_PLACE = re.compile(r"\{(\w*)\}")


def fill(template: str, captures: Sequence[tuple[str, str]]) -> str:
    """The template with `{name}`, `{1}`, `{}` (the first group) and `{0}` (the whole match) filled in.

    A place without a capture stays as it is written, and braces have no other meaning.
    """
    known = dict(captures)
    return _PLACE.sub(lambda place: known.get(place[1] or "1", place[0]), template)


def placeholders(template: str) -> tuple[str, ...]:
    """What stands in the braces of the template's places, in order; "" for `{}`."""
    return tuple(place[1] for place in _PLACE.finditer(template))


def without_ansi(data: bytes) -> bytes:
    """The bytes without control sequences of terminals; the number of lines stays the same."""
    return ANSI.sub(b"", data) if b"\x1b" in data else data


def without_returns(data: bytes, *, closes: bool = True) -> bytes:
    """Lines without the final `\\r` of each; the same object if nothing changes.

    `closes` says whether the end of the data ends a line, as it does unless the data is a part of a long line.
    """
    if b"\r\n" in data:
        data = data.replace(b"\r\n", b"\n")
    return data[:-1] if closes and data.endswith(b"\r") else data


def message_of(line: bytes) -> bytes:
    """One line without ANSI sequences and without a final `\\r`; the same object if nothing changes."""
    return without_returns(without_ansi(line))


def message_starts(line: bytes) -> tuple[int, ...]:
    """The places in a line after a prefix where `^` holds besides its start, the last one first."""
    return _starts(line[:_LONGEST_PREFIX])


@lru_cache(maxsize=2048)  # many patterns ask about the same line
def _starts(head: bytes) -> tuple[int, ...]:
    found = PREFIX.match(head)
    if found is None or not found.end():
        return ()
    host = found.start("host")
    return (found.end(), host) if host > 0 else (found.end(),)
