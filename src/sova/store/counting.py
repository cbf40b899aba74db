"""Counts over the facts that are kept in memory: totals, parts of a dimension, lengths. Meanings: `sova.stats`.

Stretches of time are pairs of aware moments, the first inclusive, the second exclusive; builds without a time lie in
none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sqlalchemy import Connection, select

from sova.filters import Query, Search
from sova.store.conditions import Asked, Term, conditions, ids_among, read
from sova.store.facts import Array, Change, Facts, Mask
from sova.store.loading import batches
from sova.store.outcomes import moment_of, seconds_of
from sova.store.tables import messages, outcomes
from sova.store.tallies import Kinds, Tally
from sova.times import Span

if TYPE_CHECKING:
    from sova.store import Store

__all__ = ["COLUMNS", "Counting", "Groups", "counting", "in_order", "rank"]

_Answer = TypeVar("_Answer")

COLUMNS: Mapping[str, str] = {
    "job": "job_id",
    "branch": "branch_id",
    "project": "project_id",
    "pipeline": "pipeline_id",
    "tag": "tag_id",
    "reason": "message_id",
    "change": "change",
}
"""The column of each dimension. By tag and by reason there are failures only."""

_OF_JOBS = ("jobs", "job_type", "short", "exclude", "timezone")
_FAILURES_ONLY = ("tag", "reason")
_MOST_CELLS = 4_000_000
"""Of a table with a mark for each pair; it takes so many bytes."""
_MOST_EQUAL = 1000
"""How many values that are equal in failures and builds are told apart by their names."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Facts by what stands in a column: `place` says for each row which of the `values` it has."""

    facts: Facts
    place: Array
    values: Array

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def by(cls, column: str, facts: Facts) -> Groups:
        numbers = getattr(facts, column)
        values = np.flatnonzero(np.bincount(numbers))  # without sorting, as the numbers are small
        places = np.zeros(int(values.max(initial=0)) + 1, np.int64)
        places[values] = np.arange(len(values))
        return cls(facts, places[numbers], values)

    def count(self, chosen: Mask | None = None) -> Array:
        """How many rows of each value, of those chosen."""
        return np.bincount(self.place if chosen is None else self.place[chosen], minlength=len(self))

    def counted(self) -> Iterator[tuple[int, int]]:
        """Each value and how many rows it has."""
        return zip(self.values.tolist(), self.count().tolist(), strict=True)

    def sum(self, numbers: Array) -> Array:
        return np.bincount(self.place, numbers, minlength=len(self))

    def by_kind(self, kinds: int) -> tuple[Array, Array]:
        """How many rows of each value are of each kind, and how long these took together."""
        places = self.place * kinds + self.facts.kind
        size = len(self) * kinds
        counts = (np.bincount(places, minlength=size), np.bincount(places, self.facts.duration, minlength=size))
        builds, seconds = (one.astype(np.float64).reshape(len(self), kinds) for one in counts)
        return builds, seconds

    def distinct(self, others: Array) -> Array:
        """How many different values above 0 `others` has with each value; they are below 2 ** 31."""
        width = int(others.max(initial=0)) + 1
        if len(self) * width <= _MOST_CELLS:  # a mark for each pair is faster than to sort them
            seen = np.zeros((len(self), width), np.bool_)
            seen[self.place, others] = True
            different: Array = np.count_nonzero(seen[:, 1:], axis=1)
            return different
        pairs = np.sort((self.place << 31) + others)
        first = np.diff(pairs, prepend=-1) != 0
        return np.bincount(pairs[first & (pairs % 2**31 > 0)] >> 31, minlength=len(self))

    def only(self, places: Array) -> Groups:
        """These values, in this order."""
        moved = np.full(len(self) + 1, -1)
        moved[places] = np.arange(len(places))
        place = moved[self.place]
        stay = place >= 0
        return Groups(self.facts.where(stay), place[stay], self.values[places])


@contextmanager
def counting(store: Store, search: Search) -> Iterator[Counting]:
    """Counts of one state of the store. Raises StoreError."""
    with store.reading() as connection:
        yield Counting(store, connection, search)


