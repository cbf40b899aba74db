"""Reports: ways to show what Sova found. Each takes frozen values and writes; none asks the network, and
only the pages ask the store.

A form of its own for `-o NAME` is a plugin: a function that keeps the protocol `Writer`, registered by its name in the
entry point group `sova.reports`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sova.model import Diagnosis

__all__ = ["Writer"]


class Writer(Protocol):
    """One way to write diagnoses for a machine or a mail."""

    def __call__(self, diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
        """The text in pieces, each as soon as it is known, line ends and all."""
