"""`sova stats`: counts and shares of what is stored, for any stretch of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from sova.cli.app import App, as_of_option, pass_app
from sova.cli.filter_options import filters_but
from sova.cli.options import form_option
from sova.cli.output import emit_lines
from sova.config import store_location
from sova.filters import Search
from sova.stats import DIMENSIONS, MOST_DAYS, statistics
from sova.store import Store
from sova.times import day_start, days_back, parse_time
from sova.views.desk import RANGES, Span, span_of

if TYPE_CHECKING:
    from sova.stats import Statistics

__all__ = ["stats"]

_FORMS = {
    "json": ("sova.reports.statistics_json", "json_text"),
    "jsonl": ("sova.reports.statistics_json", "json_lines"),
    "csv": ("sova.reports.statistics_text", "csv_text"),
    "markdown": ("sova.reports.statistics_text", "markdown_text"),
}
"""Form: the module and the function that write it."""

_NOTHING = "no builds yet; `sova run` collects them"


@click.command(
    epilog="""\b
Examples:
  sova stats                               today, yesterday, the last 7 days; reasons and jobs of these
  sova stats --range 30d --by project --by branch
  sova stats --since 2026-11-01 --until 2026-11-08 --pipeline gate
  sova stats --tag infra --by reason --limit 50
  sova stats --by job -o csv > jobs.csv
  sova stats -o json | jq '.range.totals.known'

\b
A share stands with its 95 % Wilson interval. Every word is defined in docs/statistics.md."""
)
@click.option("--range", "range_name", type=click.Choice(RANGES), help="The range; 7d unless another one is told.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="The last so many days; today counts as one.")
@click.option("--since", default="", metavar="TIME", help="Begin of the range: yesterday, 6h, 2026-11-22, 11-22 14:00.")
@click.option("--until", default="", metavar="TIME", help="End of the range (with --since), in the same forms.")
@click.option(
    "--by", multiple=True, type=click.Choice(DIMENSIONS), help="Count by this (repeatable); by job unless told."
)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Rows of each table.")
@filters_but("days", "dates", "since", "until", "limit", "fail")
@click.option("--tag", multiple=True, metavar="TAG", help="Only failures with this tag (repeatable).")
@form_option("table", *_FORMS)
@as_of_option
@pass_app
def stats(  # noqa: PLR0913 - one parameter for each option
    app: App,
    /,
    *,
    range_name: str | None,
    days: int | None,
    since: str,
    until: str,
    by: tuple[str, ...],
    limit: int,
    tag: tuple[str, ...],
    output: str,
    **filters: object,
) -> None:
    """Count what is stored: shares of passed and explained builds, top reasons, jobs, beside the days before."""
    try:
        span = _span(app, range_name, days, since, until)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    search = Search(app.query(filters), tag=tag)
    with Store.open(store_location(app.config)) as store:
        found = statistics(
            store,
            search,
            span.since,
            span.until,
            app.now,
            app.config.timezone,
            name=span.words,
            by=by or ("job",),
            limit=limit,
        )
        empty = not found.newest and not store.count()
    _report(app, found, output, empty=empty)


def _span(app: App, name: str | None, days: int | None, since: str, until: str) -> Span:
    """The range that was told, in one of three ways. Raises ValueError."""
    now, zone = app.now, app.config.timezone
    if sum(map(bool, (name, days, since or until))) > 1:
        raise ValueError("the range is told by --range, by --days, or by --since and --until")
    tomorrow = days_back(now, 0, zone)
    if days:
        return Span("", days_back(now, days, zone), tomorrow)
    if not (since or until):
        return span_of(name or "7d", now, zone)
    if not since:
        raise ValueError("--until needs --since")
    begin = parse_time(since, now, zone)
    if until:
        end = parse_time(until, now, zone)
    else:  # whole days where it begins with a day, so that the stretch before has as many
        end = tomorrow if day_start(begin.astimezone(zone).date(), zone) == begin else now
    if not begin < end:
        raise ValueError("the range ends before it begins")
    if end - begin > dt.timedelta(days=MOST_DAYS):
        raise ValueError(f"a range should hold at most {MOST_DAYS:,} days")
    return Span("", begin, end)


def _report(app: App, found: Statistics, output: str, *, empty: bool) -> None:
    if output == "table":
        from sova.reports.console_stats import render_statistics  # noqa: PLC0415 - the other forms need none of it

        if empty:
            click.echo(_NOTHING)
        else:
            render_statistics(found, app.stdout)
        return
    if empty:
        click.echo(_NOTHING, err=True)
    module, name = _FORMS[output]
    form = cast("Callable[[Statistics], Iterator[str]]", getattr(import_module(module), name))
    emit_lines(form(found))
