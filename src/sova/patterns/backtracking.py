"""Repeats that can make a backtracking matcher try very many ways: nested, adjacent, or with alike alternatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sova.patterns.syntax import ANYTHING, LIMITLESS, Token, TokenKind, bounds, members, tokens

__all__ = ["risky_repeats"]

_WIDE = 10  # a repeat with this much play counts as one without limit when it stands inside another


@dataclass(slots=True)
class _Item:
    """One item of a sequence: an atom with the bytes it can begin with, or a group with its alternatives."""

    start: int
    end: int
    first: frozenset[int]
    least: int = 1
    most: int = 1
    branches: list[list[_Item]] = field(default_factory=list)
    atomic: bool = False

    @property
    def width_varies(self) -> bool:
        return self.least != self.most

    @property
    def limitless(self) -> bool:
        return self.most == LIMITLESS and not self.atomic

    @property
    def wide(self) -> bool:
        return self.most - self.least >= _WIDE and not self.atomic


def risky_repeats(regex: str) -> tuple[tuple[str, str], ...]:
    """The risky parts of an expression that `re` accepts, as (text, what is risky in it)."""
    branches, _ = _parse(list(tokens(regex)), 0)
    return tuple((regex[start:end], why) for start, end, why in _risks(branches))


def _parse(stream: list[Token], at: int) -> tuple[list[list[_Item]], int]:
    """The alternatives from token `at` up to the closing parenthesis, and the index after it."""
    branches: list[list[_Item]] = [[]]
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
            branches[-1] += _group(token, inner, stream[at - 1].start + 1)
        elif token.kind not in (TokenKind.COMMENT, TokenKind.FLAGS):
            branches[-1].append(_atom(token))
    return branches, at


def _repeat(item: _Item, token: Token) -> None:
    item.least, item.most = bounds(token.text)
    item.end = token.start + len(token.text)
    item.atomic = item.atomic or (token.text.endswith("+") and len(token.text) > 1)


def _group(token: Token, inner: list[list[_Item]], end: int) -> list[_Item]:
    """The group as one item; what is looked for around it takes no part in a sequence, but may hold risks."""
    group = _Item(token.start, end, _first_of(inner), branches=inner, atomic=token.text == "(?>")
    if token.text in ("(?=", "(?!", "(?<=", "(?<!"):
        group.first, group.atomic = frozenset(), True
    return [group]


def _atom(token: Token) -> _Item:
    end = token.start + len(token.text)
    if token.kind is TokenKind.ANCHOR:
        return _Item(token.start, end, frozenset(), atomic=True)
    if token.kind in (TokenKind.REFERENCE, TokenKind.NAMED_REFERENCE):
        return _Item(token.start, end, ANYTHING)
    # Case is never told apart: two items that meet in one case only are reported too, which is on the safe side.
    return _Item(token.start, end, members(token.text, ignore_case=True))


def _first_of(branches: list[list[_Item]]) -> frozenset[int]:
    return frozenset().union(*(_first(branch) for branch in branches))


def _first(sequence: list[_Item]) -> frozenset[int]:
    """The bytes that a sequence can begin with, those after leading items that may be left out among them."""
    found: frozenset[int] = frozenset()
    for item in sequence:
        found |= item.first
        if item.least and item.first:
            break
    return found


def _risks(branches: list[list[_Item]]) -> Iterator[tuple[int, int, str]]:
    for branch in branches:
        yield from _adjacent(branch)
        for item in branch:
            if item.branches and item.wide:
                if any(_varies(inner) for inner in item.branches):
                    yield item.start, item.end, "a repeat inside a repeat"
                elif _alike(item.branches):
                    yield item.start, item.end, "a repeat of alternatives that begin alike"
            yield from _risks(item.branches)


def _varies(sequence: list[_Item]) -> bool:
    return any(
        not item.atomic and (item.width_varies or any(_varies(inner) for inner in item.branches)) for item in sequence
    )


def _alike(branches: list[list[_Item]]) -> bool:
    seen: set[int] = set()
    for branch in branches:
        first = _first(branch)
        if seen & first:
            return True
        seen |= first
    return False


def _adjacent(sequence: list[_Item]) -> Iterator[tuple[int, int, str]]:
    """Two repeats without limit that can take the same bytes, with nothing between them that must be there."""
    before: list[_Item] = []
    for item in _flat(sequence):
        if item.limitless:
            for other in before:
                if other.first & item.first:
                    yield other.start, item.end, "two repeats side by side that take the same characters"
                    break
        if item.limitless:
            before.append(item)
        elif item.least and item.first:
            before.clear()


def _flat(sequence: list[_Item]) -> Iterator[_Item]:
    """The items with groups that only capture taken apart, as `(a*)(a*)` is no better than `a*a*`."""
    for item in sequence:
        if len(item.branches) == 1 and not item.width_varies and item.least == 1 and not item.atomic:
            yield from _flat(item.branches[0])
        else:
            yield item
