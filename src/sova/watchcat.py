"""The seed's two front doors: `meow()` for scripts, and the command `watchcat` with the same parameters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import click

from sova.config import find
from sova.errors import SovaError
from sova.filters import make_query
from sova.main_job import run
from sova.model import Diagnosis
from sova.session import Session
from sova.sources.kinds import configured

__all__ = ["main", "meow"]


def meow(  # noqa: PLR0913, PLR0917 - these are the seed's parameters, and scripts pass them by name
    days: int | None = None,
    dates: Sequence[str] | None = None,
    limit: int | None = None,
    short: str | None = None,
    fail: bool = True,
    exclude: str | None = None,
    job_type: str | None = None,
    down_path: str | Path | None = None,
    periodic: bool = False,
    pipeline: str | None = None,
    *,
    config: str | Path | None = None,
) -> list[Diagnosis]:
    """Collect builds and say why they failed; each diagnosis has `.text`, the seed's line.

    days: how many days back, today counts as one. dates: days such as ["04-15", "2026-05-02"]. limit: how many
    builds at most, the newest. short: the alias of a job. fail: failed builds only. exclude, job_type: one job's full
    name. down_path: where downloaded logs are kept. periodic: builds without a change (True) or of changes (False).
    pipeline: one pipeline. config: the configuration file, by default the one that `sova config path` shows.

    Raises SovaError for a bad configuration, ValueError for a bad parameter.
    """
    settings = configured(find(config))
    now = dt.datetime.now(dt.UTC)
    query = make_query(
        settings,
        now,
        days=days,
        dates=tuple(dates or ()),
        limit=limit,
        short=_one(short),
        fail=fail,
        exclude=_one(exclude),
        job_type=_one(job_type),
        periodic=periodic,
        pipeline=_one(pipeline),
    )
    with Session(settings, now=now, down_path=Path(down_path) if down_path else None) as session:
        return list(run(session, query).diagnoses)


def _one(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--days", type=int, help="How many days back; today counts as one.")
@click.option("--dates", multiple=True, metavar="MM-DD", help="Only this day (may be repeated).")
@click.option("--limit", type=int, help="At most this many builds, the newest.")
@click.option("--short", help="Only jobs of this alias.")
@click.option("--fail/--no-fail", default=True, show_default=True, help="Failed builds only.")
@click.option("--exclude", metavar="JOB", help="Leave out this job.")
@click.option("--job-type", metavar="JOB", help="Only this job.")
@click.option("--down-path", type=click.Path(file_okay=False), help="Where downloaded logs are kept.")
@click.option("--periodic", is_flag=True, help="Builds without a change instead of builds of changes.")
@click.option("--pipeline", help="Only this pipeline.")
@click.option("--config", metavar="FILE", help="Configuration file.")
def _watchcat(**options: object) -> None:
    """Print the seed's line for each build: date, job, reasons, known (||) or not (XX), log."""
    try:
        for diagnosis in meow(**options):  # type: ignore[arg-type]  # click has checked each option's type
            click.echo(_printable(diagnosis.text))
    except (SovaError, ValueError) as error:
        raise click.UsageError(str(error)) from error


def _printable(text: str) -> str:
    """Without control characters other than the tab: log text must not drive a terminal."""
    return "".join(letter if letter == "\t" or letter.isprintable() else " " for letter in text)


def main() -> None:
    """The command `watchcat`, and `python -m sova.watchcat`."""
    _watchcat(prog_name="watchcat")


if __name__ == "__main__":
    main()
