"""Reads builds and diagnoses: a `Query` as SQL conditions, rows put together again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, false, func, or_, select

from sova.filters import Query, matches
from sova.model import Build, Diagnosis, Verdict
from sova.store.rows import Row, build_of, clean, diagnosis_of
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons
from sova.times import day_span

__all__ = ["batches", "builds_by_id", "count", "ids_by_identity", "load", "newest", "ordered_ids", "outdated_ids"]

_BATCH = 500
"""Rows asked for at once; SQLite takes up to 32,766 variables in a statement."""


def batches(items: Iterable[int | str]) -> Iterator[list[int | str]]:
    """The items in lists that fit into one statement."""
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch


def ordered_ids(connection: Connection, query: Query) -> list[int]:
    """Numbers of the builds asked for, newest first as in `sova.filters.select`."""
    wanted = select(builds.c.id).where(*_conditions(connection, query))
    ordered = wanted.order_by(builds.c.time.desc().nulls_last(), builds.c.key.desc()).limit(query.limit)
    return list(connection.scalars(ordered))


def outdated_ids(connection: Connection, query: Query, patterns_version: str) -> list[int]:
    """Numbers of the builds asked for whose logs, or their lack, were judged by another pattern set only, newest first.

    Left out are those of which nothing was read although they name logs, and those that are tried again anyway.
    """
    table = diagnoses.c
    judged = [verdict.value for verdict in Verdict if verdict not in (Verdict.PASSED, Verdict.SKIPPED)]
    wanted = select(table.build_id).join(builds, builds.c.id == table.build_id)
    wanted = wanted.where(table.patterns_last != clean(patterns_version), table.again.is_(False))
    wanted = wanted.where(table.verdict.in_(judged), or_(table.bytes_read > 0, builds.c.log_url == ""))
    outdated = set(connection.scalars(wanted))
    return [number for number in ordered_ids(connection, query) if number in outdated] if outdated else []


def count(connection: Connection, query: Query) -> int:
    """How many builds are asked for."""
    wanted = select(builds.c.id).where(*_conditions(connection, query)).limit(query.limit)
    return connection.scalars(select(func.count()).select_from(wanted.subquery())).one()


def newest(connection: Connection) -> dt.datetime | None:
    """Time of the newest build, None where there is none."""
    return connection.scalars(select(builds.c.time).order_by(builds.c.time.desc().nulls_last()).limit(1)).first()


def _conditions(connection: Connection, query: Query) -> list[ColumnElement[bool]]:
    return [*_time_conditions(connection, query), *_job_conditions(connection, query)]


def _time_conditions(connection: Connection, query: Query) -> Iterator[ColumnElement[bool]]:
    if query.since:
        yield builds.c.time >= query.since
    if query.until:
        yield builds.c.time < query.until
    if query.dates:
        spans = _spans(connection, query)
        yield or_(false(), *(and_(builds.c.time >= since, builds.c.time < until) for since, until in spans))


def _spans(connection: Connection, query: Query) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    first, last = connection.execute(select(func.min(builds.c.time), func.max(builds.c.time))).one()
    if first is None or last is None:
        return
    years = range(first.astimezone(query.timezone).year, last.astimezone(query.timezone).year + 1)
    for year, month, day in query.dates:
        for candidate in (year,) if year else years:
            if span := day_span(candidate, month, day, query.timezone):
                yield span


def _job_conditions(connection: Connection, query: Query) -> Iterator[ColumnElement[bool]]:
    table = builds.c
    columns = (table.job_name, table.job_name, table.pipeline, table.branch, table.project)
    asked = (query.jobs, query.short, query.pipeline, query.branch, query.project)
    for column, globs in zip(columns, asked, strict=True):
        if globs:
            yield column.in_([name for name in _values(connection, column) if matches(name, globs)])
    if query.result:
        words = {word.upper() for word in query.result}
        yield table.result.in_([word for word in _values(connection, table.result) if word.upper() in words])
    if query.job_type:
        yield table.job_name.in_([clean(name) for name in query.job_type])
    if query.exclude:
        yield table.job_name.not_in([clean(name) for name in query.exclude])
    if query.fail:
        yield table.failed.is_(True)
    if query.voting is not None:
        yield table.voting.is_(query.voting)
    if query.periodic is not None:
        yield table.change_number.is_(None) if query.periodic else table.change_number.is_not(None)
    if query.change:
        yield table.change_number.in_(query.change)


def _values(connection: Connection, column: Column[str]) -> list[str]:
    """Every value of the column: globs and case are matched here, alike in every database."""
    return list(connection.scalars(select(column).distinct()))


def ids_by_identity(connection: Connection, names: Collection[str]) -> dict[str, list[int]]:
    """Numbers of the builds that each identity leads to."""
    found: dict[str, list[int]] = {}
    for batch in batches(clean(name) for name in names):
        for row in connection.execute(select(identities).where(identities.c.identity.in_(batch))):
            found.setdefault(row.identity, []).append(row.build_id)
    return found


def builds_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Build]:
    """The builds with these numbers."""
    found: dict[int, Build] = {}
    for batch in batches(ids):
        rows = connection.execute(select(builds).where(builds.c.id.in_(batch))).mappings()
        found.update((row["id"], build_of(row)) for row in rows)
    return found


def load(connection: Connection, ids: Sequence[int]) -> list[Diagnosis]:
    """The diagnoses of these builds, in the order of `ids`; a build that is gone is left out."""
    known = builds_by_id(connection, ids)
    answers = {row["build_id"]: row for row in _rows(connection, diagnoses, ids)}
    why = _by_build(_rows(connection, reasons, ids))
    wrong = _by_build(_rows(connection, problems, ids))
    texts = {row["build_id"]: row for row in _rows(connection, details, ids)}
    return [
        diagnosis_of(known[number], answers[number], why.get(number, []), wrong.get(number, []), texts.get(number))
        for number in ids
        if number in known and number in answers
    ]


def _rows(connection: Connection, table: Table, ids: Iterable[int]) -> Iterator[Row]:
    for batch in batches(ids):
        statement = select(table).where(table.c.build_id.in_(batch)).order_by(*table.primary_key)
        yield from connection.execute(statement).mappings()


def _by_build(rows: Iterable[Row]) -> dict[int, list[Row]]:
    return {number: list(group) for number, group in groupby(rows, key=lambda row: int(row["build_id"]))}
