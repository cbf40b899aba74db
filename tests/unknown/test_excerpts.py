"""Excerpts of an unknown failure: the last error-like line before the clean-up, and the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sova.unknown.excerpts import TAIL, excerpts


def log(*lines: str) -> list[bytes]:
    return ["".join(f"{line}\n" for line in lines).encode()]


def test_the_last_error_before_the_clean_up_and_the_end() -> None:
    lines = [f"step {number}" for number in range(1, 101)]
    lines[39] = "frobnicator: ERROR the gear is stuck"
    lines[59] = "2026-01-01 | POST-RUN START: [trusted : x/post.yaml@main]"
    lines[69] = "rsync failed"
    around, end = excerpts(log(*lines), "console.log")
    assert "frobnicator: ERROR the gear is stuck" in around.lines
    assert (around.first_line, around.last_line) == (28, 44)
    assert around.score > end.score
    assert (end.first_line, end.last_line, len(end.lines)) == (81, 100, TAIL)


def test_counts_of_zero_are_no_errors() -> None:
    (only,) = excerpts(log("ran 7 tests, 0 failed", "failed=0 errors=0", "done"), "x")
    assert only.score == 0


def test_an_error_within_a_name_is_none() -> None:
    (only,) = excerpts(log("Setting up liberror-perl (0.17029-2) ...", "done"), "x")
    assert only.score == 0
    for line in (
        "TypeError: no",
        "java.lang.IllegalStateException: no",
        "ERROR",
        "it failed",
        "RUN END RESULT_TIMED_OUT: [x]",
    ):
        assert excerpts(log(line), "x")[0].score > 0


def test_a_test_that_passed_is_no_error_whatever_its_name() -> None:
    (only,) = excerpts(log("t.test_login_with_error_fail [1.39s] ... ok", "t.py::test_fatal_error PASSED"), "x")
    assert only.score == 0


def test_an_error_in_the_tail_makes_one_excerpt() -> None:
    (only,) = excerpts(log("a", "ValueError: no", "b"), "x")
    assert (only.lines, only.score, only.first_line) == (("a", "ValueError: no", "b"), 1.0, 1)


def test_an_empty_log_has_none() -> None:
    assert excerpts([], "x") == ()
    assert excerpts([b""], "x") == ()


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_chunk_edges_change_nothing(parts: list[bytes]) -> None:
    assert excerpts(parts, "x") == excerpts([b"".join(parts)], "x")
    for excerpt in excerpts(parts, "x"):
        assert len(excerpt.lines) == excerpt.last_line - excerpt.first_line + 1
