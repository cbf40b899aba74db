"""Compressed data as tests need it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Iterator

from sova.config import Limits
from sova.errors import LogError
from sova.logs.openers import Source, decompressed
from sova.model import Problem

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, 6, mtime=0),
    "bz2": bz2.compress,
    "xz": lambda data: lzma.compress(data, preset=1),
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}


def source_of(data: bytes, size: int = 1000) -> Source:
    """A source of the data in chunks of `size` bytes."""

    def read() -> Iterator[bytes]:
        for start in range(0, len(data), size):
            yield data[start : start + size]

    return read


def read_all(source: Source, limits: Limits | None = None) -> tuple[bytes, Problem | None]:
    """Everything that can be decompressed, and why there is no more."""
    given: list[bytes] = []
    try:
        given.extend(decompressed(source, where="a.log", limits=limits or Limits()))
    except LogError as error:
        return b"".join(given), error.problem
    return b"".join(given), None
