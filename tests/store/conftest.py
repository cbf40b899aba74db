"""Stores to test with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sova.store import Store
from tests.store.answers import empty_database


@pytest.fixture
def location(tmp_path: Path) -> Path:
    return tmp_path / "sova.db"


@pytest.fixture
def store(location: Path) -> Iterator[Store]:
    location.write_bytes(empty_database())
    with Store.open(str(location)) as opened:
        yield opened
