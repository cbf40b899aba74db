"""A log unpacked once: windows of it, and searches, hold what the bytes hold, whatever the lines are like."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.errors import LogError
from sova.logs import line_index, window
from sova.logs.cache import Cache
from sova.logs.line_index import IndexWriter, LineIndex
from sova.logs.openers import log_error
from sova.logs.search import Count, Needle, count_lines, find_after, find_before
from sova.logs.spool import Spool, log_named, make_spool, open_spool, stamp_of
from sova.logs.window import part_of_line, window_around, window_from, window_until
from sova.model import LogFile, ProblemKind
from tests.logs.compression import COMPRESS
from tests.logs.conftest import OpenTree
from tests.waiting import patient_searches

FILE = LogFile("job-output.txt", "/nowhere/job-output.txt")


@pytest.fixture(scope="module", autouse=True)
def patient() -> Iterator[None]:
    with patient_searches():
        yield


lines = st.lists(
    st.sampled_from([b"", b"a", b"needle", b"x" * 100, b"a needle\r", b"\x1b[31mnee\x1b[0mdle"]), max_size=60
)
"""Contents of lines; the index of these tests has a place every 64 bytes."""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    """A cache for logs whose index has a place every 64 bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_index, "STEP", 64)
        yield Cache(tmp_path_factory.mktemp("cache"), 10**8)


def spooled(cache: Cache, data: bytes, step: int = 50) -> Spool:
    chunks = (data[start : start + step] for start in range(0, len(data), step))
    return make_spool(cache, "a log", FILE, chunks)


def cut_after(*chunks: bytes) -> Iterator[bytes]:
    yield from chunks
    raise log_error("job-output.txt", ProblemKind.NETWORK, "cut")


def split(data: bytes) -> list[bytes]:
    found = data.split(b"\n")
    return found[:-1] if not found[-1] else found


def shown(found: window.Window) -> list[tuple[int, bytes]]:
    return [(line.number, line.data) for line in found.lines]


# -- windows -----------------------------------------------------------------------------------------------------------


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(lines, st.booleans(), st.data())
def test_a_window_holds_the_lines_of_the_file(
    small: Cache, found: list[bytes], ended: bool, data: st.DataObject
) -> None:
    content = b"\n".join(found) + (b"\n" if ended else b"")
    spool = spooled(small, content)
    expected = list(enumerate(split(content), 1))
    assert (spool.size, spool.lines) == (len(content), len(expected))
    line = data.draw(st.integers(1, len(expected) + 2))
    assert shown(window_from(spool, line)) == expected[min(line, max(1, len(expected))) - 1 :]
    assert shown(window_until(spool, line)) == expected[:line]
    assert (min(line, len(expected)), dict(expected).get(line, b"")) in [
        (0, b""),
        *shown(window_around(spool, line)),
        (len(expected), b""),
    ]
    part = part_of_line(spool, line)
    assert (part.data if part else None) == dict(expected).get(line)


def test_a_window_has_400_lines_and_no_more(cache: Cache) -> None:
    spool = spooled(cache, b"".join(b"line %d\n" % number for number in range(1, 100_001)), 8000)
    middle = window_around(spool, 50_000)
    assert len(middle.lines) == 400
    assert middle.first < 50_000 < middle.last
    assert shown(middle)[50_000 - middle.first] == (50_000, b"line 50000")
    assert (window_until(spool, middle.first - 1).last, window_from(spool, middle.last + 1).first) == (
        middle.first - 1,
        middle.last + 1,
    )
    assert window_around(spool, 100_000).last == 100_000
    assert window_from(spool, 10**12).first == 100_000
    whole_range = window_around(spool, 5_000, 5_390)
    assert whole_range.first <= 5_000
    assert whole_range.last >= 5_390


def test_long_lines_are_cut_and_the_window_stays_small(cache: Cache) -> None:
    long = b"x" * 1_000_000
    spool = spooled(cache, b"\n".join([long + b"%d" % number for number in range(20)]), 65536)
    for found in (window_from(spool, 1), window_around(spool, 15), window_until(spool, 20)):
        assert sum(len(line.data) for line in found.lines) <= window.BYTES
        assert all((line.data, line.rest) == (b"x" * window.LINE, line.size - window.LINE) for line in found.lines)
    assert 15 in [line.number for line in window_around(spool, 15).lines]


def test_many_lines_at_the_limit_of_length_do_not_push_out_the_one_asked_for(cache: Cache) -> None:
    spool = spooled(cache, (b"y" * 1_999 + b"\n") * 1000, 65536)
    found = window_around(spool, 500)
    assert found.first < 500 < found.last
    assert sum(len(line.data) for line in found.lines) <= window.BYTES
    assert window_until(spool, 500).last == 500


