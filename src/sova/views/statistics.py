"""Statistics: today, yesterday, last 7 days and any range, each beside the stretch before it, by every dimension."""

from __future__ import annotations

from dataclasses import dataclass

from sova.filters import Search
from sova.stats import DIMENSIONS, ReasonCount, Statistics, statistics, top_reasons_of
from sova.views.desk import Desk, Span

__all__ = ["StatisticsView", "statistics_view"]

SHORT, LONG = 10, 100
"""Rows of a table where every dimension is shown, and where one is."""


@dataclass(frozen=True, slots=True)
class StatisticsView:
    """`by` is the dimension that was asked for, "" for all of them; `lost` holds the reasons that cost most."""

    span: Span
    search: Search
    by: str
    statistics: Statistics
    lost: tuple[ReasonCount, ...]

    @property
    def most(self) -> int:
        """Rows of a table by a dimension; where it has as many, there may be more."""
        return LONG if self.by else SHORT

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """What this page was asked for beside span and search."""
        return (("by", self.by),) if self.by else ()


def statistics_view(desk: Desk, span: Span, search: Search, by: str = "") -> StatisticsView:
    """The statistics of a stretch of time. Raises StoreError, and ValueError for a dimension that is none."""
    if by and by not in DIMENSIONS:
        raise ValueError(f"{by!r} is no dimension; allowed: {', '.join(DIMENSIONS)}")
    wanted = desk.within(search, span)
    found = statistics(
        desk.store,
        wanted,
        span.since,
        span.until,
        desk.now,
        desk.timezone,
        name=span.words,
        by=(by,) if by else DIMENSIONS,
        limit=LONG if by else SHORT,
        top=SHORT,
    )
    lost = top_reasons_of(desk.store, wanted, span.since, span.until, limit=SHORT, order="lost", zone=desk.timezone)
    return StatisticsView(span, search, by, found, tuple(one for one in lost if one.lost))
