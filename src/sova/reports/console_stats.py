"""Statistics for a terminal, or for a pipe: plain columns without colour where no terminal is.

A table gives up its last columns before it folds numbers: what must be read stands first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sova.reports.clean import shorten
from sova.reports.console_diagnosis import linked, tag_style
from sova.reports.statistics_words import (
    ARROWS,
    INTERVAL,
    arrow,
    bars,
    hours,
    interval,
    spoken_range,
    streak_words,
)
from sova.reports.tags import mark_of, tag_order
from sova.reports.wording import age, count, length, share
from sova.stats import Circle, Compared, JobHealth, Part, ReasonCount, Share, Totals

if TYPE_CHECKING:
    from sova.stats import Statistics
    from sova.store import Run

__all__ = ["render_statistics"]

_HEADING = Style(bold=True)
_SOFT = Style(dim=True)
_CIRCLES = {
    Circle.PASSED: ("●", "green"),
    Circle.FAILED: ("●", "red"),
    Circle.MIXED: ("◐", "yellow"),
    Circle.NONE: ("○", "dim"),
}
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its head, whether it holds numbers, and the least width to which its cells may be folded (0: never)."""

    head: str
    number: bool = False
    room: int = 0


_PERIODS = (
    _Column(""),
    _Column("builds", number=True),
    _Column("failed", number=True),
    _Column("pass rate", number=True),
    _Column("before"),
    _Column("known reason", number=True),
    _Column("before"),
    _Column("CI lost", number=True),
)
_REASONS = (
    _Column("builds", number=True),
    _Column("before", number=True),
    _Column("tag"),
    _Column(""),
    _Column("reason", room=40),
    _Column("jobs", number=True),
    _Column("changes", number=True),
    _Column("CI lost", number=True),
    _Column("last seen"),
    _Column("first seen"),
)
_PARTS = (
    _Column("", room=28),
    _Column("builds", number=True),
    _Column("failed", number=True),
    _Column("pass rate", number=True),
    _Column("before"),
    _Column("median", number=True),
    _Column("90 %", number=True),
    _Column("known", number=True),
    _Column("CI lost", number=True),
)
_FAILED_PARTS = (
    _Column("", room=40),
    _Column("failed", number=True),
    _Column("before", number=True),
    _Column("of all failures", number=True),
    _Column("median", number=True),
    _Column("90 %", number=True),
    _Column("CI lost", number=True),
)
_JOBS = (_Column(""), _Column("job", room=28), _Column("newest runs"), _Column("in a row"), _Column("flaky", room=20))


def render_statistics(statistics: Statistics, console: Console) -> None:
    """Print everything: periods, days, top reasons, parts, jobs that are red or flaky, and what the numbers mean."""
    zone = ZoneInfo(statistics.timezone)
    _line(_head(statistics, zone), console)
    _table(_PERIODS, [_period(one, statistics) for one in _periods(statistics)], console)
    _range(statistics, console)
    history = bool(statistics.range.before.builds)
    reasons = [_reason(reason, zone, statistics.now, history=history) for reason in statistics.reasons]
    _section("Top reasons", _REASONS, reasons, console)
    for by, parts in statistics.parts.items():
        failures_only = by in ("tag", "reason")
        columns, row = (_FAILED_PARTS, _failed_part) if failures_only else (_PARTS, _part)
        _section(f"By {by}", columns, [row(part, statistics.range.totals) for part in parts], console)
    _section("Red or flaky jobs", _JOBS, [_job(job, zone) for job in statistics.jobs], console)
    console.print()
    for note in _notes(statistics):
        _line(Text(note, style=_SOFT), console)


def _head(statistics: Statistics, zone: ZoneInfo) -> Text:
    """As of when, and how old the newest build is: silence must not look like green."""
    newest = f"; newest build {age(statistics.newest, statistics.now)} old" if statistics.newest else ""
    now = statistics.now.astimezone(zone)
    return Text.assemble((f"CI statistics as of {now:%Y-%m-%d %H:%M} ({zone.key})", _HEADING), (newest, _SOFT))


