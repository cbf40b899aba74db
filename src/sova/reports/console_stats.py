"""Statistics for a terminal, or for a pipe."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.style import Style
from rich.text import Text

from sova.reports.clean import shorten
from sova.reports.console_parts import linked, print_line, tag_badge, tag_style
from sova.reports.console_table import Column, print_table
from sova.reports.states import state_of
from sova.reports.statistics_words import (
    ARROWS,
    INTERVAL,
    arrow,
    bars,
    hours,
    interval,
    periods_of,
    spoken_range,
    streak_words,
)
from sova.reports.tags import mark_of, tag_order
from sova.reports.wording import age, count, length, share
from sova.stats import Circle, Compared, JobHealth, Part, ReasonCount, Share, Totals

if TYPE_CHECKING:
    from sova.stats import Statistics

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

_PERIODS = (
    Column(""),
    Column("builds", number=True),
    Column("failed", number=True),
    Column("pass rate", number=True),
    Column("before"),
    Column("known reason", number=True),
    Column("before"),
    Column("CI lost", number=True),
)
_REASONS = (
    Column("builds", number=True),
    Column("before", number=True),
    Column("tag"),
    Column(""),
    Column("reason", room=40),
    Column("jobs", number=True),
    Column("changes", number=True),
    Column("CI lost", number=True),
    Column("last seen"),
    Column("first seen"),
)
_PARTS = (
    Column("", room=28),
    Column("builds", number=True),
    Column("failed", number=True),
    Column("pass rate", number=True),
    Column("before"),
    Column("median", number=True),
    Column("90 %", number=True),
    Column("known", number=True),
    Column("CI lost", number=True),
)
_FAILED_PARTS = (
    Column("", room=40),
    Column("failed", number=True),
    Column("before", number=True),
    Column("of all failures", number=True),
    Column("median", number=True),
    Column("90 %", number=True),
    Column("CI lost", number=True),
)
_JOBS = (Column(""), Column("job", room=28), Column("newest runs"), Column("in a row"), Column("flaky", room=20))


def render_statistics(statistics: Statistics, console: Console) -> None:
    """Print everything: periods, days, top reasons, parts, jobs that are red or flaky, and what the numbers mean."""
    zone = ZoneInfo(statistics.timezone)
    print_line(_head(statistics, zone), console)
    print_table(_PERIODS, [_period(one, statistics) for one in periods_of(statistics)], console)
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
        print_line(Text(note, style=_SOFT), console)


def _head(statistics: Statistics, zone: ZoneInfo) -> Text:
    """As of when, and how old the newest build is: silence must not look like green."""
    newest = f"; newest build {age(statistics.newest, statistics.now)} old" if statistics.newest else ""
    now = statistics.now.astimezone(zone)
    return Text.assemble((f"CI statistics as of {now:%Y-%m-%d %H:%M} ({zone.key})", _HEADING), (newest, _SOFT))


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
    print_line(Text(spoken_range(statistics), style=_HEADING), console)
    line = Text(f"{count(totals.builds, 'build')}: {totals.passed:,} passed, {totals.failed:,} failed")
    if totals.other:
        line.append(f", {totals.other:,} skipped or running")
    print_line(line, console)
    if totals.failed:
        line = Text("failures: ")
        for place, (tag, number) in enumerate(sorted(totals.by_tag, key=lambda item: tag_order(item[0]))):
            value = Share(number, totals.failed)
            line.append(" · " if place else "").append_text(tag_badge(tag)).append(f" {interval(value)}")
        if totals.unreadable:
            line.append(f"; logs of {totals.unreadable:,} could not be read")
        print_line(line, console)
    if len(statistics.days) > 1:
        _days(statistics, console)


def _days(statistics: Statistics, console: Console) -> None:
    failed = [day.totals.failed for day in statistics.days]
    most = max(statistics.days, key=lambda day: day.totals.failed)
    if most.totals.failed:
        shown = failed[-max(1, console.width - 50) :]
        line = Text.assemble("failures a day: ", (bars(shown), "red"))
        line.append(f"  most on {most.date:%a %m-%d}: {most.totals.failed:,} of {most.totals.builds:,}", _SOFT)
        print_line(line, console)


def _reason(reason: ReasonCount, zone: ZoneInfo, now: dt.datetime, *, history: bool) -> list[Text]:
    news = "new" if reason.new and history else "came back" if reason.returned else ""
    return [
        Text(f"{reason.builds:,}", style=_HEADING),
        Text(f"{reason.before:,}", style=_SOFT),
        tag_badge(reason.tag),
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
        mark, _ = state_of(run)
        strip.append(mark.letter, style=tag_style(mark.name))
    flaky = Text(job.flaky.words if job.flaky else "", style=_SOFT)
    return [Text(sign, style=colour), name, strip, Text(streak_words(job.streak, zone)), flaky]


def _section(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Text]], console: Console) -> None:
    if rows:
        console.print()
        print_line(Text(title, style=_HEADING), console)
        print_table(columns, rows, console)
