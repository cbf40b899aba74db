"""Places on this machine: a directory, and one single file."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from sova.config import Limits
from sova.logs.openers import Source, file_source, log_error, os_error
from sova.logs.paths import Reach
from sova.logs.tree import Entry
from sova.model import ProblemKind

__all__ = ["Directory", "SingleFile"]


class Directory:
    """A directory. Links are followed as long as they stay below it."""

    def __init__(self, root: Path, limits: Limits) -> None:
        self.location = str(root)
        self._root = root
        self._limits = limits

    def locate(self, path: str) -> str:
        return str(self._root / path)

    def first(self, wanted: Sequence[Sequence[str]]) -> Entry | None:
        for path in chain.from_iterable(wanted):
            file = self._root / path
            try:
                if file.is_file():
                    self._check(file)
                    return _entry(path, file)
            except OSError as error:
                raise os_error(path, error) from error
        if not self._root.is_dir():
            raise log_error(self.location, ProblemKind.GONE, "no such directory")
        return None

    def entries(self, reach: Reach) -> Iterator[Entry]:
        number = 0
        top = self._root / reach.under
        for directory, subdirectories, names in os.walk(top, onerror=self._cannot_list):
            here = Path(directory).relative_to(self._root)
            subdirectories[:] = sorted(name for name in subdirectories if reach.covers(f"{here / name}/"))
            for name in sorted(names):
                number += 1
                if number > self._limits.archive_members:
                    detail = f"more than limits.archive_members ({self._limits.archive_members}) files"
                    raise log_error(self.location, ProblemKind.TOO_LARGE, detail)
                file = Path(directory, name)
                if file.is_file() and self._inside(file):
                    yield _entry((here / name).as_posix(), file)

    def source(self, path: str) -> Source:
        file = self._root / path
        self._check(file)
        return file_source(file, path)

    def _inside(self, file: Path) -> bool:
        return file.resolve().is_relative_to(self._root.resolve())

    def _check(self, file: Path) -> None:
        if not self._inside(file):
            raise log_error(str(file), ProblemKind.REFUSED, f"a link that leads out of {self.location}")

    def _cannot_list(self, error: OSError) -> None:
        if not isinstance(error, FileNotFoundError) or not self._root.is_dir():
            raise os_error(str(error.filename or self.location), error) from error


class SingleFile:
    """One file, under its own name. `source` gives its bytes."""

    def __init__(self, name: str, location: str, source: Source, size: int | None = None) -> None:
        self.location = location
        self._entry = Entry(name, size)
        self._source = source

    def locate(self, path: str) -> str:
        return self.location if path == self._entry.path else path

    def first(self, wanted: Sequence[Sequence[str]]) -> Entry | None:
        return self._entry if self._entry.path in chain.from_iterable(wanted) else None

    def entries(self, reach: Reach) -> Iterator[Entry]:
        if reach.covers(self._entry.path):
            yield self._entry

    def source(self, path: str) -> Source:
        if path != self._entry.path:
            raise log_error(path, ProblemKind.MISSING, f"is not {self.location}")
        return self._source


def _entry(path: str, file: Path) -> Entry:
    found = file.stat()
    return Entry(path, found.st_size, dt.datetime.fromtimestamp(found.st_mtime, dt.UTC))
