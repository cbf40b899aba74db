"""Write docs/reference/*.md from the code: commands with their options, configuration keys, JSON fields, the API.

`--check` writes nothing and fails when a page is not what the code says; a test runs it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from sova.cli import COMMANDS, root
from sova.config import DEFAULT_LOGS, Config, Limits, Rewrite
from sova.reports.as_json import SCHEMA
from sova.reports.statistics_json import SCHEMA as STATISTICS
from sova.sources.kinds import Kinds
from sova.web.api import openapi

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "reference"

Part: TypeAlias = Mapping[str, Any]  # Any: what a JSON document holds


def main() -> int:
    os.environ["COLUMNS"] = "110"
    pages = {"commands.md": commands(), "configuration.md": configuration(), "api.md": api()}
    pages["json.md"] = json_fields(SCHEMA, "JSON")
    pages["statistics.md"] = json_fields(STATISTICS, "Statistics as JSON")
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
    for name, settings in sorted(Kinds().items()):
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
    return " ".join((text or "").split()).replace("|", "\\|")


def _plain(value: object) -> str:
    if isinstance(value, tuple | frozenset | set):
        return "[" + ", ".join(str(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def json_fields(path: Path, title: str) -> str:
    """The fields of `-o json`, from the JSON Schema that is shipped."""
    rows = [f"# {title}\n\nVersion 1, held against the shipped JSON Schema by the tests; written by `make docs`.\n"]
    schema = json.loads(path.read_text(encoding="utf-8"))
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
    if isinstance(kinds := detail.get("oneOf"), list):
        return " or ".join(_type(kind) for kind in kinds)
    if "const" in detail:
        return f"`{detail['const']}`"
    kind = detail.get("type", "")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and isinstance(items := detail.get("items"), dict):
        return f"list of {_type(items)}"
    if isinstance(values := detail.get("enum"), list):
        return " / ".join(f"`{value}`" for value in values)
    return str(kind)


def api() -> str:
    """Operations of the API with their parameters and answers, then every type, from its OpenAPI."""
    document = json.loads(openapi())
    rows = ["# API\n\nWritten from its OpenAPI by `make docs`; [how to use it](../api.md).\n"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            rows += _operation(path, method, operation)
    rows.append("\n## Types\n")
    for name, schema in sorted(document["components"]["schemas"].items()):
        rows += _schema(name, schema)
    return "\n".join(rows) + "\n"


def _operation(path: str, method: str, operation: Part) -> Iterator[str]:
    yield f"\n## {method.upper()} {path}\n\n**{operation['summary']}** {' '.join(operation['description'].split())}\n"
    if parameters := operation.get("parameters"):
        yield "| parameter | type | meaning |\n| --- | --- | --- |"
        yield from (_parameter(parameter) for parameter in parameters)
        yield ""
    if body := operation.get("requestBody"):
        yield f"Body: {_api_type(body['content']['application/json']['schema'])}\n"
    yield "| answer | type | meaning |\n| --- | --- | --- |"
    for status, response in operation["responses"].items():
        kinds = [f"{_api_type(content['schema'])} as {kind}" for kind, content in response.get("content", {}).items()]
        headers = [f"`{name}`" for name in response.get("headers", {})]
        with_headers = f" With {', '.join(headers)}." if headers else ""
        yield f"| {status} | {', '.join(kinds) or '–'} | {_cell(response['description'])}{with_headers} |"


def _parameter(parameter: Part) -> str:
    schema = parameter["schema"]
    default = f" By default `{schema['default']}`." if schema.get("default") not in (None, []) else ""
    return f"| `{parameter['name']}` | {_api_type(schema)} | {_cell(parameter.get('description', ''))}{default} |"


def _schema(name: str, schema: Part) -> Iterator[str]:
    yield f"### {name}\n\n{' '.join(schema.get('description', '').split())}\n"
    if "enum" in schema:
        yield f"{_api_type(schema)}\n"
        return
    yield "| field | type | meaning |\n| --- | --- | --- |"
    for field, told in schema["properties"].items():
        yield f"| `{field}` | {_api_type(told)} | {_cell(told.get('description', ''))} |"
    yield ""


def _api_type(schema: Part) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_api_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return _words(schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_api_type(schema['items'])}"
    if schema.get("type") == "object":
        return f"object of {_api_type(schema['additionalProperties'])}"
    bounds = [f"{_BOUNDS[name]} {schema[name]}" for name in _BOUNDS if name in schema]
    return f"{schema.get('format') or schema['type']}{', ' if bounds else ''}{', '.join(bounds)}"


_BOUNDS = {"minimum": "≥", "maximum": "≤", "exclusiveMaximum": "<", "maxLength": "length ≤"}


def _words(words: Sequence[str]) -> str:
    return " / ".join(f"`{word}`" if word else '`""`' for word in words)


if __name__ == "__main__":
    sys.exit(main())
