"""Patterns written for hyperscan, so that it reports every line on which `re` will find them, and few others.

Hyperscan sees many lines at once and `re` sees one, and some signs mean different things to the two. Everything here
may widen an expression and must never narrow it: a line too many costs time, a line too few loses a hit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sova.patterns.syntax import Token, TokenKind, bounds, tokens

__all__ = ["filter_expression", "has_start_anchor", "literal_expression"]

_CONTROLS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_AFTER_PREFIX = rb"(?:^|[ +\xbf])"  # the last bytes of `message.PREFIX`
_FLAGS = re.compile(r"[aLmux]+")  # bytes are ASCII, and there is one line: those say nothing new


def literal_expression(text: str) -> bytes:
    """A literal text."""
    return b"".join(rb"\x%02x" % byte for byte in text.encode())


def filter_expression(regex: str, *, messages: bool) -> bytes:
    """An expression that `re` accepts; with `messages`, `^` also holds after the prefix of a message."""
    return b"".join(_written(regex, messages))


def has_start_anchor(regex: str) -> bool:
    """Whether the expression asks for the start of a line anywhere."""
    return any(token.kind is TokenKind.ANCHOR and token.text in ("^", r"\A") for token in tokens(regex))


def _written(regex: str, messages: bool) -> Iterator[bytes]:
    before: Token | None = None
    names = _group_numbers(regex)
    for token in tokens(regex):
        if token.kind is TokenKind.ANCHOR:
            yield _anchor(token.text, before, messages)
        elif token.kind is TokenKind.REPEAT:
            yield _repeat(token.text)
        elif token.kind is TokenKind.LITERAL:
            yield _literal(token.text)
        elif token.kind is TokenKind.SET:
            yield _set(token.text)
        else:
            yield _other(token, names)
        if token.kind is not TokenKind.COMMENT:
            before = token


def _anchor(text: str, before: Token | None, messages: bool) -> bytes:
    if text in ("$", r"\Z", r"\z"):
        return b"$"
    if text not in ("^", r"\A"):
        return text.encode()
    if not messages:
        return b"^"
    if before is None or before.kind in (TokenKind.OPEN, TokenKind.BAR, TokenKind.FLAGS):
        return _AFTER_PREFIX
    return b""  # `\b^` and the like: what stands before would have to hold at the prefix


def _repeat(text: str) -> bytes:
    """`{,2}` is a literal to hyperscan; a lazy or possessive repeat reaches no line that the plain one does not."""
    if text[0] != "{":
        return text[:1].encode()
    low, high = bounds(text)
    return b"{%d}" % low if low == high else b"{%d,%s}" % (low, b"" if high > 1 << 16 else b"%d" % high)


def _literal(text: str) -> bytes:
    data = text.encode() if text[0] != "\\" else _escaped(text[1:])
    written = b"".join(
        bytes((byte,)) if chr(byte).isascii() and chr(byte).isalnum() else rb"\x%02x" % byte for byte in data
    )
    return written if len(data) == 1 else b"(?:" + written + b")"


def _escaped(text: str) -> bytes:
    """The bytes that an escape stands for: `x41`, `0`, `101`, `n` or any sign."""
    if text[0] == "x" and len(text) == 3:
        return bytes((int(text[1:], 16),))
    if text[0].isdigit() and text.isascii():
        return bytes((int(text, 8),))
    return bytes((_CONTROLS[text],)) if text in _CONTROLS else text.encode()


_SET_PART = re.compile(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{1,3}|.)|.", re.DOTALL)


def _set(text: str) -> bytes:
    """A set with every literal in it as a number, so that none has a second meaning."""
    opening = "[^" if text.startswith("[^") else "["
    body = text[len(opening) : -1]
    return opening.encode() + b"".join(_set_part(part[0]) for part in _SET_PART.finditer(body)) + b"]"


def _set_part(part: str) -> bytes:
    if part == "-" or (part[0] == "\\" and part[1:] in tuple("dDsSwW")):
        return part.encode()
    data = _escaped(part[1:]) if part[0] == "\\" else part.encode()
    return b"".join(rb"\x%02x" % byte for byte in data)


def _other(token: Token, names: dict[str, int]) -> bytes:
    if token.kind is TokenKind.COMMENT:
        return b""
    if token.kind is TokenKind.REFERENCE:
        return b"(?:" + token.text.encode() + b")"
    if token.kind is TokenKind.NAMED_REFERENCE:
        return b"(?:\\%d)" % names[token.text[4:-1]]
    if token.kind is TokenKind.FLAGS:
        kept = _FLAGS.sub("", token.text[2:-1])
        return f"(?{kept})".encode() if kept else b""
    if token.kind is TokenKind.OPEN:
        return _open(token.text, names)
    return token.text.encode()


def _open(text: str, names: dict[str, int]) -> bytes:
    if text.startswith("(?P<"):
        return b"("
    if text.startswith("(?("):
        name = text[3:-1]
        return b"(?(%d)" % (names.get(name) or int(name))
    if text.endswith(":"):
        kept = _FLAGS.sub("", text[2:-1])
        return f"(?{'' if kept == '-' else kept}:".encode()
    return b"(?:" if text == "(?>" else text.encode()


def _group_numbers(regex: str) -> dict[str, int]:
    groups = [token.text for token in tokens(regex) if token.text == "(" or token.text.startswith("(?P<")]
    return {text[4:-1]: number for number, text in enumerate(groups, 1) if len(text) > 1}
