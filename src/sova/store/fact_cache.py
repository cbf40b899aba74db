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
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Select, case, func, select

from sova.model import Outcome, outcome_of
from sova.store.facts import FLAGS, NOTHING, Array, Change, Facts, Seconds
from sova.store.recent import Recent
from sova.store.register import removed_of, version_of
from sova.store.tables import names, outcomes

__all__ = ["FactCache", "Kind", "Numbers", "State"]

_DAY = 86_400
_MOST_ROWS = 4_000_000
"""Rows that are kept, of some 70 bytes each; days that nobody asked for go first."""
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


def _rows(connection: Connection, wanted: Select[Any]) -> list[tuple[Any, ...]]:  # Any: as above
    """The rows as the driver gives them: numbers and texts need nothing done to them, and of hundreds of thousands each
    would be wrapped once more."""
    with connection.execute(wanted) as found:
        assert found.cursor is not None  # noqa: S101 - a SELECT has one
        return list(found.cursor.fetchall())


class Numbers:
    """Numbers for what facts hold that is no number itself: changes, patch sets, kinds; 0 stands for none of them, of
    kinds for one that no row has. Threads share one, under its lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.changes: list[Change | None] = [None]
        self.kinds: list[Kind] = [Kind()]
        self._of_changes: dict[tuple[int, int | None], int] = {}
        self._of_patch_sets: dict[tuple[int, str], int] = {}
        self._of_kinds: dict[Kind, int] = {}

    def of_changes(self, several: Sequence[tuple[int, int | None]]) -> list[int]:
        """The numbers of changes, each given by the number of its project's name and its own, None for no change."""
        for project, number in set(several) - self._of_changes.keys():
            self._of_changes[project, number] = 0 if number is None else len(self.changes)
            if number is not None:
                self.changes.append((project, number))
        return list(map(self._of_changes.__getitem__, several))

    def of_patch_sets(self, several: Sequence[tuple[int, str]]) -> list[int]:
        """The numbers of patch sets, each given by the number of its change here and its name, "" for none."""
        for change, name in set(several) - self._of_patch_sets.keys():
            self._of_patch_sets[change, name] = len(self._of_patch_sets) + 1 if change and name else 0
        return list(map(self._of_patch_sets.__getitem__, several))

    def of_kinds(self, several: Sequence[Kind]) -> list[int]:
        """The numbers of kinds."""
        for kind in set(several) - self._of_kinds.keys():
            self._of_kinds[kind] = len(self.kinds)
            self.kinds.append(kind)
        return list(map(self._of_kinds.__getitem__, several))


class State(NamedTuple):
    """A state of the store, by its version, and what the numbers in its facts stand for."""

    version: int
    numbers: Numbers


