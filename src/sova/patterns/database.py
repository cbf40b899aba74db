"""The patterns compiled by hyperscan, kept on disk so that the next run need not compile them again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import platform
import tempfile
import threading
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import hyperscan

__all__ = ["Database"]

_log = logging.getLogger(__name__)

_FLAGS = hyperscan.HS_FLAG_MULTILINE | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_PREFILTER
_MAGIC = b"sova patterns 1\n"
_KEPT = 16  # compiled sets in a cache directory; a set is about 1 KB a pattern


class Database:
    """One pass of hyperscan over a block for all expressions; those that it refuses are always reported.

    Threads may use one at the same time. `cache_dir` may be missing, unwritable or hold broken files.
    """

    name = "hyperscan"

    def __init__(self, expressions: Sequence[bytes], cache_dir: Path | None = None) -> None:
        self._compiled, self._refused = _database(expressions, cache_dir)
        self._local = threading.local()

    def reports(self, data: bytes) -> list[tuple[int, int]]:
        """(number of expression, offset), each number once: no match of it ends before the offset."""
        found = [(number, 0) for number in self._refused]
        if self._compiled is not None:

            def report(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
                found.append((number, end))

            self._compiled.scan(data, report, scratch=self._scratch())
        return found

    @property
    def refused(self) -> tuple[int, ...]:
        """The numbers of the expressions that hyperscan does not take."""
        return tuple(self._refused)

    def _scratch(self) -> hyperscan.Scratch:
        """This thread's working space: hyperscan allows one scan at a time in each."""
        scratch: hyperscan.Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._compiled)
        return scratch


_Compiled = tuple[hyperscan.Database | None, list[int]]


def _database(expressions: Sequence[bytes], cache_dir: Path | None) -> _Compiled:
    """The compiled set and the numbers that were refused, from the cache where it holds them."""
    if cache_dir is None:
        return _compile(expressions)
    path = cache_dir / f"{_key(expressions)}.hyperscan"
    stored = _read(path)
    if stored is None:
        stored = _compile(expressions)
        _write(path, stored)
    return stored


def _key(expressions: Sequence[bytes]) -> str:
    """A name for what is compiled, by which hyperscan, and for which processor."""
    parts = [*expressions, str(_FLAGS).encode(), version("hyperscan").encode(), _processor()]
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()[:40]


def _processor() -> bytes:
    """What tells one processor's instructions from another's, as home directories are shared between machines."""
    try:
        text = Path("/proc/cpuinfo").read_bytes()
    except OSError:
        return platform.processor().encode()
    features = sorted({line for line in text.splitlines() if line.startswith((b"flags", b"Features"))})
    return platform.machine().encode() + b"".join(features)


def _compile(expressions: Sequence[bytes]) -> _Compiled:
    numbers = list(range(len(expressions)))
    try:
        return _compiled(expressions, numbers), []
    except hyperscan.HyperscanError:  # it does not say which one
        refused = [number for number in numbers if not _accepted(expressions[number])]
    _log.info("hyperscan does not take %d of %d patterns: those are searched line by line", len(refused), len(numbers))
    kept = [number for number in numbers if number not in set(refused)]
    return _compiled(expressions, kept), refused


def _compiled(expressions: Sequence[bytes], numbers: list[int]) -> hyperscan.Database | None:
    if not numbers:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[expressions[number] for number in numbers], ids=numbers, elements=len(numbers), flags=_FLAGS
    )
    return database


def _accepted(expression: bytes) -> bool:
    try:
        _compiled([expression], [0])
    except hyperscan.HyperscanError:
        return False
    return True


def _read(path: Path) -> _Compiled | None:
    """What is kept there, or None where there is nothing or it is not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    digest, body = data[len(_MAGIC) : len(_MAGIC) + 32], data[len(_MAGIC) + 32 :]
    if not data.startswith(_MAGIC) or hashlib.sha256(body).digest() != digest:
        _log.warning("%s is damaged and is made anew", path)
        return None
    refused, _, compiled = body.partition(b"\n")
    try:
        return (hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK) if compiled else None), json.loads(refused)
    except (hyperscan.HyperscanError, ValueError) as error:
        _log.warning("%s cannot be used (%s) and is made anew", path, error)
        return None


def _write(path: Path, stored: _Compiled) -> None:
    """Keep a compiled set; a directory that cannot be written costs only time."""
    compiled, refused = stored
    body = json.dumps(refused).encode() + b"\n" + (hyperscan.dumpb(compiled) if compiled is not None else b"")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(_MAGIC + hashlib.sha256(body).digest() + body)
        os.replace(part.name, path)
        _forget_old(path.parent)
    except OSError as error:
        _log.warning("the compiled patterns cannot be kept: %s", error)


def _forget_old(directory: Path) -> None:
    found = sorted(directory.glob("*.hyperscan"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in found[_KEPT:]:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
