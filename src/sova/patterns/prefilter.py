"""Which patterns may occur in a block of lines: hyperscan's answer, or "any" where it cannot be imported."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

from sova.patterns.literals import Literals

__all__ = ["EveryLine", "Prefilter", "prefilter"]

_log = logging.getLogger(__name__)


class Prefilter(Protocol):
    """Tells of a block of lines which patterns may match in it, and from which offset on."""

    @property
    def name(self) -> str:
        """`hyperscan` or `re`."""

    def reports(self, data: bytes) -> Mapping[int, int]:
        """Number of pattern to offset: no line before the one that holds the offset matches it."""


class EveryLine:
    """No filter: each pattern may match everywhere."""

    name = "re"

    def __init__(self, count: int) -> None:
        self._all = dict.fromkeys(range(count), 0)

    def reports(self, data: bytes) -> Mapping[int, int]:
        return self._all if data else {}


def prefilter(literals: Sequence[Literals], cache_dir: Path | None = None) -> Prefilter:
    """Hyperscan where it can be imported, else no filter and one warning; `literals` has those of each pattern."""
    try:
        from sova.patterns.database import Database  # noqa: PLC0415 - hyperscan has no wheel for every platform
    except ImportError as error:
        _warn(str(error))
        return EveryLine(len(literals))
    return Database(literals, cache_dir)


@cache
def _warn(why: str) -> None:
    """Once in a run, however many sets of patterns there are."""
    _log.warning("hyperscan cannot be imported (%s): logs are searched line by line, which is slow", why)
