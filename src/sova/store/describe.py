"""The tables in words, as Markdown: `python -m sova.store.describe` prints the last part of docs/store.md."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Table

from sova.store.tables import metadata

__all__ = ["markdown"]


def markdown() -> str:
    """Every table with every column and what it holds, and the indexes."""
    return "\n".join(line for table in metadata.sorted_tables for line in _table(table))


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}\n\n{table.comment}\n"
    yield "| column | type | holds |\n| --- | --- | --- |"
    for column in table.columns:
        yield f"| {column.name} | {_type(column)} | {column.comment} |"
    indexes = sorted(", ".join(column.name for column in index.columns) for index in table.indexes)
    if indexes:
        yield f"\nIndexes: {'; '.join(indexes)}."
    yield ""


def _type(column: Column[object]) -> str:
    words = [str(column.type).lower()]
    if column.primary_key:
        words.append("key")
    if column.unique:
        words.append("unique")
    words += [f"→ {key.target_fullname}" for key in column.foreign_keys]
    if column.nullable:
        words.append("or null")
    return " ".join(words)


if __name__ == "__main__":
    print(markdown())
