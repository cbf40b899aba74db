"""Counts over the table `outcomes`: totals, parts of a dimension, lengths. Meanings of the words: `sova.stats`.

Stretches of time are pairs of aware moments, the first inclusive, the second exclusive; builds without a time lie in
none. Failures and the rest are counted in statements of their own: only failures are grouped by tag and result, so the
many builds that passed are added up without being sorted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Column, ColumnElement, Connection, and_, case, func, or_, select

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


def within(span: Span) -> ColumnElement[bool]:
    """Builds of that stretch of time."""
    since, until = span
    return and_(_ROW.time >= seconds_of(since), _ROW.time < seconds_of(until))


def flagged(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """1 where it holds, else 0."""
    return case((condition, 1), else_=0)


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

    def totals(self, spans: Iterable[Span]) -> list[Tally]:
        """The builds of each stretch: a statement a stretch reads each row once, and sorts none."""
        return [self._counted((), [within(span)]).get((), Tally()) for span in spans]

    def parts(self, by: str, span: Span, only: Collection[Key] | None = None) -> dict[Key, Tally]:
        """The builds of each value of a dimension (a key of COLUMNS), or of those in `only`."""
        return self._counted(COLUMNS[by], self._of(by, span, only), failures_only=by in _FAILURES_ONLY)

    def _of(self, by: str, span: Span, only: Collection[Key] | None) -> list[ColumnElement[bool]]:
        columns = COLUMNS[by]
        found = [within(span), *(column.is_not(None) for column in columns if column.nullable)]
        if only is not None:  # of a change the project is not asked for: the number alone finds its few builds
            found.append(columns[-1].in_({key[-1] for key in only}))
        return found

    def _counted(
        self, keys: Sequence[Column[Any]], where: Iterable[ColumnElement[bool]], *, failures_only: bool = False
    ) -> dict[Key, Tally]:
        found: dict[Key, Tally] = {}
        where = [*where, *self.conditions]
        self._count_failures(keys, where, found)
        if not failures_only:
            self._count_others(keys, where, found)
        return found

    def _count_failures(
        self, keys: Sequence[Column[Any]], where: Sequence[ColumnElement[bool]], found: dict[Key, Tally]
    ) -> None:
        wanted = select(
            *keys,
            _ROW.tag_id,
            _ROW.result_id,
            func.count(),
            func.sum(flagged(_ROW.explained)),
            func.sum(flagged(_ROW.unreadable)),
            func.sum(_ROW.duration),
        ).where(_ROW.failed, *where)
        rows = self.connection.execute(wanted.group_by(*keys, _ROW.tag_id, _ROW.result_id)).all()
        for *key, tag, result, builds, explained, unreadable, seconds in rows:
            tally = found.setdefault(tuple(key), Tally())
            tally.builds += builds
            tally.failed += builds
            tally.explained += explained
            tally.unreadable += unreadable
            tally.seconds += seconds or 0.0
            tally.lost += seconds or 0.0
            tally.by_tag[self.names[tag] or "unknown"] += builds
            tally.by_outcome[outcome_of(self.names[result])] += builds

    def _count_others(
        self, keys: Sequence[Column[Any]], where: Sequence[ColumnElement[bool]], found: dict[Key, Tally]
    ) -> None:
        """What did not fail has one of three outcomes, so that it needs not be grouped by them."""
        quiet = self._results_of(_QUIET)
        wanted = select(
            *keys,
            func.count(),
            func.sum(flagged(_ROW.passed)),
            func.sum(_ROW.duration),
            *(func.sum(flagged(_ROW.result_id.in_(quiet[outcome]))) for outcome in _QUIET),
        ).where(_ROW.failed.is_(False), *where)
        for *key, builds, passed, seconds, skipped, running in self.connection.execute(
            wanted.group_by(*keys) if keys else wanted
        ):
            if builds:
                tally = found.setdefault(tuple(key), Tally())
                tally.builds += builds
                tally.passed += passed
                tally.seconds += seconds or 0.0
                succeeded = builds - skipped - running
                counts = {Outcome.SUCCESS: succeeded, Outcome.SKIPPED: skipped, Outcome.RUNNING: running}
                tally.by_outcome.update({outcome: number for outcome, number in counts.items() if number})

    def _results_of(self, wanted: Collection[Outcome]) -> dict[Outcome, list[int]]:
        """Numbers of the result words that come down to each of these outcomes."""
        rows = self.connection.execute(select(names.c.id, names.c.name).where(names.c.kind == "result")).all()
        return {outcome: [row.id for row in rows if outcome_of(row.name) is outcome] for outcome in wanted}

    def lengths(self, by: str, span: Span, only: Collection[Key]) -> dict[Key, tuple[float, float]]:
        """Median and 90th percentile, by nearest rank, of the lengths of builds that passed or failed."""
        keys = COLUMNS[by]
        ended = or_(_ROW.passed, _ROW.failed)
        failures = [_ROW.failed] if by in _FAILURES_ONLY else []
        ranked = (
            select(
                *keys,
                _ROW.duration,
                func.row_number().over(partition_by=keys, order_by=_ROW.duration).label("place"),
                func.count().over(partition_by=keys).label("whole"),
            )
            .where(*self._of(by, span, only), *self.conditions, *failures, ended, _ROW.duration.is_not(None))
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
