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

_MOST = 32
"""Texts in one set; of more, only the first bytes are looked for."""

_LONGEST = 32  # bytes; the rest of a long text makes it no rarer
_CHOICES = 4  # a set of characters with more than these is taken for any character
_ALSO = 2  # sets besides the first
_WORTHLESS = 2.0  # a text of one character is on nearly every line

Texts = frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Literals:
    """Texts of which one is in every line that matches; none where nothing is known of such a line.

    `also` has further sets of texts of which one each is in such a line. With `ignore_case` all are in lower case and
    stand for either.
    """

    texts: tuple[bytes, ...] = ()
    ignore_case: bool = False
    also: tuple[tuple[bytes, ...], ...] = ()


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
    found = sorted(_alternatives(parse(regex), ignore_case).sets(), key=_worth, reverse=True)
    if not found:
        return NO_LITERALS
    first, *also = (tuple(sorted(texts)) for texts in found[: _ALSO + 1])
    return Literals(first, ignore_case, tuple(also))


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a part of an expression.

    `whole`: every text that it can match, None where there are too many. `needed`: sets of texts of which each match
    needs one. `edge`, for what is repeated: it begins with one of these texts and ends with one.
    """

    whole: Texts | None
    needed: tuple[Texts, ...] = ()
    edge: Texts = frozenset({b""})

    def sets(self) -> tuple[Texts, ...]:
        """Every set of which a match needs one, as far as they are worth looking for."""
        found = self.needed if self.whole is None else (*self.needed, self.whole)
        return tuple(dict.fromkeys(texts for texts in found if _worth(texts)))


_NOTHING = _Known(frozenset({b""}))
_ANYTHING = _Known(None)


def _alternatives(branches: Branches, ignore_case: bool) -> _Known:
    known = [_sequence(branch, ignore_case) for branch in branches]
    if len(known) == 1:
        return known[0]
    wholes = [part.whole for part in known if part.whole is not None]
    whole = _few(frozenset().union(*wholes)) if len(wholes) == len(known) else None
    sets = [part.sets() for part in known]
    if whole is not None or not all(sets):
        return _Known(whole)
    return _Known(None, (_trimmed(frozenset().union(*(max(each, key=_worth) for each in sets))),))


def _sequence(items: Iterable[Item], ignore_case: bool) -> _Known:
    needed: list[Texts] = []
    run = frozenset({b""})  # what the items since the last unknown one can match
    unbroken = True
    for item in items:
        known = _item(item, ignore_case)
        needed += known.needed
        joined = _joined(run, known.edge if known.whole is None else known.whole)
        if joined is not None and known.whole is not None:
            run = joined
            continue
        needed.append(joined or run)
        run = known.edge if known.whole is None else known.whole
        unbroken = False
    return _Known(run, tuple(needed)) if unbroken else _Known(None, (*needed, run))


def _item(item: Item, ignore_case: bool) -> _Known:
    if item.kind is ItemKind.NOTHING:
        return _NOTHING
    if item.kind is ItemKind.LOOK:
        wanted = item.text in ("(?=", "(?<=") and item.least
        return _Known(_NOTHING.whole, _alternatives(item.branches, ignore_case).sets() if wanted else ())
    if item.kind is ItemKind.UNKNOWN or item.most == 0:
        return _ANYTHING
    once = _alternatives(item.branches, ignore_case) if item.kind is ItemKind.GROUP else _atom(item, ignore_case)
    return once if item.least == item.most == 1 else _repeated(once, item.least, item.most)


def _repeated(once: _Known, least: int, most: int) -> _Known:
    if least == 0:
        optional = most == 1 and once.whole is not None
        return _Known(_few((once.whole or frozenset()) | {b""})) if optional else _ANYTHING
    if once.whole is None:
        return once
    whole = frozenset({b""})
    for times in range(least):
        longer = _joined(whole, once.whole)
        if longer is None:
            return _Known(None, (*once.needed, whole if times else once.whole))
        whole = longer
    return _Known(whole, once.needed) if least == most else _Known(None, (*once.needed, whole), edge=whole)


def _atom(item: Item, ignore_case: bool) -> _Known:
    if not item.text.isascii() and item.text[0] != "[":
        return _Known(frozenset({item.text.lstrip("\\").encode()}))
    texts = frozenset(bytes((byte,)) for byte in item.first(ignore_case=ignore_case) if byte != ord("\n"))
    if ignore_case:
        texts = frozenset(text.lower() for text in texts)
    return _Known(texts) if len(texts) <= _CHOICES else _ANYTHING


def _joined(one: Texts, other: Texts) -> Texts | None:
    """Every text of the one followed by each of the other, unless they are too many or too long."""
    return _few(frozenset(first + second for first in one for second in other))


def _few(texts: Texts) -> Texts | None:
    """The texts, or None for too many or too long ones to go on with."""
    return None if len(texts) > _MOST or any(len(text) > _LONGEST for text in texts) else texts


def _trimmed(texts: Texts) -> Texts:
    """The texts, or the beginnings of too many: what holds a text holds its beginning."""
    for length in (_LONGEST, 12, 8, 6, 5, 4, 3):
        if len(texts) <= _MOST:
            break
        texts = frozenset(text[:length] for text in texts)
    return texts if len(texts) <= _MOST else frozenset()


def _worth(texts: Texts) -> float:
    """How few lines a set will be found on: longer texts are better, and so are fewer; 0 for what says nothing."""
    shortest = min((len(text) - 0.75 * text.count(b" ") for text in texts), default=0.0)
    return 0.0 if shortest < _WORTHLESS else shortest - len(texts) / 8 + _MOST
