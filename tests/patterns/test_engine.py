"""What the engine tells of a log: hits with their lines, counts, problems; and which patterns apply."""

from __future__ import annotations

import datetime as dt
import logging
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import patch

import pytest

from sova.errors import LogError
from sova.model import Build, Change, Match, Pattern, Problem, ProblemKind, Scope
from sova.patterns import prefilter
from sova.patterns.blocks import BLOCK, OVERLAP
from sova.patterns.engine import Engine, Scan

DNS = Pattern("dns", "cannot resolve {host}", regex=r"Could not resolve host: (?P<host>\S+)")
FULL = Pattern("full", "disk full", text="No space left on device")
FATAL = Pattern("fatal", "", regex=r"^fatal: .*FAILED!", not_followed_by=r"^\.\.\.ignoring")

LOG = b"""\
one
two
three
four
2024-05-01 10:00:00.000001 | node | curl: Could not resolve host: pypi.example.org; Name or service not known
six
seven
eight
nine
"""


def scan(*patterns: Pattern, log: bytes = LOG, max_hits: int = 100, block: int = BLOCK, overlap: int = OVERLAP) -> Scan:
    engine = Engine(patterns, max_hits=max_hits, block=block, overlap=overlap)
    return engine.scan([log], file="job-output.txt")


def lines_of(result: Scan) -> list[tuple[str, int]]:
    return [(hit.pattern, hit.line_number) for hit in result.hits]


def test_hit_has_line_captures_and_the_lines_around() -> None:
    (hit,) = scan(DNS).hits
    assert (hit.pattern, hit.file, hit.line_number) == ("dns", "job-output.txt", 5)
    assert hit.line.endswith("Could not resolve host: pypi.example.org; Name or service not known")
    whole = "Could not resolve host: pypi.example.org;"
    assert hit.captures == (("0", whole), ("1", "pypi.example.org;"), ("host", "pypi.example.org;"))
    assert hit.before == ("two", "three", "four")
    assert hit.after == ("six", "seven", "eight")


def test_lines_around_reach_over_blocks_and_end_with_the_file() -> None:
    log = b"".join(b"line %03d\n" % number for number in range(100)) + b"No space left on device\nlast"
    (hit,) = scan(FULL, log=log, block=30, overlap=5).hits
    assert hit.before == ("line 097", "line 098", "line 099")
    assert hit.after == ("last",)


def test_counts_go_on_after_the_hits_that_are_kept() -> None:
    result = scan(FULL, DNS, log=b"No space left on device\n" * 7 + LOG, max_hits=2)
    assert lines_of(result) == [("full", 1), ("full", 2), ("dns", 12)]
    assert result.counts == {"full": 7, "dns": 1}


@pytest.mark.parametrize(("log", "lines"), [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2)])
def test_lines_and_bytes_are_counted(log: bytes, lines: int) -> None:
    result = scan(FULL, log=log)
    assert (result.lines, result.size) == (lines, len(log))


def test_hits_before_an_error_stay() -> None:
    problem = Problem("job-output.txt", ProblemKind.TRUNCATED, "the gzip data ends too early")

    def chunks() -> Iterator[bytes]:
        yield b"x\nNo space left on dev"
        yield b"ice\nNo space left on device"
        raise LogError(problem)

    result = Engine([FULL]).scan(chunks(), file="job-output.txt")
    assert lines_of(result) == [("full", 2), ("full", 3)]
    assert result.problems == (problem,)


def test_another_error_is_not_hidden() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"x"
        raise KeyError

    with pytest.raises(KeyError):
        Engine([FULL]).scan(chunks(), file="x")


def test_names_choose_the_patterns() -> None:
    syslog = replace(FULL, id="syslog", files=("syslog", "messages"))
    engine = Engine([FULL, syslog])
    assert engine.names == ("console", "syslog", "messages")
    log = [b"No space left on device\n"]
    assert lines_of(engine.scan(log, file="f", names={"syslog"})) == [("syslog", 1)]
    assert lines_of(engine.scan(log, file="f", names=())) == []
    assert lines_of(engine.scan(log, file="f")) == [("full", 1), ("syslog", 1)]


