"""The literals of all patterns compiled by hyperscan, kept on disk so that the next run need not compile them again."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import hyperscan

from sova.patterns.literals import Literals

__all__ = ["Database"]

_log = logging.getLogger(__name__)

_MAGIC = b"sova literals 1\n"
_DIGEST = hashlib.sha256().digest_size
_KEPT = 16  # compiled sets in a cache directory, of some 100 KB each
_ABANDONED = 3600  # seconds
_SMALL = 128
"""Bytes up to which a block is made longer. For less than 70 bytes hyperscan takes another way, and vectorscan 5.4.12
loses literals at the very end there."""

_Text = tuple[bytes, bool]  # a literal, and whether its case counts not


class Database:
    """One pass of hyperscan over a block for all literals. Threads may use one at the same time.

    Each literal is reported at most once a block. Patterns without literals are always reported. `cache_dir` may be
    missing, unwritable or hold broken files.
    """

    name = "hyperscan"

    def __init__(self, literals: Sequence[Literals], cache_dir: Path | None = None) -> None:
        self._always = {number: 0 for number, known in enumerate(literals) if not known.texts}
        self._patterns: list[int] = []  # of each set of texts
        self._sets_needed: Counter[int] = Counter()  # by pattern
        sets_of: dict[_Text, list[int]] = {}
        for number, known in enumerate(literals):
            for texts in (known.texts, *known.also) if known.texts else ():
                for text in texts:
                    sets_of.setdefault((text, known.ignore_case), []).append(len(self._patterns))
                self._patterns.append(number)
                self._sets_needed[number] += 1
        self._sets = list(sets_of.values())  # of each text
        self._compiled = _database(list(sets_of), cache_dir) if sets_of else None
        self._local = threading.local()

    def reports(self, data: bytes) -> Mapping[int, int]:
        """Number of pattern to offset: no line before the one that holds the offset matches it."""
        if not data:
            return {}
        if self._compiled is None:
            return self._always
        first: dict[int, int] = {}

        def report(text: int, _start: int, end: int, _flags: int, _context: object) -> None:
            for one in self._sets[text]:
                first[one] = min(end, first.get(one, end))

        padded = data if len(data) > _SMALL else data.ljust(len(data) + _SMALL, b"\n")
        self._compiled.scan(padded, report, scratch=self._scratch())
        return self._always | self._complete(first)

    def _complete(self, first: Mapping[int, int]) -> dict[int, int]:
        """The patterns of which every set was seen, each with the place where the last one came up."""
        seen: Counter[int] = Counter()
        places: dict[int, int] = {}
        for one, place in first.items():
            pattern = self._patterns[one]
            seen[pattern] += 1
            places[pattern] = max(place, places.get(pattern, 0))
        return {pattern: place for pattern, place in places.items() if seen[pattern] == self._sets_needed[pattern]}

    def _scratch(self) -> hyperscan.Scratch:
        """This thread's working space: hyperscan allows one scan at a time in each."""
        scratch: hyperscan.Scratch | None = getattr(self._local, "scratch", None)
        if scratch is None:
            scratch = self._local.scratch = hyperscan.Scratch(self._compiled)
        return scratch


def _database(texts: Sequence[_Text], cache_dir: Path | None) -> hyperscan.Database:
    """The compiled set, from the cache where it is there."""
    if cache_dir is None:
        return _compile(texts)
    path = cache_dir / f"{_key(texts)}.hyperscan"
    compiled = _read(path)
    if compiled is None:
        compiled = _compile(texts)
        _write(path, compiled)
    return compiled


def _compile(texts: Sequence[_Text]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    caseless = {True: hyperscan.HS_FLAG_CASELESS, False: 0}
    database.compile(
        expressions=[b"".join(rb"\x%02x" % byte for byte in text) for text, _ in texts],
        ids=list(range(len(texts))),
        elements=len(texts),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH | caseless[ignore_case] for _, ignore_case in texts],
    )
    return database


def _key(texts: Sequence[_Text]) -> str:
    """A name for what is compiled, by which hyperscan, and for which processor."""
    parts = [repr(texts).encode(), version("hyperscan").encode(), _processor()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:40]


def _processor() -> bytes:
    """What tells one processor's instructions from another's, as home directories are shared between machines."""
    try:
        text = Path("/proc/cpuinfo").read_bytes()
    except OSError:
        return platform.processor().encode()
    features = sorted({line for line in text.splitlines() if line.startswith((b"flags", b"Features"))})
    return platform.machine().encode() + b"".join(features)


def _read(path: Path) -> hyperscan.Database | None:
    """What is kept there, or None where there is nothing or it is not whole."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + _DIGEST
    if data[:head] != _MAGIC + hashlib.sha256(data[head:]).digest():
        _log.warning("%s is damaged and is made anew", path)
        return None
    try:
        return hyperscan.loadb(data[head:], hyperscan.HS_MODE_BLOCK)
    except hyperscan.HyperscanError as error:
        _log.warning("%s cannot be used (%s) and is made anew", path, error)
        return None


def _write(path: Path, compiled: hyperscan.Database) -> None:
    """Keep a compiled set; a directory that cannot be written costs only time."""
    body = hyperscan.dumpb(compiled)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            part.write(_MAGIC + hashlib.sha256(body).digest() + body)
        os.replace(part.name, path)
        _forget_old(path.parent)
    except OSError as error:
        _log.warning("the compiled patterns cannot be kept: %s", error)


def _forget_old(directory: Path) -> None:
    """Remove all but the newest sets, and what a run that was killed left behind an hour ago or more."""
    kept = [(path.stat().st_mtime, path) for path in directory.glob("*.hyperscan")]
    parts = [path for path in directory.glob("*.part") if time.time() - path.stat().st_mtime > _ABANDONED]
    for path in [*(path for _, path in sorted(kept, reverse=True)[_KEPT:]), *parts]:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
