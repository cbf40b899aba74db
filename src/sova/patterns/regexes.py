"""What is wrong, or risky, in a regular expression of a pattern, told before it is ever used.

Patterns match bytes, one line at a time, and every class is ASCII.
"""

from __future__ import annotations

import re
import warnings as python_warnings

from sova.patterns.backtracking import risky_repeats
from sova.patterns.syntax import LIMITLESS, Token, TokenKind, bounds, tokens

__all__ = ["MAX_REPEAT", "compiled", "encoded", "faults", "needs_timeout", "warnings"]

MAX_REPEAT = 32_000  # hyperscan has 32,767; a counted repeat of that size is a mistake anyway


def encoded(regex: str) -> bytes:
    """The expression for `re` and `regex` on bytes, with the same meaning for both.

    A character outside ASCII becomes a group of its UTF-8 bytes, so that a repeat after it counts all of them; a brace
    that is no repeat is escaped, as to `regex` it could be a fuzzy match.
    """
    return b"".join(map(_encoded, tokens(regex)))


def _encoded(token: Token) -> bytes:
    if token.kind is TokenKind.LITERAL and token.text == "{":
        return rb"\{"
    if token.kind is TokenKind.LITERAL and not token.text.isascii():
        return b"(?:%b)" % token.text.lstrip("\\").encode()
    return token.text.encode()


def compiled(regex: str) -> re.Pattern[bytes]:
    """The expression compiled as it is judged. Raises `re.error` for one that `faults` complains about."""
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": `faults` has its own words
        return re.compile(encoded(regex))


def faults(regex: str) -> tuple[str, ...]:
    """Why the expression cannot be a pattern, one sentence each; () when it can."""
    try:
        judge = compiled(regex)
    except (re.error, OverflowError, RecursionError) as error:
        return (f"not a regular expression: {error}",)
    found = [*_set_faults(regex), *_flag_faults(regex), *_repeat_faults(regex)]
    if "\n" in regex:
        found.append("holds a line feed, and a pattern is held against one line")
    if judge.search(b""):
        found.append("matches the empty string, so it would hit every line")
    return tuple(found)


def _set_faults(regex: str) -> list[str]:
    found = []
    for token in tokens(regex):
        if token.kind is not TokenKind.SET:
            continue
        if re.search(r"\[:\^?\w+:\]", token.text[1:]):
            found.append(f"{token.text}: there are no POSIX classes here, write [a-zA-Z], \\d, \\s, \\w")
        elif not token.text.isascii():
            found.append(f"{token.text}: a character outside ASCII cannot stand in [...], write (?:a|é)")
        elif re.search(r"--|&&|~~|\|\|", token.text[1:-1]):
            found.append(f"{token.text}: --, &&, ~~ and || in [...] may change their meaning, escape the second one")
    return found


def _flag_faults(regex: str) -> list[str]:
    found = []
    for token in tokens(regex):
        if token.kind is TokenKind.FLAGS or (token.kind is TokenKind.OPEN and token.text.endswith(":")):
            found += [f"{token.text}: {why}" for flag, why in _BAD_FLAGS.items() if flag in token.text]
    return found


_BAD_FLAGS = {
    "x": "the verbose form is not possible, write the expression without added spaces",
    "L": "a match must not hang on the locale",
}


def _repeat_faults(regex: str) -> list[str]:
    return [
        f"{token.text}: repeats over {MAX_REPEAT:,} are not possible"
        for token in tokens(regex)
        if token.kind is TokenKind.REPEAT and any(MAX_REPEAT < limit < LIMITLESS for limit in bounds(token.text))
    ]


def warnings(regex: str) -> tuple[str, ...]:
    """What is risky in an expression without faults, one sentence each."""
    return tuple(
        f"{text}: {why}, which can take very long on some lines; it is judged with a time limit"
        for text, why in risky_repeats(regex)
    )


def needs_timeout(regex: str) -> bool:
    """Whether backtracking can take very long, so that the pattern is judged with a time limit."""
    return bool(risky_repeats(regex))