class Counting:
    """Counts builds that a search asks for, whatever stretch of time it names."""

    def __init__(self, store: Store, connection: Connection, search: Search) -> None:
        self.connection = connection
        self.search = replace(search, query=replace(search.query, since=None, until=None, limit=None))
        self._cache = store.facts
        self._state = self._cache.follow(connection)
        self._asks = (self._state, self.search)
        self._sorted: dict[Span, Facts] = {}

    @cached_property
    def conditions(self) -> list[Any]:  # Any: as `conditions` says
        """The same in SQL, for what is asked of rows that are not kept."""
        return list(conditions(self.connection, self.search))

    @property
    def names(self) -> Mapping[int, str]:
        """Every name by its number, "" for 0."""
        return self._cache.names

    @property
    def changes(self) -> Sequence[Change | None]:
        """What the numbers of changes stand for: those of the project's name and of the change."""
        return self._state.numbers.changes

    def facts(self, span: Span) -> Facts:
        """The builds of a stretch."""
        ends = seconds_of(span[0]), seconds_of(span[1])
        found = self._cache.recent.get(self._asks, ends)
        if found is None:
            chosen = self._choose(span)
            found = Facts.joined([chosen(part) for part in self._cache.between(self.connection, self._state, ends)])
            self._cache.recent.put(self._asks, ends, found)
        return found

    def once(self, key: Hashable, make: Callable[[], _Answer]) -> _Answer:
        """What `make` gives, kept under the key for this search in this state of the store; nobody may change it."""
        return self._cache.recent.once(self._asks, key, make)

    @property
    def end(self) -> dt.datetime:
        """The second after the newest build."""
        return moment_of(self._cache.ends[1])

    @property
    def of_all(self) -> bool:
        """Whether nothing but names of jobs bounds what is asked for."""
        jobs = {name: getattr(self.search.query, name) for name in _OF_JOBS}
        return self.search == Search(Query(**jobs))

    @cached_property
    def _asked(self) -> Asked:
        return read(self.connection, self.search)

    def _choose(self, span: Span) -> Callable[[Facts], Facts]:
        """What picks the builds that are asked for, in that stretch."""
        asked = self._asked
        numbers = ids_among(self.connection, asked, span)
        days = None if asked.spans is None else [(seconds_of(since), seconds_of(until)) for since, until in asked.spans]

        def chosen(facts: Facts) -> Facts:
            masks = [getattr(facts, name) if wanted else ~getattr(facts, name) for name, wanted in asked.flags]
            if days is not None:
                none = np.zeros(len(facts), np.bool_)
                masks.append(reduce(or_, ((facts.time >= since) & (facts.time < until) for since, until in days), none))
            if asked.of_changes:
                masks.append(facts.change != 0)
            masks += [self._mask(term, facts) for term in asked.terms if term.column is not outcomes.c.verdict]
            if numbers is not None:
                masks.append(np.isin(facts.build_id, numbers))
            return facts.where(reduce(and_, masks)) if masks else facts

        return chosen

    def _mask(self, term: Term, facts: Facts) -> Mask:
        column, values = term.column.name, [0 if value is None else value for value in term.values]
        if term.column is outcomes.c.change_number:
            column, wanted = "change", set(term.values)
            changes, seen = self.changes, np.unique(facts.change).tolist()
            values = [one for one in seen if (changes[one][1] if changes[one] else None) in wanted]
        found = getattr(facts, column)
        return found == values[0] if len(values) == 1 else np.isin(found, np.array(values, np.int64))

    def total(self, span: Span) -> Tally:
        """The builds of a stretch."""
        return self.once(("total", span), lambda: self._total(self.facts(span)))

    def _total(self, facts: Facts) -> Tally:
        if not len(facts):
            return Tally()
        return self._tallies(Groups(facts, np.zeros(len(facts), np.int64), np.zeros(1, np.int64)))[0]

    def leading(self, by: str, span: Span, limit: int) -> dict[int, Tally]:
        """The values of a dimension (a key of COLUMNS) with most failures, then most builds: `limit` of them, and those
        beside the last that equal it, so that the caller can choose among them (up to _MOST_EQUAL)."""
        groups = self.groups(by, span)
        builds, failed = groups.count(), groups.count(groups.facts.failed)
        order = np.lexsort((-builds, -failed))
        if len(order) > limit:
            last = order[limit - 1]
            equal = (failed == failed[last]) & (builds == builds[last])
            beside = [place for place in order[limit : limit + _MOST_EQUAL] if equal[place]]
            order = np.concatenate([order[:limit], np.array(beside, np.int64)])
        return self._by_key(groups.only(order))

    def parts(self, by: str, span: Span, only: Collection[int]) -> dict[int, Tally]:
        """The builds of these values of a dimension; one without any is left out."""
        return self._by_key(self._only(by, span, only))

    def groups(self, by: str, span: Span) -> Groups:
        """The builds of a stretch by a dimension, those without a value left out."""
        return self._groups(by, self.facts(span))

    def _groups(self, by: str, facts: Facts) -> Groups:
        column = COLUMNS[by]
        if by == "change":
            facts = facts.where(facts.change != 0)
        elif by in _FAILURES_ONLY:
            facts = facts.where(facts.failed & (getattr(facts, column) != 0))
        return Groups.by(column, facts)

    def _only(self, by: str, span: Span, only: Collection[int]) -> Groups:
        groups = self.groups(by, span)
        return groups.only(np.flatnonzero(np.isin(groups.values, list(only))))

    def _by_key(self, groups: Groups) -> dict[int, Tally]:
        return dict(zip(groups.values.tolist(), self._tallies(groups), strict=True))

    def _tallies(self, groups: Groups) -> list[Tally]:
        every = list(self._state.numbers.kinds)  # another thread may add some
        kinds = self.once(("kinds", len(every)), lambda: Kinds.of(every, self.names))
        return kinds.tallies(*groups.by_kind(len(kinds)))

    def durations(self, span: Span, most: int) -> list[tuple[dt.datetime, float]]:
        """Time and length of the newest `most` builds that passed or failed, oldest first."""
        facts = self.facts(span)
        known = np.flatnonzero(facts.ended & facts.timed)[-most:]
        moments = map(moment_of, facts.time[known].tolist())
        return list(zip(moments, facts.duration[known].tolist(), strict=True))

    def newest(self) -> dt.datetime | None:
        """Time of the newest build, None where none has one."""
        newest = select(outcomes.c.time).where(outcomes.c.time.is_not(None), *self.conditions)
        return moment_of(self.connection.scalars(newest.order_by(outcomes.c.time.desc()).limit(1)).first())

    def lengths(self, by: str, span: Span, only: Collection[int] | None = None) -> dict[int, tuple[float, float]]:
        """Median and 90th percentile, by nearest rank, of the lengths of builds that passed or failed."""
        groups = self._groups(by, self._by_length(span))
        if only is not None:
            groups = groups.only(np.flatnonzero(np.isin(groups.values, list(only))))
        counts = groups.count()
        starts = np.cumsum(counts) - counts
        ordered = groups.facts.duration[in_order(groups.place)]
        return {
            value: (float(ordered[start + rank(count, 50)]), float(ordered[start + rank(count, 90)]))
            for value, start, count in zip(*(one.tolist() for one in (groups.values, starts, counts)), strict=True)
        }

    def _by_length(self, span: Span) -> Facts:
        """The builds that passed or failed and whose length is known, shortest first."""
        if span not in self._sorted:
            facts = self.facts(span)
            facts = facts.where(facts.ended & facts.timed)
            self._sorted[span] = facts.where(np.argsort(facts.duration))
        return self._sorted[span]

    def messages(self, numbers: Collection[int]) -> dict[int, tuple[str, str, str]]:
        """Slug, tag and message of the reasons with these numbers."""
        found: dict[int, tuple[str, str, str]] = {}
        for batch in batches(numbers):
            rows = self.connection.execute(select(messages).where(messages.c.id.in_(batch)))
            found |= {row.id: (row.slug, row.tag, row.message) for row in rows}
        return found


def in_order(numbers: Array) -> Array:
    """The places of the numbers, from 0 up, in their order; equal ones stay as they stand."""
    small = numbers.astype(np.uint16) if numbers.max(initial=0) < 2**16 else numbers  # sorted in no time
    return np.argsort(small, kind="stable")


def rank(count: int, percent: int) -> int:
    """The place, from 0, of a percentile among so many values in order, by nearest rank."""
    return max(0, (count * percent + 99) // 100 - 1)
