"""Decompression of logs: the first bytes say what a file is, never its suffix.

Compressed bytes come from a `Source`, a function that gives them from the start each time it is called. When data is
damaged, it is read a second time byte by byte up to the damage, so that nothing that can be decoded is lost.
"""

from __future__ import annotations

import bz2
import lzma
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol, cast

from isal import igzip_lib

from sova.config import Limits
from sova.errors import LogError
from sova.model import Problem, ProblemKind

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["Source", "decompressed", "file_source", "log_error"]

Source = Callable[[], Iterator[bytes]]

_READ = 64 * 1024  # bytes of one read from disk
_SLICE = 16 * 1024  # compressed bytes given to a decompressor at once
_GIVE = 256 * 1024  # most decompressed bytes taken from it at once
_LAYERS = 3  # how often a file may be compressed within itself
_LZMA_MEMORY = 256 * 2**20  # `xz -9` needs 64 MiB
_HARMLESS = 50 * 10**6  # below this size no ratio is suspicious: ten thousand equal lines compress well


class _Decompressor(Protocol):
    """What bz2, lzma, isal and zstd have in common."""

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Format:
    name: str
    magic: bytes
    new: Callable[[], _Decompressor]


_ISAL_ERROR = cast("type[Exception]", igzip_lib.IsalError)  # isal's stub calls the class an instance
_DAMAGE = (_ISAL_ERROR, OSError, EOFError, ValueError, lzma.LZMAError, zstd.ZstdError)

_FORMATS = (
    _Format("gzip", b"\x1f\x8b\x08", lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
    _Format("bzip2", b"BZh", bz2.BZ2Decompressor),
    _Format("xz", b"\xfd7zXZ\0", lambda: lzma.LZMADecompressor(memlimit=_LZMA_MEMORY)),
    _Format("zstd", b"\x28\xb5\x2f\xfd", zstd.ZstdDecompressor),
)
_LONGEST_MAGIC = max(len(form.magic) for form in _FORMATS)


def log_error(where: str, kind: ProblemKind, detail: str) -> LogError:
    """The error for a log that cannot be had or read (any further)."""
    return LogError(Problem(where, kind, detail))


def file_source(path: Path, where: str = "") -> Source:
    """The bytes of a local file. Reading raises LogError when the file cannot be read."""

    def read() -> Iterator[bytes]:
        try:
            with path.open("rb") as file:
                while data := file.read(_READ):
                    yield data
        except OSError as error:
            raise os_error(where or str(path), error) from error

    return read


def os_error(where: str, error: OSError) -> LogError:
    """The LogError for an error of the operating system on a local file."""
    kinds: dict[type[OSError], ProblemKind] = {
        FileNotFoundError: ProblemKind.GONE,
        NotADirectoryError: ProblemKind.GONE,
        PermissionError: ProblemKind.DENIED,
    }
    return log_error(where, kinds.get(type(error), ProblemKind.UNDECODABLE), error.strerror or str(error))


def decompressed(source: Source, *, where: str, limits: Limits) -> Iterator[bytes]:
    """The bytes of a log after decompression: gzip, bzip2, xz, zstd (also several in a row or within each other).

    Anything else is given as it is. Raises LogError after everything that could be decoded: TRUNCATED when the data
    ends too early, UNDECODABLE when it is damaged, TOO_LARGE and REFUSED at the caps of `limits`.
    """
    sent = _Counter()
    source = _counted(source, sent)
    for _ in range(_LAYERS):
        head, chunks = _head(source)
        form = next((form for form in _FORMATS if head.startswith(form.magic)), None)
        if form is None:
            return _capped(chunks, sent, where, limits)
        source = _layer(form, source, where)
    raise log_error(where, ProblemKind.REFUSED, f"compressed more than {_LAYERS} times within itself")


@dataclass(slots=True)
class _Counter:
    size: int = 0


def _counted(source: Source, counter: _Counter) -> Source:
    def read() -> Iterator[bytes]:
        counter.size = 0  # each call reads from the start
        for chunk in source():
            counter.size += len(chunk)
            yield chunk

    return read


def _head(source: Source) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and everything from the start."""
    chunks = source()
    first: list[bytes] = []
    try:
        for chunk in chunks:
            first.append(chunk)
            if sum(map(len, first)) >= _LONGEST_MAGIC:
                break
    except LogError as error:
        return b"".join(first), chain(first, _raise(error))
    return b"".join(first), chain(first, chunks)


def _raise(error: LogError) -> Iterator[bytes]:
    yield from ()
    raise error


def _capped(chunks: Iterator[bytes], sent: _Counter, where: str, limits: Limits) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limits.file_size:
            yield chunk[: len(chunk) - (size - limits.file_size)]
            detail = f"larger than limits.file_size ({limits.file_size} bytes) after decompression; read up to there"
            raise log_error(where, ProblemKind.TOO_LARGE, detail)
        if size > max(_HARMLESS, limits.ratio * sent.size):
            detail = f"more than limits.ratio ({limits.ratio}) times larger than it was sent; read up to there"
            raise log_error(where, ProblemKind.REFUSED, detail)
        yield chunk


def _layer(form: _Format, source: Source, where: str) -> Source:
    return lambda: _decoded(form, source, where)


def _decoded(form: _Format, source: Source, where: str) -> Iterator[bytes]:
    given = 0
    slices = _Slices()
    try:
        for out in _inflate(form, slices.of(source()), where):
            given += len(out)
            yield out
    except _DAMAGE as error:
        yield from _rest(form, _Slices(fine_from=slices.start).of(source()), where, given)
        raise log_error(where, ProblemKind.UNDECODABLE, f"damaged {form.name} data: {error}") from error


def _rest(form: _Format, slices: Iterator[bytes], where: str, given: int) -> Iterator[bytes]:
    """What can be decoded before the damage beyond the first `given` bytes."""
    skip = given
    try:
        for out in _inflate(form, slices, where):
            if skip < len(out):
                yield out[skip:]
            skip = max(0, skip - len(out))
    except _DAMAGE:
        return


@dataclass(slots=True)
class _Slices:
    """Cuts data into small slices, and from offset `fine_from` on into single bytes. `start`: where the last began."""

    fine_from: int = sys.maxsize
    start: int = 0

    def of(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        offset = 0
        for chunk in chunks:
            at = 0
            while at < len(chunk):
                step = _SLICE if offset + at < self.fine_from else 1
                self.start = offset + at
                yield chunk[at : at + step]
                at += step
            offset += len(chunk)


def _inflate(form: _Format, slices: Iterator[bytes], where: str) -> Iterator[bytes]:
    """Decoded bytes; errors of the decompressor come as they are."""
    decompressor: _Decompressor | None = None  # none at the start and between members
    members = 0
    for rest in slices:
        data = rest
        while data:
            if decompressor is None:
                data = data.lstrip(b"\0") if members else data  # tape blocks are padded with zeros
                if not data:
                    break
                decompressor, members = form.new(), members + 1
            yield from _feed(decompressor, data)
            data = b""
            if decompressor.eof:
                data, decompressor = decompressor.unused_data, None
    if decompressor is not None:
        raise log_error(where, ProblemKind.TRUNCATED, f"the {form.name} data ends too early; read up to there")


def _feed(decompressor: _Decompressor, data: bytes) -> Iterator[bytes]:
    while True:
        if out := decompressor.decompress(data, _GIVE):
            yield out
        data = b""
        if decompressor.eof or decompressor.needs_input:
            return
