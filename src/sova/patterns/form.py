"""The written form of our patterns: one YAML mapping becomes one `Pattern`, or a list of mistakes with their places."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationError

from sova.config import Strict
from sova.documents import Document, Value, mistakes_of
from sova.errors import Mistake
from sova.model import Action, Examples, Kind, Match, Pattern, Scope
from sova.patterns.message import placeholders
from sova.patterns.regexes import compiled, faults

__all__ = ["FIELDS", "Row", "captures_of", "ids_of", "pattern_of", "patterns_of"]


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _time(value: object) -> object:
    if value is None:
        return None
    try:
        time = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None:
        raise ValueError(f"should be a date such as 2026-03-01 or 2026-03-01T10:00Z, got {value!r}")
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _word(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+([-_.][a-z0-9]+)*", value):
        raise ValueError(f"should be lower-case words with dashes, such as disk-full, got {value!r}")
    return value


Word = Annotated[str, AfterValidator(_word)]
Filled = Annotated[str, StringConstraints(min_length=1)]
Texts = Annotated[tuple[Filled, ...], BeforeValidator(_list)]
Time = Annotated[dt.datetime | None, BeforeValidator(_time)]


class ScopeRow(Strict):
    """`scope` as written."""

    jobs: Texts = ()
    branches: Texts = ()
    pipelines: Texts = ()
    projects: Texts = ()
    since: Time = None
    until: Time = None


class ExamplesRow(Strict):
    """`examples` as written: whole lines."""

    match: Texts = ()
    no_match: Texts = ()


class Row(Strict):
    """One pattern as written; the fields are those of `sova.model.Pattern`."""

    id: Word
    message: Filled
    files: Annotated[Texts, Field(min_length=1)] = ("console",)
    text: str = ""
    regex: str = ""
    exclude: Texts = ()
    not_followed_by: str = ""
    match: Match = Match.MESSAGE
    tag: Word = "code"
    kind: Kind = Kind.CAUSE
    action: Action = Action.NONE
    owner: str = ""
    bug: str = ""
    log_search: str = ""
    fixed_since: Time = None
    scope: ScopeRow = ScopeRow()
    note: str = ""
    examples: ExamplesRow = ExamplesRow()


FIELDS = tuple(Row.model_fields)
"""The keys that a pattern may have, in the order in which they are best written."""


def ids_of(document: Document) -> dict[int, str]:
    """The ids in a document by their index in its list, those of patterns with mistakes among them."""
    value = document.value if isinstance(document.value, dict) else {}
    rows = value.get("patterns")
    found = (
        ((index, row.get("id")) for index, row in enumerate(rows) if isinstance(row, dict))
        if isinstance(rows, list)
        else ()
    )
    return {index: name for index, name in found if isinstance(name, str)}


def patterns_of(document: Document, *, trusted: bool = False) -> tuple[dict[int, Pattern], list[Mistake]]:
    """The patterns of a document by their index in its list, and every mistake in it.

    `trusted` leaves out the checks of content, which take most of the time: tests make them for the built-in files.
    """
    mistakes = list(document.mistakes)
    found: dict[int, Pattern] = {}
    for index, row in _rows(document, mistakes):
        pattern, wrong = pattern_of(document, row, ("patterns", index), trusted=trusted)
        mistakes += wrong
        if pattern is not None:
            found[index] = pattern
    return found, mistakes


def _rows(document: Document, mistakes: list[Mistake]) -> Iterator[tuple[int, Value]]:
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("patterns"), list):
        if not document.mistakes:  # a file that is not YAML has no value, and was told already
            at = ("patterns",) if isinstance(value, dict) and "patterns" in value else ()
            mistakes.append(document.mistake(at, "should be a mapping with a list `patterns:`"))
        return
    unknown = (key for key in value if key != "patterns")
    mistakes.extend(document.mistake((key,), "unknown key (allowed here: patterns)") for key in unknown)
    rows = value["patterns"]
    if isinstance(rows, list):
        yield from enumerate(rows)


def pattern_of(
    document: Document, row: Value, at: tuple[str | int, ...], *, trusted: bool = False
) -> tuple[Pattern | None, list[Mistake]]:
    """The pattern that `row` (at this place of the document) describes, or None and what is wrong with it."""
    if not isinstance(row, dict):
        return None, [document.mistake(at, "should be a mapping with the keys `id`, `message` and `text` or `regex`")]
    found = () if trusted else _contradictions(row)
    mistakes = [document.mistake((*at, key) if key else at, text) for key, text in found]
    try:
        read = Row.model_validate(row)
    except ValidationError as error:
        return None, [*mistakes_of(error, document, Row, at), *mistakes]
    return (None if mistakes else _pattern(read)), mistakes


def _contradictions(row: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """What the fields mean to each other and as expressions: (key, what is wrong). The row may have other mistakes."""
    text, regex, next_line = (_text(row.get(key)) for key in ("text", "regex", "not_followed_by"))
    if text and regex:
        yield "regex", "a pattern has `text` or `regex`, not both"
    if not row.get("text") and not row.get("regex"):
        yield "", f"pattern {row.get('id', '')!r} has neither `text` nor `regex`, and one is needed"
    wrong = faults(regex) if regex else ()
    for fault in wrong:
        yield "regex", fault
    for fault in faults(next_line) if next_line else ():
        yield "not_followed_by", fault
    if "\n" in text:
        yield "text", "holds a line break, and patterns are held against one line at a time"
    if not wrong and (text or regex):
        yield from _unknown_captures(row, regex)
    yield from _impossible_times(row.get("scope"))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _unknown_captures(row: Mapping[str, Value], regex: str) -> Iterator[tuple[str, str]]:
    wanted = [(key, name) for key in ("message", "log_search") for name in placeholders(_text(row.get(key)))]
    captures = captures_of(regex) if wanted else ()
    for key, name in wanted:
        if name not in captures:
            shown = ", ".join(f"{{{capture}}}" for capture in captures)
            yield key, f"there is no capture {{{name}}} in the pattern; it has {shown}"


def _impossible_times(scope: Value) -> Iterator[tuple[str, str]]:
    try:
        read = ScopeRow.model_validate(scope or {})
    except ValidationError:
        return  # told with the other mistakes of form
    if read.since and read.until and read.since >= read.until:
        yield "scope", "`since` should be before `until`"


def captures_of(regex: str) -> tuple[str, ...]:
    """What a message may name: "0", "" for the first group, numbers, names. `regex` must be valid, or "" for a text."""
    if not regex:
        return ("0",)
    judge = compiled(regex)
    first = ("",) if judge.groups else ()
    numbers = tuple(str(number) for number in range(judge.groups + 1))
    return (*first, *numbers, *judge.groupindex)


def _pattern(row: Row) -> Pattern:
    values = {name: getattr(row, name) for name in FIELDS if name not in ("scope", "examples")}
    return Pattern(
        **values,
        scope=Scope(**{name: getattr(row.scope, name) for name in ScopeRow.model_fields}),
        examples=Examples(row.examples.match, row.examples.no_match),
    )
