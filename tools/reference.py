"""Write docs/reference/*.md from the code: commands with their options, configuration keys, JSON fields.

`--check` writes nothing and fails when a page is not what the code says; a test runs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sova.cli import COMMANDS, root
from sova.config import DEFAULT_LOGS, Config, Limits, Rewrite
from sova.reports.as_json import SCHEMA
from sova.session import source_factories, source_settings

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "reference"


def main() -> int:
    os.environ["COLUMNS"] = "110"
    pages = {"commands.md": commands(), "configuration.md": configuration(), "json.md": json_fields()}
    stale = []
    for name, text in pages.items():
        path = OUT / name
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/reference/{name} is not what the code says; run `make docs`")
    print("\n".join(stale) or f"{len(pages)} pages in docs/reference")
    return 1 if stale else 0


def commands() -> str:
    """The help of every command, as `--help` prints it."""
    parts = ["# Commands\n\nWritten from the code by `make docs`.\n"]
    context = click.Context(root, info_name="sova", terminal_width=110)
    parts += _help(root, context, 2)
    return "\n".join(parts)


def _help(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    yield f"{'#' * level} {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    if isinstance(command, click.Group):
        for name in COMMANDS if command is root else command.list_commands(context):
            child = command.get_command(context, name)
            if child:
                yield from _help(child, click.Context(child, info_name=name, parent=context, terminal_width=110), 3)


def configuration() -> str:
    """Every key with its default, and the keys of every kind of source."""
    rows = ["# Configuration\n\nOne YAML file; written from the code by `make docs`.\n", _table(Config)]
    rows += ["\n## limits\n", _table(Limits), "\n## rewrite_urls, each\n", _table(Rewrite)]
    for name, settings in sorted(source_settings(source_factories()).items()):
        rows += [f"\n## sources, type {name}\n", _table(settings)]
    named = "\n".join(f"- `{name}`: {', '.join(f'`{path}`' for path in paths)}" for name, paths in DEFAULT_LOGS.items())
    return "\n".join(rows) + f"\n\n## Named log files that are there without configuration\n\n{named}\n"


def _table(model: type[BaseModel]) -> str:
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    for name, field in model.model_fields.items():
        if field.is_required():
            default = "required"
        elif field.default is PydanticUndefined:
            default = ""
        else:
            default = f"`{_plain(field.default)}`" if field.default not in ("", None) else ""
        rows.append(f"| `{field.alias or name}` | {default} | {_cell(field.description)} |")
    return "\n".join(rows)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")


def _plain(value: object) -> str:
    if isinstance(value, tuple | frozenset | set):
        return "[" + ", ".join(str(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def json_fields() -> str:
    """The fields of `-o json`, from the JSON Schema that is shipped."""
    rows = ["# JSON\n\nVersion 1, held against the shipped JSON Schema by the tests; written by `make docs`.\n"]
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for name, part in [("document", schema), *schema.get("$defs", {}).items()]:
        if "properties" not in part:
            continue
        rows.append(f"\n## {name}\n\n{part.get('description', '')}\n\n| field | type | meaning |\n| --- | --- | --- |")
        for field, detail in part["properties"].items():
            rows.append(f"| `{field}` | {_type(detail)} | {detail.get('description', '')} |")
    return "\n".join(rows) + "\n"


def _type(detail: dict[str, object]) -> str:
    if isinstance(reference := detail.get("$ref"), str):
        return reference.rpartition("/")[2]
    kind = detail.get("type", "")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and isinstance(items := detail.get("items"), dict):
        return f"list of {_type(items)}"
    if isinstance(values := detail.get("enum"), list):
        return " / ".join(f"`{value}`" for value in values)
    return str(kind)


if __name__ == "__main__":
    sys.exit(main())
