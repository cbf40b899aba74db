"""The compiled patterns on disk: used when they are whole, made anew when they are not."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from unittest.mock import patch

import hyperscan
import pytest

from sova.model import Pattern
from sova.patterns import database
from sova.patterns.engine import Engine

PATTERNS = [Pattern("full", "", text="No space left"), Pattern("dns", "", regex=r"(?i)resolve host: (\S+)")]
LOG = [b"No space left\nCould not Resolve Host: x\n"]


def found(cache: Path) -> list[str]:
    return [hit.pattern for hit in Engine(PATTERNS, cache_dir=cache).scan(LOG, file="f").hits]


def the_file(cache: Path) -> Path:
    (path,) = cache.iterdir()
    return path


def test_second_engine_does_not_compile(tmp_path: Path) -> None:
    assert found(tmp_path / "new") == ["full", "dns"]
    with patch.object(database, "_compile", side_effect=AssertionError("compiled again")):
        assert found(tmp_path / "new") == ["full", "dns"]


@pytest.mark.parametrize("damage", [b"", b"sova literals 1\n", b"something else", None])
def test_damaged_file_is_made_anew(tmp_path: Path, damage: bytes | None, caplog: pytest.LogCaptureFixture) -> None:
    found(tmp_path)
    path = the_file(tmp_path)
    good = path.read_bytes()
    path.write_bytes(good[:-1] + b"!" if damage is None else damage)
    with caplog.at_level(logging.WARNING):
        assert found(tmp_path) == ["full", "dns"]
    assert "made anew" in caplog.text
    assert found(tmp_path) == ["full", "dns"]
    assert the_file(tmp_path).stat().st_size == len(good)


def test_a_whole_file_that_hyperscan_refuses_is_made_anew(tmp_path: Path) -> None:
    found(tmp_path)
    with patch("hyperscan.loadb", side_effect=hyperscan.DatabaseVersionError("another version")):
        assert found(tmp_path) == ["full", "dns"]


def test_other_patterns_are_another_file(tmp_path: Path) -> None:
    found(tmp_path)
    Engine(PATTERNS[:1], cache_dir=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_directory_that_cannot_be_written_costs_only_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a directory")
    with caplog.at_level(logging.WARNING):
        assert found(tmp_path / "file" / "cache") == ["full", "dns"]
    assert "cannot be kept" in caplog.text


def test_old_files_are_removed(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.hyperscan").write_bytes(b"old")
        os.utime(tmp_path / f"{number}.hyperscan", (number, number))
    (tmp_path / "killed.part").write_bytes(b"half")
    (tmp_path / "running.part").write_bytes(b"half")
    hours_ago = time.time() - 7200
    os.utime(tmp_path / "killed.part", (hours_ago, hours_ago))
    assert found(tmp_path) == ["full", "dns"]
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 17
    assert {"29.hyperscan", "15.hyperscan", "running.part"} < names