BUILD = Build(
    "key",
    "tox-py39",
    pipeline="gate",
    change=Change(project="openstack/nova", branch="stable/zed"),
    end_time=dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC),
)


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(), True),
        (Scope(jobs=("tempest", "tox-*")), True),
        (Scope(jobs=("TOX-*",)), False),
        (Scope(branches=("stable/*",), projects=("openstack/*",), pipelines=("gate", "check")), True),
        (Scope(branches=("stable/*",), pipelines=("check",)), False),
        (Scope(since=dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)), True),
        (Scope(since=dt.datetime(2024, 5, 2, tzinfo=dt.UTC)), False),
        (Scope(until=dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)), True),
        (Scope(until=dt.datetime(2024, 5, 1, tzinfo=dt.UTC)), False),
    ],
)
def test_scope_is_held_against_the_build(scope: Scope, holds: bool) -> None:
    engine = Engine([replace(FULL, scope=scope)])
    log = [b"No space left on device"]
    assert bool(engine.scan(log, file="f", build=BUILD).hits) is holds
    assert engine.scan(log, file="f").hits


def test_a_build_without_time_lies_in_every_time() -> None:
    engine = Engine([replace(FULL, scope=Scope(since=dt.datetime(2099, 1, 1, tzinfo=dt.UTC)))])
    assert engine.scan([b"No space left on device"], file="f", build=replace(BUILD, end_time=None)).hits


def test_message_and_raw_see_a_line_differently() -> None:
    raw = Pattern("raw", "", regex=r"\[1;31mError: (\w+)", match=Match.RAW)
    message = Pattern("message", "", regex=r"^Error: (\w+)$")
    log = b"12:00:00 | node | \x1b[1;31mError: disk\x1b[0m\r\nError: \x1b[1mnet\n"
    result = scan(raw, message, log=log)
    assert lines_of(result) == [("raw", 1), ("message", 1), ("message", 2)]
    assert [hit.line for hit in result.hits] == ["12:00:00 | node | Error: disk"] * 2 + ["Error: net"]


FAILED = b"fatal: [host]: FAILED! => {}\n"


@pytest.mark.parametrize("place", range(3 * len(FAILED) + 30))
def test_next_line_counts_wherever_the_log_is_cut(place: int) -> None:
    log = FAILED + b"...ignoring\n" + FAILED + b"ok\n" + FAILED
    engine = Engine([FATAL], block=len(FAILED) + 2, overlap=4)
    result = engine.scan([log[:place], log[place:]], file="f")
    assert lines_of(result) == [("fatal", 3), ("fatal", 5)]


def test_a_long_line_is_one_hit_and_may_be_excluded_by_any_part_of_it() -> None:
    pattern = replace(FULL, exclude=("harmless",))
    long = b"x" * 70_000 + b"No space left on device" + b"x" * 1000 + b"No space left on device" + b"x" * 70_000
    log = long + b"\n" + long + b"harmless\n" + b"last\n"
    result = scan(pattern, log=log)
    assert lines_of(result) == [("full", 1)]
    assert result.counts == {"full": 1}
    assert result.hits[0].after[1:] == ("last",)


def test_next_line_may_be_a_long_one() -> None:
    log = FAILED + b"...ignoring" + b"." * 200 + b"\n" + FAILED + b"-" * 200 + b"\n"
    assert lines_of(scan(FATAL, log=log, block=50, overlap=5)) == [("fatal", 3)]


def test_a_long_line_is_shown_around_the_match() -> None:
    log = b"a" * 30_000 + b" No space left on device " + "é".encode() * 15_000
    (hit,) = scan(FULL, log=log).hits
    assert "No space left on device" in hit.line
    assert hit.line.startswith("...a")
    assert hit.line.endswith("é...")
    assert len(hit.line.encode()) < 1_700


def test_lines_around_are_cut_too() -> None:
    (hit,) = scan(FULL, log=b"b" * 9000 + b"\nNo space left on device\n" + b"c" * 70_000).hits
    assert [text[:3] + text[-3:] for text in (*hit.before, *hit.after)] == ["bbb...", "ccc..."]
    assert max(len(text) for text in (*hit.before, *hit.after)) < 500


