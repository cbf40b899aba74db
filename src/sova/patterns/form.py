"""The written form of our patterns: one YAML mapping becomes one `Pattern`, or a list of mistakes with their places."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError

from sova.config import Strict
from sova.documents import Document, Value, mistakes_of
from sova.errors import Mistake
from sova.model import Action, Examples, Kind, Match, Pattern, Scope
from sova.patterns.message import placeholders
from sova.patterns.regexes import compiled, faults

__all__ = ["FIELDS", "Row", "captures_of", "pattern_of", "patterns_of"]


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


Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([-_.][a-z0-9]+)*$")]
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
    scope: ScopeRow = ScopeRow()
    note: str = ""
    examples: ExamplesRow = ExamplesRow()


FIELDS = tuple(Row.model_fields)
"""The keys that a pattern may have, in the order in which they are best written."""

_KEYS: Mapping[str, tuple[str, ...]] = {
    "": FIELDS,
    "scope": tuple(ScopeRow.model_fields),
    "examples": tuple(ExamplesRow.model_fields),
}


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
    try:
        read = Row.model_validate(row)
    except ValidationError as error:
        return None, [_named(mistake, document, at) for mistake in mistakes_of(error, document, at)]
    found = () if trusted else _contradictions(read)
    mistakes = [document.mistake((*at, key) if key else at, text) for key, text in found]
    return (None if mistakes else _pattern(read)), mistakes


def _named(mistake: Mistake, document: Document, at: tuple[str | int, ...]) -> Mistake:
    """An unknown key, with what was meant and what is allowed."""
    if mistake.text != "unknown key":
        return mistake
    *inner, key = mistake.key.removeprefix(document.mistake(at, "").key).lstrip(".").split(".")
    allowed = _KEYS.get(".".join(inner), FIELDS)
    close = difflib.get_close_matches(key, allowed, 1)
    meant = f", did you mean `{close[0]}`?" if close else ""
    return dataclasses.replace(mistake, text=f"unknown key{meant} (allowed: {', '.join(allowed)})")


def _contradictions(row: Row) -> Iterator[tuple[str, str]]:
    """What a single field cannot show: (key, what is wrong)."""
    if row.text and row.regex:
        yield "regex", "a pattern has `text` or `regex`, not both"
    if not row.text and not row.regex:
        yield "", f"pattern {row.id!r} has neither `text` nor `regex`, and one is needed"
    wrong = faults(row.regex) if row.regex else ()
    for fault in wrong:
        yield "regex", fault
    for fault in faults(row.not_followed_by) if row.not_followed_by else ():
        yield "not_followed_by", fault
    if "\n" in row.text:
        yield "text", "holds a line break, and patterns are held against one line at a time"
    if not wrong:
        yield from _unknown_captures(row)
    if row.scope.since and row.scope.until and row.scope.since >= row.scope.until:
        yield "scope", "`since` should be before `until`"


def _unknown_captures(row: Row) -> Iterator[tuple[str, str]]:
    wanted = [(key, name) for key in ("message", "log_search") for name in placeholders(getattr(row, key))]
    captures = captures_of(row.regex) if wanted else ()
    for key, name in wanted:
        if name not in captures:
            shown = ", ".join(f"{{{capture}}}" for capture in captures)
            yield key, f"there is no capture {{{name}}} in the pattern; it has {shown}"


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
