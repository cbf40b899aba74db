"""Counts over the table `outcomes`: totals, parts of a dimension, lengths. Meanings of the words: `sova.stats`.

Stretches of time are pairs of aware moments, the first inclusive, the second exclusive; builds without a time lie in
none. Only failures are grouped by tag and result, in a statement of its own: the many builds that passed are added up
without being sorted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, func, or_, select

from sova.filters import Search
from sova.model import Outcome, outcome_of
from sova.store.conditions import conditions
from sova.store.outcomes import seconds_of
from sova.store.tables import messages, names, outcomes

if TYPE_CHECKING:
    from sova.store import Store

__all__ = ["COLUMNS", "Counting", "Key", "Span", "Tally", "counting", "flagged", "within"]

Span: TypeAlias = "tuple[dt.datetime, dt.datetime]"
Key: TypeAlias = "tuple[int, ...]"
Columns: TypeAlias = Sequence[Column[Any]]  # Any: columns of several types
Rows: TypeAlias = Select[Any]  # Any: rows of several shapes
"""Numbers of `names` or `messages`; of a change those of its project and itself; () of all builds together."""

_ROW = outcomes.c
COLUMNS: Mapping[str, tuple[Column[Any], ...]] = {  # Any: numbers, null or not
    "job": (_ROW.job_id,),
    "branch": (_ROW.branch_id,),
    "project": (_ROW.project_id,),
    "pipeline": (_ROW.pipeline_id,),
    "tag": (_ROW.tag_id,),
    "reason": (_ROW.message_id,),
    "change": (_ROW.project_id, _ROW.change_number),
}
"""The columns of each dimension. By tag and by reason there are failures only."""

_FAILURES_ONLY = ("tag", "reason")
_QUIET = (Outcome.SKIPPED, Outcome.RUNNING)
_MOST_EQUAL = 1000
"""How many values that are equal in failures and builds are told apart by their names."""


@dataclass(slots=True)
class Tally:
    """Counts over some builds, while they are added up. Lengths are seconds."""

    builds: int = 0
    passed: int = 0
    failed: int = 0
    explained: int = 0
    unreadable: int = 0
    seconds: float = 0.0
    lost: float = 0.0
    by_tag: Counter[str] = field(default_factory=Counter)
    by_outcome: Counter[Outcome] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def within(span: Span) -> ColumnElement[bool]:
    """Builds of that stretch of time."""
    since, until = span
    return and_(_ROW.time >= seconds_of(since), _ROW.time < seconds_of(until))


def flagged(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where it holds, else 0."""
    return case((condition, 1), else_=0)


_BUILDS = func.count().label("builds")
_FAILED = func.sum(flagged(_ROW.failed)).label("failures")


@contextmanager
def counting(store: Store, search: Search) -> Iterator[Counting]:
    """Counts of one state of the store; nothing that is written meanwhile is seen. Raises StoreError."""
    with store.reading() as connection:
        yield Counting(connection, search)


