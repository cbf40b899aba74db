"""Facts are read once and kept, a piece for each day (UTC).

SQL would read every row again for every question. Here a row is read once, from the index that holds nothing but what
is counted, and kept until it changes: a store says by its version whether anything did, and which rows.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby, pairwise
from operator import add
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import Connection, Select, case, func, select

from sova.model import Outcome, outcome_of
from sova.store.facts import FLAGS, NOTHING, Array, Change, Facts, Seconds
from sova.store.recent import Recent
from sova.store.register import removed_of, version_of
from sova.store.tables import names, outcomes

__all__ = ["FactCache", "Kind"]

_DAY = 86_400
_MOST_ROWS = 4_000_000
"""Rows that are kept, of some 90 bytes each; days that nobody asked for go first."""
_MOST_CHANGED = 50_000
"""So many changed rows are not worth to be exchanged one by one."""

_ROW = outcomes.c
_NUMBERS = ("job_id", "project_id", "branch_id", "pipeline_id", "result_id")
_NO_TIME = -(2**63)
_OUTCOMES = tuple(Outcome)
_PLACES = {outcome: place for place, outcome in enumerate(_OUTCOMES)}


class Kind(NamedTuple):
    """What totals are made of: builds of one kind differ in nothing that these count but their length. `tag` is the
    number of a name, 0 for none."""

    failed: bool = False
    passed: bool = False
    explained: bool = False
    unreadable: bool = False
    outcome: Outcome = Outcome.UNKNOWN
    tag: int = 0


def _wanted() -> Select[Any]:  # Any: numbers of several types
    true = [_ROW.duration.is_not(None) if name == "timed" else _ROW[name] for name in FLAGS]
    flags = [case((one, 1 << place), else_=0) for place, one in enumerate(true)]
    return select(
        func.coalesce(_ROW.time, _NO_TIME),
        _ROW.build_id,
        reduce(add, flags),
        *(_ROW[name] for name in _NUMBERS),
        func.coalesce(_ROW.tag_id, 0),
        func.coalesce(_ROW.message_id, 0),
        _ROW.change_number,
        _ROW.patchset,
        func.coalesce(_ROW.duration, 0.0),
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
        self._kinds: _Numbered[Kind] = _Numbered(Kind())
        self._outcomes = np.zeros(1, np.int64)  # for the number of each name its place in _OUTCOMES as a result

    @property
    def names(self) -> Mapping[int, str]:
        """Every name by its number, those of all rows that `between` gave; 0 is none."""
        return self._names

    @property
    def changes(self) -> Sequence[Change | None]:
        """What the numbers of changes stand for; 0 for none."""
        return self._changes.things

    @property
    def kinds(self) -> Sequence[Kind]:
        """What the numbers in `Facts.kind` stand for."""
        return self._kinds.things

    def follow(self, connection: Connection) -> int:
        """Come to the state that the connection sees, unless a later one is known: another thread may have been faster.
        Gives the version that the connection sees."""
        with self._lock:
            version = version_of(connection)
            if version > self._version:
                self._name(connection)
                changed = self._changed(connection)
                if changed is None:
                    self._days.clear()
                else:
                    self._exchange(changed)
                # in order, as SQLite may read a whole index for `min` and `max`
                dated = select(_ROW.time).where(_ROW.time.is_not(None)).limit(1)
                first, last = (connection.scalar(dated.order_by(end)) for end in (_ROW.time, _ROW.time.desc()))
                self._ends = (0, 0) if first is None or last is None else (first, last + 1)
                self._version = version
                self.recent.clear()
            return version

    def _name(self, connection: Connection) -> None:
        """Read the names that came in since."""
        more = connection.execute(select(names.c.id, names.c.name).where(names.c.id > max(self._names))).all()
        self._names = {**self._names, **dict(more)}
        self._outcomes = np.append(self._outcomes, np.zeros(max(self._names) + 1 - len(self._outcomes), np.int64))
        for number, name in more:
            self._outcomes[number] = _PLACES[outcome_of(name)]

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
            return NOTHING
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
            self._days[day] = (Facts.joined([rest, new]).in_order() if len(new) else rest).whole()

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
            return NOTHING
        time, build, flags, *numbers, tag, message, change, patchset, duration = zip(*rows, strict=True)
        named = dict(zip(_NUMBERS, numbers, strict=True))
        changes = zip(named["project_id"], change, strict=True)
        of_change = [0 if one is None else self._changes[name, one] for name, one in changes]
        pairs = zip(of_change, patchset, strict=True)
        of_patch_set = [self._patch_sets[pair] if pair[0] and pair[1] else 0 for pair in pairs]
        bits = np.array(flags, np.uint8)
        short = {**named, "tag_id": tag, "message_id": message, "change": of_change, "patch_set": of_patch_set}
        columns: dict[str, Array] = {
            "time": np.array(time, np.int64),
            "build_id": np.array(build, np.int64),
            "duration": np.array(duration, np.float64),
            **{name: (bits & (1 << place)).astype(np.bool_) for place, name in enumerate(FLAGS)},
            **{name: np.array(column, np.int32) for name, column in short.items()},
        }
        columns["kind"] = self._kinds_of(bits, columns["result_id"], columns["tag_id"])
        return Facts(len(rows), columns.__getitem__).in_order().whole()

    def _kinds_of(self, bits: Array, result: Array, tag: Array) -> Array:
        """The kind of each row, of its flags, its result and its tag."""
        outcome = self._outcomes[result]
        together = ((tag.astype(np.int64) << 16) + outcome << 8) + (bits & 0b1111)
        every, place = np.unique(together, return_inverse=True)
        numbers = [self._kinds[_kind(*divmod(one, 256))] for one in every.tolist()]
        return np.array(numbers, np.int32)[place]


def _kind(rest: int, bits: int) -> Kind:
    """The kind; what did not fail has one of three outcomes: what is neither skipped nor running was a success."""
    tag, place = divmod(rest, 2**16)
    failed, passed, explained, unreadable = (bool(bits & (1 << one)) for one in range(4))
    outcome = _OUTCOMES[place]
    if not failed and outcome not in (Outcome.SKIPPED, Outcome.RUNNING):
        outcome = Outcome.SUCCESS
    return Kind(failed, passed, explained, unreadable, outcome, tag)


def _stretches(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First day and end of each run of days that follow each other."""
    for _, run in groupby(enumerate(days), key=lambda pair: pair[1] - pair[0]):
        found = [day for _, day in run]
        yield found[0], found[-1] + 1
