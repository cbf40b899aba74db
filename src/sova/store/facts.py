"""Facts: what is counted of builds, as columns in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["FLAGS", "NOTHING", "Array", "Change", "Facts", "Mask", "Seconds"]

Seconds: TypeAlias = "tuple[int, int]"
"""A stretch of time in whole seconds since 1970: the first inclusive, the second exclusive."""

Change: TypeAlias = "tuple[int, int]"
"""Number of the project's name, and of the change."""

Array: TypeAlias = "NDArray[Any]"  # Any: numbers of several sizes
Mask: TypeAlias = "NDArray[np.bool_]"
Numbers: TypeAlias = "NDArray[np.int64]"
Names: TypeAlias = "NDArray[np.int32]"

FLAGS = ("failed", "passed", "explained", "unreadable", "voting", "timed")
"""The columns that are true or false."""


class Facts:
    """Rows in the order of time, those of one second by the build's number. Columns are called as in `outcomes`; 0
    stands for no tag, no message, no change, no patch set and no length, `timed` says whether there is a length.
    `change`, `patch_set` and `kind` are numbers that the cache gave, see `sova.store.fact_cache.Numbers`.

    A column is put together when it is first asked for: most questions look at few of them.
    """

    time: Numbers
    build_id: Numbers
    failed: Mask
    passed: Mask
    explained: Mask
    unreadable: Mask
    voting: Mask
    timed: Mask
    job_id: Names
    project_id: Names
    branch_id: Names
    pipeline_id: Names
    result_id: Names
    tag_id: Names
    message_id: Names
    change: Names
    patch_set: Names
    kind: Names
    duration: NDArray[np.float64]

    def __init__(self, size: int, make: Callable[[str], Any]) -> None:  # Any: arrays of several types
        self._size = size
        self._make = make

    def __getattr__(self, name: str) -> Any:  # Any: as above; of columns that nobody asked for yet
        if name not in _COLUMNS:
            raise AttributeError(name)
        column = self._make(name)
        setattr(self, name, column)
        return column

    def __len__(self) -> int:
        return self._size

    @property
    def ended(self) -> Mask:
        """The builds that passed or failed."""
        return self.passed | self.failed

    def where(self, chosen: Array | slice) -> Facts:
        """These rows only."""
        if isinstance(chosen, slice):
            return Facts(len(range(len(self))[chosen]), lambda name: getattr(self, name)[chosen])
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return self if len(places) == len(self) and places is not chosen else self._at(places)

    def _at(self, places: Array) -> Facts:
        return Facts(len(places), lambda name: getattr(self, name).take(places))

    def between(self, span: Seconds) -> Facts:
        first, last = np.searchsorted(self.time, span)
        return self if (first, last) == (0, len(self)) else self.where(slice(first, last))

    @staticmethod
    def joined(parts: Sequence[Facts]) -> Facts:
        """The rows of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        several = parts or [NOTHING]
        return Facts(sum(map(len, parts)), lambda name: np.concatenate([getattr(part, name) for part in several]))

    def whole(self) -> Facts:
        """The same rows with every column put together, which hold on to nothing else: a part of an array would keep
        all of it."""
        columns = {name: one if one.base is None else one.copy() for name in _COLUMNS for one in [getattr(self, name)]}
        return Facts(len(self), columns.__getitem__)

    def in_order(self) -> Facts:
        """The same rows in their order."""
        return self.where(np.lexsort((self.build_id, self.time)))


_COLUMNS = frozenset(Facts.__annotations__)
NOTHING = Facts(0, {name: np.zeros(0, np.bool_ if name in FLAGS else np.int64) for name in _COLUMNS}.get)