def test_of_a_long_line_the_telling_part_is_shown(cache: Cache) -> None:
    spool = spooled(cache, b"a\n" + b"x" * 50_000 + b"fatal: no space" + b"y" * 50_000 + b"\nb\n", 65536)
    line = window_around(spool, 2, telling={2: b"fatal: no space"}).lines[1]
    assert b"fatal: no space" in line.data
    assert (line.start + len(line.data) + line.rest, line.size) == (100_015, 100_015)
    assert window_around(spool, 2, telling={2: b"not there"}).lines[1].start == 0


def test_a_whole_line_comes_in_parts(cache: Cache) -> None:
    content = bytes(range(32, 127)) * 3000
    spool = spooled(cache, b"a\n" + content + b"\nb", 65536)
    given_parts, start = b"", 0
    while (part := part_of_line(spool, 2, start)) and part.data:
        assert len(part.data) <= window.PART
        given_parts += part.data
        start += len(part.data)
    assert given_parts == content
    assert part_of_line(spool, 4) is None


@given(st.lists(st.binary(max_size=300), max_size=30))
def test_an_index_comes_back_from_its_bytes(chunks: list[bytes]) -> None:
    writer = IndexWriter()
    for chunk in chunks:
        writer.feed(chunk)
    index = writer.index
    assert LineIndex.unpacked(index.packed(), size=index.size, lines=index.lines) == index


# -- searches ----------------------------------------------------------------------------------------------------------


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines, st.integers(0, 62), st.sampled_from(["needle", "NEEDLE", "a need", "e$", "^a n.*e$", "x{90}"]), st.booleans()
)
def test_a_search_finds_what_a_look_at_every_line_finds(
    small: Cache, found: list[bytes], start: int, text: str, is_regex: bool
) -> None:
    content = b"\n".join(found)
    spool = spooled(small, content)
    needle = Needle(text, is_regex=is_regex)
    expression = re.compile((text if is_regex else re.escape(text)).encode(), re.IGNORECASE)
    plain = [re.sub(rb"\x1b\[[0-9]*m", b"", line).removesuffix(b"\r") for line in split(content)]
    expected = [number for number, line in enumerate(plain, 1) if expression.search(line)]
    assert find_after(spool, needle, start).line == next((line for line in expected if line > start), None)
    assert find_before(spool, needle, start).line == next((line for line in reversed(expected) if line < start), None)
    for line in (*expected[:3], None):
        count = count_lines(spool, needle, line)
        assert (count.lines, count.whole) == (len(expected), True)
        assert count.place == (expected.index(line) + 1 if line else 0)


def test_a_search_finds_words_in_the_middle_of_a_line_of_many_megabytes(cache: Cache) -> None:
    before = b"x" * 131_070  # the word lies over a place of the index
    spool = spooled(cache, b"a\n" + before + b"needle" + b"y" * 3_000_000 + b"needle\nb needle\n", 65536)
    assert len(spool.index.offsets) > 5
    for is_regex in (False, True):
        needle = Needle("needle", is_regex=is_regex)
        assert [find_after(spool, needle, line).line for line in (0, 1, 2, 3)] == [2, 2, 3, None]
        assert [find_before(spool, needle, line).line for line in (4, 3, 2)] == [3, 2, None]
        assert count_lines(spool, needle, 3) == Count(2, 2, whole=True)


def test_capital_letters_count_when_that_is_asked_for(cache: Cache) -> None:
    spool = spooled(cache, b"ERROR one\nerror two\n")
    assert find_after(spool, Needle("error"), 0).line == 1
    assert find_after(spool, Needle("error", exact=True), 0).line == 2
    assert find_after(spool, Needle("^error", exact=True, is_regex=True), 0).line == 2


def test_counting_ends_at_its_bound(cache: Cache) -> None:
    spool = spooled(cache, b"error\n" * 5000, 4096)
    count = count_lines(spool, Needle("error"), 7)
    assert (count.lines, count.place, count.whole) == (1000, 7, False)


