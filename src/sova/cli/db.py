"""`sova db`: upgrade the database, remove what is old, move builds from one database to another."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click
from rich.filesize import decimal

from sova.cli import EXIT_FAILURES
from sova.cli.app import App, pass_app
from sova.cli.filter_options import filter_options
from sova.cli.transfer import Lines, bar, read_lines, write_lines
from sova.config import Retention, parse_size, store_location
from sova.errors import StoreError
from sova.store import Store
from sova.store.trouble import hidden
from sova.store.upgrade import upgrade_at

__all__ = ["db"]


@click.group()
def db() -> None:
    """Upgrade the database, remove what is old, move builds from one database to another.

    \b
    Examples:
      sova db upgrade                          make or upgrade the tables, as every command does by itself
      sova db prune --dry-run                  what would the retention of the configuration remove?
      sova db export --since 7d builds.jsonl   the builds of a week as JSON lines
      sova --config other.yaml db import builds.jsonl
    """


@db.command(epilog="\b\nExample:\n  sova --config sova.yaml db upgrade && systemctl restart sova")
@pass_app
def upgrade(app: App) -> None:
    """Bring the tables to the version that this Sova works with, whole or not at all; make them where there are none.

    Every command does so when it opens the database; this one tells what was done. Make a backup before."""
    location = store_location(app.config)
    done = upgrade_at(location)
    if done.before == done.after:
        said = f"is up to date (tables {done.after}); nothing to do"
    elif done.before:
        said = f"upgraded from tables {done.before} to {done.after}"
    else:
        said = f"tables made (version {done.after})"
    click.echo(f"{hidden(location)}: {said}")


def _size(_context: click.Context, _option: click.Parameter, value: str | None) -> int | None:
    try:
        size = parse_size(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if size == 0:
        raise click.BadParameter("should be more than nothing")
    return size if isinstance(size, int) else None


@db.command(
    epilog="""\b
Examples:
  sova db prune                            as `retention` of the configuration says; daily, from cron
  sova db prune --dry-run
  sova db prune --log-texts 30 --verdicts 365
  sova db prune --size 5GB                 the oldest log lines go until this is met, then the oldest builds

\b
Nothing of the last day goes by size. Verdicts, reasons, statistics and addresses of builds whose log lines were
dropped stay."""
)
@click.option("--dry-run", is_flag=True, help="Remove nothing, tell what would be removed.")
@click.option("--log-texts", type=click.IntRange(min=1), metavar="DAYS", help="Days that log lines are kept.")
@click.option("--verdicts", type=click.IntRange(min=1), metavar="DAYS", help="Days that builds are kept at all.")
@click.option("--size", callback=_size, metavar="SIZE", help="Size that the database is brought to, such as 5GB.")
@pass_app
def prune(app: App, dry_run: bool, log_texts: int | None, verdicts: int | None, size: int | None) -> None:
    """Remove what is older than it shall be kept: log lines first, then whole builds; by age, then by size.

    Others may read and write meanwhile."""
    told = {"log_texts": log_texts, "verdicts": verdicts, "size": size}
    retention = app.config.retention.model_copy(update={name: value for name, value in told.items() if value})
    with _stored(app) as store:
        done = store.prunable(retention, app.now) if dry_run else store.prune(retention, app.now)
    about = "about " if dry_run and retention.size else ""
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"log lines of {about}{done.log_texts:,} builds {verb} ({_kept(retention, 'log_texts')})")
    click.echo(f"{about}{done.builds:,} builds {verb} ({_kept(retention, 'verdicts')})")
    after = "would be about" if dry_run else "is"
    click.echo(f"the database was {decimal(done.bytes_before)}, {after} {decimal(done.bytes_after)}")
    if done.trouble:
        click.echo(f"the space could not be given back: {done.trouble}", err=True)
    if retention.size and done.bytes_after > retention.size:
        click.echo(f"that is more than {decimal(retention.size)}: the last day stays, whatever its size", err=True)


def _kept(retention: Retention, name: str) -> str:
    size = f", at most {decimal(retention.size)} in all" if retention.size else ""
    return f"kept {getattr(retention, name)} days{size}"


@db.command(
    epilog="""\b
Examples:
  sova db export builds.jsonl              everything, newest first
  sova db export --fail --since 7d | jq -r .build.log_url
  sova db export | sova --config postgresql.yaml db import -"""
)
@click.argument("file", default="-")
@filter_options
@pass_app
def export(app: App, /, file: str, **filters: object) -> None:
    """Write the builds asked for, with their diagnoses, to FILE or standard output: JSON lines, newest first.

    Every build that is stored is meant, of jobs that are not tracked too. Each line is one item of `diagnoses` of
    `sova run -o json`; see docs/reference/json.md."""
    query = replace(app.query(filters), jobs=())
    with _stored(app) as store, bar(app.stderr, "exporting", store.count(query)) as advance:
        number = write_lines(file, store.diagnoses(query), advance)
    if file != "-":
        click.echo(f"wrote {number:,} builds to {file}", err=True)


@db.command(
    name="import",
    epilog="""\b
Examples:
  sova db import builds.jsonl
  zcat builds.jsonl.gz | sova db import -

\b
Exit status: 0 done; 1 some lines were bad, all others went in; 2 usage, configuration or the database.""",
)
@click.argument("file")
@pass_app
def import_(app: App, file: str) -> None:
    """Read builds with their diagnoses from FILE (- for standard input): JSON lines, as `export` writes them.

    A build that is stored already keeps the diagnosis that read more, so that importing twice changes nothing. A line
    that is bad is told with its number; the others go in."""
    lines = Lines()
    with (
        Store.open(store_location(app.config)) as store,
        bar(app.stderr, "importing", None) as advance,
        closing(read_lines(file, lines, advance)) as diagnoses,
    ):
        new = store.save_many(diagnoses)
    for mistake in lines.told:
        click.echo(f"{file}:{mistake}", err=True)
    if lines.bad > len(lines.told):
        click.echo(f"{file}: and {lines.bad - len(lines.told):,} more bad lines", err=True)
    click.echo(f"{lines.good:,} builds read, {new:,} of them new; {lines.bad:,} bad lines")
    if lines.bad:
        click.get_current_context().exit(EXIT_FAILURES)


def _stored(app: App) -> Store:
    """The store, where there is one: looking into an empty place makes no database there."""
    location = store_location(app.config)
    if "://" not in location and location != ":memory:" and not Path(location).expanduser().exists():
        raise StoreError(f"there is no database at {location} yet; `sova run` makes it")
    return Store.open(location)
