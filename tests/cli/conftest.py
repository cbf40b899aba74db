"""Runs the command line as a user does: the real `main`, in a directory of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from sova.cli import main
from sova.patterns import engine
from sova.patterns.confirm import judge


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory for all tests, so that the patterns are compiled once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def judges() -> Iterator[None]:
    """One judge of each pattern for all tests: a judge depends on nothing else, and making 300 takes a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "judge", cache(judge))
        yield


@pytest.fixture
def sova(
    tmp_path: Path, compiled: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    monkeypatch.delenv("SOVA_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*args: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        said = capfd.readouterr()
        status = ended.value.code
        return Ran(status if isinstance(status, int) else 0, said.out, said.err)

    return run