def _periods(statistics: Statistics) -> Iterator[Compared]:
    yield from statistics.compared
    if all((one.since, one.until) != (statistics.since, statistics.until) for one in statistics.compared):
        yield statistics.range


def _notes(statistics: Statistics) -> Iterator[str]:
    yield INTERVAL
    yield ARROWS
    yield "In brackets: the stretch before. CI lost: length of the failed builds. Today goes on until midnight."
    if statistics.reasons and not statistics.range.before.builds:
        yield "Nothing is stored from the days before the range, so no reason is called new."
    if any(job.flaky for job in statistics.jobs):
        yield (
            "Flaky: a patch set both failed and passed the job, or at least 4 switches among its last 10 runs without "
            "a change."
        )


def _period(one: Compared, statistics: Statistics) -> list[Text]:
    name = one.name or "the range"
    here = (one.since, one.until) == (statistics.since, statistics.until)
    now, before = one.totals, one.before
    return [
        Text(name, style=_HEADING if here else ""),
        Text.assemble(f"{now.builds:,}", (f" ({before.builds:,})", _SOFT)),
        Text.assemble(f"{now.failed:,}", (f" ({before.failed:,})", _SOFT)),
        Text(interval(now.pass_rate)),
        _arrow(now.pass_rate, before.pass_rate),
        Text(interval(now.known)),
        _arrow(now.known, before.known),
        Text(hours(now.lost)),
    ]


def _arrow(now: Share, before: Share) -> Text:
    words = arrow(now, before)
    return Text(words, style={"▲": "green", "▼": "red"}.get(words[:1], "dim"))


def _range(statistics: Statistics, console: Console) -> None:
    totals = statistics.range.totals
    console.print()
    _line(Text(spoken_range(statistics), style=_HEADING), console)
    line = Text(f"{count(totals.builds, 'build')}: {totals.passed:,} passed, {totals.failed:,} failed")
    if totals.other:
        line.append(f", {totals.other:,} skipped or running")
    _line(line, console)
    if totals.failed:
        line = Text("failures: ")
        for place, (tag, number) in enumerate(sorted(totals.by_tag, key=lambda item: tag_order(item[0]))):
            value = Share(number, totals.failed)
            line.append(" · " if place else "").append(f"{mark_of(tag).letter} {shorten(tag, 16)}", tag_style(tag))
            line.append(f" {interval(value)}")
        if totals.unreadable:
            line.append(f"; logs of {totals.unreadable:,} could not be read")
        _line(line, console)
    if len(statistics.days) > 1:
        _days(statistics, console)


def _days(statistics: Statistics, console: Console) -> None:
    failed = [day.totals.failed for day in statistics.days]
    most = max(statistics.days, key=lambda day: day.totals.failed)
    if most.totals.failed:
        shown = failed[-max(1, console.width - 50) :]
        line = Text.assemble("failures a day: ", (bars(shown), "red"))
        line.append(f"  most on {most.date:%a %m-%d}: {most.totals.failed:,} of {most.totals.builds:,}", _SOFT)
        _line(line, console)


def _reason(reason: ReasonCount, zone: ZoneInfo, now: dt.datetime, *, history: bool) -> list[Text]:
    news = "new" if reason.new and history else "came back" if reason.returned else ""
    return [
        Text(f"{reason.builds:,}", style=_HEADING),
        Text(f"{reason.before:,}", style=_SOFT),
        Text(f"{mark_of(reason.tag).letter} {shorten(reason.tag, 16)}", style=tag_style(reason.tag)),
        Text(news, style="bold yellow"),
        linked(shorten(reason.message, 200), reason.bug),
        Text(f"{reason.jobs:,}"),
        Text(f"{reason.changes:,}"),
        Text(hours(reason.lost)),
        Text(f"{age(reason.last_seen, now)} ago"),
        Text(f"{reason.first_seen.astimezone(zone):%Y-%m-%d %H:%M}", style=_SOFT),
    ]


