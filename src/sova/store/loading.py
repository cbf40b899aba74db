"""Puts builds and diagnoses together again from the rows of their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, TypeVar

from sqlalchemy import BindParameter, Connection, Select, bindparam, select

from sova.model import Build, Diagnosis
from sova.store.rows import Row, build_of, clean, diagnosis_of
from sova.store.tables import builds, details, diagnoses, identities, problems, reasons

__all__ = ["batches", "builds_by_id", "ids_by_identity", "load"]

_Item = TypeVar("_Item")

_SEVERAL: BindParameter[Any] = bindparam("several", expanding=True)  # Any: numbers or words
_ANSWERS = (
    select(builds, diagnoses, details.c.hits, details.c.excerpts)
    .join(diagnoses, diagnoses.c.build_id == builds.c.id)
    .outerjoin(details, details.c.build_id == builds.c.id)
    .where(builds.c.id.in_(_SEVERAL))
)
_BUILDS = select(builds).where(builds.c.id.in_(_SEVERAL))
_IDENTITIES = select(identities).where(identities.c.identity.in_(_SEVERAL))
_PROBLEMS, _REASONS = (
    select(table).where(table.c.build_id.in_(_SEVERAL)).order_by(*table.primary_key) for table in (problems, reasons)
)
"""Made once: to put such statements together takes longer than to execute them."""

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
        for row in connection.execute(_IDENTITIES, {"several": batch}).all():
            found.setdefault(row.identity, []).append(row.build_id)
    return found


def builds_by_id(connection: Connection, ids: Iterable[int]) -> dict[int, Build]:
    """The builds with these numbers."""
    found: dict[int, Build] = {}
    for batch in batches(ids):
        rows = connection.execute(_BUILDS, {"several": batch}).mappings().all()
        found.update((row["id"], build_of(row)) for row in rows)
    return found


def load(connection: Connection, ids: Sequence[int]) -> list[Diagnosis]:
    """The diagnoses of these builds, in the order of `ids`; a build that is gone is left out."""
    answers = {row["id"]: row for row in _rows(connection, _ANSWERS, ids)}
    why = _by_build(_rows(connection, _REASONS, ids))
    wrong = _by_build(_rows(connection, _PROBLEMS, ids))
    return [
        diagnosis_of(answers[number], why.get(number, []), wrong.get(number, [])) for number in ids if number in answers
    ]


def _rows(
    connection: Connection,
    wanted: Select[Any],  # Any: rows of several shapes
    ids: Iterable[int],
) -> Iterator[Row]:
    for batch in batches(ids):
        yield from connection.execute(wanted, {"several": batch}).mappings().all()


def _by_build(rows: Iterable[Row]) -> dict[int, list[Row]]:
    return {number: list(group) for number, group in groupby(rows, key=lambda row: int(row["build_id"]))}
