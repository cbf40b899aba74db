"""A log cut into blocks keeps every line whole, and of a long line every byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sova.patterns.blocks import Block, blocks

LOGS = st.lists(st.sampled_from([b"\n", b"a", b"bc", b"x" * 20]), max_size=30).map(b"".join)


def cut(log: bytes, places: set[int]) -> list[bytes]:
    ends = [*sorted(place for place in places if place < len(log)), len(log)]
    return [log[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(LOGS, st.sets(st.integers(0, 200)), st.integers(4, 30), st.integers(0, 3))
def test_blocks_hold_the_log(log: bytes, places: set[int], size: int, overlap: int) -> None:
    found = b""
    for block in blocks(cut(log, places), size, overlap):
        new = block.data if block.opens else block.data[overlap:]
        found += new + (b"\n" if block.closes and not block.opens and len(found) + len(new) < len(log) else b"")
    assert found == log


@given(LOGS, st.sets(st.integers(0, 200)), st.integers(4, 30), st.integers(0, 3))
def test_blocks_are_whole_lines_or_windows(log: bytes, places: set[int], size: int, overlap: int) -> None:
    every = list(blocks(cut(log, places), size, overlap))
    for block, after in zip(every, [*every[1:], Block(b"")], strict=False):
        assert 0 < len(block.data.removesuffix(b"\n")) <= size or block.data == b"\n"
        assert block.closes == after.opens
        if block.whole and after.data:
            assert block.data.endswith(b"\n")
        if not block.whole:
            assert b"\n" not in block.data


@given(LOGS, st.sets(st.integers(0, 200)), st.integers(4, 30))
def test_blocks_do_not_depend_on_the_chunks_of_a_long_line(log: bytes, places: set[int], size: int) -> None:
    windows = [block for block in blocks(cut(log, places), size, 2) if not block.whole]
    assert windows == [block for block in blocks([log], size, 2) if not block.whole]
