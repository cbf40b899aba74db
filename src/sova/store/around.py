"""What stands beside one build: the same reason elsewhere, and the runs of its job before and after it.

Each is answered from an index, whatever the age of the build. They only read, and raise StoreError.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)

from sova.filters import Search
from sova.model import Build
from sova.slugs import name_slug
from sova.store import Store
from sova.store.conditions import within
from sova.store.loading import builds_by_id
from sova.store.newest import newest_conditions
from sova.store.outcomes import moment_of, seconds_of
from sova.store.paging import newest_ids
from sova.store.runs import Run, runs_of
from sova.store.tables import builds, messages, names, outcomes
from sova.times import Span

__all__ = ["Neighbours", "ReasonAround", "neighbours", "reason_around"]

_ROW = outcomes.c


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The runs of the same job around a build: the one before it that passed or failed, and the failures before and
    after it."""

    previous: Run | None = None
    previous_failure: Run | None = None
    next_failure: Run | None = None


@dataclass(frozen=True, slots=True)
class ReasonAround:
    """A reason on some days: how many builds failed for it on each, of how many jobs and changes; the newest builds,
    and when it was seen first and last, ever."""

    days: tuple[int, ...]
    jobs: int
    changes: int
    newest: tuple[Build, ...]
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None


def reason_around(store: Store, search: Search, days: Sequence[Span], most: int) -> ReasonAround:
    """The one reason that `search` asks for, on days that follow each other, with its newest builds. The times of
    `search` do not count; when the reason was seen does not keep to it."""
    with store.reading() as connection:
        search = replace(search, query=replace(search.query, since=None, until=None))
        asked = newest_conditions(connection, search)
        wanted = select(_ROW.time, _ROW.job_id, _ROW.project_id, _ROW.change_number)
        found = connection.execute(wanted.where(*asked, within((days[0][0], days[-1][1])))).all()
        times, jobs, *changes = zip(*found, strict=True) if found else ((), (), (), ())
        newest = [cursor.number for cursor in newest_ids(connection, search, None, most)[0]]
        known = builds_by_id(connection, newest)
        first, last = connection.execute(_SEEN, {"slug": search.reason}).one()
    return ReasonAround(
        days=_by_day(times, days),
        jobs=len(set(jobs)),
        changes=sum(number is not None for _project, number in set(zip(*changes, strict=True))),
        newest=tuple(known[number] for number in newest),
        first_seen=moment_of(first),
        last_seen=moment_of(last),
    )


def _seen() -> Select[int, int]:
    """When a reason was seen first and last, by its slug: two looks into the index."""
    number = select(messages.c.id).where(messages.c.slug == bindparam("slug")).scalar_subquery()
    ends = (select(end(_ROW.time)).where(_ROW.message_id == number).scalar_subquery() for end in (func.min, func.max))
    return select(*ends)


def _by_day(times: Sequence[int], days: Sequence[Span]) -> tuple[int, ...]:
    """How many of these times lie on each of the days."""
    starts = [seconds_of(since) for since, _ in days]
    counts = Counter(bisect_right(starts, time) - 1 for time in times)
    return tuple(counts[place] for place in range(len(days)))


def neighbours(store: Store, build: Build) -> Neighbours:
    """What the job of this build did before and after it; nothing for a build without a time."""
    if build.time is None:
        return Neighbours()
    with store.reading() as connection:
        number = connection.scalars(select(builds.c.id).where(builds.c.key == build.key)).first()
        return Neighbours() if number is None else _neighbours(connection, build.job_name, build.time, number)


def _beside() -> Select[int, int, int]:
    """The numbers of the neighbours of a build, by the slug of its job, its second and its number."""
    at, build = _ROW.time, _ROW.build_id
    time, number = bindparam("time", type_=at.type), bindparam("number", type_=build.type)
    before = and_(at <= time, or_(at < time, build < number))
    after = and_(at >= time, or_(at > time, build > number))
    newest, oldest = (at.desc(), build.desc()), (at.asc(), build.asc())
    of_kind = select(names.c.id).where(names.c.kind == "job", names.c.slug == bindparam("slug"))
    of_job = _ROW.job_id == of_kind.scalar_subquery()

    def first(order: Sequence[ColumnElement[int]], *where: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(build).where(of_job, *where).order_by(*order).limit(1).scalar_subquery()

    return select(
        first(newest, before, or_(_ROW.failed, _ROW.passed)),
        first(newest, before, _ROW.failed),
        first(oldest, after, _ROW.failed),
    )


_SEEN, _BESIDE = _seen(), _beside()
"""Made once: to put such statements together takes longer than to execute them."""


def _neighbours(connection: Connection, job: str, moment: dt.datetime, number: int) -> Neighbours:
    values = {"slug": name_slug(job), "time": math.floor(moment.timestamp()), "number": number}
    ids = connection.execute(_BESIDE, values).one()
    found = {one.number: one.run for one in runs_of(connection, _ROW.build_id.in_(set(ids) - {None}), most=len(ids))}
    return Neighbours(*map(found.get, ids))
