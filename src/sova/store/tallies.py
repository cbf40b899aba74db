"""Tallies: counts over builds, made from how many there are of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TypeVar

import numpy as np

from sova.model import Outcome
from sova.store.fact_cache import Kind
from sova.store.facts import Array

__all__ = ["Kinds", "Tally"]

_OUTCOMES = tuple(Outcome)
_FLAGS = ("passed", "failed", "explained", "unreadable")
_FAILED = _FLAGS.index("failed")

_Word = TypeVar("_Word")


@dataclass(slots=True)
class Tally:
    """Counts over some builds, while they are added up. Lengths are seconds."""

    builds: int = 0
    passed: int = 0
    failed: int = 0
    explained: int = 0
    unreadable: int = 0
    seconds: float = 0.0
    lost: float = 0.0
    by_tag: Counter[str] = field(default_factory=Counter)
    by_outcome: Counter[Outcome] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class Kinds:
    """What builds of each kind count for: tables of 0 and 1, a row a kind."""

    flags: Array
    of_outcome: Array
    of_tag: Array
    tags: Sequence[str]

    def __len__(self) -> int:
        return len(self.flags)

    @classmethod
    def of(cls, kinds: Sequence[Kind], names: Mapping[int, str]) -> Kinds:
        """The tables for these kinds; `names` holds their tags."""
        tagged = [(names[kind.tag] or "unknown") if kind.failed else "" for kind in kinds]
        tags = sorted(filter(None, set(tagged)))
        return cls(
            flags=np.array([[getattr(kind, name) for name in _FLAGS] for kind in kinds], np.float64),
            of_outcome=np.array([[kind.outcome is one for one in _OUTCOMES] for kind in kinds], np.float64),
            of_tag=np.array([[tag == one for one in tags] for tag in tagged], np.float64).reshape(len(kinds), -1),
            tags=tags,
        )

    def tallies(self, builds: Array, seconds: Array) -> list[Tally]:
        """A tally for each row of these tables, which have a column a kind: numbers of builds, and their lengths."""
        sums = np.column_stack([builds.sum(1), builds @ self.flags]).astype(np.int64)
        lengths = np.column_stack([seconds.sum(1), seconds @ self.flags[:, _FAILED]])
        counts = (builds @ self.of_tag, builds @ self.of_outcome)
        rows = zip(*(one.tolist() for one in (sums, lengths, *counts)), strict=True)
        return [
            Tally(
                every,
                passed,
                failed,
                explained,
                unread,
                together,
                lost,
                _counter(self.tags, by_tag),
                _counter(_OUTCOMES, by_outcome),
            )
            for (every, passed, failed, explained, unread), (together, lost), by_tag, by_outcome in rows
        ]


def _counter(words: Sequence[_Word], counts: Sequence[float]) -> Counter[_Word]:
    return Counter({word: int(number) for word, number in zip(words, counts, strict=True) if number})
