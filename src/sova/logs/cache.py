"""The cache of downloaded logs: one file for each URL, written aside and renamed, pruned by size.

A file begins with one line of JSON (what the server said about it); the body follows as it was sent. A rename makes
it appear whole or not at all, so any number of threads and processes may share a cache.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from weakref import WeakValueDictionary

from sova.logs.openers import Source

__all__ = ["Cache", "Draft", "Pruned", "Remote", "Stored"]

_READ = 64 * 1024
_ABANDONED = 24 * 3600  # seconds after which a temporary file belongs to nobody
_IN_USE = 600  # seconds
_PRUNE_AFTER = 0.05  # share of the size that is written before the cache looks at itself again


@dataclass(frozen=True, slots=True)
class Remote:
    """What a server said about a URL. `status` 404 and 410 are remembered too; `fetched` is seconds since the epoch."""

    url: str
    final_url: str = ""
    status: int = 200
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""
    fetched: float = 0.0


@dataclass(frozen=True, slots=True)
class Stored:
    """A body in the cache: its file, where in it the body begins, and its size in bytes."""

    remote: Remote
    path: Path
    start: int
    size: int

    @property
    def source(self) -> Source:
        """The body; reading raises OSError when it has been pruned meanwhile."""
        return lambda: _read(self.path, self.start)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What pruning did; sizes in bytes."""

    files: int
    size: int
    kept_files: int
    kept_size: int


class Draft:
    """A body while it is being written. It ends by `keep`, or by `discard`."""

    def __init__(self, directory: Path, target: Path, remote: Remote) -> None:
        descriptor, name = tempfile.mkstemp(dir=directory)
        self.path = Path(name)
        self.remote = remote
        self.size = 0
        self._target = target
        self._file = os.fdopen(descriptor, "wb")
        head = json.dumps(asdict(remote)).encode() + b"\n"
        self.start = len(head)
        self.write(head)
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)

    def flush(self) -> None:
        """Let what was written be read from `path`."""
        self._file.flush()

    def keep(self) -> Stored:
        """Put the body into the cache."""
        self._file.close()
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(self._target)
        return Stored(self.remote, self._target, self.start, self.size)

    def discard(self) -> None:
        """Forget the body; does nothing after `keep`."""
        with suppress(OSError):  # closing may fail for want of space, and the file may be gone
            self._file.close()
        if self.path != self._target:
            self.path.unlink(missing_ok=True)


class _UrlLock:
    """A lock that can be held by a weak reference."""

    def __init__(self) -> None:
        self.lock = Lock()


class Cache:
    """Bodies by URL, below `directory` (made when first written to), pruned to `size` bytes, oldest use first."""

    def __init__(self, directory: Path, size: int) -> None:
        self.directory = directory
        self.size = size
        self._written = 0
        self._lock = Lock()
        self._locks: WeakValueDictionary[str, _UrlLock] = WeakValueDictionary()

    def get(self, url: str) -> Stored | None:
        """What is stored for a URL, which counts as use, or None. A damaged file is none."""
        path = self._path(url)
        try:
            with path.open("rb") as file:
                head = file.readline(_READ)
                size = os.fstat(file.fileno()).st_size - len(head)
            remote = Remote(**json.loads(head))
            os.utime(path)
        except (OSError, ValueError, TypeError):
            return None
        return Stored(remote, path, len(head), size) if remote.url == url else None

    @contextmanager
    def alone(self, url: str) -> Iterator[None]:
        """Lets one thread at a time work on a URL."""
        with self._lock:
            held = self._locks.setdefault(url, _UrlLock())
        with held.lock:
            yield

    @contextmanager
    def draft(self, remote: Remote) -> Iterator[Draft]:
        """A body to be written; what was not kept at the end is discarded. Raises OSError."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        draft = Draft(self._temporary, self._path(remote.url), replace(remote, fetched=time.time()))
        try:
            yield draft
        finally:
            draft.discard()
            self._count(draft.size)

    def derived(self, name: str) -> Path:
        """The file for something made of bodies, such as a log unpacked; it counts and is pruned as bodies are."""
        return self._path(f"derived:{name}")

    @contextmanager
    def derived_draft(self, name: str) -> Iterator[BinaryIO]:
        """A file to be written; it takes its place (`derived`) at the end, and none after an error. Raises OSError."""
        descriptor, draft = tempfile.mkstemp(dir=self.temporary_directory())
        size = 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                size = file.tell()
            target = self.derived(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        self._count(size)

    def temporary_directory(self) -> Path:
        """A directory for files that end with the run. Raises OSError."""
        self._temporary.mkdir(parents=True, exist_ok=True)
        return self._temporary

    def prune(self, size: int | None = None) -> Pruned:
        """Remove what was used longest ago until at most `size` bytes are kept.

        Without `size`, the configured size, and what was used a moment ago stays: somebody is about to read it.
        """
        files = sorted(self._files(), reverse=True)  # newest first
        spared = time.time() - _IN_USE if size is None else math.inf
        room = self.size if size is None else size
        removed = kept = removed_size = 0
        for used, length, path in files:
            if (room >= length and not removed) or used > spared:
                room -= length
                kept += length
            else:
                path.unlink(missing_ok=True)
                removed += 1
                removed_size += length
        self._remove_abandoned()
        return Pruned(removed, removed_size, len(files) - removed, kept)

    def usage(self) -> tuple[int, int]:
        """Files and bytes in the cache."""
        lengths = [length for _, length, _ in self._files()]
        return len(lengths), sum(lengths)

    def _count(self, size: int) -> None:
        with self._lock:
            self._written += size
            full = self._written > self.size * _PRUNE_AFTER
            if full:
                self._written = 0
        if full:
            self.prune()

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for path in self.directory.glob("??/*"):
            with suppress(FileNotFoundError):  # another process prunes too
                found = path.stat()
                yield found.st_mtime, found.st_size, path

    def _remove_abandoned(self) -> None:
        for path in self._temporary.glob("*"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()

    @property
    def _temporary(self) -> Path:
        return self.directory / "tmp"

    def _path(self, url: str) -> Path:
        digest = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()
        return self.directory / digest[:2] / digest[2:]


def _read(path: Path, start: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while data := file.read(_READ):
            yield data
