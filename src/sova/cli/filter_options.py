"""The filters as options, the same for every command that asks for builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

__all__ = ["filter_options"]

_Command = TypeVar("_Command", bound=Callable[..., object])

_OPTIONS = (
    click.option("--days", type=click.IntRange(min=1), help="How many days back; today counts as one."),
    click.option("--dates", multiple=True, metavar="DAY", help="Only this day: 11-22 or 2026-11-22 (repeatable)."),
    click.option("--since", default="", metavar="TIME", help="Not before: yesterday, 2h, 3d, 2026-11-22, 11-22 14:00."),
    click.option("--until", default="", metavar="TIME", help="Before this time, in the same forms."),
    click.option("--limit", type=click.IntRange(min=1), help="At most this many builds, the newest."),
    click.option("--job-type", "--job", "job_type", multiple=True, metavar="JOB", help="Only this job (repeatable)."),
    click.option("--short", multiple=True, metavar="ALIAS", help="Only jobs of this alias (repeatable)."),
    click.option("--exclude", multiple=True, metavar="JOB", help="Leave out this job (repeatable)."),
    click.option("--fail/--all", default=False, show_default="--all", help="Failed builds only."),
    click.option("--periodic/--changes", default=None, help="Only builds without a change, or only builds of changes."),
    click.option("--pipeline", multiple=True, metavar="GLOB", help="Only this pipeline (repeatable)."),
    click.option("--branch", multiple=True, metavar="GLOB", help="Only this branch (repeatable)."),
    click.option("--project", multiple=True, metavar="GLOB", help="Only this project (repeatable)."),
    click.option("--change", multiple=True, type=int, metavar="NUMBER", help="Only this change (repeatable)."),
    click.option("--result", multiple=True, metavar="WORD", help="Only this raw result, such as RETRY_LIMIT."),
    click.option("--voting/--non-voting", default=None, help="Only voting, or only non-voting jobs."),
)


def filter_options(command: _Command) -> _Command:
    """Add every filter; the names are the parameters of `sova.filters.make_query`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
