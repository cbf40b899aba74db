"""Finds builds: newest first, as many as are asked for, by the indexes of `outcomes`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, func, literal, or_, select

from sova.filters import Query, Search
from sova.model import Verdict
from sova.store.conditions import conditions
from sova.store.loading import batches
from sova.store.newest import newest_conditions
from sova.store.paging import how_many
from sova.store.rows import clean
from sova.store.tables import builds, diagnoses, outcomes

__all__ = ["count", "newest", "ordered_ids", "outdated_ids"]


def ordered_ids(connection: Connection, query: Query) -> list[int]:
    """Numbers of the builds asked for, newest first as in `sova.filters.select`."""
    search = Search(query)
    asked = conditions(connection, search) if query.limit is None else newest_conditions(connection, search)
    return _ordered(connection, asked, query.limit)


def _ordered(connection: Connection, asked: Sequence[ColumnElement[bool]], limit: int | None) -> list[int]:
    """Those with a time, by the index, then those without; the exact moment and the key decide within a second."""
    found: list[int] = []
    for known in (outcomes.c.time.is_not(None), outcomes.c.time.is_(None)):
        wanted = select(outcomes.c.build_id).join(builds, builds.c.id == outcomes.c.build_id).where(known, *asked)
        ordered = wanted.order_by(outcomes.c.time.desc(), builds.c.time.desc(), builds.c.key.desc())
        found += connection.scalars(ordered.limit(None if limit is None else limit - len(found)))
        if limit is not None and len(found) >= limit:
            break
    return found


def outdated_ids(connection: Connection, query: Query, patterns_version: str) -> list[int]:
    """Numbers of the builds asked for whose logs, or their lack, were judged by another pattern set only, newest first.

    Left out are those of which nothing was read although they name logs, and those that are tried again anyway.
    """
    outdated = _judged_before(patterns_version)
    if query.limit is None:
        return _ordered(connection, [*conditions(connection, Search(query)), outdated], None)
    newest_ones = ordered_ids(connection, query)
    found: set[int] = set()
    for batch in batches(newest_ones):
        found.update(connection.scalars(select(outcomes.c.build_id).where(outcomes.c.build_id.in_(batch), outdated)))
    return [number for number in newest_ones if number in found]


def _judged_before(patterns_version: str) -> ColumnElement[bool]:
    """Whether the answer to a row of `outcomes` is one that this pattern set may change."""
    table = diagnoses.c
    judged = [verdict.value for verdict in Verdict if verdict not in (Verdict.PASSED, Verdict.SKIPPED)]
    found = select(literal(1)).join_from(diagnoses, builds, builds.c.id == table.build_id)
    found = found.where(table.build_id == outcomes.c.build_id, table.verdict.in_(judged), table.again.is_(False))
    found = found.where(table.patterns_last != clean(patterns_version))
    return found.where(or_(table.bytes_read > 0, builds.c.log_url == "")).correlate(outcomes).exists()


def count(connection: Connection, search: Search, most: int | None) -> int:
    """How many builds are asked for; counting ends at `most`."""
    if most is None:
        asked = conditions(connection, search)
        return connection.scalars(select(func.count()).select_from(outcomes).where(*asked)).one()
    return how_many(connection, newest_conditions(connection, search), most)


def newest(connection: Connection) -> dt.datetime | None:
    """Time of the newest build, None where there is none."""
    second = connection.scalars(select(func.max(outcomes.c.time))).one()
    if second is None:
        return None
    found = select(builds.c.time).join(outcomes, builds.c.id == outcomes.c.build_id)
    times: list[dt.datetime] = list(connection.scalars(found.where(outcomes.c.time == second)))
    return max(times)
