"""An expression for one line, written anew so that it can be looked for in many lines at once.

Two readers need that: hyperscan, which says in which blocks a pattern may match, and `re`, which then leads the judge
from one line that may match to the next. What is written may match more than the pattern, never less: a line too many
costs time, a line too few loses a hit. So nothing in it takes a line feed, and `\\A` and `\\Z` become `^` and `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sova.patterns.syntax import Token, TokenKind, bounds, members, tokens

__all__ = ["filter_expression", "has_start_anchor", "literal_expression", "many_lines_expression"]

_CONTROLS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_AFTER_PREFIX = rb"[ +\xbf]"
"""The last byte of `message.PREFIX`."""

_FLAGS_LEFT_OUT = re.compile(r"[aLmsux]+")
_CLASSES = {r"\s": rb"[ \t\r\f\v]", r"\W": rb"[^\w\n]", r"\D": rb"[^\d\n]"}


def literal_expression(text: str) -> bytes:
    """A literal text, for hyperscan."""
    return _numbers(text.encode())


def filter_expression(regex: str, *, messages: bool) -> bytes:
    """For hyperscan in its forms MULTILINE and PREFILTER, which takes look-around for true.

    With `messages`, `^` also holds after a prefix, and `$` before a carriage return at the end of a line.
    """
    return b"".join(_Writer(regex, messages, for_hyperscan=True).parts())


def many_lines_expression(regex: str, *, messages: bool) -> bytes:
    """For `re` with MULTILINE. With `messages`, `^` also holds where a prefix may end."""
    return b"".join(_Writer(regex, messages, for_hyperscan=False).parts())


def has_start_anchor(regex: str) -> bool:
    """Whether the expression asks for the start of a line anywhere."""
    return any(token.kind is TokenKind.ANCHOR and token.text in ("^", r"\A") for token in tokens(regex))


class _Writer:
    """Writes the tokens of one expression."""

    def __init__(self, regex: str, messages: bool, *, for_hyperscan: bool) -> None:
        self._tokens = list(tokens(regex))
        self._messages = messages
        self._for_hyperscan = for_hyperscan
        groups = [token.text for token in self._tokens if token.text == "(" or token.text.startswith("(?P<")]
        self._numbers = {text[4:-1]: number for number, text in enumerate(groups, 1) if len(text) > 1}

    def parts(self) -> Iterator[bytes]:
        before: Token | None = None
        for token in self._tokens:
            if token.kind is TokenKind.COMMENT:
                continue
            yield self._anchor(token.text, before) if token.kind is TokenKind.ANCHOR else self._part(token)
            before = token

    def _part(self, token: Token) -> bytes:
        match token.kind:
            case TokenKind.REPEAT:
                return self._repeat(token.text)
            case TokenKind.LITERAL:
                return _literal(token.text)
            case TokenKind.SET:
                return self._set(token.text)
            case TokenKind.CLASS:
                return _CLASSES.get(token.text, token.text.encode())
            case TokenKind.REFERENCE:
                return b"(?:%b)" % token.text.encode()
            case TokenKind.NAMED_REFERENCE:
                return b"(?:\\%d)" % self._numbers[token.text[4:-1]]
            case TokenKind.FLAGS:
                kept = _FLAGS_LEFT_OUT.sub("", token.text[2:-1])
                return b"(?%b)" % kept.encode() if kept else b""
            case TokenKind.OPEN:
                return self._open(token.text)
        return token.text.encode()

    def _anchor(self, text: str, before: Token | None) -> bytes:
        if text in ("$", r"\Z"):
            return rb"(?:\r?$)" if self._messages and self._for_hyperscan else b"$"
        if text not in ("^", r"\A"):
            return text.encode()
        if not self._messages:
            return b"^"
        if before is None or before.kind in (TokenKind.OPEN, TokenKind.BAR, TokenKind.FLAGS):
            return (b"(?:^|%b)" if self._for_hyperscan else b"(?:^|(?<=%b))") % _AFTER_PREFIX
        return b""  # as in `\b^`: whether what stands before holds at a prefix is left to the judge

    def _repeat(self, text: str) -> bytes:
        """`{,2}` is a literal to hyperscan; a lazy or possessive repeat reaches no line that the plain one does not."""
        suffix = text[-1] if len(text) > 1 and text[-1] in "?+" and not self._for_hyperscan else ""
        if text[0] != "{":
            return f"{text[0]}{suffix}".encode()
        low, high = bounds(text)
        most = "" if "," in text and high > _MOST else str(high)
        return (f"{{{low}}}" if low == high else f"{{{low},{most}}}").encode() + suffix.encode()

    def _set(self, text: str) -> bytes:
        """A set with every literal in it as a number, so that none has a second meaning, and without the line feed."""
        opening = "[^" if text.startswith("[^") else "["
        body = b"".join(_set_part(part[0]) for part in _SET_PART.finditer(text[len(opening) : -1]))
        if ord("\n") not in members(text):
            return b"%b%b]" % (opening.encode(), body)
        if opening == "[^":
            return rb"[^%b\n]" % body
        return b"[%b]" % body if self._for_hyperscan else rb"(?:(?!\n)[%b])" % body

    def _open(self, text: str) -> bytes:
        if text.startswith("(?P<"):
            return b"("
        if text.startswith("(?("):
            name = text[3:-1]
            return b"(?(%d)" % (self._numbers.get(name) or int(name))
        if text.endswith(":"):
            kept = _FLAGS_LEFT_OUT.sub("", text[2:-1])
            return f"(?{'' if kept == '-' else kept}:".encode()
        return b"(?:" if text == "(?>" and self._for_hyperscan else text.encode()


_MOST = 1 << 16
_SET_PART = re.compile(r"\\(?:x[0-9a-fA-F]{2}|[0-7]{1,3}|.)|.", re.DOTALL)


def _literal(text: str) -> bytes:
    data = text.encode() if text[0] != "\\" else _escaped(text[1:])
    if data == b"\n":
        return b"(?!)"
    if len(data) > 1:
        return b"(?:%b)" % _numbers(data)
    return data if data.isalnum() else _numbers(data)


def _set_part(part: str) -> bytes:
    if part == "-" or (part[0] == "\\" and part[1:] in tuple("dDsSwW")):
        return part.encode()
    return _numbers(_escaped(part[1:]) if part[0] == "\\" else part.encode())


def _escaped(text: str) -> bytes:
    """The bytes that an escape stands for: `x41`, `0`, `101`, `n` or any sign."""
    if text[0] == "x" and len(text) == 3:
        return bytes((int(text[1:], 16),))
    if text[0].isdigit() and text.isascii():
        return bytes((int(text, 8),))
    return bytes((_CONTROLS[text],)) if text in _CONTROLS else text.encode()


def _numbers(data: bytes) -> bytes:
    return b"".join(rb"\x%02x" % byte for byte in data)
