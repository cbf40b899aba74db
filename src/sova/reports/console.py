"""Reports for a terminal, or for a pipe: plain columns without colour where no terminal is.

Text from outside only travels as `rich.text.Text`, cleaned first, so that neither ANSI nor rich's own markup in it
does anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sova.model import Diagnosis, Problem, ProblemKind
from sova.reports.clean import one_line, shorten
from sova.reports.console_parts import badge, linked, print_line, tag_badge, tag_style
from sova.reports.overview import BurningReason, RedJob, headline, overview
from sova.reports.states import state_of
from sova.reports.wording import age, count, share
from sova.stats import Group, Summary, Totals

__all__ = ["render"]

_MOST_REASONS = 10
_MOST_UNREAD = 10
_LAST_RUNS = 10
_NEVER_FOLDED = 12
_WIDEST = 100
_HEADING = Style(bold=True)
_SOFT = Style(dim=True)

Row = Sequence[Text | str]


def render(summary: Summary, console: Console) -> None:
    """Print the whole report; each failure has a line of its own."""
    zone = ZoneInfo(summary.timezone)
    for line in _head(summary):
        print_line(line, console)
    seen = overview(summary)
    for title, reasons in (
        ("New since yesterday", seen.new),
        ("Still burning", seen.burning),
        ("Not seen since yesterday", seen.quiet),
    ):
        _section(title, [_reason_row(one, zone) for one in reasons[:_MOST_REASONS]], console)
    _section("Red jobs, newest run first", [_red_row(job, zone) for job in seen.red], console)
    unread = [_unread_row(one, zone) for one in seen.unreadable[:_MOST_UNREAD]]
    _section(f"Could not read all logs of {count(len(seen.unreadable), 'build')}", unread, console)
    for group in summary.groups:
        rows = list(_group_rows(group, zone, console))
        title = one_line(group.title) or ("Other jobs" if len(summary.groups) > 1 else "Jobs")
        _section(f"{title}: {_score(group)}", rows, console)


def _head(summary: Summary) -> Iterator[Text]:
    yield _totals(summary.totals)
    if summary.new_builds:
        yield Text(f"{count(summary.new_builds, 'new build')}{_newest(summary)}", style=_SOFT)
    else:
        yield Text(f"0 new builds{_newest(summary)}", style="bold yellow")
    for source in summary.sources:
        name = one_line(source.source)
        problems = "; ".join(_problem(one, source.source) for one in source.problems)
        if not source.reachable:
            what = "could not be read to its end" if source.builds else "could not be reached"
            yield Text.assemble(("! ", "bold red"), f"{name} {what}", f": {problems}" if problems else "")
        elif problems:
            yield Text.assemble(("! ", "bold yellow"), f"{name}: {problems}")


def _problem(problem: Problem, source: str) -> str:
    where = "" if problem.where == source else f"{shorten(problem.where, 100)}: "
    return f"{where}{shorten(problem.detail, 200)}"


def _totals(totals: Totals) -> Text:
    """Failures, their share by tag (tags besides infra, code and unknown together), and how many are explained."""
    parts = {tag: totals.tagged(tag) for tag in ("infra", "code", "unknown")}
    shares = {
        "infra": parts["infra"],
        "code": parts["code"],
        "other": totals.failed - sum(parts.values()),
        "unknown": parts["unknown"],
    }
    line = Text.assemble((f"{count(totals.builds, 'build')}, {totals.failed:,} failed", "bold"))
    for tag, number in shares.items():
        line.append("  ").append(f"{tag} {share(number, totals.failed)}", style=tag_style(tag))
    return line.append(f"  known reason {share(totals.explained, totals.failed)}", style="bold")


def _newest(summary: Summary) -> str:
    return f", newest {age(summary.newest, summary.now)} old" if summary.newest else ""


def _when(moment: dt.datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%m-%d %H:%M}" if moment else "-"


def _reason_row(one: BurningReason, zone: ZoneInfo) -> Row:
    reason = one.reason
    where = Text(f"{count(reason.jobs, 'job')} since {_when(reason.first_seen, zone)}", style=_SOFT)
    message = linked(shorten(reason.message, 300), reason.bug)
    return (Text(str(reason.builds), style=_HEADING), tag_badge(reason.tag), message, where)


def _red_row(job: RedJob, zone: ZoneInfo) -> Row:
    strip = Text()
    for run in job.runs[:_LAST_RUNS]:
        mark, _ = state_of(run)
        strip.append(mark.letter, style=tag_style(mark.name))
    since = Text(f"{job.failures} in a row since {_when(job.since, zone)}", style=_SOFT)
    message, of_a_log = headline(job.newest)
    reason = Text(shorten(message, 200), style="italic" if of_a_log else "")
    return (Text(one_line(job.name), style=_HEADING), strip, since, reason)


def _unread_row(diagnosis: Diagnosis, zone: ZoneInfo) -> Row:
    problems = [one for one in diagnosis.problems if one.kind is not ProblemKind.MISSING] or diagnosis.problems
    told = "; ".join(f"{one.kind.value}: {shorten(one.where, 100)}" for one in problems)
    name = Text(one_line(diagnosis.build.job_name), style=_HEADING)
    return (name, Text(_when(diagnosis.build.time, zone), style=_SOFT), told)


def _score(group: Group) -> str:
    failures = sum(job.totals.failed for job in group.jobs)
    return f"{failures:,} of {count(sum(job.totals.builds for job in group.jobs), 'build')} failed"


def _group_rows(group: Group, zone: ZoneInfo, console: Console) -> Iterator[Row]:
    for job in group.jobs:
        for place, diagnosis in enumerate(one for one in job.diagnoses if one.failed):
            name = "" if place and console.is_terminal else one_line(job.name)
            yield _build_row(name, diagnosis, zone, console)


def _build_row(name: str, diagnosis: Diagnosis, zone: ZoneInfo, console: Console) -> Row:
    """The seed's line: date, job, known or not, reasons, link. On a terminal a job is named once."""
    build = diagnosis.build
    url = one_line(build.log_url or build.url)
    can_link = console.is_terminal and console.color_system is not None
    return (
        linked(_when(build.time, zone), build.url),
        name,
        badge(diagnosis),
        _reasons(diagnosis, brief=console.is_terminal),
        linked(shorten(build.change.name, 40), build.change.url),
        (linked("log", url) if url else Text()) if can_link else Text(url),
    )


