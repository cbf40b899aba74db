"""Which builds are new, which are to be tried again, and which are known well enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy import Connection, func, select

from sova.model import Build
from sova.store.identity import identities as names_of
from sova.store.identity import joins, merge
from sova.store.loading import batches, builds_by_id, ids_by_identity
from sova.store.saving import TRY_SPAN
from sova.store.tables import diagnoses, tries

__all__ = ["MOST_TRIES", "Plan", "make_plan"]

MOST_TRIES = 5
"""How often a build is worked on within one day."""

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do with each build that was seen, with what the store knows of it added.

    `again` met only a problem that may pass, or its result has changed since; `known` needs no work. Of those,
    `changed` are the ones of which more is known now than is stored.
    """

    new: tuple[Build, ...] = ()
    again: tuple[Build, ...] = ()
    known: tuple[Build, ...] = ()
    changed: tuple[Build, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    again: bool
    bytes_read: int
    tries: int


@dataclass(slots=True)
class _Sorted:
    new: list[Build] = field(default_factory=list)
    again: list[Build] = field(default_factory=list)
    known: list[Build] = field(default_factory=list)
    changed: list[Build] = field(default_factory=list)


def make_plan(connection: Connection, seen: Iterable[Build], now: dt.datetime) -> Plan:
    """Sort the builds, each of which is seen once, in their order."""
    result = _Sorted()
    iterator = iter(seen)
    while batch := list(islice(iterator, _BATCH)):
        _plan_batch(connection, batch, now, result)
    return Plan(tuple(result.new), tuple(result.again), tuple(result.known), tuple(result.changed))


def _plan_batch(connection: Connection, batch: Sequence[Build], now: dt.datetime, result: _Sorted) -> None:
    found = ids_by_identity(connection, {name for build in batch for name in names_of(build)})
    ids = {number for numbers in found.values() for number in numbers}
    stored = builds_by_id(connection, ids)
    answers = _answers(connection, ids, now)
    for build in batch:
        pairs = [(name, number) for name in names_of(build) for number in found.get(name, ())]
        same = sorted({number for name, number in pairs if joins(name, stored[number], build)})
        _sort(build, [stored[number] for number in same], [answers[n] for n in same if n in answers], result)


def _sort(build: Build, stored: Sequence[Build], answers: Sequence[_Answer], result: _Sorted) -> None:
    if not answers:
        result.new.append(build)
        return
    merged = build
    for older in stored:
        merged = merge(older, merged)
    if _worth_another_try(merged, stored, answers):
        result.again.append(merged)
        return
    result.known.append(merged)
    if len(stored) > 1 or merged != stored[0]:
        result.changed.append(merged)


def _worth_another_try(merged: Build, stored: Sequence[Build], answers: Sequence[_Answer]) -> bool:
    if all((older.outcome, older.final) != (merged.outcome, merged.final) for older in stored):
        return True  # what was worked on was not the last word
    unread = not any(answer.bytes_read for answer in answers)
    if merged.failed and merged.log_url and unread and not any(older.log_url for older in stored):
        return True  # only now is it known where the logs are
    return any(answer.again for answer in answers) and max(answer.tries for answer in answers) < MOST_TRIES


def _answers(connection: Connection, ids: Collection[int], now: dt.datetime) -> dict[int, _Answer]:
    found: dict[int, _Answer] = {}
    for batch in batches(ids):
        recent = select(tries.c.build_id, func.count().label("tries")).where(tries.c.build_id.in_(batch))
        recent = recent.where(tries.c.time > now - TRY_SPAN).group_by(tries.c.build_id)
        counts = {row.build_id: row.tries for row in connection.execute(recent)}
        answers = select(diagnoses.c.build_id, diagnoses.c.again, diagnoses.c.bytes_read)
        for row in connection.execute(answers.where(diagnoses.c.build_id.in_(batch))):
            found[row.build_id] = _Answer(row.again, row.bytes_read, counts.get(row.build_id, 0))
    return found
