"""Runs: builds as grids and strips show them, with no more of a row than that takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select, true

from sova.filters import Search
from sova.model import Change, Verdict
from sova.store.lists import numbers_of_kind
from sova.store.newest import is_bounded, run_conditions
from sova.store.outcomes import moment_of
from sova.store.tables import builds, messages, names, outcomes

__all__ = ["FoundRun", "Run", "newest_of_jobs", "runs_of"]

_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_SHOWN = ("time", "outcome", "verdict", "tag_id", "passed", "failed", "change_number", "patchset", "duration")

_Rows: TypeAlias = "Select[*tuple[Any, ...]]"  # Any: columns have several types


@dataclass(frozen=True, slots=True)
class Run:
    """A build in a grid or a strip. `change` is as Zuul writes it, `901197,3`, `duration` in seconds; `tag` and
    `message` are those that a failure is counted by."""

    key: str
    time: dt.datetime | None
    outcome: str
    verdict: Verdict
    tag: str
    message: str
    passed: bool
    failed: bool
    change: str
    duration: float | None


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run with the number of its build, its job, and its change: number of the project's name and of the change (None
    where there is none), patch set."""

    number: int
    job: str
    change: tuple[int, int | None]
    patchset: str
    run: Run


def runs_of(connection: Connection, *where: ColumnElement[bool], most: int) -> list[FoundRun]:
    """The newest `most` of these builds, newest first."""
    chosen = select(outcomes.c.build_id).where(*where).order_by(*_NEWEST).limit(most)
    jobs, tags = numbers_of_kind(connection, "job"), numbers_of_kind(connection, "tag")
    return [
        FoundRun(row[0], jobs[row[1]], (row[2], row.change_number), row.patchset, _run(tags, row[3:]))
        for row in connection.execute(_FOUND.where(outcomes.c.build_id.in_(chosen))).all()
    ]


def newest_of_jobs(
    connection: Connection, jobs: Sequence[str], limit: int, search: Search
) -> dict[str, tuple[Run, ...]]:
    """The newest runs of each job, newest first; a job without any is there too."""
    wanted = set(jobs)
    numbers = {name: number for number, name in numbers_of_kind(connection, "job").items() if name in wanted}
    found: dict[int, list[Run]] = {number: [] for number in numbers.values()}
    asked = run_conditions(connection, search)
    _add_runs(connection, found, [outcomes.c.time.is_not(None), *asked], limit)
    if not is_bounded(search):
        _add_runs(connection, found, [outcomes.c.time.is_(None), *asked], limit)
    return {job: tuple(found[numbers[job]]) if job in numbers else () for job in jobs}


def _add_runs(
    connection: Connection, found: dict[int, list[Run]], asked: Sequence[ColumnElement[bool]], limit: int
) -> None:
    lacking = [number for number, several in found.items() if len(several) < limit]
    if not lacking:
        return
    tags = numbers_of_kind(connection, "tag")
    for row in connection.execute(_newest_of_each(connection, lacking, asked, limit)).all():
        if len(several := found[row.job_id]) < limit:
            several.append(_run(tags, row[1:]))


def _newest_of_each(
    connection: Connection, jobs: Sequence[int], asked: Sequence[ColumnElement[bool]], limit: int
) -> _Rows:
    """In one statement: for each job the index is read from its newest end."""
    table, job = outcomes.c, names.alias("job")
    newest = select(table.build_id).where(table.job_id == job.c.id, *asked)
    newest = newest.order_by(table.time.desc(), table.build_id.desc()).limit(limit).correlate(job)
    shown = outcomes.alias("shown")
    wanted = select(shown.c.job_id, *_shown(shown)).select_from(job)
    if connection.dialect.name == "postgresql":  # which would hold every build against every list
        of_job = newest.lateral()
        wanted = wanted.join(of_job, true()).join(shown, shown.c.build_id == of_job.c.build_id)
    else:  # SQLite knows no LATERAL
        wanted = wanted.join(shown, shown.c.build_id.in_(newest))
    wanted = _joined(wanted, shown).where(job.c.id.in_(jobs))
    return wanted.order_by(shown.c.time.desc(), shown.c.build_id.desc())


def _shown(table: FromClause) -> list[ColumnElement[Any]]:  # Any: columns have several types
    """What makes a run, in the order in which `_run` takes it."""
    return [builds.c.key, messages.c.message, *(table.c[name] for name in _SHOWN)]


def _joined(wanted: _Rows, table: FromClause) -> _Rows:
    """With the tables that `_shown` reads beside `outcomes`."""
    # "+ 0": else SQLite looks for the builds by a list, too, and makes it anew for each of them
    wanted = wanted.join(builds, builds.c.id == table.c.build_id + 0)
    return wanted.outerjoin(messages, messages.c.id == table.c.message_id)


def _run(tags: Mapping[int, str], shown: Sequence[Any]) -> Run:  # Any: as `_shown` says
    key, message, seconds, outcome, verdict, tag, passed, failed, number, patchset, duration = shown
    return Run(
        key=key,
        time=moment_of(seconds),
        outcome=outcome,
        verdict=_VERDICTS[verdict],
        tag="" if tag is None else tags[tag],
        message=message or "",
        passed=passed,
        failed=failed,
        change="" if number is None else Change(number=number, patchset=patchset).name,
        duration=duration,
    )


_NEWEST = (outcomes.c.time.desc().nulls_last(), outcomes.c.build_id.desc())
_FOUND = _joined(
    select(outcomes.c.build_id, outcomes.c.job_id, outcomes.c.project_id, *_shown(outcomes)), outcomes
).order_by(*_NEWEST)
