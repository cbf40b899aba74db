"""Keeps what is counted and what is searched in step with the diagnoses: rows of `outcomes` and `texts`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from sova.model import Diagnosis
from sova.store.loading import batches
from sova.store.outcomes import counted
from sova.store.register import Register
from sova.store.tables import outcomes, texts
from sova.store.texts import words_of

__all__ = ["count", "keep_words"]


def count(register: Register, found: Mapping[int, Diagnosis], *, new: bool = False) -> None:
    """Write what is counted and searched of these diagnoses, by the numbers of their builds."""
    rows = {number: counted(diagnosis) for number, diagnosis in found.items()}
    register.learn(rows.values(), {row.reason for row in rows.values() if row.reason is not None})
    if not new:
        for batch in batches(rows):
            register.connection.execute(delete(outcomes).where(outcomes.c.build_id.in_(batch)))
    if rows:
        values = [{"build_id": number, **register.row(row)} for number, row in rows.items()]
        register.connection.execute(insert(outcomes), values)
    keep_words(register, found, new=new)


def keep_words(register: Register, found: Mapping[int, Diagnosis], *, new: bool = False) -> None:
    """Write what is searched of these diagnoses; where that is as it was, nothing is written."""
    wanted = {number: words for number, diagnosis in found.items() if (words := words_of(diagnosis))}
    if not new:
        for batch in batches(found):
            there = select(texts.c.build_id, texts.c.words).where(texts.c.build_id.in_(batch))
            before = {number: words for number, words in register.connection.execute(there)}  # noqa: C416 - rows, not pairs
            stale = [number for number, words in before.items() if wanted.get(number) != words]
            register.connection.execute(delete(texts).where(texts.c.build_id.in_(stale)))
            for number in before.keys() - set(stale):
                del wanted[number]
    if wanted:
        rows = [{"build_id": number, "words": words} for number, words in wanted.items()]
        register.connection.execute(insert(texts), rows)
