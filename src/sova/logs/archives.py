"""Archives as places: tar (compressed in any way) and zip. Members are read where they lie, never unpacked by name."""

from __future__ import annotations

import datetime as dt
import io
import lzma
import os
import posixpath
import struct
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import IO

from sova.config import Limits
from sova.errors import LogError
from sova.logs.openers import Source, decompressed, log_error, os_error
from sova.logs.paths import INSIDE, Reach, safe
from sova.logs.tree import Entry, Place
from sova.model import Problem, ProblemKind

__all__ = ["is_archive", "open_archive"]

_READ = 64 * 1024
_HEAD = 512  # bytes in which a tar names itself
_LONGEST_HEADER = 2**20  # names and attributes of a member take hundreds of bytes
_LONGEST_DIRECTORY = 2**26  # of a zip; the library reads it whole
_BROKEN_TAR = (tarfile.TarError, EOFError, ValueError, OverflowError, struct.error)
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError),
    *(ValueError, OverflowError, NotImplementedError, RuntimeError),
    OSError,  # an offset before the file's beginning
)


def is_archive(head: bytes) -> bool:
    """Whether decompressed data that begins like this is a tar or zip archive; wants its first 512 bytes."""
    return _is_tar(head) or _is_zip(head)


def _is_tar(head: bytes) -> bool:
    return head[257:262] == b"ustar"


def _is_zip(head: bytes) -> bool:
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_archive(source: Source, location: str, *, limits: Limits, directory: Callable[[], Path]) -> Place:
    """The archive that `source` gives. It is decompressed to a nameless file in `directory`.

    Raises LogError for what is no archive. What is damaged or over the caps of `limits` is read up to there.
    """
    with ExitStack() as stack:
        file, problem = _spooled(source, location, limits, directory, stack)
        head = os.pread(file.fileno(), _HEAD, 0)
        place: _Archive
        if _is_zip(head):
            place = _Zip(file, location, limits, problem)
        elif _is_tar(head):
            place = _Tar(file, location, limits, problem)
        else:
            raise LogError(problem or Problem(location, ProblemKind.UNDECODABLE, "not a tar or zip archive"))
        weakref.finalize(place, stack.pop_all().close)
        return place


def _spooled(
    source: Source, location: str, limits: Limits, directory: Callable[[], Path], stack: ExitStack
) -> tuple[IO[bytes], Problem | None]:
    problem = None
    try:
        file = stack.enter_context(tempfile.TemporaryFile(dir=directory()))  # noqa: SIM115  # the stack closes it
        try:
            for chunk in decompressed(source, where=location, limits=limits):
                file.write(chunk)
        except LogError as error:
            problem = error.problem
        file.seek(0)
    except OSError as error:
        raise os_error(location, error) from error
    return file, problem


class _Archive:
    """What tar and zip share: members by their names. `_problem` is why there may be more of them."""

    def __init__(self, location: str, problem: Problem | None) -> None:
        self.location = location
        self._entries: dict[str, Entry] = {}
        self._problem = problem

    def locate(self, path: str) -> str:
        return self.location if path in self._entries else f"{self.location}{INSIDE}{path}"

    def first(self, wanted: Sequence[Sequence[str]]) -> Entry | None:
        paths = chain.from_iterable(wanted)
        found = next((self._entries[path] for path in paths if path in self._entries), None)
        if found is None and self._problem:
            raise LogError(self._problem)
        return found

    def entries(self, reach: Reach) -> Iterator[Entry]:
        yield from (entry for entry in self._entries.values() if reach.covers(entry.path))
        if self._problem:
            raise LogError(self._problem)

    def source(self, path: str) -> Source:
        raise NotImplementedError

    def _damaged(self, error: Exception) -> Problem:
        return Problem(self.location, ProblemKind.UNDECODABLE, f"damaged archive: {error}")

    def _too_many(self, most: int) -> Problem:
        detail = f"more than limits.archive_members ({most}) members; looked at up to there"
        return Problem(self.location, ProblemKind.REFUSED, detail)


