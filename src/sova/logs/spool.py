"""A log file unpacked once, as one file of the cache: its bytes, then where its lines begin, then what is known of it.

The file takes its place by one rename, so it is whole or not there. Any line of it is a seek away, and it is pruned
with the cache. What was made of logs that may still change is held against their place before it is used again.
"""

from __future__ import annotations

import json
import os
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from sova.errors import LogError
from sova.logs import LogTree
from sova.logs.cache import Cache
from sova.logs.line_index import IndexWriter, LineIndex
from sova.logs.openers import log_error
from sova.logs.paths import INSIDE, is_glob, safe
from sova.model import LogFile, Problem, ProblemKind

__all__ = ["Spool", "SpoolFile", "log_named", "make_spool", "open_spool", "stamp_of"]

_MAGIC = b"sova log 1\n"
_FOOT = struct.Struct(f"<QQ{len(_MAGIC)}s")  # lengths of the index and of the facts
_BELIEVED = 300  # seconds for which a log that could not be read to its end is not asked for again


@dataclass(frozen=True, slots=True)
class Spool:
    """A log file unpacked. `stamp` tells one state of the log from another; `problem` is why it is not whole."""

    path: Path
    file: LogFile
    stamp: str
    index: LineIndex
    problem: Problem | None
    made: float

    @property
    def size(self) -> int:
        return self.index.size

    @property
    def lines(self) -> int:
        return self.index.lines

    def fresh(self, *, settled: bool) -> bool:
        """Whether this is still the log. `settled`: its build ended long ago, so what a server gave once holds."""
        if self.problem and self.problem.may_pass and time.time() - self.made > _BELIEVED:
            return False
        if self.file.location.startswith(("http://", "https://")):
            return settled
        return self.stamp == stamp_of(self.file, None)

    def open(self) -> SpoolFile:
        """The bytes. Raises LogError when they have been pruned meanwhile."""
        try:
            return SpoolFile(self.path.open("rb"), self.index.size)
        except OSError as error:
            raise log_error(self.file.name, ProblemKind.MISSING, "was removed from the cache just now") from error


class SpoolFile:
    """The bytes of a log, by offset. Use it as a context manager."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size

    def __enter__(self) -> SpoolFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, as far as there are."""
        self._file.seek(start)
        return self._file.read(max(0, min(end, self.size) - start))


def log_named(tree: LogTree, name: str, location: str = "") -> LogFile:
    """The file of a tree with that name; `location` is where it was when it was read, for names that look like globs.

    Raises LogError: REFUSED for a name that leads out of the tree, MISSING for one that is not there.
    """
    if any(is_glob(safe(part)) for part in name.split(INSIDE)):
        if not location:
            raise log_error(name, ProblemKind.MISSING, f"is not in {tree.location}")
        return LogFile(name, location)
    found = tree.find((name,))
    if not found:
        raise log_error(name, ProblemKind.MISSING, f"is not in {tree.location}")
    return found[0]


def stamp_of(file: LogFile, cache: Cache | None) -> str:
    """What tells this state of a log from others: when a server gave it, or size and time of change on this machine."""
    if file.location.startswith(("http://", "https://")):
        stored = cache.get(file.location) if cache else None
        return f"fetched {stored.remote.fetched}" if stored else ""
    try:
        found = Path(file.location).stat()
    except OSError:
        return "gone"
    return f"{found.st_size} {found.st_mtime_ns}"


def open_spool(cache: Cache, name: str) -> Spool | None:
    """What was made under that name, which counts as use, or None. A damaged file is none."""
    path = cache.derived(name)
    try:
        with path.open("rb") as file:
            spool = _read(path, file)
        os.utime(path)
    except (OSError, ValueError, LookupError, TypeError, struct.error):
        return None
    return spool


def _read(path: Path, file: BinaryIO) -> Spool:
    end = file.seek(-_FOOT.size, os.SEEK_END)
    places, facts, magic = _FOOT.unpack(file.read())
    if magic != _MAGIC or places + facts > end:
        raise ValueError("no unpacked log")
    file.seek(end - facts - places)
    packed = file.read(places)
    known = json.loads(file.read(facts))
    problem = known["problem"]
    return Spool(
        path=path,
        file=LogFile(known["name"], known["location"]),
        stamp=known["stamp"],
        index=LineIndex.unpacked(packed, size=end - facts - places, lines=known["lines"]),
        problem=Problem(problem[0], ProblemKind(problem[1]), problem[2]) if problem else None,
        made=known["made"],
    )


def make_spool(
    cache: Cache, name: str, file: LogFile, chunks: Iterator[bytes], progress: Callable[[int], None] = lambda _: None
) -> Spool:
    """Unpack a log under that name; `progress` is told its bytes so far.

    What breaks off is kept as far as it came, with the problem. Raises LogError when there is nothing, or no room.
    """
    writer = IndexWriter()
    problem: Problem | None = None
    try:
        with cache.derived_draft(name) as draft:
            try:
                for chunk in chunks:
                    draft.write(chunk)
                    writer.feed(chunk)
                    progress(writer.index.size)
            except LogError as error:
                if not writer.index.size:
                    raise
                problem = error.problem
            _end(draft, file, stamp_of(file, cache), writer.index, problem)
    except OSError as error:
        detail = f"the cache of downloaded logs: {error.strerror or error}"
        raise log_error(str(cache.directory), ProblemKind.TOO_LARGE, detail) from error
    return Spool(cache.derived(name), file, stamp_of(file, cache), writer.index, problem, time.time())


def _end(draft: BinaryIO, file: LogFile, stamp: str, index: LineIndex, problem: Problem | None) -> None:
    known = {
        "name": file.name,
        "location": file.location,
        "stamp": stamp,
        "lines": index.lines,
        "problem": [problem.where, problem.kind.value, problem.detail] if problem else None,
        "made": time.time(),
    }
    places, facts = index.packed(), json.dumps(known).encode()
    draft.write(places + facts + _FOOT.pack(len(places), len(facts), _MAGIC))