class FactCache:
    """The facts of one store, and its names. Threads share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loading = threading.Lock()  # one reads what is missing, the others find it read
        self._state = State(-1, Numbers())
        self._days: OrderedDict[int, Facts] = OrderedDict()
        self._ends: Seconds = (0, 0)
        self._names: Mapping[int, str] = {0: ""}
        self._outcomes = np.zeros(1, np.int64)  # for the number of each name its place in _OUTCOMES as a result
        self.recent = Recent()

    @property
    def names(self) -> Mapping[int, str]:
        """Every name by its number, those of all rows that `between` gave; 0 is none."""
        return self._names

    @property
    def ends(self) -> Seconds:
        """The stretch in which all builds lie."""
        return self._ends

    def follow(self, connection: Connection) -> State:
        """Come to the state that the connection sees, unless a later one is known: another thread may have been faster.
        Gives the state that the connection sees."""
        with self._lock:
            version = version_of(connection)
            if version > self._state.version:
                self._name(connection)
                changed = self._changed(connection)
                if changed is None:
                    self._days.clear()
                    self._state = State(version, Numbers())
                else:
                    self._exchange(changed)
                    self._state = State(version, self._state.numbers)
                # in order, as SQLite may read a whole index for `min` and `max`
                dated = select(_ROW.time).where(_ROW.time.is_not(None)).limit(1)
                first, last = (connection.scalar(dated.order_by(end)) for end in (_ROW.time, _ROW.time.desc()))
                self._ends = (0, 0) if first is None or last is None else (first, last + 1)
                self.recent.clear()
            return State(version, self._state.numbers)

    def _name(self, connection: Connection) -> None:
        """Read the names that came in since."""
        more = connection.execute(select(names.c.id, names.c.name).where(names.c.id > max(self._names))).all()
        self._names = {**self._names, **dict(more)}
        outcomes_of = np.append(self._outcomes, np.zeros(max(self._names) + 1 - len(self._outcomes), np.int64))
        for number, name in more:
            outcomes_of[number] = _PLACES[outcome_of(name)]
        self._outcomes = outcomes_of

    def between(self, connection: Connection, state: State, span: Seconds) -> list[Facts]:
        """The rows of that stretch, in the state that the connection sees, or a later one; in pieces."""
        first, last = max(span[0], self._ends[0]), min(span[1], self._ends[1])
        if first >= last:
            return []
        days = range(first // _DAY, (last - 1) // _DAY + 1)
        found = self._kept(state, days)
        if found is None:
            with self._loading:
                found = self._kept(state, days) or self._load(connection, state, days)
        return [one.between((first, last)) for one in found]

    def _kept(self, state: State, days: range) -> list[Facts] | None:
        """The facts of these days, None where not all are kept."""
        with self._lock:
            if state.version != self._state.version or any(day not in self._days for day in days):
                return None
            for day in days:
                self._days.move_to_end(day)
            return [self._days[day] for day in days]

    def _load(self, connection: Connection, state: State, days: range) -> list[Facts]:
        """The same, read where they are not kept. Nobody who needs other days has to wait for it."""
        with self._lock:
            kept = {day: self._days[day] for day in days if state == self._state and day in self._days}
        for start, end in _stretches([day for day in days if day not in kept]):
            stretch = range(start, end)
            kept.update(zip(stretch, self._read(connection, state.numbers, stretch), strict=True))
        with self._lock:
            if state == self._state:
                for day in days:
                    self._days[day] = kept[day]
                    self._days.move_to_end(day)
                while sum(map(len, self._days.values())) > _MOST_ROWS and len(self._days) > 1:
                    self._days.popitem(last=False)
        return [kept[day] for day in days]

    def _changed(self, connection: Connection) -> Facts | None:
        """The rows that were written since; None where it is better to read all anew."""
        if not self._days:
            return NOTHING
        version, numbers = self._state
        if removed_of(connection) > version:
            return None
        rows = _rows(connection, _wanted().where(_ROW.changed > version).limit(_MOST_CHANGED))
        return self._facts(numbers, rows) if len(rows) < _MOST_CHANGED else None

    def _exchange(self, changed: Facts) -> None:
        """Put these rows in the place of those that are kept of the same builds."""
        if not len(changed):
            return
        fresh = changed.time // _DAY
        for day, facts in self._days.items():
            stay = ~np.isin(facts.build_id, changed.build_id)
            new = changed.where(fresh == day)
            if len(new) or not stay.all():
                self._days[day] = Facts.joined([facts.where(stay), new]).in_order().whole()

    def _read(self, connection: Connection, numbers: Numbers, days: range) -> list[Facts]:
        """The facts of each of these days."""
        ends = [day * _DAY for day in (*days, days.stop)]
        rows = _rows(connection, _wanted().where(_ROW.time >= ends[0], _ROW.time < ends[-1]))
        found = self._facts(numbers, rows)
        return [found.between(span).whole() for span in pairwise(ends)]

    def _facts(self, numbers: Numbers, rows: Sequence[Sequence[Any]]) -> Facts:  # Any: numbers of several types
        """What `_wanted` asks for; rows in any order."""
        if not rows:
            return NOTHING
        time, build, flags, *named, tag, message, change, patchset, duration = zip(*rows, strict=True)
        bits = np.array(flags, np.uint8)
        short = {**dict(zip(_NUMBERS, named, strict=True)), "tag_id": tag, "message_id": message}
        columns: dict[str, Array] = {
            "time": np.array(time, np.int64),
            "build_id": np.array(build, np.int64),
            "duration": np.array(duration, np.float64),
            **{name: (bits & (1 << place)).astype(np.bool_) for place, name in enumerate(FLAGS)},
            **{name: np.array(column, np.int32) for name, column in short.items()},
        }
        with numbers.lock:
            of_change = numbers.of_changes(list(zip(short["project_id"], change, strict=True)))
            of_patch_set = numbers.of_patch_sets(list(zip(of_change, patchset, strict=True)))
            columns["change"], columns["patch_set"] = np.array(of_change, np.int32), np.array(of_patch_set, np.int32)
            columns["kind"] = self._kinds_of(numbers, bits, columns["result_id"], columns["tag_id"])
        return Facts(len(rows), columns.__getitem__).in_order()

    def _kinds_of(self, numbers: Numbers, bits: Array, result: Array, tag: Array) -> Array:
        """The kind of each row, of its flags, its result and its tag."""
        together = ((tag.astype(np.int64) << 16) + self._outcomes[result] << 8) + (bits & 0b1111)
        every, place = np.unique(together, return_inverse=True)
        kinds = numbers.of_kinds([_kind(*divmod(one, 256)) for one in every.tolist()])
        return np.array(kinds, np.int32)[place]


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
