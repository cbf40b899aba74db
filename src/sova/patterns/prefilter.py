"""Which patterns may occur in a block of lines: hyperscan's answer, or "any" where it cannot be imported."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

__all__ = ["EveryLine", "Prefilter", "prefilter"]

_log = logging.getLogger(__name__)


class Prefilter(Protocol):
    """Tells for a block of lines which expressions may match in it and from which offset on."""

    @property
    def name(self) -> str:
        """`hyperscan` or `re`."""

    def reports(self, data: bytes) -> list[tuple[int, int]]:
        """(number of expression, offset), each number once: no match of it ends before the offset."""


class EveryLine:
    """No filter: each expression may match everywhere."""

    name = "re"

    def __init__(self, count: int) -> None:
        self._all = [(number, 0) for number in range(count)]

    def reports(self, data: bytes) -> list[tuple[int, int]]:
        return self._all if data else []


def prefilter(expressions: Sequence[bytes], cache_dir: Path | None = None) -> Prefilter:
    """Hyperscan where it can be imported, else no filter and one warning."""
    try:
        from sova.patterns.database import Database  # noqa: PLC0415 - has no wheel for every platform
    except ImportError as error:
        _warn(str(error))
        return EveryLine(len(expressions))
    return Database(expressions, cache_dir)


@cache
def _warn(why: str) -> None:
    """Once in a run, however many sets of patterns there are."""
    _log.warning("hyperscan cannot be imported (%s): logs are searched line by line, which is slow", why)
