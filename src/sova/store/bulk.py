"""Saves many diagnoses at once: those of builds that are new go in by few statements, all others as one by one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table, insert

from sova.model import Diagnosis
from sova.store.identity import identities as names_of
from sova.store.keeping import count
from sova.store.loading import ids_by_identity
from sova.store.outcomes import reason_of
from sova.store.register import Register
from sova.store.rows import build_row, rows_of
from sova.store.saving import Saved, answer_rows, put
from sova.store.tables import builds, identities

__all__ = ["put_many"]


def put_many(register: Register, diagnoses: Sequence[Diagnosis]) -> int:
    """Save these in their order. Returns how many were of builds that were not stored.

    What waits goes in before one of a build that may be stored: rows are numbered as if each was saved alone, and the
    number decides which of several reports that turn out to be of one build comes first.
    """
    names = [names_of(diagnosis.build) for diagnosis in diagnoses]
    taken = set(ids_by_identity(register.connection, {name for several in names for name in several}))
    waiting: list[Diagnosis] = []
    new = 0
    for diagnosis, several in zip(diagnoses, names, strict=True):
        if taken.isdisjoint(several):
            waiting.append(diagnosis)
            new += 1
        else:
            _insert_all(register, waiting)
            waiting = []
            new += put(register, diagnosis, None) is Saved.NEW
        taken.update(several)
    _insert_all(register, waiting)
    return new


def _insert_all(register: Register, diagnoses: Sequence[Diagnosis]) -> None:
    """All are of builds that are not stored, each of another one."""
    if not diagnoses:
        return
    connection = register.connection
    added = insert(builds).returning(builds.c.key, builds.c.id, sort_by_parameter_order=True)
    rows = [build_row(diagnosis.build) for diagnosis in diagnoses]
    numbers = {key: number for key, number in connection.execute(added, rows)}  # noqa: C416 - rows, not pairs
    found = {numbers[row["key"]]: diagnosis for row, diagnosis in zip(rows, diagnoses, strict=True)}
    register.learn([], {reason_of(reason) for diagnosis in diagnoses for reason in diagnosis.reasons})
    inserted: dict[Table, list[dict[str, object]]] = {identities: []}
    for number, diagnosis in found.items():
        inserted[identities] += [{"identity": name, "build_id": number} for name in set(names_of(diagnosis.build))]
        for table, several in answer_rows(register, number, diagnosis, rows_of(diagnosis)):
            inserted.setdefault(table, []).extend(several)
    for table, several in inserted.items():
        if several:
            connection.execute(insert(table), several)
    count(register, found, new=True)
