"""Statistics as JSON, version 1: one document, or one line of JSON a number of lines of a table.

The form is fixed by `schema/statistics-1.json`, a JSON Schema (draft 2020-12) that ships with the package. Times are
ISO 8601 in UTC with a `Z`, days calendar days of the time zone that is named, lengths seconds, shares between 0 and 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sova.reports.as_json import Derived, Row, dumps, plain
from sova.stats import Share, Statistics, Totals

__all__ = ["SCHEMA", "document", "json_lines", "json_text"]

VERSION = 1
SCHEMA = Path(__file__).with_name("schema") / f"statistics-{VERSION}.json"
"""The JSON Schema of the document; `$defs/line` in it is that of a line."""

_DERIVED: Derived = {Totals: ("pass_rate", "known"), Share: ("value", "low", "high")}


def json_text(statistics: Statistics) -> Iterator[str]:
    """The document as text."""
    yield dumps(document(statistics), indent=2) + "\n"


def json_lines(statistics: Statistics) -> Iterator[str]:
    """A line for each period, day, part, reason and job; `kind` says what it is."""
    for kind, row in _rows(statistics):
        yield dumps({"kind": kind, **row}) + "\n"


def document(statistics: Statistics) -> Row:
    """Everything, as plain JSON values."""
    names = ("now", "timezone", "newest", "range", "compared", "days", "reasons", "jobs")
    parts = ({"by": by, "parts": plain(found, _DERIVED)} for by, found in statistics.parts.items())
    values = {name: plain(getattr(statistics, name), _DERIVED) for name in names}
    return {"version": VERSION, **values, "parts": [*parts]}


def _rows(statistics: Statistics) -> Iterator[tuple[str, Row]]:
    yield from (("period", _row(one)) for one in (*statistics.compared, statistics.range))
    yield from (("day", _row(day)) for day in statistics.days)
    for by, parts in statistics.parts.items():
        yield from (("part", {"by": by, **_row(part)}) for part in parts)
    yield from (("reason", _row(reason)) for reason in statistics.reasons)
    yield from (("job", _row(job)) for job in statistics.jobs)


def _row(value: object) -> Row:
    return cast(Row, plain(value, _DERIVED))
