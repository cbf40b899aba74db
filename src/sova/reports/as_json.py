"""Diagnoses as JSON, version 1: `document` for people's scripts, a line a diagnosis for pipes, `to_row` and `from_row`
for one diagnosis.

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

from sova.model import Build, Diagnosis, Hit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic import TypeAdapter

__all__ = [
    "SCHEMA",
    "VERSION",
    "Json",
    "Row",
    "document",
    "dumps",
    "from_row",
    "json_lines",
    "json_text",
    "schema",
    "to_row",
]

VERSION = 1
SCHEMA = Path(__file__).with_name("schema") / f"diagnoses-{VERSION}.json"
"""The file of the JSON Schema."""

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Row: TypeAlias = dict[str, Json]


def json_text(diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
    """`document` as text, a diagnosis at a time, so that many need no more memory than few."""
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


def document(diagnoses: Iterable[Diagnosis]) -> Row:
    """The whole document for these diagnoses, in their order."""
    return {"version": VERSION, "diagnoses": [to_row(diagnosis) for diagnosis in diagnoses]}


def dumps(value: Json, *, indent: int | None = None) -> str:
    """JSON text of ASCII letters only, so that no terminal or pipe can break it."""
    return json.dumps(value, indent=indent, allow_nan=False)


def schema() -> Row:
    """The JSON Schema of `document`; `$defs/diagnosis` in it is the schema of a row."""
    return cast(Row, json.loads(SCHEMA.read_text(encoding="utf-8")))


def to_row(diagnosis: Diagnosis) -> Row:
    """One diagnosis as plain JSON values."""
    derived: Row = {"tag": diagnosis.tag, "bytes_read": diagnosis.bytes_read, "text": diagnosis.text}
    return _fields(diagnosis) | derived


def from_row(row: Mapping[str, object]) -> Diagnosis:
    """The diagnosis that `to_row` gave. Raises ValueError, with the place of every mistake, for anything else."""
    return _adapter().validate_python(_pairs(dict(row)))


def _plain(value: object) -> Json:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return cast(Json, value.value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    return cast(Json, value)


def _fields(value: DataclassInstance) -> Row:
    row = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Hit):
        row["captures"] = cast(Json, dict(value.captures))
    elif isinstance(value, Build):
        row["outcome"] = value.outcome.value
    return row


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
