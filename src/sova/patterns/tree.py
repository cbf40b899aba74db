"""A regular expression as a tree: alternatives of sequences of items."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache

from sova.patterns.syntax import ANYTHING, LIMITLESS, Token, TokenKind, bounds, members, tokens

__all__ = ["Branches", "Item", "ItemKind", "parse"]


class ItemKind(Enum):
    ATOM = auto()  # takes one byte; a literal outside ASCII takes its bytes in UTF-8
    GROUP = auto()
    NOTHING = auto()  # an anchor: takes no byte
    LOOK = auto()  # looks around; takes no byte
    UNKNOWN = auto()  # a reference or a conditional: takes anything


@dataclass(slots=True)
class Item:
    """One item of a sequence with its repeat.

    `start` and `end` are its place in the expression; `text` is the atom's, or what opens the group.
    """

    kind: ItemKind
    start: int
    end: int
    text: str = ""
    branches: Branches = field(default_factory=list)
    least: int = 1
    most: int = 1
    atomic: bool = False

    def first(self, *, ignore_case: bool) -> frozenset[int]:
        """The bytes that it can begin with; none for what takes no byte."""
        if self.kind is ItemKind.ATOM:
            return members(self.text, ignore_case=ignore_case)
        return ANYTHING if self.kind is ItemKind.UNKNOWN else frozenset()

    @property
    def varies(self) -> bool:
        """Whether it may be repeated a different number of times."""
        return self.least != self.most

    @property
    def limitless(self) -> bool:
        return self.most >= LIMITLESS


Branches = list[list[Item]]

_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")


@lru_cache(maxsize=4)  # what is asked of one expression is asked in a row, from several sides
def parse(regex: str) -> Branches:
    """The alternatives of an expression that `re` accepts; not to be changed."""
    return _parse(list(tokens(regex)), 0)[0]


def _parse(stream: list[Token], at: int) -> tuple[Branches, int]:
    """The alternatives from token `at` up to the closing parenthesis, and the index after it."""
    branches: Branches = [[]]
    while at < len(stream):
        token = stream[at]
        at += 1
        if token.kind is TokenKind.CLOSE:
            break
        if token.kind is TokenKind.BAR:
            branches.append([])
        elif token.kind is TokenKind.REPEAT:
            _repeat(branches[-1][-1], token)
        elif token.kind is TokenKind.OPEN:
            inner, at = _parse(stream, at)
            branches[-1].append(_group(token, inner, stream[at - 1].start + 1))
        elif token.kind not in (TokenKind.COMMENT, TokenKind.FLAGS):
            branches[-1].append(_single(token))
    return branches, at


def _repeat(item: Item, token: Token) -> None:
    item.least, item.most = bounds(token.text)
    item.end = token.start + len(token.text)
    item.atomic = item.atomic or (token.text.endswith("+") and len(token.text) > 1)


def _group(token: Token, inner: Branches, end: int) -> Item:
    kind = ItemKind.GROUP
    if token.text in _LOOKS:
        kind = ItemKind.LOOK
    elif token.text.startswith("(?("):
        kind = ItemKind.UNKNOWN
    return Item(kind, token.start, end, token.text, branches=inner, atomic=token.text == "(?>")


def _single(token: Token) -> Item:
    kind = ItemKind.ATOM
    if token.kind is TokenKind.ANCHOR:
        kind = ItemKind.NOTHING
    elif token.kind in (TokenKind.REFERENCE, TokenKind.NAMED_REFERENCE):
        kind = ItemKind.UNKNOWN
    return Item(kind, token.start, token.start + len(token.text), token.text)