def _reasons(diagnosis: Diagnosis, *, brief: bool) -> Text:
    """Why it failed: the headline, then the other reasons (`brief`: only how many)."""
    message, of_a_log = headline(diagnosis) if diagnosis.failed or diagnosis.reasons else ("", False)
    line = Text(shorten(message, 200), style="italic" if of_a_log else "")
    if not diagnosis.primary:
        line = Text.assemble(shorten(diagnosis.build.result, 40) or "no result", ": " if message else "", line)
    others = [shorten(reason.message, 200) for reason in diagnosis.reasons if reason.message != message]
    if others:
        line.append(f" (+{len(others)})" if brief else "".join(f"; {other}" for other in others), style=_SOFT)
    return line


def _section(title: str, rows: Sequence[Row], console: Console) -> None:
    if rows:
        console.print()
        print_line(Text(title, style=_HEADING), console)
        _columns([[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows], console)


def _columns(rows: Sequence[Sequence[Text]], console: Console) -> None:
    """Rows as columns: within the width of a terminal, else one line a row, where longer cells push the rest along."""
    if not console.is_terminal:
        widths = [min(_WIDEST, max(cell_len(cell.plain) for cell in column)) for column in zip(*rows, strict=True)]
        for row in rows:
            line = "  ".join(_padded(cell.plain, width) for cell, width in zip(row, widths, strict=True))
            print_line(Text(("  " + line).rstrip()), console)
        return
    table = Table.grid(padding=(0, 2, 0, 0), pad_edge=True)
    for column in zip(*rows, strict=True):
        widest = max(cell.cell_len for cell in column)
        table.add_column(overflow="fold", no_wrap=widest <= _NEVER_FOLDED)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))
