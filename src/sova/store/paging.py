"""Pages of builds, newest first, each going on where the one before ended; and the newest runs of jobs.

The order is by time, builds of one second by their number, those without a time last. It never changes while builds
are added, so walking the pages gives every build that was there at the beginning once.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from sova.errors import CursorError
from sova.filters import Search
from sova.model import Change, Verdict
from sova.store.newest import newest_conditions, run_conditions
from sova.store.tables import builds, messages, names, outcomes

__all__ = ["Cursor", "Run", "how_many", "newest_ids", "runs"]

_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_CURSOR = struct.Struct(">?qq")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last build of a page: its second (None where it has no time) and its number."""

    time: int | None
    number: int

    def __str__(self) -> str:
        packed = _CURSOR.pack(self.time is not None, self.time or 0, self.number)
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """What `str` made. Raises CursorError for anything else."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            dated, time, number = _CURSOR.unpack(packed)
        except (ValueError, binascii.Error, struct.error):
            raise CursorError(f"{text[:100]!r} is no place in a list") from None
        found = cls(time if dated else None, number)
        if str(found) != text:
            raise CursorError(f"{text[:100]!r} is no place in a list")
        return found


def newest_ids(
    connection: Connection, search: Search, after: Cursor | None, limit: int, counted: int = 0
) -> tuple[list[Cursor], int]:
    """Up to `limit` builds that come after this place, and how many there are in all; counting ends at `counted`."""
    asked = newest_conditions(connection, search)
    found = _after(connection, search, asked, after, limit)
    if not counted or (after is None and len(found) < limit):
        return found, min(counted, len(found))
    return found, how_many(connection, asked, counted)


def how_many(connection: Connection, asked: Sequence[ColumnElement[bool]], most: int) -> int:
    """How many builds fulfil these conditions; counting ends at `most`."""
    wanted = select(outcomes.c.build_id).where(*asked).limit(most).subquery()
    return connection.scalars(select(func.count()).select_from(wanted)).one()


def _after(
    connection: Connection, search: Search, asked: Sequence[ColumnElement[bool]], after: Cursor | None, limit: int
) -> list[Cursor]:
    table = outcomes.c
    wanted = select(table.time, table.build_id).where(*asked)
    wanted = wanted.order_by(table.time.desc(), table.build_id.desc())
    dated, undated = wanted.where(table.time.is_not(None)), wanted.where(table.time.is_(None))
    found: list[Cursor] = []
    if after is None or after.time is not None:
        if after is not None:
            dated = dated.where(tuple_(table.time, table.build_id) < (after.time, after.number))
        found += _cursors(connection, dated, limit)
    elif after is not None:
        undated = undated.where(table.build_id < after.number)
    if len(found) < limit and not _bounded(search):
        found += _cursors(connection, undated, limit - len(found))
    return found


def _bounded(search: Search) -> bool:
    """Whether builds without a time cannot be asked for."""
    return bool(search.query.since or search.query.until or search.query.dates)


def _cursors(connection: Connection, wanted: Select[Any], limit: int) -> Iterator[Cursor]:  # Any: of (time, number)
    return (Cursor(time, number) for time, number in connection.execute(wanted.limit(limit)))


# -- runs of jobs ----------------------------------------------------------------------------------------------------


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


def runs(connection: Connection, jobs: Sequence[str], limit: int, search: Search) -> dict[str, tuple[Run, ...]]:
    """The newest runs of each job, newest first; a job without any is there too."""
    wanted = select(names.c.name, names.c.id).where(names.c.kind == "job", names.c.name.in_(set(jobs)))
    numbers: dict[str, int] = {row.name: row.id for row in connection.execute(wanted)}
    found: dict[int, list[Run]] = {number: [] for number in numbers.values()}
    asked = run_conditions(connection, search)
    _add_runs(connection, found, [outcomes.c.time.is_not(None), *asked], limit)
    if not _bounded(search):
        _add_runs(connection, found, [outcomes.c.time.is_(None), *asked], limit)
    return {job: tuple(found[numbers[job]]) if job in numbers else () for job in jobs}


def _add_runs(
    connection: Connection, found: dict[int, list[Run]], asked: Sequence[ColumnElement[bool]], limit: int
) -> None:
    lacking = [number for number, several in found.items() if len(several) < limit]
    if not lacking:
        return
    for row in connection.execute(_newest_of_each(lacking, asked, limit)):
        if len(found[row.job_id]) < limit:
            found[row.job_id].append(_run(row))


def _newest_of_each(jobs: Sequence[int], asked: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:  # Any: rows
    """In one statement: for each job the index is read from its newest end."""
    table, job, tag = outcomes.c, names.alias("job"), names.alias("tag")
    newest = select(table.build_id).where(table.job_id == job.c.id, *asked)
    newest = newest.order_by(table.time.desc(), table.build_id.desc()).limit(limit).correlate(job)
    shown = outcomes.alias("shown")
    wanted = select(
        shown.c.job_id,
        builds.c.key,
        *(shown.c[name] for name in ("time", "outcome", "verdict", "passed", "failed", "duration")),
        *(shown.c[name] for name in ("change_number", "patchset")),
        tag.c.name.label("tag"),
        messages.c.message,
    )
    wanted = wanted.select_from(job).join(shown, shown.c.build_id.in_(newest))
    # "+ 0": else SQLite looks for the builds by the list too, and makes it anew for each of them
    wanted = wanted.join(builds, builds.c.id == shown.c.build_id + 0)
    wanted = wanted.outerjoin(tag, tag.c.id == shown.c.tag_id).outerjoin(messages, messages.c.id == shown.c.message_id)
    return wanted.where(job.c.id.in_(jobs)).order_by(shown.c.time.desc(), shown.c.build_id.desc())


def _run(row: Row[Any]) -> Run:  # Any: columns have several types
    _job, key, seconds, outcome, verdict, passed, failed, duration, number, patchset, tag, message = tuple(row)
    return Run(
        key,
        None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC),
        outcome,
        _VERDICTS[verdict],
        tag or "",
        message or "",
        passed,
        failed,
        "" if number is None else Change(number=number, patchset=patchset).name,
        duration,
    )
