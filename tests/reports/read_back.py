"""Reads diagnoses back out of the pages of builds, as JSON rows, by the marks in the HTML alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from selectolax.lexbor import LexborHTMLParser, LexborNode

from sova.reports import as_json
from sova.reports.clean import shown

__all__ = ["cleaned", "rows_of_page", "rows_of_site"]


def rows_of_site(directory: Path) -> dict[str, as_json.Row]:
    """Every diagnosis of a site by its build's key."""
    rows = (rows_of_page(page.read_text(encoding="utf-8")) for page in sorted((directory / "builds").glob("*.html")))
    return {str(_build(row)["key"]): row for row in rows}


def rows_of_page(html: str) -> as_json.Row:
    """The diagnosis that a page shows."""
    root = LexborHTMLParser(html).css_first("[data-build]")
    assert root is not None
    row = _fields(root)
    row["excerpts"] = [_excerpt(node) for node in _items(_list(root, "excerpts"))]
    reasons = sorted(_items(_list(root, "reasons")), key=lambda node: int(node.attributes["data-order"] or ""))
    row["reasons"] = [_reason(node) for node in reasons]
    for name in ("problems", "files_read", "build.artifacts"):
        _put(row, name, [_fields(node) for node in _items(_list(root, name))])
    for name in ("files_wanted", "build.seen_by"):
        _put(row, name, [node.text() for node in _items(_list(root, name))])
    return row


def cleaned(value: as_json.Json) -> as_json.Json:
    """The value with every text as pages show it: the one thing that a page does to a value."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {shown(name): cleaned(item) for name, item in value.items()}
    return value


def _reason(node: LexborNode) -> as_json.Row:
    row = _fields(node)
    row["hits"] = [_hit(item) for item in _items(_list(node, "hits"))]
    return row


def _hit(node: LexborNode) -> as_json.Row:
    row = _fields(node)
    for part in ("before", "after"):
        row[part] = [line.text() for line in node.css(f"[data-part={part}]")]
    names = [name.text() for name in node.css("[data-map=captures] dt")]
    row["captures"] = dict(zip(names, (text.text() for text in node.css("[data-map=captures] dd")), strict=True))
    return row


def _excerpt(node: LexborNode) -> as_json.Row:
    row = _fields(node)
    row["lines"] = [line.text() for line in _items(_list(node, "lines"))]
    return row


def _fields(scope: LexborNode) -> as_json.Row:
    """The fields of the nearest object: those of objects inside it are theirs."""
    row: as_json.Row = {}
    for node in scope.css("[data-field]"):
        if _owner(node) == _identity(scope):
            name = node.attributes["data-field"]
            assert name
            _put(row, name, _value(node))
    return row


def _value(node: LexborNode) -> as_json.Json:
    if (value := node.attributes.get("data-value")) is not None:
        return cast(as_json.Json, json.loads(value))
    if (moment := node.attributes.get("datetime")) is not None:
        return moment
    return node.text()


def _put(row: as_json.Row, path: str, value: as_json.Json) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        inner = row.setdefault(parent, {})
        assert isinstance(inner, dict)
        row = inner
    assert name not in row, f"{path} stands twice in the page"
    row[name] = value


def _list(scope: LexborNode, name: str) -> LexborNode:
    found = [node for node in scope.css(f'[data-list="{name}"]') if _owner(node) == _identity(scope)]
    assert len(found) == 1, f"list {name}: {len(found)}"
    return found[0]


def _items(list_node: LexborNode) -> Iterator[LexborNode]:
    for node in list_node.css("[data-item]"):
        if node.mem_id != list_node.mem_id and _closest(node, "data-list") == list_node.mem_id:
            yield node


def _owner(node: LexborNode) -> int:
    return _closest(node, "data-item", "data-build")


def _identity(scope: LexborNode) -> int:
    return scope.mem_id


def _closest(node: LexborNode, *attributes: str) -> int:
    """The identity of the nearest node above that has one of the attributes."""
    above = node.parent
    while above is not None:
        if any(attribute in above.attributes for attribute in attributes):
            return above.mem_id
        above = above.parent
    raise AssertionError(f"{node.html}: nothing above it")


def _build(row: as_json.Row) -> as_json.Row:
    build = row["build"]
    assert isinstance(build, dict)
    return build
