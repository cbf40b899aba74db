"""Decompression: whatever happens to the data, what was good is given and only a LogError is raised."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sova.config import Limits
from sova.errors import LogError
from sova.logs.openers import decompressed, file_source
from sova.model import Problem, ProblemKind
from tests.logs.compression import COMPRESS, read_all, source_of

NAMES = sorted(COMPRESS)
LINES = b"".join(f"2024-01-01 00:00:{number:06d} | task {number * 7919 % 1000} ok\n".encode() for number in range(8000))
"""About 300 KB: several slices and several outputs of every decompressor."""

chunk_sizes = st.integers(1, 5000)


@pytest.mark.parametrize("name", NAMES)
def test_each_compression_is_known_by_its_first_bytes(name: str) -> None:
    assert read_all(source_of(COMPRESS[name](LINES))) == (LINES, None)


def test_what_is_not_compressed_is_given_as_it_is() -> None:
    assert read_all(source_of(LINES)) == (LINES, None)


@pytest.mark.parametrize("data", [b"", b"\x1f", b"\x1f\x8b", b"BZ", b"\xfd7z", b"\x28\xb5", b"x"])
def test_the_shortest_files_are_plain(data: bytes) -> None:
    assert read_all(source_of(data)) == (data, None)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_may_be_compressed(name: str) -> None:
    assert read_all(source_of(COMPRESS[name](b""))) == (b"", None)


@pytest.mark.parametrize("name", NAMES)
def test_members_one_after_the_other_are_one_file(name: str) -> None:
    data = COMPRESS[name](b"first\n") + COMPRESS[name](b"second\n") + COMPRESS[name](b"")
    assert read_all(source_of(data)) == (b"first\nsecond\n", None)
    assert read_all(source_of(data, 1)) == (b"first\nsecond\n", None)


def test_zeros_after_the_end_are_padding() -> None:
    assert read_all(source_of(COMPRESS["gz"](LINES) + bytes(1024))) == (LINES, None)


@pytest.mark.parametrize("name", NAMES)
def test_other_bytes_after_the_end_are_told(name: str) -> None:
    given, problem = read_all(source_of(COMPRESS[name](LINES) + b"garbage, quite a lot of it"))
    assert given == LINES
    assert problem is not None
    assert problem.kind is ProblemKind.UNDECODABLE


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(50, 5000))
def test_compressed_twice_is_opened_twice(inner: str, outer: str, size: int) -> None:
    assert read_all(source_of(COMPRESS[outer](COMPRESS[inner](LINES)), size)) == (LINES, None)


def test_compressed_many_times_is_refused() -> None:
    data = LINES
    for _ in range(5):
        data = COMPRESS["gz"](data)
    given, problem = read_all(source_of(data))
    assert given == b""
    assert problem is not None
    assert problem.kind is ProblemKind.REFUSED


@settings(deadline=None)
@given(st.binary(max_size=3000), st.sampled_from(NAMES), chunk_sizes)
def test_chunks_of_any_size_give_the_same(data: bytes, name: str, size: int) -> None:
    data = b"#" + data  # data that begins like compressed data would be taken for such
    assert read_all(source_of(COMPRESS[name](data), size)) == (data, None)


@given(st.binary(max_size=2000))
def test_no_bytes_at_all_raise_anything_else(data: bytes) -> None:
    for magic in (b"", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"):
        read_all(source_of(magic + data))


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.integers(50, 5000))
def test_truncated_data_gives_its_beginning_and_says_so(name: str, share: float, size: int) -> None:
    whole = COMPRESS[name](LINES)
    cut = min(int(len(whole) * share), len(whole) - 1)
    given, problem = read_all(source_of(whole[:cut], size))
    if cut < 6:  # not enough to know what it is
        return
    assert LINES.startswith(given)
    assert problem is not None
    assert problem.kind is ProblemKind.TRUNCATED
    assert problem.where == "a.log"


@pytest.mark.parametrize("name", ["gz", "xz", "zst"])
def test_truncated_data_gives_nearly_all_that_came(name: str) -> None:
    noise = random.Random(1).randbytes(400_000)  # cannot be compressed, so that a share in is a share out
    whole = COMPRESS[name](noise)
    given, _ = read_all(source_of(whole[: len(whole) // 2]))
    assert len(given) > len(noise) // 2 - 140_000  # zstd gives blocks of 128 KiB
    if name == "gz":
        assert len(given) > len(noise) // 2 - 33_000


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NAMES), st.floats(0, 1), st.integers(1, 255), st.integers(300, 5000))
def test_damaged_data_loses_nothing_of_what_came_before(name: str, share: float, change: int, size: int) -> None:
    lines = LINES[:80_000]
    whole = bytearray(COMPRESS[name](lines))
    at = max(6, min(int(len(whole) * share), len(whole) - 1))
    before, _ = read_all(source_of(bytes(whole[:at]), size))
    whole[at] ^= change
    given, problem = read_all(source_of(bytes(whole), size))
    assert given.startswith(before)
    assert given == lines or problem is not None
    assert problem is None or problem.kind in (ProblemKind.UNDECODABLE, ProblemKind.TRUNCATED)


def test_an_error_of_the_source_comes_after_what_was_decoded() -> None:
    cut = Problem("http://logs/a", ProblemKind.NETWORK, "cut")
    begin = COMPRESS["gz"](LINES)[:3000]

    def source() -> Iterator[bytes]:
        yield begin
        raise LogError(cut)

    assert read_all(source) == (read_all(source_of(begin))[0], cut)


def test_a_file_larger_than_the_cap_is_read_up_to_it() -> None:
    given, problem = read_all(source_of(COMPRESS["gz"](LINES)), Limits(file_size=1000))
    assert given == LINES[:1000]
    assert problem is not None
    assert problem.kind is ProblemKind.TOO_LARGE
    assert "limits.file_size" in problem.detail


@pytest.mark.parametrize("name", ["bz2", "xz", "zst"])
def test_a_bomb_is_refused_at_the_ratio(name: str) -> None:
    given, problem = read_all(source_of(COMPRESS[name](bytes(55_000_000))), Limits(ratio=100))
    assert problem is not None
    assert problem.kind is ProblemKind.REFUSED
    assert 49_000_000 < len(given) <= 51_000_000


def test_a_bomb_comes_in_small_pieces() -> None:
    for chunk in decompressed(source_of(COMPRESS["gz"](bytes(10_000_000))), where="bomb", limits=Limits()):
        assert len(chunk) <= 2**20


def test_a_local_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    given, problem = read_all(file_source(tmp_path / "nothing"))
    assert given == b""
    assert problem is not None
    assert problem.kind is ProblemKind.GONE
    _, problem = read_all(file_source(tmp_path))
    assert problem is not None
