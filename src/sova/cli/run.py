"""`sova run`: the main job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sova.cli import EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_NO_SOURCE, EXIT_SOME_SOURCE
from sova.cli.app import App, as_of_option, pass_app
from sova.cli.filter_options import filter_options
from sova.cli.output import emit, output_option
from sova.cli.run_bar import RunBar
from sova.cli.sites import write_site
from sova.main_job import Run
from sova.main_job import run as main_job
from sova.reports.console import render
from sova.session import Session

__all__ = ["run"]


@click.command(
    epilog="""\b
Examples:
  sova run                                 today and yesterday, as a table
  sova run --days 7 --html site            a week, and the pages
  sova run --fail --pipeline gate --since 6h
  sova run --short upgrades -o json | jq '.diagnoses[].verdict'
  sova run --fail -o markdown              a table for a chat

\b
Exit status: 0 done; 1 failures found (only with --exit-status); 2 usage or configuration;
3 no source reachable; 4 some source not reachable; 130 interrupted."""
)
@filter_options
@click.option("--html", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help="Write the pages there.")
@output_option()
@as_of_option
@click.option("--exit-status", is_flag=True, help="Exit with 1 when a build failed.")
@pass_app
def run(app: App, /, *, html: Path | None, output: str, exit_status: bool, **filters: object) -> None:
    """Collect builds from every source, find out why they failed, keep that, and report it."""
    if not (filters["days"] or filters["since"] or filters["dates"]):
        filters["days"] = 2
    query = app.query(filters)
    with Session(app.config, now=app.now) as session, RunBar(app.stderr) as bar:
        done = main_job(session, query, bar)
    if done.collected.interrupted:
        click.echo("interrupted; what was done is saved and reported", err=True)
    _report(app, done, output)
    if html:
        # pages show days of their own, and stay when a run asks for less
        shown = replace(query, since=None, until=None, dates=(), limit=None, fail=False)
        click.echo(f"wrote {write_site(app, shown, html).index}", err=True)
    click.get_current_context().exit(_status(done, exit_status))


def _report(app: App, done: Run, output: str) -> None:
    if output == "table":
        render(done.summary, app.stdout)
        return
    for source in done.collected.sources:  # the table tells it itself
        for problem in source.problems:
            click.echo(f"{source.source}: {problem.detail}", err=True)
    emit(output, done.diagnoses)


def _status(done: Run, exit_status: bool) -> int:
    sources = done.collected.sources
    if done.collected.interrupted:
        return EXIT_INTERRUPTED
    if not any(source.reachable or source.builds for source in sources):  # one that broke off did answer
        return EXIT_NO_SOURCE
    if not all(source.reachable for source in sources):
        return EXIT_SOME_SOURCE
    return EXIT_FAILURES if exit_status and any(diagnosis.build.failed for diagnosis in done.diagnoses) else 0
