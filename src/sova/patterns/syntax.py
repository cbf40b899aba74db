"""The tokens of a regular expression in Python's syntax.

An own scanner, because `re._parser` is private and changes between Python versions, and because the text of each
token is needed to write the expression anew for hyperscan. It is only for expressions that `re` compiles.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

__all__ = ["ANYTHING", "LIMITLESS", "SYNTAX_FLAGS", "Token", "TokenKind", "bounds", "members", "tokens"]

ANYTHING = frozenset(range(256))
LIMITLESS = 1 << 32
SYNTAX_FLAGS = re.DOTALL | re.VERBOSE


class TokenKind(Enum):
    COMMENT = auto()
    FLAGS = auto()  # (?i) for the whole expression
    NAMED_REFERENCE = auto()  # (?P=name)
    OPEN = auto()  # ( and (?: and its kin
    CLOSE = auto()
    BAR = auto()
    REPEAT = auto()
    SET = auto()  # [a-z]
    ANCHOR = auto()  # ^ $ \A \Z \b \B
    REFERENCE = auto()  # \1
    CLASS = auto()  # . \d \s \w and their opposites
    LITERAL = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind, its text as written, and where it begins."""

    kind: TokenKind
    text: str
    start: int


_SCANNER = re.compile(
    r"""
    (?P<COMMENT> \(\?\#[^)]*\) )
  | (?P<FLAGS> \(\?[aiLmsux]+\) )
  | (?P<NAMED_REFERENCE> \(\?P=\w+\) )
  | (?P<OPEN> \( (?: \? (?: P<\w+> | <?[=!] | > | \(\w+\) | [aiLmsux]* (?:-[imsx]+)? : ) )? )
  | (?P<CLOSE> \) )
  | (?P<BAR> \| )
  | (?P<REPEAT> (?: [*+?] | \{ (?: \d+ | \d*,\d* ) \} ) [?+]? )
  | (?P<SET> \[ \^? \]? (?: \\. | [^\]\\] )* \] )
  | (?P<ANCHOR> \^ | \$ | \\[AZzbB] )
  | (?P<REFERENCE> \\ (?! [0-3][0-7][0-7] ) [1-9][0-9]? )
  | (?P<CLASS> \. | \\[dDsSwW] )
  | (?P<LITERAL> \\ (?: x[0-9a-fA-F]{2} | 0[0-7]{0,2} | [0-3][0-7]{2} | . ) | . )
    """,
    SYNTAX_FLAGS,
)


def tokens(regex: str) -> Iterator[Token]:
    """The tokens of an expression that `re` accepts, in order; together they are the whole text."""
    for match in _SCANNER.finditer(regex):
        yield Token(TokenKind[str(match.lastgroup)], match.group(), match.start())


def bounds(repeat: str) -> tuple[int, int]:
    """The least and the greatest count of a repeat such as `+?` or `{2,}`; LIMITLESS stands for no limit."""
    if repeat[0] in "*+?":
        return {"*": (0, LIMITLESS), "+": (1, LIMITLESS), "?": (0, 1)}[repeat[0]]
    low, comma, high = repeat[1 : repeat.index("}")].partition(",")
    if not comma:
        return int(low), int(low)
    return int(low or 0), int(high) if high else LIMITLESS


@lru_cache(maxsize=4096)
def members(atom: str, ignore_case: bool = False, dot_all: bool = False) -> frozenset[int]:
    """The bytes that a set, a class or a literal of one byte can match; for a longer literal its first byte."""
    if len(atom) == 1 and ord(atom) > 127:
        return frozenset({atom.encode()[0]})
    flags = (re.IGNORECASE if ignore_case else 0) | (re.DOTALL if dot_all else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # "possible nested set": `faults` has its own words for it
        one = re.compile(atom.encode(), flags)
    return frozenset(byte for byte in range(256) if one.fullmatch(bytes((byte,))))
