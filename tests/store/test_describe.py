"""The page about the store says what the tables are."""

from __future__ import annotations

from pathlib import Path

from sova.store.describe import markdown
from sova.store.planning import MOST_TRIES
from sova.store.tables import metadata

PAGE = Path(__file__).parents[2] / "docs" / "store.md"


def test_the_page_ends_with_the_tables_as_they_are() -> None:
    assert PAGE.read_text(encoding="utf-8").partition("\n## Tables\n\n")[2].strip() == markdown().strip()


def test_every_column_says_what_it_holds() -> None:
    silent = [str(column) for table in metadata.tables.values() for column in table.columns if not column.comment]
    assert silent == []
    assert all(table.comment for table in metadata.tables.values())
    assert all(f"| {column.name} |" in markdown() for table in metadata.tables.values() for column in table.columns)


def test_the_page_names_the_most_tries() -> None:
    assert MOST_TRIES == 5
    assert "at most five times in any 24 hours" in PAGE.read_text(encoding="utf-8")
