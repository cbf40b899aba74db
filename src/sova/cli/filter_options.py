"""The filters as options, the same for every command that asks for builds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

__all__ = ["filter_options", "filters_but"]

_Command = TypeVar("_Command", bound=Callable[..., object])

_OPTIONS = {
    "days": click.option("--days", type=click.IntRange(min=1), help="How many days back; today counts as one."),
    "dates": click.option(
        "--dates", multiple=True, metavar="DAY", help="Only this day: 11-22 or 2026-11-22 (repeatable)."
    ),
    "since": click.option(
        "--since", default="", metavar="TIME", help="Not before: yesterday, 2h, 3d, 2026-11-22, 11-22 14:00."
    ),
    "until": click.option("--until", default="", metavar="TIME", help="Before this time, in the same forms."),
    "limit": click.option("--limit", type=click.IntRange(min=1), help="At most this many builds, the newest."),
    "job_type": click.option(
        "--job-type", "--job", "job_type", multiple=True, metavar="JOB", help="Only this job (repeatable)."
    ),
    "short": click.option("--short", multiple=True, metavar="ALIAS", help="Only jobs of this alias (repeatable)."),
    "exclude": click.option("--exclude", multiple=True, metavar="JOB", help="Leave out this job (repeatable)."),
    "fail": click.option("--fail/--all", default=False, help="Failed builds only; all unless told."),
    "periodic": click.option(
        "--periodic/--changes", default=None, help="Only builds without a change, or only builds of changes."
    ),
    "pipeline": click.option("--pipeline", multiple=True, metavar="GLOB", help="Only this pipeline (repeatable)."),
    "branch": click.option("--branch", multiple=True, metavar="GLOB", help="Only this branch (repeatable)."),
    "project": click.option("--project", multiple=True, metavar="GLOB", help="Only this project (repeatable)."),
    "change": click.option(
        "--change", multiple=True, type=int, metavar="NUMBER", help="Only this change (repeatable)."
    ),
    "result": click.option(
        "--result", multiple=True, metavar="WORD", help="Only this raw result, such as RETRY_LIMIT (repeatable)."
    ),
    "voting": click.option("--voting/--non-voting", default=None, help="Only voting, or only non-voting jobs."),
}
"""Each filter by its parameter of `sova.filters.make_query`."""


def filter_options(command: _Command) -> _Command:
    """Add every filter; the names are the parameters of `sova.filters.make_query`."""
    return filters_but()(command)


def filters_but(*left_out: str) -> Callable[[_Command], _Command]:
    """Add every filter but these, named by their parameter."""

    def add(command: _Command) -> _Command:
        for name, option in reversed(_OPTIONS.items()):
            if name not in left_out:
                command = option(command)
        return command

    return add
