"""Puts builds and diagnoses together again from the rows of their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import TypeVar

from sqlalchemy import Connection, Table, select

from sova.model import Build, Diagnosis
from sova.store.rows import Row, build_of, clean, diagnosis_of
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons

__all__ = ["batches", "builds_by_id", "ids_by_identity", "load"]

_Item = TypeVar("_Item")

_BATCH = 500
"""Rows asked for at once; SQLite takes up to 32,766 variables in a statement."""


def batches(items: Iterable[_Item], size: int = _BATCH) -> Iterator[list[_Item]]:
    """The items in lists that fit into one statement."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def ids_by_identity(connection: Connection, names: Collection[str]) -> dict[str, list[int]]:
    """Numbers of the builds that each identity leads to."""
    found: dict[str, list[int]] = {}
    for batch in batches(clean(name) for name in names):
        for row in connection.execute(select(identities).where(identities.c.identity.in_(batch))):
            found.setdefault(row.identity, []).append(row.build_id)
    return found


def builds_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Build]:
    """The builds with these numbers."""
    found: dict[int, Build] = {}
    for batch in batches(ids):
        rows = connection.execute(select(builds).where(builds.c.id.in_(batch))).mappings()
        found.update((row["id"], build_of(row)) for row in rows)
    return found


def load(connection: Connection, ids: Sequence[int]) -> list[Diagnosis]:
    """The diagnoses of these builds, in the order of `ids`; a build that is gone is left out."""
    known = builds_by_id(connection, ids)
    answers = {row["build_id"]: row for row in _rows(connection, diagnoses, ids)}
    why = _by_build(_rows(connection, reasons, ids))
    wrong = _by_build(_rows(connection, problems, ids))
    texts = {row["build_id"]: row for row in _rows(connection, details, ids)}
    return [
        diagnosis_of(known[number], answers[number], why.get(number, []), wrong.get(number, []), texts.get(number))
        for number in ids
        if number in known and number in answers
    ]


def _rows(connection: Connection, table: Table, ids: Iterable[int]) -> Iterator[Row]:
    for batch in batches(ids):
        statement = select(table).where(table.c.build_id.in_(batch)).order_by(*table.primary_key)
        yield from connection.execute(statement).mappings()


def _by_build(rows: Iterable[Row]) -> dict[int, list[Row]]:
    return {number: list(group) for number, group in groupby(rows, key=lambda row: int(row["build_id"]))}
