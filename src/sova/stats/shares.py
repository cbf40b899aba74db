"""Parts of a whole, with how far they can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Share"]

_Z = 1.959963984540054
"""97.5th percentile of the normal distribution: two sides leave out 5 % together."""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, both counts, 0 <= part <= whole.

    `low` and `high` (0..1) are the ends of its 95 % Wilson score interval: had the same CI run many more such builds,
    the share would lie between them 19 times in 20. Of nothing, nothing is known: (0, 1).
    """

    part: int
    whole: int

    def __post_init__(self) -> None:
        if not 0 <= self.part <= self.whole:
            raise ValueError(f"{self.part} is no part of {self.whole}")

    @property
    def value(self) -> float | None:
        """The share itself (0..1), None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float:
        return max(0.0, self._centre() - self._reach()) if self.part else 0.0

    @property
    def high(self) -> float:
        return min(1.0, self._centre() + self._reach()) if self.part < self.whole else 1.0

    def _centre(self) -> float:
        return (self.part + _Z * _Z / 2) / (self.whole + _Z * _Z)

    def _reach(self) -> float:
        spread = self.part * (self.whole - self.part) / self.whole + _Z * _Z / 4
        return _Z * math.sqrt(spread) / (self.whole + _Z * _Z)
