"""Reports: ways to show what Sova found. Each takes frozen values and writes; none asks the store or the network.

A report of its own is a plugin in the entry point group `sova.reports` that keeps the protocol `Report`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from sova.stats import Summary

__all__ = ["Report"]


class Report(Protocol):
    """One way to show a summary as text."""

    name: str

    def write(self, summary: Summary, out: TextIO) -> None:
        """Write the whole report to `out`."""
