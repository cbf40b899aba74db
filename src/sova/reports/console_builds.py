"""Builds as a list, one line each: cut to the width of a terminal, or whole, with tabs between, for a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sova.model import Diagnosis, Verdict
from sova.reports.clean import one_line, shorten
from sova.reports.console_parts import badge, linked
from sova.reports.overview import headline
from sova.reports.wording import iso
from sova.slugs import build_slug

__all__ = ["PLAIN_COLUMNS", "plain_lines", "render_builds"]

_DIGITS = 10
"""Digits of a build's name that are shown; of a million builds hardly two share them."""
_SOFT = Style(dim=True)
_HEAD = Style(dim=True, underline=True)
_WIDEST_JOB = 40
_BESIDE = 46  # what the other columns take: id, time, change, why

PLAIN_COLUMNS = ("id", "time", "job", "change", "verdict", "tag", "reason", "log_url")
"""What stands in a line where no terminal is."""


def render_builds(diagnoses: Iterable[Diagnosis], console: Console, zone: ZoneInfo) -> None:
    """Print a line a build, in their order; all columns fit into the width of the terminal."""
    rows = [_row(diagnosis, zone, console.width) for diagnosis in diagnoses]
    if rows:
        console.print(_table(rows))


def plain_lines(diagnoses: Iterable[Diagnosis]) -> Iterator[str]:
    """A line a build for a pipe: the columns of `PLAIN_COLUMNS`."""
    for diagnosis in diagnoses:
        yield "\t".join(_plain(diagnosis)) + "\n"


def _plain(diagnosis: Diagnosis) -> Sequence[str]:
    build = diagnosis.build
    return (
        build_slug(build.key),
        iso(build.time, "seconds") if build.time else "",
        one_line(build.job_name),
        one_line(build.change.name),
        diagnosis.verdict.value,
        one_line(diagnosis.tag),
        one_line(_why(diagnosis)[0]),
        one_line(build.log_url),
    )


def _table(rows: Iterable[Sequence[Text]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=_HEAD, expand=True)
    for name in ("ID", "TIME", "JOB", "CHANGE", "WHY"):
        table.add_column(name, no_wrap=True, overflow="ellipsis")
    table.add_column("REASON", no_wrap=True, overflow="ellipsis", ratio=1)
    for row in rows:
        table.add_row(*row)
    return table


def _row(diagnosis: Diagnosis, zone: ZoneInfo, width: int) -> Sequence[Text]:
    build = diagnosis.build
    moment = f"{build.time.astimezone(zone):%m-%d %H:%M}" if build.time else "-"
    message, of_a_log = _why(diagnosis)
    return (
        Text(build_slug(build.key)[:_DIGITS], style=_SOFT),
        Text(moment, style=_SOFT),
        linked(shorten(build.job_name, _room(width)), build.url or build.log_url),
        linked(shorten(build.change.name, 16), build.change.url),
        badge(diagnosis, 10),
        Text(shorten(message, 300), style="italic" if of_a_log else ""),
    )


def _room(width: int) -> int:
    """What the job may take of the width, so that more is left for the reason."""
    return max(12, min(_WIDEST_JOB, (width - _BESIDE) * 2 // 5))


def _why(diagnosis: Diagnosis) -> tuple[str, bool]:
    """Why it failed in a line, else how it ended unless it passed; and whether the line is one of a log."""
    if diagnosis.verdict is Verdict.PASSED:
        return "", False
    if diagnosis.failed or diagnosis.reasons:
        message, of_a_log = headline(diagnosis)
        return (message, of_a_log) if message else (diagnosis.build.result, False)
    return diagnosis.build.result, False
