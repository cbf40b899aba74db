"""What a store counts and searches, read from its tables, and the same computed from diagnoses."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from sova.model import Diagnosis
from sova.slugs import name_slug, reason_slug
from sova.store import Store
from sova.store.outcomes import KINDS, counted
from sova.store.tables import builds, messages, names, outcomes, reasons, texts
from sova.store.texts import words_of

__all__ = ["answers_of", "expected"]

Answers = dict[str, dict[str, object]]


def answers_of(store: Store) -> Answers:
    """By the key of the build: every column of `outcomes` with names in words, messages of reasons, words searched."""
    with store.reading() as connection:
        name_of = {row.id: (row.name, row.slug) for row in connection.execute(select(names))}
        message_of = {row.id: (row.tag, row.message, row.slug) for row in connection.execute(select(messages))}
        found: Answers = {}
        keys = {row.id: row.key for row in connection.execute(select(builds.c.id, builds.c.key))}
        for row in connection.execute(select(outcomes)).mappings():
            answer = {name: value for name, value in row.items() if name not in ("build_id", "changed")}
            for kind in KINDS:
                answer[f"{kind}_id"] = name_of.get(row[f"{kind}_id"])
            answer["message_id"] = message_of.get(row["message_id"])
            found[keys[row["build_id"]]] = answer
        for key in keys.values():
            found.setdefault(key, {}).update(words="", reasons=[])
        for row in connection.execute(select(texts)).mappings():
            found[keys[row["build_id"]]]["words"] = row["words"]
        listed = select(reasons.c.build_id, reasons.c.message_id).order_by(reasons.c.build_id, reasons.c.position)
        for number, message in connection.execute(listed):
            several = found[keys[number]]["reasons"]
            assert isinstance(several, list)
            several.append(message_of[message])
    return found


def expected(diagnoses: Iterable[Diagnosis]) -> Answers:
    """The same, from diagnoses as they came out of the store."""
    return {diagnosis.build.key: _expected(diagnosis) for diagnosis in diagnoses}


def _expected(diagnosis: Diagnosis) -> dict[str, object]:
    found = counted(diagnosis)
    answer: dict[str, object] = dict(found.row)
    for kind, name in zip(KINDS, found.names, strict=True):
        answer[f"{kind}_id"] = None if name is None else (name, name_slug(name))
    answer["message_id"] = None if found.reason is None else (*found.reason, reason_slug(*found.reason))
    answer["reasons"] = [(one.tag, one.message, reason_slug(one.tag, one.message)) for one in diagnosis.reasons]
    answer["words"] = words_of(diagnosis)
    return answer
