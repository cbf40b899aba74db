"""Finds wanted files in any kind of place: tries the names a file may have, globs, members of archives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from sova.config import Limits
from sova.errors import LogError
from sova.logs.html_console import is_html_name, without_markup
from sova.logs.openers import Source, decompressed, log_error
from sova.logs.paths import INSIDE, Reach, bare, is_glob, matching, safe, variants
from sova.model import LogFile, Problem, ProblemKind

__all__ = ["Entry", "Opener", "Place", "Tree"]

_PASSED_OVER = frozenset(
    {ProblemKind.DENIED, ProblemKind.UNDECODABLE, ProblemKind.MISSING}
)  # the next alternative may be readable
_NESTED = 2  # how deep archives are opened within archives


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a place. `path` is relative to its root, as it is there, with its compression suffix."""

    path: str
    size: int | None = None
    mtime: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A wanted file: its path or glob, and its path inside the archive that this is."""

    path: str
    inside: str = ""

    @classmethod
    def of(cls, text: str) -> _Wanted:
        outer, _, inner = text.lstrip("/").partition(INSIDE)
        return cls(safe(outer), inner)

    @property
    def plain(self) -> bool:
        return not self.inside and not is_glob(self.path)


class Place(Protocol):
    """Where files are: a directory, a web server, an archive. Paths are relative and have been checked."""

    location: str

    def locate(self, path: str) -> str:
        """The URL or path of a file."""
        ...

    def first(self, wanted: Sequence[Sequence[str]]) -> Entry | None:
        """The first wanted file that is here. Each comes as the paths that it may have, likeliest first.

        Raises LogError when it cannot be known.
        """
        ...

    def entries(self, reach: Reach) -> Iterator[Entry]:
        """Every file within `reach`.

        Raises LogError when the place cannot be listed (completely).
        """
        ...

    def source(self, path: str) -> Source:
        """The bytes of a file as they are stored. Reading raises LogError."""
        ...


class Opener(Protocol):
    """Opens the archive that a source gives as a place of its own."""

    def __call__(self, source: Source, location: str) -> Place: ...


class Tree:
    """A `LogTree` over a place."""

    def __init__(
        self, place: Place, limits: Limits, open_archive: Opener, *, single: bool = False, depth: int = 0
    ) -> None:
        self.location = place.location
        self.single = single
        self.problems: list[Problem] = []
        self._place = place
        self._limits = limits
        self._open_archive = open_archive
        self._depth = depth
        self._paths: dict[tuple[str, str], str] = {}  # what a LogFile is called here
        self._archives: dict[str, Tree] = {}
        self._lock = Lock()

    def find(self, alternatives: Sequence[str]) -> tuple[LogFile, ...]:
        """See `LogTree.find`."""
        passed_over: LogError | None = None
        plain: list[tuple[str, ...]] = []  # asked for together, because that needs fewer questions
        for alternative in [*map(_Wanted.of, alternatives), None]:
            if alternative and alternative.plain:
                plain.append(variants(alternative.path))
                continue
            try:
                if plain and (entry := self._place.first(plain)):
                    return (self._file(entry),)
                if alternative and (found := self._find_many(alternative)):
                    return found
            except LogError as error:
                if error.problem.kind not in _PASSED_OVER:
                    raise
                passed_over = passed_over or error
            plain = []
        if passed_over:
            raise passed_over
        return ()

    def chunks(self, file: LogFile) -> Iterator[bytes]:
        """See `LogTree.chunks`."""
        outer, inside, inner = file.name.partition(INSIDE)
        if inside:
            archive = self._archive(self._path_of(LogFile(outer, file.location)))
            yield from archive.chunks(LogFile(inner, archive.location))
            return
        path = self._path_of(file)
        chunks = decompressed(self._place.source(path), where=file.name, limits=self._limits)
        yield from without_markup(chunks) if is_html_name(file.name) else chunks

    def names(self) -> Iterator[LogFile]:
        """See `LogTree.names`."""
        for entry in self._place.entries(Reach()):
            yield self._file(entry)

    def _find_many(self, wanted: _Wanted) -> tuple[LogFile, ...]:
        if wanted.inside:
            return self._find_inside(wanted.path, wanted.inside)
        return self._find_glob(wanted.path)

    def _find_glob(self, glob: str) -> tuple[LogFile, ...]:
        entries: dict[str, Entry] = {}
        broken: LogError | None = None
        try:
            for entry in self._place.entries(Reach.of(glob)):
                entries[entry.path] = entry
        except LogError as error:
            broken = error
        found = tuple(self._file(entries[path]) for path in matching(glob, sorted(entries)))
        if broken and not found:
            raise broken
        if broken:
            self.problems.append(broken.problem)
        return found

    def _find_inside(self, outer: str, inner: str) -> tuple[LogFile, ...]:
        found: list[LogFile] = []
        for archive in self.find((outer,)):
            members = self._archive(self._path_of(archive)).find((inner,))
            found += [
                LogFile(f"{archive.name}{INSIDE}{member.name}", archive.location, member.size, member.mtime)
                for member in members
            ]
        return tuple(found)

    def _file(self, entry: Entry) -> LogFile:
        file = LogFile(bare(entry.path), self._place.locate(entry.path), entry.size, entry.mtime)
        self._paths[file.name, file.location] = entry.path
        return file

    def _path_of(self, file: LogFile) -> str:
        known = self._paths.get((file.name, file.location))
        if known is not None:
            return known
        entry = self._place.first([variants(safe(file.name))])
        if entry is None:
            raise log_error(file.name, ProblemKind.MISSING, f"is not in {self.location}")
        return entry.path

    def _archive(self, path: str) -> Tree:
        with self._lock:
            if path not in self._archives:
                if self._depth == _NESTED:
                    raise log_error(path, ProblemKind.REFUSED, f"archives within archives, more than {_NESTED} deep")
                place = self._open_archive(self._place.source(path), self._place.locate(path))
                self._archives[path] = Tree(place, self._limits, self._open_archive, depth=self._depth + 1)
            return self._archives[path]
