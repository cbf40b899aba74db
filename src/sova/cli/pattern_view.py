"""Patterns and their hits as tables, YAML and JSON."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable

import yaml
from rich.table import Table
from rich.text import Text

from sova.errors import Mistake
from sova.model import Hit, Pattern
from sova.patterns.form import FIELDS
from sova.patterns.message import fill

__all__ = ["as_yaml", "hit_row", "overview", "plain", "row", "shown_hit"]

_DEFAULT = Pattern(id="", message="")
_ALWAYS = ("files", "tag", "kind")

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]


def overview(patterns: Iterable[Pattern]) -> Table:
    """One line for each pattern."""
    table = Table("id", "tag", "kind", "action", "message", box=None, pad_edge=False)
    for pattern in patterns:
        cells = (pattern.id, pattern.tag, str(pattern.kind), str(pattern.action), pattern.message)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def row(pattern: Pattern) -> dict[str, Plain]:
    """A pattern as it is written, without most fields that have their usual value."""
    fields = ((name, getattr(pattern, name)) for name in FIELDS)
    return {name: _written(value) for name, value in fields if value != getattr(_DEFAULT, name) or name in _ALWAYS}


def _written(value: object) -> Plain:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
        return {name: _written(item) for name, item in pairs if item}
    if isinstance(value, tuple):
        return [_written(item) for item in value]
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value if isinstance(value, bool | int) else str(value)


class _Dumper(yaml.SafeDumper):
    """Puts text into quotes where it could be read as something else: YAML's own rules and Sova's differ."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    word = text.isidentifier() or text.replace("-", "_").isidentifier()
    style = None if word and text not in ("true", "false", "null") else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def as_yaml(patterns: Iterable[Pattern]) -> str:
    """A pattern file that holds these patterns."""
    rows = [row(pattern) for pattern in patterns]
    return yaml.dump({"patterns": rows}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def plain(mistake: Mistake) -> dict[str, Plain]:
    """A mistake for JSON."""
    return {field.name: getattr(mistake, field.name) for field in dataclasses.fields(mistake)}


def hit_row(hit: Hit) -> dict[str, Plain]:
    """A hit for JSON, with the fields that every report gives it."""
    return {
        "file": hit.file,
        "line_number": hit.line_number,
        "line": hit.line,
        "captures": dict(hit.captures),
        "before": list(hit.before),
        "after": list(hit.after),
    }


def shown_hit(file: str, hit: Hit, message: str) -> Text:
    """A hit with the lines around it, what its groups captured, and the message filled in when there is one."""
    text = Text()
    text.append(f"{file}:{hit.line_number}", style="bold")
    if message:
        text.append(f"  {fill(message, hit.captures)}", style="yellow")
    first = hit.line_number - len(hit.before)
    lines = [(line, False) for line in hit.before] + [(hit.line, True)] + [(line, False) for line in hit.after]
    for number, (line, marked) in enumerate(lines, first):
        text.append(f"\n{number:>8} {'>' if marked else '|'} {line}", style="" if marked else "dim")
    groups = [f"{name}={value!r}" for name, value in hit.captures if name != "0"]
    if groups:
        text.append(f"\n         = {', '.join(groups)}", style="cyan")
    return text
