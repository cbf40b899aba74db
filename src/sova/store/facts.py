"""Facts: what is counted of each dated build, as columns in memory, a piece for each day (UTC).

SQL would read every row again for every question. Here a row is read once, from the index that holds nothing but what
is counted, and kept until it changes: a store says by its version whether anything did, and which rows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from itertools import groupby, pairwise
from operator import add
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, case, func, select

from sova.filters import Search
from sova.store.register import removed_of, version_of
from sova.store.tables import names, outcomes

__all__ = ["Change", "FactCache", "Facts", "Seconds"]

Seconds: TypeAlias = "tuple[int, int]"
"""A stretch of time in whole seconds since 1970: the first inclusive, the second exclusive."""


_DAY = 86_400
_MOST_ROWS = 4_000_000
"""Rows that are kept, of some 90 bytes each; days that nobody asked for go first."""
_MOST_CHOSEN = 1_000_000
"""Rows that are kept a second time, as they were chosen lately."""
_MOST_CHANGED = 50_000
"""So many changed rows are not worth to be exchanged one by one."""

_ROW = outcomes.c
_FLAGS = ("failed", "passed", "explained", "unreadable", "voting")
_NUMBERS = ("job_id", "project_id", "branch_id", "pipeline_id", "result_id")
_NO_TIME = -(2**63)
_NO_LENGTH = -1e300

Change: TypeAlias = "tuple[int, int]"
"""Number of the project's name, and of the change."""

Mask: TypeAlias = "NDArray[np.bool_]"
Numbers: TypeAlias = "NDArray[np.int64]"
Names: TypeAlias = "NDArray[np.int32]"


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows in the order of time, those of one second by the build's number. Columns are called as in `outcomes`; 0
    stands for no tag, no message, no change and no patch set, NaN for no length. `change` and `patch_set` are numbers
    that the cache gave, see `FactCache.changes`."""

    time: Numbers
    build_id: Numbers
    failed: Mask
    passed: Mask
    explained: Mask
    unreadable: Mask
    voting: Mask
    job_id: Names
    project_id: Names
    branch_id: Names
    pipeline_id: Names
    result_id: Names
    tag_id: Names
    message_id: Names
    change: Names
    patch_set: Names
    duration: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.time)

    @property
    def ended(self) -> Mask:
        """The builds that passed or failed."""
        return self.passed | self.failed

    def where(self, chosen: Mask | Numbers | slice) -> Facts:
        """These rows only."""
        if isinstance(chosen, slice):
            return Facts(*(column[chosen] for column in _columns_of(self)))
        places = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return Facts(*(column.take(places) for column in _columns_of(self)))

    def between(self, span: Seconds) -> Facts:
        first, last = np.searchsorted(self.time, span)
        return self if (first, last) == (0, len(self)) else self.where(slice(first, last))

    @staticmethod
    def joined(parts: Sequence[Facts]) -> Facts:
        """The rows of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        columns = zip(*(_columns_of(part) for part in parts or [_NOTHING]), strict=True)
        return Facts(*map(np.concatenate, columns))

    def in_order(self) -> Facts:
        """The same rows in their order."""
        return self.where(np.lexsort((self.build_id, self.time)))


def _columns_of(facts: Facts) -> tuple[Any, ...]:  # Any: arrays of several types
    return tuple(getattr(facts, field.name) for field in fields(facts))


def _nothing() -> Facts:
    kinds = (np.int64, np.int64, *[np.bool_] * len(_FLAGS), *[np.int32] * (len(_NUMBERS) + 4), np.float64)
    return Facts(*(np.zeros(0, kind) for kind in kinds))


_NOTHING = _nothing()


def _wanted() -> Select[Any]:  # Any: numbers of several types
    flags = [case((_ROW[name], 1 << place), else_=0) for place, name in enumerate(_FLAGS)]
    return select(
        func.coalesce(_ROW.time, _NO_TIME),
        _ROW.build_id,
        reduce(add, flags),
        *(_ROW[name] for name in _NUMBERS),
        func.coalesce(_ROW.tag_id, 0),
        func.coalesce(_ROW.message_id, 0),
        _ROW.change_number,
        _ROW.patchset,
        func.coalesce(_ROW.duration, _NO_LENGTH),
    )


_Thing = TypeVar("_Thing")


class _Numbered(dict[_Thing, int]):
    """Numbers for things, from 0 on, given when they are first asked for. `things` has them in that order."""

    def __init__(self, first: _Thing) -> None:
        super().__init__({first: 0})
        self.things = [first]

    def __missing__(self, thing: _Thing) -> int:
        self[thing] = number = len(self.things)
        self.things.append(thing)
        return number


