"""What is asked for, as SQL conditions over `outcomes`. The one place where a `Query` or a `Search` becomes SQL.

Globs and the case of result words are matched in Python against the few names there are, alike in every database; SQL
sees numbers. Times are compared by whole seconds, rounded down on both sides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, false, func, literal, or_, select

from sova.filters import Query, Search, matches
from sova.model import Outcome, outcome_of
from sova.store.columns import Line
from sova.store.outcomes import seconds_of
from sova.store.rows import clean
from sova.store.tables import messages, names, outcomes, reasons
from sova.store.texts import builds_holding, search_words
from sova.times import day_span

__all__ = ["Asked", "Term", "builds_hit_by", "conditions", "is_few", "read"]

_FEW = 20_000
"""Builds that are looked up one by one as fast as those of a week are counted."""

_NOT_FAILED = frozenset({Outcome.SUCCESS, Outcome.SKIPPED, Outcome.RUNNING})


@dataclass(frozen=True, slots=True)
class Term:
    """One of these values stands in a column that has an index with the time. None stands for no value."""

    column: ColumnElement[Any]  # Any: numbers or words
    values: tuple[object, ...]

    @property
    def by_index(self) -> ColumnElement[bool]:
        """One value is asked for by `=`, so that an index can give the rows in the order of time."""
        return _among(self.column, self.values)

    @property
    def row_by_row(self) -> ColumnElement[bool]:
        """The same, but no index can be used for it."""
        return _among(self.column + ("" if isinstance(self.column.type, Line) else 0), self.values)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as SQL: stretches of time, terms, what is looked at row by row, a pattern and words."""

    times: list[ColumnElement[bool]]
    terms: list[Term]
    others: list[ColumnElement[bool]]
    pattern: str
    words: tuple[str, ...]


def conditions(connection: Connection, search: Search) -> list[ColumnElement[bool]]:
    """What a row of `outcomes` must fulfil to be asked for; made for counting. `search.query.limit` is not looked at.

    A term that few builds fulfil is looked up; for others it is faster to read the index that counts are made from.
    """
    asked = read(connection, search)
    found = [*asked.times, *asked.others]
    for term in asked.terms:
        few = term.column is outcomes.c.verdict or is_few(connection, outcomes, [term.by_index], _FEW)
        found.append(term.by_index if few else term.row_by_row)
    if asked.pattern:
        found.append(outcomes.c.build_id.in_(builds_hit_by(asked.pattern)))
    if asked.words:
        found.append(outcomes.c.build_id.in_(builds_holding(connection, asked.words)))
    return found


def is_few(connection: Connection, table: FromClause, where: Sequence[ColumnElement[bool]], most: int) -> bool:
    """Whether at most so many rows fulfil this; no more of them are looked at."""
    found = select(literal(1)).select_from(table).where(*where).limit(most + 1).subquery()
    return connection.scalars(select(func.count()).select_from(found)).one() <= most


def builds_hit_by(pattern: str) -> Select[tuple[int]]:
    """Numbers of the builds that a pattern hit, as primary reason or not."""
    return select(reasons.c.build_id).where(reasons.c.pattern == pattern)


def read(connection: Connection, search: Search) -> Asked:
    """What is asked for, with names as their numbers."""
    query = search.query
    others: list[ColumnElement[bool]] = [] if query.voting is None else [outcomes.c.voting.is_(query.voting)]
    if search.failed is not None:
        others.append(outcomes.c.failed.is_(search.failed))
    if query.periodic is False:
        others.append(outcomes.c.change_number.is_not(None))
    return Asked(
        times=list(_times(connection, query)),
        terms=[
            *_answers(connection, search),
            *_changes(query),
            *_jobs(connection, query),
            *_results(connection, query, search.outcome),
            *_places(connection, query),
        ],
        others=others,
        pattern=clean(search.pattern),
        words=search_words(search.text),
    )


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


def _jobs(connection: Connection, query: Query) -> Iterator[Term]:
    exact, excluded = ({clean(name) for name in given} for given in (query.job_type, query.exclude))
    if query.jobs or query.short or exact or excluded:
        yield from _named(
            connection,
            "job",
            lambda name: (
                matches(name, query.jobs)
                and matches(name, query.short)
                and (not exact or name in exact)
                and name not in excluded
            ),
        )


def _results(connection: Connection, query: Query, wanted: Sequence[Outcome]) -> Iterator[Term]:
    words = {word.upper() for word in query.result}
    if words or query.fail or wanted:
        yield from _named(
            connection,
            "result",
            lambda word: (
                (not words or word.upper() in words)
                and (not query.fail or outcome_of(word) not in _NOT_FAILED)
                and (not wanted or outcome_of(word) in wanted)
            ),
        )


def _places(connection: Connection, query: Query) -> Iterator[Term]:
    for kind, globs in (("project", query.project), ("pipeline", query.pipeline), ("branch", query.branch)):
        if globs:
            yield from _named(connection, kind, lambda name, globs=globs: matches(name, globs))  # type: ignore[misc]  # mypy cannot infer a lambda with a default


def _changes(query: Query) -> Iterator[Term]:
    if query.change:
        yield Term(outcomes.c.change_number, tuple(set(query.change)))
    if query.periodic:
        yield Term(outcomes.c.change_number, (None,))


def _answers(connection: Connection, search: Search) -> Iterator[Term]:
    if search.reason:
        found = connection.scalars(select(messages.c.id).where(messages.c.slug == clean(search.reason)))
        yield Term(outcomes.c.message_id, tuple(found))
    if search.verdict:
        yield Term(outcomes.c.verdict, tuple({verdict.value for verdict in search.verdict}))
    if search.tag:
        tags = {clean(tag) for tag in search.tag}
        yield from _named(connection, "tag", lambda name: name in tags, always=True)


def _named(connection: Connection, kind: str, wanted: Callable[[str], bool], *, always: bool = False) -> Iterator[Term]:
    """Builds whose name of this kind is a wanted one; nothing is asked where each is, unless `always`."""
    rows = connection.execute(select(names.c.id, names.c.name).where(names.c.kind == kind)).all()
    found = [row.id for row in rows if wanted(row.name)]
    if always or len(found) < len(rows):
        yield Term(outcomes.c[f"{kind}_id"], tuple(found))


def _among(column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool]:  # Any: numbers or words
    if len(values) == 1:
        return column.is_(None) if values[0] is None else column == values[0]
    return column.in_(values) if values else false()
