"""Statistics: frozen values that every report and page shows, and the functions that make them.

Every definition stands in one docstring, and in docs/statistics.md for readers. Shares are counts of a whole, never
rounded here; each build counts once. `summarise` sums up one run; the others ask the store for any stretch of time.
What asks the store is imported when it is first named: reports of values need no database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sova.stats.counts import DIMENSIONS, Compared, DayCount, Part, ReasonCount, Totals
from sova.stats.ranges import MOST_DAYS, before, days_of, periods
from sova.stats.runs import CIRCLE, Circle, Flaky, JobHealth, Streak, circle_of, flaky_of, streak_of, switches
from sova.stats.shares import Share
from sova.stats.summary import (
    Group,
    JobSummary,
    Summary,
    TopReason,
    summarise,
    top_reasons,
    totals,
)

if TYPE_CHECKING:
    from sova.stats.causes import ORDERS, first_seen_of, top_reasons_of
    from sova.stats.counted import compare, compared, daily, newest_of, parts
    from sova.stats.jobs import health, red_or_flaky
    from sova.stats.whole import Statistics, statistics

__all__ = [
    "CIRCLE",
    "DIMENSIONS",
    "MOST_DAYS",
    "ORDERS",
    "Circle",
    "Compared",
    "DayCount",
    "Flaky",
    "Group",
    "JobHealth",
    "JobSummary",
    "Part",
    "ReasonCount",
    "Share",
    "Statistics",
    "Streak",
    "Summary",
    "TopReason",
    "Totals",
    "before",
    "circle_of",
    "compare",
    "compared",
    "daily",
    "days_of",
    "first_seen_of",
    "flaky_of",
    "health",
    "newest_of",
    "parts",
    "periods",
    "red_or_flaky",
    "statistics",
    "streak_of",
    "summarise",
    "switches",
    "top_reasons",
    "top_reasons_of",
    "totals",
]

_ASK_THE_STORE = {
    **dict.fromkeys(("ORDERS", "first_seen_of", "top_reasons_of"), "causes"),
    **dict.fromkeys(("compare", "compared", "daily", "newest_of", "parts"), "counted"),
    **dict.fromkeys(("health", "red_or_flaky"), "jobs"),
    **dict.fromkeys(("Statistics", "statistics"), "whole"),
}
"""Name: the module that holds it."""


def __getattr__(name: str) -> object:
    if name not in _ASK_THE_STORE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ASK_THE_STORE[name]}"), name)
