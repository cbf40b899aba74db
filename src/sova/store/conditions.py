"""What is asked for, as SQL conditions over `outcomes`. The one place where a `Query` or a `Search` becomes SQL.

Globs and the case of result words are matched in Python against the few names there are, alike in every database; SQL
sees numbers. Times are compared by whole seconds, rounded down on both sides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, FromClause, Select, and_, false, func, literal, or_, select

from sova.filters import Query, Search, matches
from sova.model import Outcome, outcome_of
from sova.store.columns import Line
from sova.store.lists import numbers_of_kind
from sova.store.outcomes import seconds_of
from sova.store.rows import clean
from sova.store.tables import messages, outcomes, reasons
from sova.store.texts import builds_holding, search_words
from sova.times import Span, day_span

__all__ = ["Asked", "Term", "builds_hit_by", "conditions", "ids_among", "is_few", "read", "within"]

_FEW = 20_000
"""Builds that are looked up one by one as fast as those of a week are counted."""

_NOT_FAILED = frozenset({Outcome.SUCCESS, Outcome.SKIPPED, Outcome.RUNNING})


@dataclass(frozen=True, slots=True)
class Term:
    """One of these values stands in a column that has an index with the time. None stands for no value."""

    column: Column[Any]  # Any: numbers or words
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
    """A search with names as their numbers: stretches of time (None for ever), terms, flags that stand in columns,
    whether only builds of changes are asked for, a pattern and words."""

    since: int | None
    until: int | None
    spans: list[Span] | None
    terms: list[Term]
    flags: list[tuple[str, bool]]
    of_changes: bool
    pattern: str
    words: tuple[str, ...]

    @property
    def times(self) -> list[ColumnElement[bool]]:
        """The stretches of time as SQL."""
        time, found = outcomes.c.time, []
        if self.since is not None:
            found.append(time >= self.since)
        if self.until is not None:
            found.append(time < self.until)
        if self.spans is not None:
            found.append(or_(false(), *map(within, self.spans)))
        return found

    @property
    def others(self) -> list[ColumnElement[bool]]:
        """What is looked at row by row, as SQL."""
        found: list[ColumnElement[bool]] = [outcomes.c[name].is_(wanted) for name, wanted in self.flags]
        return [*found, outcomes.c.change_number.is_not(None)] if self.of_changes else found


def within(span: Span) -> ColumnElement[bool]:
    """Builds of that stretch of time."""
    since, until = span
    return and_(outcomes.c.time >= seconds_of(since), outcomes.c.time < seconds_of(until))


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


def ids_among(connection: Connection, asked: Asked, span: Span) -> list[int] | None:
    """The builds of a stretch of time that fulfil what no column of the facts can tell: a verdict, a pattern, words.
    None where nothing of that kind is asked for."""
    told = [term.by_index for term in asked.terms if term.column is outcomes.c.verdict]
    if asked.pattern:
        told.append(outcomes.c.build_id.in_(builds_hit_by(asked.pattern)))
    if asked.words:
        told.append(outcomes.c.build_id.in_(builds_holding(connection, asked.words)))
    if not told:
        return None
    return list(connection.scalars(select(outcomes.c.build_id).where(within(span), *told)))


def builds_hit_by(pattern: str) -> Select[tuple[int]]:
    """Numbers of the builds that a pattern hit, as primary reason or not."""
    return select(reasons.c.build_id).where(reasons.c.pattern == pattern)


def read(connection: Connection, search: Search) -> Asked:
    """What is asked for, with names as their numbers."""
    query = search.query
    flags = {"voting": query.voting, "failed": search.failed}
    return Asked(
        since=seconds_of(query.since),
        until=seconds_of(query.until),
        spans=list(_spans(connection, query)) if query.dates else None,
        terms=[
            *_answers(connection, search),
            *_changes(query),
            *_jobs(connection, query),
            *_results(connection, query, search.outcome),
            *_places(connection, query),
            *_texts(search),
        ],
        flags=[(name, wanted) for name, wanted in flags.items() if wanted is not None],
        of_changes=query.periodic is False,
        pattern=clean(search.pattern),
        words=search_words(search.text),
    )


def _spans(connection: Connection, query: Query) -> Iterator[Span]:
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


def _texts(search: Search) -> Iterator[Term]:
    if search.text.strip() and not search_words(search.text):  # what holds no word is found nowhere
        yield Term(outcomes.c.message_id, ())


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
    known = numbers_of_kind(connection, kind)
    found = [number for number, name in known.items() if wanted(name)]
    if always or len(found) < len(known):
        yield Term(outcomes.c[f"{kind}_id"], tuple(found))


def _among(column: ColumnElement[Any], values: Sequence[object]) -> ColumnElement[bool]:  # Any: numbers or words
    if len(values) == 1:
        return column.is_(None) if values[0] is None else column == values[0]
    return column.in_(values) if values else false()
