"""What charts show: series and rows for the macro `chart`, which draws a table and lets the script draw the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from sova.reports.links import Links
from sova.reports.parameters import moment
from sova.reports.tags import mark_of, tag_order
from sova.reports.wording import length, share
from sova.stats import DayCount, Totals
from sova.views.lengths import DayLength
from sova.views.reasons import DayBuilds

__all__ = ["failures_chart", "hue", "lengths_chart", "outcomes_chart", "reason_chart", "tags_of"]

Series: TypeAlias = "tuple[str, str, str]"
"""Name, kind (bar, line, point; "2" behind it for the scale on the right), hue."""
Value: TypeAlias = "float | tuple[float | None, str] | None"
"""A number, or a number and how it is written in the table."""
Row: TypeAlias = "tuple[str, str, list[Value]]"
"""Label, link, one value a series."""

_MINUTE = 60


def hue(name: str) -> str:
    """The name of a hue of the style sheet: for a tag, "passed", or "text"."""
    return name if name == "text" else mark_of(name).name


def tags_of(totals: Iterable[Totals]) -> list[str]:
    """The tags that any of these failures have, in the one order that tags always stand in."""
    return sorted({tag for one in totals for tag, _ in one.by_tag}, key=tag_order)


def failures_chart(
    days: Sequence[DayCount], to_builds: Callable[..., str], links: Links
) -> tuple[list[Series], list[Row]]:
    """Failures a day by tag, and the share of them with a known reason. On disk a day has a page of its own."""
    tags = tags_of(day.totals for day in days)
    series = [*((tag, "bar", tag) for tag in tags), ("explained", "line2", "text")]
    rows: list[Row] = []
    for day in days:
        label, link, values = _row(day, [*map(day.totals.tagged, tags), _percent(day)], to_builds, {"failed": "yes"})
        rows.append((label, link if links.live else links.day(day.date), values))
    return series, rows


def outcomes_chart(
    days: Sequence[DayCount], to_builds: Callable[..., str], **filters: str
) -> tuple[list[Series], list[Row]]:
    """Builds a day: failures by tag, passed, others. `filters` go along to the builds of a day."""
    tags = tags_of(day.totals for day in days)
    series = [*((tag, "bar", tag) for tag in tags), ("passed", "bar", "passed"), ("other", "bar", "skipped")]
    rows = [
        _row(day, [*map(day.totals.tagged, tags), day.totals.passed, day.totals.other], to_builds, filters)
        for day in days
    ]
    return series, rows


def reason_chart(
    days: Sequence[DayBuilds], tag: str, to_builds: Callable[..., str], **filters: str
) -> tuple[list[Series], list[Row]]:
    """Builds a day that failed for one reason, in the hue of its tag."""
    rows: list[Row] = []
    for day in days:
        link = to_builds(**filters, since=moment(day.since), until=moment(day.until)) if day.builds else ""
        rows.append((f"{day.date:%m-%d}", link, [day.builds]))
    return [("builds", "bar", tag)], rows


def lengths_chart(days: Sequence[DayLength]) -> tuple[list[Series], list[Row]]:
    """Length of builds a day, in minutes."""
    series = [("median", "line", "passed"), ("90 of 100", "line", "text"), ("longest", "point", "other")]
    rows: list[Row] = [
        (f"{day.date:%m-%d}", "", [_minutes(day.median), _minutes(day.p90), _minutes(day.longest)]) for day in days
    ]
    return series, rows


def _row(day: DayCount, values: list[Value], to_builds: Callable[..., str], filters: dict[str, str]) -> Row:
    link = to_builds(**filters, since=moment(day.since), until=moment(day.until)) if day.totals.builds else ""
    return f"{day.date:%m-%d}", link, values


def _percent(day: DayCount) -> Value:
    known = day.totals.known
    return None if known.value is None else (round(100 * known.value, 1), share(known.part, known.whole))


def _minutes(seconds: float) -> Value:
    return round(seconds / _MINUTE, 2), length(seconds)
