"""YAML that a person wrote: plain values, and for each of them the line and column where it stands.

Stricter than YAML 1.1 where it bites: only `true` and `false` are booleans, there are no base-60 numbers, dates stay
text, and a key that comes twice is a mistake. All mistakes are gathered, so that a user mends a file in one go.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from sova.errors import ConfigError, Mistake

__all__ = ["Document", "Value", "mistakes_of", "parse", "validate"]

Model = TypeVar("Model", bound=BaseModel)
Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Place = tuple[int, int]
Path = tuple[str | int, ...]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_]*)?\.?[0-9]+(?:[eE][-+]?[0-9]+)?\Z")


@dataclass(slots=True)
class Document:
    """One YAML file: its value, the place of every value and key in it, and the mistakes of its form."""

    file: str
    value: Value = None
    places: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def place(self, path: Sequence[str | int]) -> Place:
        """Line and column (from 1) of the value at `path`, or of the nearest thing around it."""
        path = tuple(path)
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def mistake(self, path: Sequence[str | int], text: str) -> Mistake:
        line, column = self.place(path)
        return Mistake(self.file, line, column, _dotted(path), text)


def parse(text: str, file: str) -> Document:
    """Read one YAML document. Never raises for a mistake in the text: mistakes are in the result."""
    document = Document(file)
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        document.mistakes.append(Mistake(file, line, column, "", f"not YAML: {said}{_advice(text, line)}"))
        return document
    except yaml.YAMLError as error:  # a character that YAML does not allow has no mark
        document.mistakes.append(Mistake(file, 1, 1, "", f"not YAML: {' '.join(str(error).split())}"))
        return document
    if node is not None:
        document.value = _construct(node, (), document)
    return document


def _advice(text: str, line: int) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if re.search(r'"[^"]*\\[dswbDSWB.(\[]', written):
        return ' (a regular expression wants single quotes: "\\d" is an escape in double quotes)'
    if re.search(r"^\s*(?:- +)?[\w-]+: +\{", written):
        return " (a text that starts with {braces} wants quotes)"
    return ""


def _construct(node: yaml.Node, path: Path, document: Document) -> Value:
    document.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(path) > 64:
        document.mistakes.append(document.mistake(path, "nested too deeply, or an alias that holds itself"))
        return None
    if isinstance(node, yaml.SequenceNode):
        return [_construct(child, (*path, index), document) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Value]:
    result: dict[str, Value] = {}
    for key_node, value_node in node.value:
        line, column = key_node.start_mark.line + 1, key_node.start_mark.column + 1
        if not isinstance(key_node, yaml.ScalarNode):
            text = "a key must be plain text (is this text with {braces} that wants quotes?)"
            document.mistakes.append(Mistake(document.file, line, column, _dotted(path), text))
            continue
        key = str(key_node.value)
        if key in result:
            first = document.places[(*path, key)]
            text = f"this key stands twice (first on line {first[0]}); keep one"
            document.mistakes.append(Mistake(document.file, line, column, _dotted((*path, key)), text))
            continue
        result[key] = _construct(value_node, (*path, key), document)
        document.places[(*path, key)] = (line, column)  # a message points at the key, as editors do
    return result


def _scalar(node: yaml.Node) -> Value:
    text = str(node.value)
    if getattr(node, "style", None) in ("'", '"', "|", ">"):  # quoted or block text is text
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.match(text):
        return int(text.replace("_", ""))
    if _FLOAT.match(text) and math.isfinite(number := float(text.replace("_", ""))):
        return number
    return text


def _dotted(path: Sequence[str | int]) -> str:
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


def mistakes_of(
    error: ValidationError, document: Document, model: type[BaseModel], path: Sequence[str | int] = ()
) -> list[Mistake]:
    """Translate pydantic's errors about `model`, which stands at `path`: each with its place, the key, and what is
    allowed."""
    found = []
    for item in error.errors():
        at = [*path, *(part for part in item["loc"] if _stands_in(part, document))]
        unknown = item["type"] == "extra_forbidden"
        said = _unknown_key(model, item["loc"]) if unknown else _plain(item["type"], item["msg"], item["input"])
        found.append(document.mistake(at, said))
    return found


def _unknown_key(model: type[BaseModel], place: Sequence[str | int]) -> str:
    inner: type[BaseModel] | None = model
    for part in place[:-1]:
        inner = _inside(inner, part) if inner else None
    if inner is None:
        return "unknown key"
    allowed = [field.alias or name for name, field in inner.model_fields.items()]
    close = difflib.get_close_matches(str(place[-1]), allowed, 1)
    meant = f", did you mean `{close[0]}`?" if close else ""
    return f"unknown key{meant} (allowed: {', '.join(allowed)})"


def _inside(model: type[BaseModel], part: str | int) -> type[BaseModel] | None:
    """The model of what stands under the key `part`; places in lists and the keys of mappings are passed over."""
    annotations = [field.annotation for name, field in model.model_fields.items() if part in (name, field.alias)]
    if not annotations:
        return model
    while annotations:
        annotation = annotations.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return annotation
        annotations += get_args(annotation)
    return None


def _stands_in(part: str | int, document: Document) -> bool:
    # pydantic puts names of union members into the location; only what a user wrote can be a place
    return isinstance(part, int) or any(part in path for path in document.places) or part.isidentifier()


_KINDS = {
    "string_type": "should be text, so put it in quotes",
    "tuple_type": "should be a list",
    "list_type": "should be a list",
    "dict_type": "should be a mapping of keys to values",
    "model_type": "should be a mapping of keys to values",
    "int_type": "should be a whole number",
    "int_parsing": "should be a whole number",
    "float_type": "should be a number",
    "float_parsing": "should be a number",
    "bool_type": "should be true or false",
    "bool_parsing": "should be true or false",
    "too_short": "should not be empty",
}
"""Pydantic's kinds of error, in the words of somebody who writes YAML."""


def _plain(kind: str, message: str, value: object) -> str:
    if kind == "missing":
        return "this key is required"
    if kind.startswith("value_error"):
        return message.removeprefix("Value error, ")
    if kind == "string_type" and isinstance(value, dict | list):
        braces = "; a text that starts with {braces} wants quotes" if isinstance(value, dict) else ""
        return f"should be text{braces or f', got {_short(value)}'}"
    said = _KINDS.get(kind) or message.removeprefix("Input ")
    return f"{said[:1].lower()}{said[1:]}, got {_short(value)}"


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) < 60 else shown[:57] + "..."


def validate(document: Document, model: type[Model], check: Callable[[Model], list[Mistake]] | None = None) -> Model:
    """The document as `model`. Raises ConfigError with every mistake of form and content."""
    mistakes = list(document.mistakes)
    try:
        result = model.model_validate(document.value if document.value is not None else {})
    except ValidationError as error:
        raise ConfigError([*mistakes, *mistakes_of(error, document, model)]) from error
    mistakes += check(result) if check else []
    if mistakes:
        raise ConfigError(mistakes)
    return result
