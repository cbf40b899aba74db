"""Writes one diagnosis: what is already there stays as it is, what read less never replaces what read more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import Connection, Table, delete, insert, select, update

from sova.model import Build, Diagnosis, Verdict
from sova.store.identity import identities as names_of
from sova.store.identity import joins, merge
from sova.store.keeping import count
from sova.store.loading import builds_by_id, ids_by_identity, load
from sova.store.outcomes import reason_of
from sova.store.register import Register
from sova.store.rows import Rows, build_row, clean, rows_of
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons, tries

__all__ = ["TRY_SPAN", "Saved", "answer_rows", "met_what_may_pass", "put", "put_build"]

TRY_SPAN = dt.timedelta(days=1)
"""How long a try counts against the most there may be."""


class Saved(StrEnum):
    """What became of a diagnosis that was saved."""

    NEW = "new"
    REPLACED = "replaced"  # another one of the same build stood there
    KEPT = "kept"  # the one that stood there had read more; only what is known of the build was added
    UNCHANGED = "unchanged"


def met_what_may_pass(diagnosis: Diagnosis) -> bool:
    """Whether the only answer is a problem that may pass: no reason, or none that comes from a log."""
    if diagnosis.verdict in (Verdict.PASSED, Verdict.SKIPPED):
        return False
    answered = bool(diagnosis.reasons and diagnosis.files_read)
    return not answered and any(problem.may_pass for problem in diagnosis.problems)


def put(register: Register, diagnosis: Diagnosis, tried_at: dt.datetime | None) -> Saved:
    """Save the diagnosis of a build that was worked on at `tried_at` (None: that is not to be counted)."""
    connection = register.connection
    stored = _stored(connection, diagnosis.build)
    if not stored:
        number = _insert(register, diagnosis)
        if met_what_may_pass(diagnosis):
            _count_try(connection, number, diagnosis, tried_at)
        return Saved.NEW
    home, kept = _one_row(register, stored)
    merged = _merged(stored.values(), diagnosis.build)
    less = kept is not None and _extent(diagnosis) < _extent(kept)
    answer = kept if kept is not None and less else diagnosis
    changed = _write(register, home, replace(answer, build=merged), diagnosis.build, kept) or len(stored) > 1
    _count_try(connection, home, answer, tried_at)
    if less:
        last = update(diagnoses).where(diagnoses.c.build_id == home)
        connection.execute(last.values(patterns_last=clean(diagnosis.patterns_version)))
        return Saved.KEPT
    return Saved.REPLACED if changed else Saved.UNCHANGED


def put_build(register: Register, build: Build) -> None:
    """Add what is newly known of a build that is stored; its diagnosis stays."""
    stored = _stored(register.connection, build)
    if not stored:
        return
    home, kept = _one_row(register, stored)
    merged = _merged(stored.values(), build)
    if kept is None:
        _write_build(register.connection, home, merged, build)
    else:
        _write(register, home, replace(kept, build=merged), build, kept)  # its tag may depend on the result


def _extent(diagnosis: Diagnosis) -> tuple[int, int]:
    return diagnosis.bytes_read, len(diagnosis.files_read)


def _merged(stored: Iterable[Build], build: Build) -> Build:
    for older in stored:
        build = merge(older, build)
    return build


def _stored(connection: Connection, build: Build) -> dict[int, Build]:
    """The stored builds that are this one; several where its names have joined what was not known to be one."""
    found = ids_by_identity(connection, names_of(build))
    known = builds_by_id(connection, {number for numbers in found.values() for number in numbers})
    same = {number for name, numbers in found.items() for number in numbers if joins(name, known[number], build)}
    return {number: known[number] for number in sorted(same)}


def _one_row(register: Register, stored: dict[int, Build]) -> tuple[int, Diagnosis | None]:
    """Makes one row of several. Returns its number and its diagnosis, the one that read most."""
    connection = register.connection
    home, *others = stored
    if not others:
        return home, next(iter(load(connection, [home])), None)
    best = max(load(connection, list(stored)), key=_extent, default=None)
    names = select(identities.c.identity).where(identities.c.build_id.in_(others))
    moved = set(connection.scalars(names))
    register.remove(others)
    _add_names(connection, home, moved)
    if best is not None:
        _write_answer(register, home, best, next(iter(load(connection, [home])), None))
        count(register, {home: replace(best, build=stored[home])})
    return home, best


def _insert(register: Register, diagnosis: Diagnosis) -> int:
    added = insert(builds).returning(builds.c.id)
    number: int = register.connection.scalars(added, [build_row(diagnosis.build)]).one()
    _insert_names(register.connection, number, {clean(name) for name in names_of(diagnosis.build)})
    _insert_answer(register, number, diagnosis, rows_of(diagnosis))
    count(register, {number: diagnosis}, new=True)
    return number


def _write(register: Register, number: int, diagnosis: Diagnosis, report: Build, before: Diagnosis | None) -> bool:
    """Write the build and its answer where they differ from what is there. Returns whether they did."""
    build_changed = _write_build(register.connection, number, diagnosis.build, report)
    answer_changed = _write_answer(register, number, diagnosis, before)
    if build_changed or answer_changed:
        count(register, {number: diagnosis})
    return build_changed or answer_changed


def _write_build(connection: Connection, number: int, merged: Build, report: Build) -> bool:
    """Update the row and its names where they differ. Returns whether the row did."""
    _add_names(connection, number, {*names_of(merged), *names_of(report)})
    row = build_row(merged)
    before = connection.execute(select(builds).where(builds.c.id == number)).mappings().one()
    if all(before[name] == value for name, value in row.items()):
        return False
    connection.execute(update(builds).where(builds.c.id == number).values(row))
    return True


def _add_names(connection: Connection, number: int, names: Iterable[str]) -> None:
    wanted = {clean(name) for name in names}
    there = connection.scalars(select(identities.c.identity).where(identities.c.build_id == number))
    _insert_names(connection, number, wanted.difference(there))


def _insert_names(connection: Connection, number: int, names: Iterable[str]) -> None:
    rows = [{"identity": name, "build_id": number} for name in sorted(names)]
    if rows:
        connection.execute(insert(identities), rows)


def _write_answer(register: Register, number: int, diagnosis: Diagnosis, before: Diagnosis | None) -> bool:
    """Write the rows of the diagnosis in place of those of `before`. Returns whether they differ."""
    rows = rows_of(diagnosis)
    if before is not None and rows_of(before) == rows:
        return False
    for table in (diagnoses, reasons, problems, details):
        register.connection.execute(delete(table).where(table.c.build_id == number))
    _insert_answer(register, number, diagnosis, rows)
    return True


def _insert_answer(register: Register, number: int, diagnosis: Diagnosis, rows: Rows) -> None:
    for table, several in answer_rows(register, number, diagnosis, rows):
        if several:
            register.connection.execute(insert(table), several)


def answer_rows(
    register: Register, number: int, diagnosis: Diagnosis, rows: Rows
) -> Iterator[tuple[Table, list[dict[str, object]]]]:
    """What each table gets of the answer for build `number`."""
    own = {"build_id": number}
    extra = {"again": met_what_may_pass(diagnosis), "patterns_last": rows.diagnosis["patterns_version"]}
    yield diagnoses, [{**own, **extra, **rows.diagnosis}]
    register.learn([], map(reason_of, diagnosis.reasons))
    numbers = [register.message(reason_of(reason)) for reason in diagnosis.reasons]
    yield reasons, [{**own, **row, "message_id": id_} for row, id_ in zip(rows.reasons, numbers, strict=True)]
    yield problems, [{**own, **row} for row in rows.problems]
    yield details, [{**own, **rows.details}] if rows.details is not None else []


def _count_try(connection: Connection, number: int, answer: Diagnosis, tried_at: dt.datetime | None) -> None:
    if not met_what_may_pass(answer):
        connection.execute(delete(tries).where(tries.c.build_id == number))
        return
    if tried_at is None:
        return
    connection.execute(delete(tries).where(tries.c.build_id == number, tries.c.time <= tried_at - TRY_SPAN))
    same = select(tries.c.time).where(tries.c.build_id == number, tries.c.time == tried_at)
    if connection.execute(same).first() is None:
        connection.execute(insert(tries), [{"build_id": number, "time": tried_at}])
