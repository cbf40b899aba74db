"""The literals of an expression: a few texts of which every match holds at least one.

They are what the filter looks for. Hyperscan could look for whole expressions, but the vectorscan inside it loses
matches of those (5.4.12: VectorCamp/vectorscan#358, #368, #382; 5.4.11: #317), and never one of a literal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sova.model import Pattern
from sova.patterns.syntax import TokenKind, tokens
from sova.patterns.tree import Branches, Item, ItemKind, parse

__all__ = ["NO_LITERALS", "Literals", "literals_of", "required_literals"]

_MOST = 32  # literals for one expression
_LONGEST = 32  # bytes of one; the rest of a long one makes it no rarer
_SHORTEST = 2  # a single byte is on nearly every line


@dataclass(frozen=True, slots=True)
class Literals:
    """Texts of which one is in every line that matches; none when nothing is known of such a line.

    With `ignore_case` they are in lower case and stand for either.
    """

    texts: tuple[bytes, ...] = ()
    ignore_case: bool = False


NO_LITERALS = Literals()


def literals_of(pattern: Pattern) -> Literals:
    """The literals of a pattern."""
    return Literals((pattern.text.encode(),)) if pattern.text else required_literals(pattern.regex)


def required_literals(regex: str) -> Literals:
    """The literals of an expression that `re` accepts."""
    ignore_case = any(
        "i" in token.text.partition("-")[0]
        for token in tokens(regex)
        if token.kind is TokenKind.FLAGS or (token.kind is TokenKind.OPEN and token.text.endswith(":"))
    )
    known = _alternatives(parse(regex), ignore_case)
    texts = known.best if known.whole is None else _better(known.best, known.whole)
    return Literals(tuple(sorted(texts)), ignore_case) if texts else NO_LITERALS


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a part of an expression.

    `whole`: every text that it can match, None where there are too many. `best`: the best found texts of which every
    match holds one; none where nothing is known.
    """

    whole: frozenset[bytes] | None
    best: frozenset[bytes] = frozenset()


_NOTHING = _Known(frozenset({b""}))
_ANYTHING = _Known(None)


def _alternatives(branches: Branches, ignore_case: bool) -> _Known:
    known = [_sequence(branch, ignore_case) for branch in branches]
    if len(known) == 1:
        return known[0]
    wholes = [part.whole for part in known if part.whole is not None]
    whole = frozenset().union(*wholes) if len(wholes) == len(known) else None
    bests = [part.best if part.whole is None else _better(part.best, part.whole) for part in known]
    best = frozenset().union(*bests) if all(bests) else frozenset()
    return _Known(_few(whole), _few(best) or frozenset())


def _sequence(items: Iterable[Item], ignore_case: bool) -> _Known:
    best: frozenset[bytes] = frozenset()
    run: frozenset[bytes] = frozenset({b""})  # what the items since the last unknown one can match
    unbroken = True
    for item in items:
        known = _item(item, ignore_case)
        joined = None if known.whole is None else _few(frozenset(a + b for a in run for b in known.whole))
        if joined is not None:
            run = joined
            continue
        best = _better(_better(best, run), known.best)
        run = frozenset({b""}) if known.whole is None else known.whole
        unbroken = False
    return _Known(run, best) if unbroken else _Known(None, _better(best, run))


def _item(item: Item, ignore_case: bool) -> _Known:
    if item.kind in (ItemKind.NOTHING, ItemKind.LOOK):
        return _NOTHING
    if item.kind is ItemKind.UNKNOWN or item.most == 0:
        return _ANYTHING
    once = _alternatives(item.branches, ignore_case) if item.kind is ItemKind.GROUP else _atom(item, ignore_case)
    if item.least == item.most == 1:
        return once
    if item.least == 0:
        optional = item.most == 1 and once.whole is not None
        return _Known(_few((once.whole or frozenset()) | {b""})) if optional else _ANYTHING
    best = once.best if once.whole is None else _better(once.best, once.whole)
    if item.least != item.most or once.whole is None:
        return _Known(None, best)
    return _sequence_of(once, item.least, best)


def _sequence_of(once: _Known, times: int, best: frozenset[bytes]) -> _Known:
    """So many of the same, one after the other."""
    whole: frozenset[bytes] | None = frozenset({b""})
    for _ in range(times):
        whole = _few(frozenset(a + b for a in whole or () for b in once.whole or ()))
        if whole is None:
            return _Known(None, best)
    return _Known(whole, best)


def _atom(item: Item, ignore_case: bool) -> _Known:
    if not item.text.isascii() and item.text[0] != "[":
        return _Known(frozenset({item.text.lstrip("\\").encode()}))
    texts = frozenset(bytes((byte,)) for byte in item.first(ignore_case=ignore_case) if byte != ord("\n"))
    return _Known(_few(frozenset(text.lower() for text in texts) if ignore_case else texts))


def _few(texts: frozenset[bytes] | None) -> frozenset[bytes] | None:
    """The texts, or None for too many or too long ones to go on with."""
    if texts is None or len(texts) > _MOST or any(len(text) > _LONGEST for text in texts):
        return None
    return texts


def _better(one: frozenset[bytes], other: frozenset[bytes]) -> frozenset[bytes]:
    """Those of the two that will be found on fewer lines; none of both where even they are on nearly all."""
    return max(one, other, key=_worth) if max(_worth(one), _worth(other)) else frozenset()


def _worth(texts: frozenset[bytes]) -> float:
    """Longer is better, and so are fewer; 0 for texts that say nothing."""
    shortest = min((len(text.strip(b" ")) + text.count(b" ") / 4 for text in texts), default=0)
    if shortest < _SHORTEST or b"" in texts:
        return 0
    return shortest - len(texts) / 8 + _MOST
