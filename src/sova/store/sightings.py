"""Reasons in a stretch of time: what they hit, when they were seen before, and what is known of them.

A reason is seen where it is the primary one of a failure. Counts keep to the search; when a reason was first seen, and
last before the stretch, is asked of everything stored, so that what is old never looks new because few builds are
shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, select

from sova.model import Action
from sova.store.conditions import within
from sova.store.counting import Counting
from sova.store.loading import batches
from sova.store.outcomes import moment_of, seconds_of
from sova.store.tables import messages, outcomes, reasons
from sova.times import Span

__all__ = ["About", "Cost", "Sightings", "about", "before", "costs", "first_seen", "sightings"]

_ROW = outcomes.c


@dataclass(frozen=True, slots=True)
class Cost:
    """What a reason hit in a stretch of time. `lost` is the length of the failed builds in seconds."""

    slug: str
    tag: str
    message: str
    builds: int
    jobs: int
    changes: int
    projects: int
    last_seen: dt.datetime
    lost: float


@dataclass(frozen=True, slots=True)
class Sightings:
    """When a reason was seen: ever first, first within the stretch, last before it (None where never before)."""

    first: dt.datetime
    first_within: dt.datetime
    last_before: dt.datetime | None


@dataclass(frozen=True, slots=True)
class About:
    """What the newest failure with a reason says about it."""

    pattern: str
    bug: str
    owner: str
    action: Action
    note: str
    fixed_since: dt.datetime | None


def costs(counting: Counting, span: Span) -> dict[int, Cost]:
    """The reasons of the failures in that stretch, by number."""
    return counting.once(("costs", span), lambda: _costs(counting, span))


def _costs(counting: Counting, span: Span) -> dict[int, Cost]:
    groups = counting.groups("reason", span)
    facts = groups.facts
    last = np.zeros(len(groups), np.int64)
    last[groups.place] = facts.time  # in the order of time: the last one stays
    columns = (
        groups.values,
        groups.count(),
        groups.distinct(facts.job_id),
        groups.distinct(facts.change),
        groups.distinct(facts.project_id),
        last,
        groups.sum(facts.duration),
    )
    known = counting.messages(groups.values.tolist())
    return {
        number: Cost(*known[number], builds, jobs, changes, projects, moment_of(seconds), lost)
        for number, builds, jobs, changes, projects, seconds, lost in zip(
            *(one.tolist() for one in columns), strict=True
        )
        if number in known  # a reason that another thread has seen come in since is for the next page
    }


def before(counting: Counting, span: Span, numbers: Collection[int]) -> Mapping[int, int]:
    """How many failures of that stretch each of these reasons has; one without any is left out."""
    found = dict(counting.groups("reason", span).counted())
    return {number: found[number] for number in numbers if number in found}


def sightings(connection: Connection, span: Span, numbers: Collection[int]) -> dict[int, Sightings]:
    """When each of these reasons, which were all seen in that stretch, was seen in all that is stored."""
    wanted = select(
        messages.c.id,
        _one(_ROW.time).label("first"),
        _one(_ROW.time, within(span)).label("first_within"),
        _one(_ROW.time, _ROW.time < seconds_of(span[0]), newest=True).label("last_before"),
    ).where(messages.c.id.in_(numbers))
    return {
        row.id: Sightings(
            moment_of(row.first),
            moment_of(row.first_within),
            moment_of(row.last_before),
        )
        for row in connection.execute(wanted)
    }


def first_seen(connection: Connection, slugs: Collection[str]) -> dict[str, dt.datetime]:
    """When each of these reasons was seen first, by slug; one that no dated failure has is left out."""
    found: dict[str, dt.datetime] = {}
    for batch in batches(slugs):
        wanted = select(messages.c.slug, _one(_ROW.time).label("first")).where(messages.c.slug.in_(batch))
        found |= {row.slug: moment_of(row.first) for row in connection.execute(wanted) if row.first is not None}
    return found


def about(connection: Connection, until: dt.datetime, numbers: Collection[int]) -> dict[int, About]:
    """What the newest failure before `until` with each of these reasons says about it."""
    earlier = _ROW.time < seconds_of(until)
    newest = select(messages.c.id, _one(_ROW.build_id, earlier, newest=True).label("build_id")).where(
        messages.c.id.in_(numbers)
    )
    last = newest.subquery()
    wanted = select(last.c.id, reasons).join(reasons, and_(reasons.c.build_id == last.c.build_id, reasons.c.is_primary))
    return {
        row.id: About(row.pattern, row.bug, row.owner, Action(row.action), row.note, row.fixed_since)
        for row in connection.execute(wanted)
    }


def _one(column: ColumnElement[int], *conditions: ColumnElement[bool], newest: bool = False) -> ScalarSelect[int]:
    """That column of the oldest, or newest, dated failure with the reason that the query around this is about."""
    order = (_ROW.time.desc(), _ROW.build_id.desc()) if newest else (_ROW.time, _ROW.build_id)
    found = select(column).where(_ROW.message_id == messages.c.id, _ROW.failed, _ROW.time.is_not(None), *conditions)
    return found.order_by(*order).limit(1).correlate(messages).scalar_subquery()