class Recent:
    """The rows that were chosen lately for a question: one page asks for the same ones again and again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[int, Search], dict[Seconds, Facts]] = OrderedDict()

    def get(self, version: int, search: Search, span: Seconds) -> Facts | None:
        """The rows of that stretch, where they or more of them were chosen in this version of the store."""
        with self._lock:
            known = self._found.get((version, search), {})
            around = next((one for one in known if one[0] <= span[0] and span[1] <= one[1]), None)
            if around is None:
                return None
            self._found.move_to_end((version, search))
            return known[around].between(span)

    def put(self, version: int, search: Search, span: Seconds, facts: Facts) -> None:
        with self._lock:
            known = self._found.setdefault((version, search), {})
            for one in [one for one in known if span[0] <= one[0] and one[1] <= span[1]]:
                del known[one]
            known[span] = facts
            self._found.move_to_end((version, search))
            while self._rows() > _MOST_CHOSEN and len(self._found) > 1:
                self._found.popitem(last=False)

    def _rows(self) -> int:
        return sum(len(facts) for known in self._found.values() for facts in known.values())


class FactCache:
    """The facts of one store, and its names. Threads share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._days: OrderedDict[int, Facts] = OrderedDict()
        self._ends: Seconds = (0, 0)
        self._names: Mapping[int, str] = {0: ""}
        self.recent = Recent()
        self._changes: _Numbered[Change | None] = _Numbered(None)
        self._patch_sets: _Numbered[tuple[int, str] | None] = _Numbered(None)

    @property
    def names(self) -> Mapping[int, str]:
        """Every name by its number, those of all rows that `between` gave; 0 is none."""
        return self._names

    @property
    def changes(self) -> Sequence[Change | None]:
        """What the numbers of changes stand for; 0 for none."""
        return self._changes.things

    def follow(self, connection: Connection) -> int:
        """Come to the state that the connection sees, unless a later one is known: another thread may have been faster.
        Gives the version that the connection sees."""
        with self._lock:
            version = version_of(connection)
            if version > self._version:
                changed = self._changed(connection)
                if changed is None:
                    self._days.clear()
                else:
                    self._exchange(changed)
                more = connection.execute(select(names.c.id, names.c.name).where(names.c.id > max(self._names)))
                self._names = {**self._names, **dict(more.all())}
                # in order, as SQLite may read a whole index for `min` and `max`
                dated = select(_ROW.time).where(_ROW.time.is_not(None)).limit(1)
                first, last = (connection.scalar(dated.order_by(end)) for end in (_ROW.time, _ROW.time.desc()))
                self._ends = (0, 0) if first is None or last is None else (first, last + 1)
                self._version = version
            return version

    @property
    def ends(self) -> Seconds:
        """The stretch in which all builds lie."""
        return self._ends

    def between(self, connection: Connection, version: int, span: Seconds) -> list[Facts]:
        """The rows of that stretch, in the state that the connection sees, which has this version, or a later one; in
        pieces."""
        with self._lock:
            first, last = max(span[0], self._ends[0]), min(span[1], self._ends[1])
            if first >= last:
                return []
            days = range(first // _DAY, (last - 1) // _DAY + 1)
            newest = version == self._version
            found = self._kept(connection, days) if newest else self._read(connection, days)
        return [one.between((first, last)) for one in found]

    def _changed(self, connection: Connection) -> Facts | None:
        """The rows that were written since; None where it is better to read all anew."""
        if not self._days:
            return _NOTHING
        if removed_of(connection) > self._version:
            return None
        rows = connection.execute(_wanted().where(_ROW.changed > self._version).limit(_MOST_CHANGED)).all()
        return self._facts(rows) if len(rows) < _MOST_CHANGED else None

    def _exchange(self, changed: Facts) -> None:
        """Put these rows in the place of those that are kept of the same builds."""
        if not len(changed):
            return
        fresh = changed.time // _DAY
        for day, facts in self._days.items():
            stay = ~np.isin(facts.build_id, changed.build_id)
            rest, new = facts if stay.all() else facts.where(stay), changed.where(fresh == day)
            self._days[day] = Facts.joined([rest, new]).in_order() if len(new) else rest

    def _kept(self, connection: Connection, days: range) -> list[Facts]:
        missing = [day for day in days if day not in self._days]
        for start, end in _stretches(missing):
            stretch = range(start, end)
            self._days.update(zip(stretch, self._read(connection, stretch), strict=True))
        for day in days:
            self._days.move_to_end(day)
        found = [self._days[day] for day in days]
        while sum(map(len, self._days.values())) > _MOST_ROWS and len(self._days) > 1:
            self._days.popitem(last=False)
        return found

    def _read(self, connection: Connection, days: range) -> list[Facts]:
        """The facts of each of these days."""
        ends = [day * _DAY for day in (*days, days.stop)]
        found = self._facts(connection.execute(_wanted().where(_ROW.time >= ends[0], _ROW.time < ends[-1])).all())
        return [found.between(span) for span in pairwise(ends)]

    def _facts(self, rows: Sequence[Sequence[Any]]) -> Facts:  # Any: numbers of several types
        """What `_wanted` asks for; rows in any order."""
        if not rows:
            return _NOTHING
        time, build, flags, *numbers, tag, message, change, patchset, duration = zip(*rows, strict=True)
        bits = np.array(flags, np.uint8)
        length = np.array(duration, np.float64)
        length[length == _NO_LENGTH] = np.nan
        project = numbers[_NUMBERS.index("project_id")]
        of_change = [0 if one is None else self._changes[name, one] for name, one in zip(project, change, strict=True)]
        pairs = zip(of_change, patchset, strict=True)
        of_patch_set = [self._patch_sets[pair] if pair[0] and pair[1] else 0 for pair in pairs]
        columns: list[Any] = [  # Any: arrays of several types
            np.array(time, np.int64),
            np.array(build, np.int64),
            *((bits & (1 << place)).astype(np.bool_) for place in range(len(_FLAGS))),
            *(np.array(column, np.int32) for column in (*numbers, tag, message, of_change, of_patch_set)),
            length,
        ]
        return Facts(*columns).in_order()


def _stretches(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First day and end of each run of days that follow each other."""
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        found = [day for _, day in run]
        yield found[0], found[-1] + 1