def test_a_regex_without_end_is_stopped_and_says_where(cache: Cache) -> None:
    spool = spooled(cache, b"fine\n" * 1000 + b"a" * 5000 + b"b\n")
    needle = Needle(r"(a+)+\d$", is_regex=True)
    began = time.monotonic()
    found = find_after(spool, needle, 0, seconds=0.2)
    assert (found.line, found.stopped > 0) == (None, True)
    assert find_before(spool, needle, 1001, seconds=0.2).stopped == 0
    assert find_before(spool, needle, 1002, seconds=0.2).stopped >= 1001
    assert not count_lines(spool, needle, None, seconds=0.2).whole
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("text", ["", "x" * 501, "(", "a{1,2}{3}(", "[", "(?P<a>x)(?P=b)"])
def test_what_cannot_be_searched_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"characters|expression"):
        Needle(text, is_regex=True)


def test_places_in_a_line_as_it_is_shown() -> None:
    until = time.monotonic() + 10
    assert Needle("é b").spans("é bé b é", until) == [(0, 3), (3, 6)]
    assert Needle("E").spans("see", until) == [(1, 2), (2, 3)]
    assert Needle("x*", is_regex=True).spans("axxb", until) == [(1, 3)]
    assert Needle("x", is_regex=True).spans("x", time.monotonic() - 1) == []


# -- the spool ---------------------------------------------------------------------------------------------------------


def test_what_was_made_is_found_again_and_counts_in_the_cache(cache: Cache) -> None:
    made = spooled(cache, b"one\ntwo\n")
    found = open_spool(cache, "a log")
    assert found is not None
    assert (found.index, found.file, found.problem) == (made.index, FILE, None)
    assert cache.usage()[0] == 1
    assert list((cache.directory / "tmp").iterdir()) == []
    assert open_spool(cache, "another") is None
    cache.prune(0)
    assert open_spool(cache, "a log") is None
    with pytest.raises(LogError, match="removed"):
        made.open()


@pytest.mark.parametrize("damage", [b"", b"x", b"no log at all, but long enough to hold a foot of it" * 3])
def test_a_damaged_file_is_as_good_as_none(cache: Cache, damage: bytes) -> None:
    made = spooled(cache, b"one\ntwo\n")
    made.path.write_bytes(damage)
    assert open_spool(cache, "a log") is None
    made.path.write_bytes(b"one" + made.path.read_bytes()[8:])
    assert open_spool(cache, "a log") is None


def test_what_broke_off_is_kept_with_its_problem(cache: Cache) -> None:
    made = make_spool(cache, "a log", FILE, cut_after(b"one\ntwo"))
    found = open_spool(cache, "a log")
    assert found is not None
    assert found.problem is not None
    assert (found.problem, found.problem.kind, found.lines) == (made.problem, ProblemKind.NETWORK, 2)


def test_what_gives_nothing_leaves_nothing(cache: Cache) -> None:
    with pytest.raises(LogError, match="cut"):
        make_spool(cache, "a log", FILE, cut_after())
    assert cache.usage() == (0, 0)
    assert list((cache.directory / "tmp").iterdir()) == []


def test_a_log_on_this_machine_that_changed_is_unpacked_anew(opened: OpenTree, cache: Cache, tmp_path: Path) -> None:
    path = tmp_path / "build" / "job-output.txt.gz"
    path.parent.mkdir()
    path.write_bytes(COMPRESS["gz"](b"one\n"))
    tree = opened(path.parent)
    file = log_named(tree, "job-output.txt")
    made = make_spool(cache, "x", file, tree.chunks(file))
    assert made.fresh(settled=True)
    assert made.fresh(settled=False)
    path.write_bytes(COMPRESS["gz"](b"one\ntwo\n"))
    os.utime(path, (1, 1))
    assert not made.fresh(settled=True)
    assert stamp_of(file, cache) != made.stamp


def test_a_log_of_a_server_holds_once_its_build_is_settled(cache: Cache) -> None:
    made = make_spool(cache, "x", LogFile("a", "http://logs.example.org/a"), iter([b"x"]))
    assert made.fresh(settled=True)
    assert not made.fresh(settled=False)


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..", "a.tar//../x"])
def test_no_name_leads_out_of_the_logs(opened: OpenTree, tmp_path: Path, name: str) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "x").write_bytes(b"secret")
    with pytest.raises(LogError, match="not a path below"):
        log_named(opened(tmp_path / "build"), name)


def test_a_name_that_looks_like_a_glob_is_a_name(opened: OpenTree, tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_bytes(b"one")
    (tmp_path / "a1.txt").write_bytes(b"other")
    tree = opened(tmp_path)
    file = log_named(tree, "a[1].txt", str(tmp_path / "a[1].txt"))
    assert b"".join(tree.chunks(file)) == b"one"
    with pytest.raises(LogError, match="is not in"):
        log_named(tree, "*.txt")