def _name(part: Part) -> Text:
    name = shorten(part.name, 300 if part.tag else _LONGEST_NAME) or "(none)"
    return Text.assemble((f"{mark_of(part.tag).letter} ", tag_style(part.tag)), name) if part.tag else Text(name)


def _part(part: Part, _all: Totals) -> list[Text]:
    now, before = part.totals, part.before
    return [
        _name(part),
        Text(f"{now.builds:,}"),
        Text(f"{now.failed:,}", style="bold red" if now.failed else ""),
        Text(interval(now.pass_rate)),
        _arrow(now.pass_rate, before.pass_rate),
        Text(length(part.median)),
        Text(length(part.p90)),
        Text(share(now.explained, now.failed)),
        Text(hours(now.lost)),
    ]


def _failed_part(part: Part, every: Totals) -> list[Text]:
    now = part.totals
    return [
        _name(part),
        Text(f"{now.failed:,}", style=_HEADING),
        Text(f"{part.before.failed:,}", style=_SOFT),
        Text(interval(Share(now.failed, every.failed))),
        Text(length(part.median)),
        Text(length(part.p90)),
        Text(hours(now.lost)),
    ]


def _job(job: JobHealth, zone: ZoneInfo) -> list[Text]:
    sign, colour = _CIRCLES[job.circle]
    name = Text(shorten(job.name, _LONGEST_NAME), style=_HEADING)
    strip = Text()
    for run in job.runs:
        mark = mark_of(_mark(run))
        strip.append(mark.letter, style=tag_style(mark.name))
    flaky = Text(job.flaky.words if job.flaky else "", style=_SOFT)
    return [Text(sign, style=colour), name, strip, Text(streak_words(job.streak, zone)), flaky]


def _mark(run: Run) -> str:
    if run.failed:
        return "unread" if run.verdict.value == "no logs" else run.tag or "unknown"
    return "passed" if run.passed else "skipped"


def _section(title: str, columns: Sequence[_Column], rows: Sequence[Sequence[Text]], console: Console) -> None:
    if rows:
        console.print()
        _line(Text(title, style=_HEADING), console)
        _table(columns, rows, console)


def _table(columns: Sequence[_Column], rows: Sequence[Sequence[Text]], console: Console) -> None:
    """Rows below their heads. On a terminal within its width; else a line a row, padded with spaces."""
    widths = [max(cell_len(column.head), *(row[n].cell_len for row in rows)) for n, column in enumerate(columns)]
    if not console.is_terminal:
        for cells in ([Text(column.head) for column in columns], *rows):
            padded = (_padded(*cell) for cell in zip(cells, columns, widths, strict=True))
            _line(Text(("  " + "  ".join(padded)).rstrip()), console)
        return
    shown = _fitting(columns, widths, console.width)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("", width=0)
    for column in columns[:shown]:
        table.add_column(
            column.head,
            justify="right" if column.number else "left",
            no_wrap=not column.room,
            overflow="fold",
        )
    for row in rows:
        table.add_row("", *row[:shown])
    console.print(table)


def _fitting(columns: Sequence[_Column], widths: Sequence[int], width: int) -> int:
    """How many of the columns fit, where those that fold need no more than their room."""
    needed = 2
    for place, (column, own) in enumerate(zip(columns, widths, strict=True)):
        needed += 2 + (min(own, column.room) if column.room else own)
        if needed > width and place > 2:
            return place
    return len(columns)


def _padded(cell: Text, column: _Column, width: int) -> str:
    space = " " * (width - cell.cell_len)
    return space + cell.plain if column.number else cell.plain + space


def _line(line: Text, console: Console) -> None:
    console.print(line, highlight=False, soft_wrap=not console.is_terminal)