class _Tar(_Archive):
    def __init__(self, file: IO[bytes], location: str, limits: Limits, problem: Problem | None) -> None:
        super().__init__(location, problem)
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}  # where in the file a member begins, and its size
        try:
            self._index(tarfile.TarFile(fileobj=_Headers(file), mode="r"), limits.archive_members)
        except _BROKEN_TAR as error:
            self._problem = problem or self._damaged(error)

    def source(self, path: str) -> Source:
        start, size = self._places[path]

        def read() -> Iterator[bytes]:
            offset, end = start, start + size
            while offset < end:
                data = os.pread(self._file.fileno(), min(_READ, end - offset), offset)
                if not data:
                    detail = "the archive ends within this file; read up to there"
                    raise log_error(path, ProblemKind.TRUNCATED, detail)
                yield data
                offset += len(data)

        return read

    def _index(self, tar: tarfile.TarFile, most: int) -> None:
        number = 0
        while member := tar.next():
            vars(tar)["members"].clear()  # the library would keep them all
            number += 1
            if number > most:
                self._problem = self._too_many(most)
                return
            self._add(member)

    def _add(self, member: tarfile.TarInfo) -> None:
        try:
            path = safe(member.name)
            if member.isreg() and not member.issparse():
                self._places[path] = member.offset_data, member.size
            elif member.islnk() or member.issym():
                # what it leads to may only be a member that came before, as it does where tar makes hard links
                here = "" if member.islnk() else posixpath.dirname(path)
                self._places[path] = self._places[safe(posixpath.normpath(posixpath.join(here, member.linkname)))]
            else:
                return
        except (LogError, KeyError):
            return  # a name or link that leads out is no log of this build; nothing is ever written under it
        self._entries[path] = Entry(path, self._places[path][1], _moment(member.mtime))


class _Zip(_Archive):
    def __init__(self, file: IO[bytes], location: str, limits: Limits, problem: Problem | None) -> None:
        super().__init__(location, problem)
        self._members: dict[str, zipfile.ZipInfo] = {}
        try:
            self._check_directory(file)
            self._zip = zipfile.ZipFile(file)
        except _BROKEN_ZIP as error:
            raise LogError(problem or self._damaged(error)) from error
        members = self._zip.infolist()
        for member in islice(members, limits.archive_members):
            if not member.is_dir():
                self._add(member)
        if len(members) > limits.archive_members:
            self._problem = self._too_many(limits.archive_members)

    def source(self, path: str) -> Source:
        member = self._members[path]

        def read() -> Iterator[bytes]:
            try:
                with self._zip.open(member) as file:
                    while data := file.read(_READ):
                        yield data
            except _BROKEN_ZIP as error:
                raise log_error(path, ProblemKind.UNDECODABLE, f"damaged in the archive: {error}") from error

        return read

    def _add(self, member: zipfile.ZipInfo) -> None:
        try:
            path = safe(member.filename)
        except LogError:
            return  # see _Tar._add
        self._members[path] = member
        self._entries[path] = Entry(path, member.file_size)

    def _check_directory(self, file: IO[bytes]) -> None:
        """Raises LogError for a zip whose table of members would fill the memory."""
        end = file.seek(0, io.SEEK_END)
        tail = os.pread(file.fileno(), _READ, max(0, end - _READ))
        at = tail.rfind(b"PK\x05\x06")
        wide = tail.rfind(b"PK\x06\x06")
        size = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
        if size == 0xFFFFFFFF and wide >= 0:
            size = int.from_bytes(tail[wide + 40 : wide + 48], "little")
        if size > _LONGEST_DIRECTORY:
            raise log_error(self.location, ProblemKind.REFUSED, f"a table of members of {size} bytes")


class _Headers(io.RawIOBase):
    """A tar file of which only headers are read: a header that claims to be huge is not followed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER:
            raise tarfile.ReadError(f"a header of {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def _moment(seconds: float) -> dt.datetime | None:
    try:
        return dt.datetime.fromtimestamp(seconds, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return None
