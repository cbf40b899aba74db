"""What a page says when there is nothing else to show: no such page, a mistake in the address, no database."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TroubleView"]


@dataclass(frozen=True, slots=True)
class TroubleView:
    """The HTTP status, its title, and what happened in words; `again` says that asking again later can help."""

    status: int
    title: str
    text: str
    again: bool = False
