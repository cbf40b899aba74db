"""A tree of log files with the names and contents that break readers, and what is truly in it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

INSIDE = "bundle.tar.xz//etc/a file.conf"
"""A file in an archive of the tree; its text is `inside()`."""

LONG_NAME = "a-name-of-a-log-file-that-every-server-which-shortens-names-cuts-somewhere-in-the-middle.log"
ODD_NAMES = (
    "two words.log",
    "100% done.log",
    "a%20b.log",
    "ünï-日本-✓.log",
    "plus+and&amp;.log",
    "quote'and\"<b>.log",
    "semi;colon,comma=1.log",
    "hash#1.log",
    "what?now.log",
    "08:15:00.log",
    "[brackets]{curly}.log",
    "~tilde.log",
    "-dash.log",
    "back\\slash.log",
    "C++.log",
    LONG_NAME,
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the tree: `path` with its compression suffix, `text` as it was before compression.

    `damaged` says that not all of `text` can be had; what can be had is its beginning.
    """

    path: str
    text: bytes
    damaged: bool = False


def plant(root: Path) -> list[Stored]:
    """Write the tree anew; gives what is in it."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    files = [*_contents(), *_odd_names(), *_deep()]
    for stored, raw in files:
        path = root / stored.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    (root / "nothing").mkdir()
    return [stored for stored, _ in files]


def readable(root: Path) -> None:
    """Let every user read the tree, as web servers run as one of their own."""
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def inside() -> bytes:
    return _lines(INSIDE)


def _lines(name: str, count: int = 20) -> bytes:
    return b"".join(
        b"2026-01-0%d 08:15:%02d | host | %s line %d\n" % (1 + number % 9, number % 60, name.encode(), number)
        for number in range(count)
    )


def _plain(path: str, text: bytes) -> tuple[Stored, bytes]:
    return Stored(path, text), text


def _contents() -> list[tuple[Stored, bytes]]:
    big = _lines("big", 60_000)
    noise = random.Random(1).randbytes(200_000).hex().encode()
    half = gzip.compress(noise)
    bundle = _archive(INSIDE.partition("//")[2], inside())
    twins = _lines("the plain one of two"), _lines("the compressed one of two")
    return [
        _plain("job-output.txt", _lines("job-output")),
        _plain("empty.log", b""),
        _plain("bytes.log", b"NUL \0 and \xff\xfe, CRLF\r\n\x1b[31mred\x1b[0m\nno line end after this"),
        _plain("both.txt", twins[0]),
        (Stored("both.txt.gz", twins[1]), gzip.compress(twins[1])),
        (Stored("console.log.gz", _lines("console")), gzip.compress(_lines("console"))),
        (Stored("nothing-inside.log.gz", b""), gzip.compress(b"")),
        (Stored("members.log.gz", b"one\ntwo\n"), gzip.compress(b"one\n") + gzip.compress(b"two\n")),
        (Stored("big.log.gz", big), gzip.compress(big)),
        (Stored("syslog.txt.xz", _lines("syslog")), lzma.compress(_lines("syslog"))),
        (Stored("dmesg.txt.bz2", _lines("dmesg")), bz2.compress(_lines("dmesg"))),
        (Stored("truncated.log.gz", noise, damaged=True), half[: len(half) // 2]),
        (Stored("no-gzip.log.gz", _lines("plain")), _lines("plain")),
        (Stored("bundle.tar.xz", bundle), lzma.compress(bundle)),
    ]


def _odd_names() -> list[tuple[Stored, bytes]]:
    return [_plain(f"odd names/{name}", _lines(name)) for name in ODD_NAMES]


def _deep() -> list[tuple[Stored, bytes]]:
    return [_plain(f"logs/{'/'.join('abcd'[:depth])}/at-{depth}.log", _lines(f"{depth} deep")) for depth in range(1, 5)]


def _archive(inner: str, text: bytes) -> bytes:
    """A tar with one file in it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo(inner)
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return packed.getvalue()
