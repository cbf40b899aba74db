"""What a search for text looks through, and how it is asked: alike in every database, by words of our own making.

A word is a run of letters and digits, lower-cased. SQLite's full text index and PostgreSQL's get the same words, one
space between two, and neither may split or stem them; so both give the same builds for the same question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Integer, Select, Text, cast, column, func, literal, select, table
from sqlalchemy.types import UserDefinedType

from sova.model import Diagnosis
from sova.store.rows import clean
from sova.store.tables import texts

__all__ = ["builds_holding", "search_words", "text_holds", "words_in", "words_of"]

_search = table("search", column("rowid", Integer), column("search", Text))
"""SQLite's index of the words; its rows have the numbers of the builds."""


class _TsQuery(UserDefinedType[str]):
    """PostgreSQL's type of a question; SQLAlchemy's own one would load all of that dialect for every database."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        return "TSQUERY"


_WORD = re.compile(r"[^\W_]+")
_LONGEST_WORD = 64
_MOST_CHARACTERS = 8000
_READ = 100_000
"""Characters of one text that words are taken from; a line may be a megabyte."""

_MOST_WORDS_ASKED = 20


def words_in(text: str) -> Iterator[str]:
    """The words of a text, in their order; long ones are cut."""
    for match in _WORD.finditer(clean(text[:_READ]).lower()):
        yield match[0][:_LONGEST_WORD]


def words_of(diagnosis: Diagnosis) -> str:
    """What a search finds this diagnosis by: words of its messages, the change's subject and the lines it shows, each
    word once, about 8,000 characters at most."""
    found: dict[str, None] = {}
    room = _MOST_CHARACTERS
    for shown in _texts(diagnosis):
        for word in words_in(shown):
            if word not in found:
                found[word] = None
                room -= len(word) + 1
        if room < 0:
            break
    return " ".join(found)[:_MOST_CHARACTERS]


def _texts(diagnosis: Diagnosis) -> Iterator[str]:
    for reason in diagnosis.reasons:
        yield reason.message
    yield diagnosis.build.change.subject
    for reason in diagnosis.reasons:
        for hit in reason.hits:
            yield hit.line
    for excerpt in diagnosis.excerpts:
        yield from excerpt.lines


def search_words(asked: str) -> tuple[str, ...]:
    """The words of a question; the last one may be the beginning of a word."""
    return tuple(dict.fromkeys(words_in(asked)))[:_MOST_WORDS_ASKED]


def builds_holding(connection: Connection, words: Sequence[str], *, whole: bool = False) -> Select[int]:
    """Numbers of the builds whose text holds all the words, by the index; the last is a beginning unless `whole`."""
    *others, last = words
    if connection.dialect.name == "sqlite":
        asked = " AND ".join([*(f'"{word}"' for word in others), f'"{last}"' if whole else f'"{last}" *'])
        return select(_search.c.rowid).where(_search.c.search.op("MATCH")(asked))
    lexemes = " & ".join([*(f"'{word}'" for word in others), f"'{last}'" if whole else f"'{last}':*"])
    vector = func.array_to_tsvector(func.string_to_array(texts.c.words, " "))
    return select(texts.c.build_id).where(vector.op("@@")(cast(literal(lexemes), _TsQuery())))


def text_holds(connection: Connection, words: Sequence[str], build_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The same of one build at a time, without the index: for words that so many hold that some are found soon."""
    place = func.instr if connection.dialect.name == "sqlite" else func.strpos
    *others, last = words
    text = literal(" ").concat(texts.c.words).concat(" ")
    held = [place(text, f" {word} ") > 0 for word in others]
    return select(literal(1)).where(texts.c.build_id == build_id, *held, place(text, f" {last}") > 0).exists()
