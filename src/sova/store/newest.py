"""Conditions for the newest builds of many: a page, or a strip of runs.

Where few builds fulfil one of the terms, those are looked up and sorted. Otherwise an index gives builds in the order
of time, and each is held against the rest until there are enough. Which way is taken is decided here, by counting a
little: databases without statistics guess badly, and a wrong guess takes seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Select, literal, select

from sova.filters import Search
from sova.store.conditions import Asked, Term, builds_hit_by, is_few, read
from sova.store.tables import outcomes, reasons
from sova.store.texts import builds_holding, text_holds

__all__ = ["is_bounded", "newest_conditions", "run_conditions"]

_FEW = 2000
"""Builds that are looked up and sorted in a few milliseconds."""
_FEW_TEXTS = 20_000
"""The same of those that hold some words: to look at one text after the other takes longer."""


def is_bounded(search: Search) -> bool:
    """Whether builds without a time cannot be asked for."""
    return bool(search.query.since or search.query.until or search.query.dates)


def newest_conditions(connection: Connection, search: Search) -> list[ColumnElement[bool]]:
    """What a row of `outcomes` must fulfil, for a statement that asks for the newest ones."""
    asked = read(connection, search)
    return [*asked.times, *asked.others, *_terms(connection, asked), *_texts(connection, asked)]


def run_conditions(connection: Connection, search: Search) -> list[ColumnElement[bool]]:
    """The same, for a statement that asks for the newest ones of each job: only the job's index may be used."""
    asked = read(connection, search)
    terms = [term.row_by_row for term in asked.terms]
    return [*asked.times, *asked.others, *terms, *_texts(connection, asked)]


def _terms(connection: Connection, asked: Asked) -> Iterator[ColumnElement[bool]]:
    leading = asked.terms[0] if len(asked.terms) == 1 and len(asked.terms[0].values) < 2 else None
    rare = None if leading else _rare(connection, asked)
    if rare is None and leading is None:
        leading = next((term for term in asked.terms if len(term.values) < 2), None)
    for term in asked.terms:
        if term is rare:
            few = select(outcomes.c.build_id).where(term.by_index, *asked.times)
            yield outcomes.c.build_id.in_(few)
        else:
            yield term.by_index if term is leading else term.row_by_row


def _rare(connection: Connection, asked: Asked) -> Term | None:
    """A term that few builds fulfil."""
    for term in asked.terms:
        if is_few(connection, outcomes, [term.by_index, *asked.times], _FEW):
            return term
    return None


def _texts(connection: Connection, asked: Asked) -> Iterator[ColumnElement[bool]]:
    number = outcomes.c.build_id
    if asked.pattern:
        if is_few(connection, reasons, [reasons.c.pattern == asked.pattern], _FEW):
            yield number.in_(builds_hit_by(asked.pattern))
        else:
            same = [reasons.c.pattern == asked.pattern, reasons.c.build_id == number]
            yield select(literal(1)).where(*same).exists()
    if asked.words:
        yield from _words(connection, asked.words)


def _words(connection: Connection, words: Sequence[str]) -> Iterator[ColumnElement[bool]]:
    """Where few builds hold the words, those are looked at; where many do, builds are looked at one by one, as some are
    found soon. Whole words are asked for first: what a beginning stands for can take long to be gathered."""
    number = outcomes.c.build_id
    held = text_holds(connection, words, number)
    *others, _beginning = words
    if others and _are_few(connection, whole := builds_holding(connection, others, whole=True)):
        yield from (number.in_(whole), held)
    elif _are_few(connection, builds_holding(connection, words, whole=True)) and _are_few(
        connection, every := builds_holding(connection, words)
    ):
        yield number.in_(every)
    else:
        yield held


def _are_few(connection: Connection, wanted: Select[int]) -> bool:
    return is_few(connection, wanted.subquery(), [], _FEW_TEXTS)
