"""Statistics as CSV (the parts by each dimension) and as Markdown (a chat, a mail)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from sova.reports.as_csv import Cell, Column, line, written
from sova.reports.as_markdown import literal
from sova.reports.statistics_words import arrow, hours, interval, periods_of, spoken_range
from sova.reports.wording import count, length, share
from sova.stats import Compared, Part, Statistics

__all__ = ["COLUMNS", "csv_text", "markdown_text"]

COLUMNS: tuple[Column[Part], ...] = (
    Column("name", "What it is called; empty where builds have none.", lambda part: part.name),
    Column("tag", "Tag of a reason.", lambda part: part.tag),
    Column("builds", "Builds in the range.", lambda part: part.totals.builds),
    Column("passed", "Builds that passed.", lambda part: part.totals.passed),
    Column("failed", "Failures.", lambda part: part.totals.failed),
    Column("explained", "Failures with a known reason.", lambda part: part.totals.explained),
    Column("unreadable", "Failures whose logs could not be had.", lambda part: part.totals.unreadable),
    Column("pass_rate", "Passed of those that passed or failed, 0 to 1.", lambda part: part.totals.pass_rate.value),
    Column("pass_rate_low", "Lower end of its 95 % interval.", lambda part: part.totals.pass_rate.low),
    Column("pass_rate_high", "Upper end of its 95 % interval.", lambda part: part.totals.pass_rate.high),
    Column("known", "Explained of the failures, 0 to 1.", lambda part: part.totals.known.value),
    Column("median", "Median length in seconds.", lambda part: part.median),
    Column("p90", "90th percentile of the length in seconds.", lambda part: part.p90),
    Column("lost", "Length of the failures together, in seconds.", lambda part: part.totals.lost),
    Column("builds_before", "Builds in the stretch before.", lambda part: part.before.builds),
    Column("failed_before", "Failures in the stretch before.", lambda part: part.before.failed),
    Column("pass_rate_before", "Pass rate in the stretch before.", lambda part: part.before.pass_rate.value),
    Column("slug", "Its name in addresses of pages.", lambda part: part.slug),
)
"""Every column after `by`, in this order. Columns may be added at the end, none is taken away or moved."""


def csv_text(statistics: Statistics) -> Iterator[str]:
    """The row of names, then a row a part of each dimension that was asked for (RFC 4180)."""
    yield line(["by", *(column.name for column in COLUMNS)])
    for by, parts in statistics.parts.items():
        for part in parts:
            yield line([by, *(_rounded(column.value(part)) for column in COLUMNS)])


def _rounded(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:.6g}" if value < 1 else f"{value:.1f}"
    return written(value)


def markdown_text(statistics: Statistics) -> Iterator[str]:
    """A headline, the periods, the top reasons, and a table for each dimension that was asked for."""
    totals = statistics.range.totals
    yield f"**{spoken_range(statistics)}: {count(totals.builds, 'build')}, {totals.failed:,} failed**"
    yield f", {share(totals.explained, totals.failed)} with a known reason\n" if totals.failed else "\n"
    yield from _table(("period", "builds", "failed", "pass rate", "known reason"), map(_period, periods_of(statistics)))
    zone = ZoneInfo(statistics.timezone)
    if statistics.reasons:
        rows = (
            (
                f"{reason.builds:,}",
                literal(reason.tag, 40),
                literal(reason.message),
                f"{reason.jobs:,}",
                hours(reason.lost),
                f"{reason.first_seen.astimezone(zone):%Y-%m-%d %H:%M}",
                "new" if reason.new else "came back" if reason.returned else "",
            )
            for reason in statistics.reasons
        )
        yield from _table(("builds", "tag", "reason", "jobs", "lost", "first seen", ""), rows)
    for by, parts in statistics.parts.items():
        if parts:
            yield from _table((by, "builds", "failed", "pass rate", "median", "90 %", "lost"), map(_part, parts))
    yield "\n"


def _period(one: Compared) -> Sequence[str]:
    now, before = one.totals, one.before
    return (
        one.name or "the range",
        f"{now.builds:,} (before {before.builds:,})",
        f"{now.failed:,} (before {before.failed:,})",
        f"{interval(now.pass_rate)} {arrow(now.pass_rate, before.pass_rate)}".strip(),
        f"{interval(now.known)} {arrow(now.known, before.known)}".strip(),
    )


def _part(part: Part) -> Sequence[str]:
    totals = part.totals
    return (
        literal(part.name, 80),
        f"{totals.builds:,}",
        f"{totals.failed:,}",
        f"{interval(totals.pass_rate)} {arrow(totals.pass_rate, part.before.pass_rate)}".strip(),
        length(part.median),
        length(part.p90),
        hours(totals.lost),
    )


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"
