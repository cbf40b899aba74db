"""Diagnoses as JSON, version 1: one document, or a line a diagnosis; `to_row` and `from_row` for one of them.

The form is fixed by `schema/diagnoses-1.json`, a JSON Schema (draft 2020-12) that ships with the package. Times are
ISO 8601 in UTC with a `Z`. Next to the fields of the values stand four that are derived from them, for scripts:
`build.outcome`, and `tag`, `bytes_read` and `text` of the diagnosis; `from_row` does not read these.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, TypeAlias, cast

from sova.model import Build, Diagnosis
from sova.reports.wording import iso

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "SCHEMA",
    "VERSION",
    "Json",
    "Row",
    "dumps",
    "from_row",
    "json_lines",
    "json_text",
    "plain",
    "to_row",
]

VERSION = 1
SCHEMA = Path(__file__).with_name("schema") / f"diagnoses-{VERSION}.json"
"""The JSON Schema of the document; `$defs/diagnosis` in it is that of a row."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Row: TypeAlias = dict[str, Json]
Derived: TypeAlias = Mapping[type, tuple[str, ...]]
"""Properties that stand next to the fields of a value, by its type."""

_DERIVED: Derived = {Diagnosis: ("tag", "bytes_read", "text"), Build: ("outcome",)}
_OBJECTS = ("captures", "by_tag", "by_outcome")
"""Fields of pairs, which are names and values of an object."""


def json_text(diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
    """The document, a diagnosis at a time, so that many need no more memory than few."""
    yield f'{{\n  "version": {VERSION},\n  "diagnoses": ['
    between = "\n"
    for diagnosis in diagnoses:
        yield between + indent(dumps(to_row(diagnosis), indent=2), "    ")
        between = ",\n"
    yield "]\n}\n" if between == "\n" else "\n  ]\n}\n"


def json_lines(diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
    """Each diagnosis as `to_row` gives it, one a line."""
    for diagnosis in diagnoses:
        yield dumps(to_row(diagnosis)) + "\n"


def dumps(value: Json, *, indent: int | None = None) -> str:
    """JSON text of ASCII letters only, so that no terminal or pipe can break it."""
    return json.dumps(value, indent=indent, allow_nan=False)


def to_row(diagnosis: Diagnosis) -> Row:
    """One diagnosis as plain JSON values."""
    return cast(Row, plain(diagnosis))


def from_row(row: Mapping[str, object]) -> Diagnosis:
    """The diagnosis that `to_row` gave. Raises ValueError, with the place of every mistake, for anything else."""
    return _adapter().validate_python(_pairs(dict(row)))


def plain(value: object, derived: Derived = _DERIVED) -> Json:
    """A value of Sova as plain JSON values: dataclasses as objects, times in UTC."""
    if isinstance(value, dt.datetime):
        return iso(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Enum):
        return cast(Json, value.value)
    if isinstance(value, tuple):
        return [plain(item, derived) for item in value]
    if dataclasses.is_dataclass(value):
        names = (*(field.name for field in dataclasses.fields(value)), *derived.get(type(value), ()))
        held = {name: getattr(value, name) for name in names}
        return {name: dict(one) if name in _OBJECTS else plain(one, derived) for name, one in held.items()}
    return cast(Json, value)


def _pairs(value: object) -> object:
    """The same value with every `captures` object as the pairs that a `Hit` holds."""
    if isinstance(value, list):
        return [_pairs(item) for item in value]
    if isinstance(value, dict):
        return {key: _captures(item) if key == "captures" else _pairs(item) for key, item in value.items()}
    return value


def _captures(value: object) -> object:
    return tuple(value.items()) if isinstance(value, dict) else value


@cache
def _adapter() -> TypeAdapter[Diagnosis]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - only for reading; `sova diagnose` writes and starts sooner

    return TypeAdapter(Diagnosis)
