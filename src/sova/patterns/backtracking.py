"""Repeats that can make a backtracking matcher try very many ways: nested, adjacent, or with alike alternatives."""

from __future__ import annotations

from collections.abc import Iterator

from sova.patterns.tree import Branches, Item, ItemKind, parse

__all__ = ["risky_repeats"]

_WIDE = 10
"""A repeat with this much play counts as one without limit when it stands around another."""


def risky_repeats(regex: str) -> tuple[tuple[str, str], ...]:
    """The risky parts of an expression that `re` accepts, as (text, what is risky in it)."""
    return tuple((regex[start:end], why) for start, end, why in _risks(parse(regex)))


def _risks(branches: Branches) -> Iterator[tuple[int, int, str]]:
    for branch in branches:
        yield from _adjacent(branch)
        for item in branch:
            if item.branches and item.most - item.least >= _WIDE and not item.atomic:
                if any(_varies(inner) for inner in item.branches):
                    yield item.start, item.end, "a repeat inside a repeat"
                elif _alike(item.branches):
                    yield item.start, item.end, "a repeat of alternatives that begin alike"
            yield from _risks(item.branches)


def _varies(sequence: list[Item]) -> bool:
    return any(not item.atomic and (item.varies or any(_varies(inner) for inner in item.branches)) for item in sequence)


def _alike(branches: Branches) -> bool:
    seen: set[int] = set()
    for branch in branches:
        first = _first(branch)
        if seen & first:
            return True
        seen |= first
    return False


def _adjacent(sequence: list[Item]) -> Iterator[tuple[int, int, str]]:
    """Two repeats without limit that can take the same bytes, with nothing between them that must be there."""
    before: list[tuple[Item, Item]] = []
    for item, outer in _flat(sequence):
        first = _first_of(item)
        if item.limitless and not item.atomic:
            for other, other_outer in before:
                if _first_of(other) & first and other_outer is not outer:
                    yield other_outer.start, outer.end, "two repeats side by side that take the same characters"
                    break
            before.append((item, outer))
        elif item.least and first:
            before.clear()


def _flat(sequence: list[Item]) -> Iterator[tuple[Item, Item]]:
    """The items, each with the one of the sequence that it is in; `(a*)(a*)` is no better than `a*a*`.

    So groups that only capture are taken apart.
    """
    for item in sequence:
        plain = item.kind is ItemKind.GROUP and not item.varies and item.least == 1 and not item.atomic
        if plain and len(item.branches) == 1:
            yield from ((inner, item) for inner, _ in _flat(item.branches[0]))
        else:
            yield item, item


def _first(sequence: list[Item]) -> frozenset[int]:
    """The bytes that a sequence can begin with, those after leading items that may be left out among them."""
    found: frozenset[int] = frozenset()
    for item in sequence:
        first = _first_of(item)
        found |= first
        if item.least and first:
            break
    return found


def _first_of(item: Item) -> frozenset[int]:
    """Case is never told apart: two items that meet in one case only count too, which is on the safe side."""
    if item.kind is ItemKind.GROUP:
        return frozenset().union(*(_first(branch) for branch in item.branches))
    return item.first(ignore_case=True)
