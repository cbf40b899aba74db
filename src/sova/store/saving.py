"""Writes one diagnosis: what is already there stays as it is, what read less never replaces what read more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from sova.model import Build, Diagnosis, Verdict
from sova.store.identity import identities as names_of
from sova.store.identity import joins, merge
from sova.store.queries import builds_by_id, ids_by_identity, load
from sova.store.rows import Rows, build_row, clean, rows_of
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons, tries

__all__ = ["TRY_SPAN", "Saved", "met_what_may_pass", "put", "put_build"]

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


def put(connection: Connection, diagnosis: Diagnosis, tried_at: dt.datetime | None) -> Saved:
    """Save the diagnosis of a build that was worked on at `tried_at` (None: that is not to be counted)."""
    stored = _stored(connection, diagnosis.build)
    if not stored:
        number = _insert(connection, diagnosis)
        if met_what_may_pass(diagnosis):
            _count_try(connection, number, diagnosis, tried_at)
        return Saved.NEW
    home, kept = _one_row(connection, stored)
    merged = _merged(stored.values(), diagnosis.build)
    less = kept is not None and _extent(diagnosis) < _extent(kept)
    answer = kept if kept is not None and less else diagnosis
    build_changed = _write_build(connection, home, merged, diagnosis.build)
    answer_changed = _write_answer(connection, home, replace(answer, build=merged), kept)
    _count_try(connection, home, answer, tried_at)
    if less:
        last = update(diagnoses).where(diagnoses.c.build_id == home)
        connection.execute(last.values(patterns_last=clean(diagnosis.patterns_version)))
        return Saved.KEPT
    return Saved.REPLACED if build_changed or answer_changed or len(stored) > 1 else Saved.UNCHANGED


def put_build(connection: Connection, build: Build) -> None:
    """Add what is newly known of a build that is stored; its diagnosis stays."""
    stored = _stored(connection, build)
    if not stored:
        return
    home, kept = _one_row(connection, stored)
    merged = _merged(stored.values(), build)
    _write_build(connection, home, merged, build)
    if kept is not None:
        _write_answer(connection, home, replace(kept, build=merged), kept)  # its tag may depend on the result


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


def _one_row(connection: Connection, stored: dict[int, Build]) -> tuple[int, Diagnosis | None]:
    """Makes one row of several. Returns its number and its diagnosis, the one that read most."""
    home, *others = stored
    if not others:
        return home, next(iter(load(connection, [home])), None)
    best = max(load(connection, list(stored)), key=_extent, default=None)
    names = select(identities.c.identity).where(identities.c.build_id.in_(others))
    moved = set(connection.scalars(names))
    connection.execute(delete(builds).where(builds.c.id.in_(others)))
    _add_names(connection, home, moved)
    if best is not None:
        _write_answer(connection, home, best, next(iter(load(connection, [home])), None))
    return home, best


def _insert(connection: Connection, diagnosis: Diagnosis) -> int:
    number: int = connection.scalars(insert(builds).returning(builds.c.id), [build_row(diagnosis.build)]).one()
    _insert_names(connection, number, {clean(name) for name in names_of(diagnosis.build)})
    _insert_answer(connection, number, diagnosis, rows_of(diagnosis))
    return number


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


def _write_answer(connection: Connection, number: int, diagnosis: Diagnosis, before: Diagnosis | None) -> bool:
    """Write the rows of the diagnosis in place of those of `before`. Returns whether they differ."""
    rows = rows_of(diagnosis)
    if before is not None and rows_of(before) == rows:
        return False
    for table in (diagnoses, reasons, problems, details):
        connection.execute(delete(table).where(table.c.build_id == number))
    _insert_answer(connection, number, diagnosis, rows)
    return True


def _insert_answer(connection: Connection, number: int, diagnosis: Diagnosis, rows: Rows) -> None:
    again = met_what_may_pass(diagnosis)
    extra = {"again": again, "patterns_last": rows.diagnosis["patterns_version"]}
    connection.execute(insert(diagnoses), [{"build_id": number, **extra, **rows.diagnosis}])
    for table, several in ((reasons, rows.reasons), (problems, rows.problems)):
        if several:
            connection.execute(insert(table), [{"build_id": number, **row} for row in several])
    if rows.details is not None:
        connection.execute(insert(details), [{"build_id": number, **rows.details}])


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
