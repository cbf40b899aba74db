"""What a test against a real server prints: builds put in, found, lost and found twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tally:
    """What was put into a server, and what came out of it."""

    put_in: frozenset[Hashable]
    found: Counter[Hashable]

    @classmethod
    def of(cls, put_in: Iterable[Hashable], found: Iterable[Hashable]) -> Tally:
        return cls(frozenset(put_in), Counter(found))

    @property
    def lost(self) -> frozenset[Hashable]:
        return self.put_in - self.found.keys()

    @property
    def extra(self) -> frozenset[Hashable]:
        return frozenset(self.found.keys() - self.put_in)

    @property
    def twice(self) -> frozenset[Hashable]:
        return frozenset(item for item, count in self.found.items() if count > 1)

    @property
    def exact(self) -> bool:
        """Whether all that was put in was found once, and nothing else."""
        return not (self.lost or self.extra or self.twice)

    def line(self, server: str, what: str, unit: str = "builds") -> str:
        numbers = f"put in {len(self.put_in)}, found {len(self.found)}, lost {len(self.lost)}, twice {len(self.twice)}"
        return f"{server:24} {what:52} {unit}: {numbers}" + (f", not put in {len(self.extra)}" if self.extra else "")


Count = Callable[[str, str, Tally], None]
"""Prints a tally (server, what was asked, tally) and fails the test unless it is exact."""
