"""`sova report`: pages of what is stored, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sova.cli.app import App, as_of_option, pass_app
from sova.cli.filter_options import filters_but
from sova.cli.sites import write_site
from sova.config import store_location
from sova.filters import Query
from sova.patterns.load import patterns_for
from sova.stats import MOST_DAYS
from sova.store import Store
from sova.views.desk import desk_of, foot_of

if TYPE_CHECKING:
    from sova.reports.site import Settings

__all__ = ["report"]


@click.group(
    epilog="""\b
Examples:
  sova report html site                    the pages of the last 14 days, or what changed of them
  sova report html --single report.html    one file, to attach to a mail or a build"""
)
def report() -> None:
    """Write pages of what is stored, as files."""


@report.command(
    epilog="""\b
Examples:
  sova report html site                            every page, or what changed since the last time
  sova report html site --days 30 --build-pages 7
  sova report html --single report.html --days 1   one file, to attach to a mail or a build

The pages open by a double click. An update writes only what changed: run it as often as you like."""
)
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=14, show_default=True, help="Days to show; today is one."
)
@click.option(
    "--build-pages",
    type=click.IntRange(1, MOST_DAYS),
    default=3,
    show_default=True,
    metavar="DAYS",
    help="Days whose failures have a page each; unknown ones always have.",
)
@click.option(
    "--single", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write one file that holds all."
)
@click.option("--url", default="", metavar="URL", help="Address under which people reach the pages, for texts to copy.")
@click.option(
    "--jobs", "-j", "processes", type=click.IntRange(0, 64), default=0, help="Processes; by default one a core."
)
@filters_but("days", "dates", "since", "until", "limit", "fail")
@as_of_option
@pass_app
def html(  # noqa: PLR0913 - one parameter for each option
    app: App,
    /,
    *,
    directory: Path | None,
    days: int,
    build_pages: int,
    single: Path | None,
    url: str,
    processes: int,
    **filters: object,
) -> None:
    """Write the pages into DIRECTORY, or with --single one file that holds what matters."""
    from sova.reports.site import Settings  # noqa: PLC0415 - the template engine is for pages only

    if not directory and not single:
        raise click.UsageError("name a directory, or a file with --single")
    query = app.query(filters)
    settings = Settings(title=app.config.title, days=days, build_pages=build_pages, base=url)
    if single:
        _write_single(app, query, single, settings)
    if directory:
        written = write_site(app, query, directory, settings, processes)
        click.echo(f"wrote {written.index}, {written.files} files changed", err=True)


def _write_single(app: App, query: Query, file: Path, settings: Settings) -> None:
    from sova.reports.site.single import write_single  # noqa: PLC0415 - as above

    with Store.open(store_location(app.config)) as store:
        desk = desk_of(app.config, patterns_for(app.config), store, query, app.now)
        size = write_single(desk, foot_of(desk), file, settings)
    click.echo(f"wrote {file}, {size / 1e6:.1f} MB", err=True)