class Counting:
    """Counts builds that a search asks for, whatever stretch of time it names, in one state of the database."""

    def __init__(self, connection: Connection, search: Search) -> None:
        self.connection = connection
        timeless = replace(search.query, since=None, until=None, limit=None)
        self.conditions = conditions(connection, replace(search, query=timeless))
        self._totals: dict[Span, Tally] = {}

    def total(self, span: Span) -> Tally:
        """The builds of a stretch, each read once and none sorted. What was counted once is not counted again."""
        if span not in self._totals:
            self._totals[span] = self._counted((), [within(span)]).get((), Tally())
        return self._totals[span]

    def leading(self, by: str, span: Span, limit: int) -> dict[Key, Tally]:
        """The values of a dimension (a key of COLUMNS) with most failures, then most builds: `limit` of them, and those
        beside the last that equal it, so that the caller can choose among them (up to _MOST_EQUAL)."""
        wanted = self._sums(COLUMNS[by], self._of(by, span, None))
        wanted = wanted.order_by(_FAILED.desc(), _BUILDS.desc(), *COLUMNS[by]).limit(limit + _MOST_EQUAL)
        found = self._tallies(wanted, len(COLUMNS[by]))
        last = list(found.values())[limit - 1 : limit]
        leading = {
            key: tally
            for place, (key, tally) in enumerate(found.items())
            if place < limit or (tally.failed, tally.builds) == (last[0].failed, last[0].builds)
        }
        self._tell_failures_apart(COLUMNS[by], self._of(by, span, leading), leading)
        return leading

    def parts(self, by: str, span: Span, only: Collection[Key]) -> dict[Key, Tally]:
        """The builds of these values of a dimension; one without any may be left out."""
        return self._counted(COLUMNS[by], self._of(by, span, only))

    def _of(self, by: str, span: Span, only: Collection[Key] | None) -> list[ColumnElement[bool]]:
        columns = COLUMNS[by]
        found = [within(span), *(column.is_not(None) for column in columns if column.nullable)]
        if by in _FAILURES_ONLY:
            found.append(_ROW.failed)
        if only is not None:  # of a change the project is not asked for: the number alone finds its few builds
            found.append(columns[-1].in_({key[-1] for key in only}))
        return found

    def _counted(self, keys: Columns, where: Sequence[ColumnElement[bool]]) -> dict[Key, Tally]:
        found = self._tallies(self._sums(keys, where), len(keys))
        self._tell_failures_apart(keys, where, found)
        return found

    def _sums(self, keys: Columns, where: Sequence[ColumnElement[bool]]) -> Rows:
        quiet = (and_(_ROW.failed.is_(False), _ROW.result_id.in_(self._results[outcome])) for outcome in _QUIET)
        wanted = select(
            *keys,
            _BUILDS,
            func.sum(flagged(_ROW.passed)),
            _FAILED,
            func.sum(flagged(_ROW.explained)),
            func.sum(flagged(_ROW.unreadable)),
            func.sum(_ROW.duration),
            func.sum(case((_ROW.failed, _ROW.duration))),
            *(func.sum(flagged(condition)) for condition in quiet),
        ).where(*where, *self.conditions)
        return wanted.group_by(*keys) if keys else wanted

    def _tallies(self, wanted: Rows, keys: int) -> dict[Key, Tally]:
        """What did not fail has one of three outcomes: what is neither skipped nor running was a success."""
        found: dict[Key, Tally] = {}
        for row in self.connection.execute(wanted):
            builds, passed, failed, explained, unreadable, seconds, lost, *quiet = row[keys:]
            if builds:
                counts = dict(zip((Outcome.SUCCESS, *_QUIET), (builds - failed - sum(quiet), *quiet), strict=True))
                found[tuple(row[:keys])] = Tally(
                    *(builds, passed, failed, explained, unreadable, seconds or 0.0, lost or 0.0),
                    by_outcome=Counter({outcome: number for outcome, number in counts.items() if number}),
                )
        return found

    def _tell_failures_apart(
        self, keys: Columns, where: Sequence[ColumnElement[bool]], found: dict[Key, Tally]
    ) -> None:
        """Add what tags and outcomes the failures have."""
        by = (*keys, _ROW.tag_id, _ROW.result_id)
        wanted = select(*by, func.count()).where(_ROW.failed, *where, *self.conditions).group_by(*by)
        for *key, tag, result, builds in self.connection.execute(wanted):
            if tally := found.get(tuple(key)):
                tally.by_tag[self.names[tag] or "unknown"] += builds
                tally.by_outcome[outcome_of(self.names[result])] += builds

    @cached_property
    def _results(self) -> dict[Outcome, list[int]]:
        """Numbers of the result words that come down to each of the quiet outcomes."""
        rows = self.connection.execute(select(names.c.id, names.c.name).where(names.c.kind == "result")).all()
        return {outcome: [row.id for row in rows if outcome_of(row.name) is outcome] for outcome in _QUIET}

    def newest(self) -> dt.datetime | None:
        """Time of the newest build, None where none has one."""
        newest = select(_ROW.time).where(_ROW.time.is_not(None), *self.conditions).order_by(_ROW.time.desc()).limit(1)
        seconds = self.connection.scalars(newest).first()
        return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)

    def lengths(self, by: str, span: Span, only: Collection[Key]) -> dict[Key, tuple[float, float]]:
        """Median and 90th percentile, by nearest rank, of the lengths of builds that passed or failed."""
        keys = COLUMNS[by]
        ended = or_(_ROW.passed, _ROW.failed)
        ranked = (
            select(
                *keys,
                _ROW.duration,
                func.row_number().over(partition_by=keys, order_by=_ROW.duration).label("place"),
                func.count().over(partition_by=keys).label("whole"),
            )
            .where(*self._of(by, span, only), *self.conditions, ended, _ROW.duration.is_not(None))
            .subquery()
        )
        columns = [ranked.c[column.name] for column in keys]
        at = [(ranked.c.whole * percent + 99) // 100 for percent in (50, 90)]
        picked = [func.max(case((ranked.c.place == place, ranked.c.duration))) for place in at]
        rows = self.connection.execute(select(*columns, *picked).group_by(*columns))
        return {tuple(key): (median, p90) for *key, median, p90 in rows}

    @cached_property
    def names(self) -> dict[int, str]:
        """Every name by its number: there are far fewer than builds."""
        return {row.id: row.name for row in self.connection.execute(select(names.c.id, names.c.name))}

    def messages(self, numbers: Collection[int]) -> dict[int, tuple[str, str, str]]:
        """Slug, tag and message of the reasons with these numbers."""
        rows = self.connection.execute(select(messages).where(messages.c.id.in_(numbers)))
        return {row.id: (row.slug, row.tag, row.message) for row in rows}
