"""What is asked for, as SQL conditions over `outcomes`. The one place where a `Query` or a `Search` becomes SQL.

Globs and the case of result words are matched in Python against the few names there are, alike in every database; SQL
sees numbers. Times are compared by whole seconds, rounded down on both sides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from sova.filters import Query, Search, matches
from sova.model import Outcome, outcome_of
from sova.store.outcomes import seconds_of
from sova.store.rows import clean
from sova.store.tables import messages, names, outcomes, reasons
from sova.store.texts import holding, search_words
from sova.times import day_span

__all__ = ["conditions"]

_NOT_FAILED = frozenset({Outcome.SUCCESS, Outcome.SKIPPED, Outcome.RUNNING})


def conditions(connection: Connection, search: Search) -> list[ColumnElement[bool]]:
    """What a row of `outcomes` must fulfil to be asked for; `search.query.limit` is not looked at."""
    query, table = search.query, outcomes.c
    return [
        *_times(connection, query),
        *_jobs(connection, query),
        *_results(connection, query, search.outcome),
        *_changes(connection, query),
        *([] if query.voting is None else [table.voting.is_(query.voting)]),
        *_answers(connection, search),
    ]


def _times(connection: Connection, query: Query) -> Iterator[ColumnElement[bool]]:
    time = outcomes.c.time
    if query.since:
        yield time >= seconds_of(query.since)
    if query.until:
        yield time < seconds_of(query.until)
    if query.dates:
        spans = _spans(connection, query)
        yield or_(false(), *(and_(time >= seconds_of(since), time < seconds_of(until)) for since, until in spans))


def _spans(connection: Connection, query: Query) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    ends = [connection.scalars(select(end(outcomes.c.time))).one() for end in (func.min, func.max)]
    if None in ends:
        return
    first, last = (dt.datetime.fromtimestamp(end, query.timezone).year for end in ends)
    for year, month, day in query.dates:
        for candidate in (year,) if year else range(first, last + 1):
            if span := day_span(candidate, month, day, query.timezone):
                yield span


def _jobs(connection: Connection, query: Query) -> Iterator[ColumnElement[bool]]:
    exact, excluded = ({clean(name) for name in given} for given in (query.job_type, query.exclude))
    if query.jobs or query.short or exact or excluded:
        yield _named(
            connection,
            "job",
            lambda name: (
                matches(name, query.jobs)
                and matches(name, query.short)
                and (not exact or name in exact)
                and name not in excluded
            ),
        )


def _results(connection: Connection, query: Query, wanted: Sequence[Outcome]) -> Iterator[ColumnElement[bool]]:
    words = {word.upper() for word in query.result}
    if words or query.fail or wanted:
        yield _named(
            connection,
            "result",
            lambda word: (
                (not words or word.upper() in words)
                and (not query.fail or outcome_of(word) not in _NOT_FAILED)
                and (not wanted or outcome_of(word) in wanted)
            ),
        )


def _changes(connection: Connection, query: Query) -> Iterator[ColumnElement[bool]]:
    for kind, globs in (("pipeline", query.pipeline), ("branch", query.branch), ("project", query.project)):
        if globs:
            yield _named(connection, kind, lambda name, globs=globs: matches(name, globs))  # type: ignore[misc]
    number = outcomes.c.change_number
    if query.periodic is not None:
        yield number.is_(None) if query.periodic else number.is_not(None)
    if query.change:
        yield _among(number, query.change)


def _answers(connection: Connection, search: Search) -> Iterator[ColumnElement[bool]]:
    table = outcomes.c
    if search.failed is not None:
        yield table.failed.is_(search.failed)
    if search.tag:
        tags = {clean(tag) for tag in search.tag}
        yield _named(connection, "tag", lambda name: name in tags)
    if search.verdict:
        yield _among(table.verdict, [verdict.value for verdict in search.verdict])
    if search.reason:
        yield _among(
            table.message_id, connection.scalars(select(messages.c.id).where(messages.c.slug == search.reason)).all()
        )
    if search.pattern:
        yield table.build_id.in_(select(reasons.c.build_id).where(reasons.c.pattern == clean(search.pattern)))
    if words := search_words(search.text):
        yield holding(connection, words, table.build_id)


def _named(connection: Connection, kind: str, wanted: Callable[[str], bool]) -> ColumnElement[bool]:
    """Builds whose name of this kind is a wanted one."""
    rows = connection.execute(select(names.c.id, names.c.name).where(names.c.kind == kind)).all()
    return _among(outcomes.c[f"{kind}_id"], [row.id for row in rows if wanted(row.name)])


def _among(column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool]:  # Any: numbers or words
    """One value is asked for by `=`, which lets an index give the rows in the order of time."""
    if len(values) == 1:
        return column == values[0]
    return column.in_(values) if values else false()