def test_what_cannot_be_decoded_loses_no_hit() -> None:
    (hit,) = scan(DNS, log=b"\xff\xfe Could not resolve host: a\xc3b\x00").hits
    assert hit.line == "\ufffd\ufffd Could not resolve host: a\ufffdb\x00"
    assert dict(hit.captures)["host"] == "a\ufffdb\x00"


SLOW = Pattern("slow", "", regex=r"^(?:a|aa)+$")
SLOW_LINE = b"a" * 64 + b"!\n"


def test_a_slow_line_is_a_problem_of_its_pattern_alone() -> None:
    with patch("sova.patterns.confirm.TIMEOUT", 0.02):
        result = scan(SLOW, FULL, log=b"aaa\n" + SLOW_LINE + b"No space left on device\naaaa\n")
    assert lines_of(result) == [("slow", 1), ("full", 3), ("slow", 4)]
    (problem,) = result.problems
    assert (problem.where, problem.kind) == ("job-output.txt", ProblemKind.PATTERN_TIMEOUT)
    assert problem.detail.startswith("slow: 1 line took longer")


def test_after_five_slow_lines_a_pattern_is_left_out() -> None:
    with patch("sova.patterns.confirm.TIMEOUT", 0.02):
        result = scan(SLOW, FULL, log=b"aaa\n" + SLOW_LINE * 9 + b"No space left on device\naaaa\n")
    assert lines_of(result) == [("slow", 1), ("full", 11)]
    (problem,) = result.problems
    assert problem.detail.startswith("slow: 5 lines took longer")


def test_a_long_line_that_takes_time_with_its_third_power_is_a_problem_too() -> None:
    cubic = Pattern("cubic", "", regex=r"error.*failed.*code \d+$")
    log = b"error failed: code " * 3000 + b"!\nerror: failed with code 7\n"
    result = scan(cubic, FULL, log=log)
    assert lines_of(result) == [("cubic", 2)]
    assert [problem.kind for problem in result.problems] == [ProblemKind.PATTERN_TIMEOUT]


def test_threads_may_use_one_engine() -> None:
    engine = Engine([DNS, FULL, FATAL])
    logs = [LOG * (number + 1) + b"No space left on device\n" + FAILED * number for number in range(10)]
    expected = [engine.scan([log], file="f").counts for log in logs]
    barrier = threading.Barrier(10)

    def work(log: bytes) -> list[object]:
        barrier.wait()
        return [engine.scan([log], file="f").counts for _ in range(20)]

    with ThreadPoolExecutor(10) as pool:
        for counts, answers in zip(expected, pool.map(work, logs), strict=True):
            assert answers == [counts] * 20


def test_without_hyperscan_the_answer_is_the_same_and_one_warning_tells(caplog: pytest.LogCaptureFixture) -> None:
    prefilter._warn.cache_clear()
    with patch.dict(sys.modules, {"sova.patterns.database": None}), caplog.at_level(logging.WARNING):
        engines = [Engine([DNS, FULL, FATAL]) for _ in range(2)]
    assert [record.message.partition(" (")[0] for record in caplog.records] == ["hyperscan cannot be imported"]
    assert [engine.filter_name for engine in engines] == ["re", "re"]
    assert engines[0].scan([LOG], file="f") == Engine([DNS, FULL, FATAL]).scan([LOG], file="f")


def test_no_patterns_find_nothing() -> None:
    assert scan().hits == ()


TEXTS = ("  ", " --E-  11", "1 ", "--E1babbE", "abb-EbEEE", "b ", "1- ba", "1a")


@pytest.mark.parametrize("before", [b"z", b"a", b" ", b"z\n"])
def test_a_text_at_the_end_of_a_short_log_is_found(before: bytes) -> None:
    """vectorscan 5.4.12 loses some of these in logs of 17 to 69 bytes."""
    engine = Engine([Pattern(text, "", text=text) for text in TEXTS])
    for length in range(80):
        for text in TEXTS:
            assert text in engine.scan([before * length + text.encode()], file="f").counts
