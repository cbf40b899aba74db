"""Names of log files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.errors import LogError
from sova.logs.paths import Reach, bare, matching, safe, variants
from sova.model import ProblemKind


def test_the_likeliest_names_come_first() -> None:
    assert variants("job-output.txt")[:4] == (
        "job-output.txt",
        "job-output.txt.gz",
        "job-output.log",
        "job-output.log.gz",
    )
    assert variants("syslog.gz")[:2] == ("syslog.gz", "syslog")
    assert variants("messages")[:2] == ("messages", "messages.gz")
    assert "job-output.txt.zst" in variants("job-output.txt")
    assert "a.txt.xz" in variants("a.log")


def test_a_suffix_in_the_middle_is_a_name() -> None:
    assert bare("errors.txt.txt.gz") == "errors.txt.txt"
    assert bare("a.gz.log") == "a.gz.log"


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("*.txt", ["a.txt"]),
        ("logs/*.txt", ["logs/b.txt.gz"]),
        ("logs/*.txt.gz", ["logs/b.txt.gz"]),
        ("**/*.txt", ["a.txt", "logs/b.txt.gz", "logs/deep/er/c.txt"]),
        ("logs/**", ["logs/b.txt.gz", "logs/deep/er/c.txt", "logs/screen-n-cpu.log"]),
        ("logs/screen-?-[a-c]pu.log", ["logs/screen-n-cpu.log"]),
        ("logs/screen-[!a-m]-cpu.log", ["logs/screen-n-cpu.log"]),
        ("logs/screen-[!n]-cpu.log", []),
        ("*/*/er/*", ["logs/deep/er/c.txt"]),
        ("a.tx", []),
        ("[", []),
    ],
)
def test_globs(glob: str, found: list[str]) -> None:
    paths = ["a.txt", "logs/b.txt.gz", "logs/deep/er/c.txt", "logs/screen-n-cpu.log"]
    assert list(matching(glob, paths)) == found
    reach = Reach.of(glob)
    assert all(reach.covers(path) for path in found)


def test_a_file_that_is_there_in_two_forms_is_found_once() -> None:
    assert list(matching("*.txt", ["a.txt", "a.txt.gz"])) == ["a.txt"]


def test_the_reach_of_a_glob_is_no_larger_than_it_must_be() -> None:
    assert Reach.of("logs/undercloud/*.txt") == Reach("logs/undercloud", 1)
    assert Reach.of("logs/*/x.log") == Reach("logs", 2)
    assert Reach.of("logs/**/x.log") == Reach("logs", None)
    assert not Reach("logs", 1).covers("logs/deep/a.txt")
    assert not Reach("logs", None).covers("other/a.txt")


def test_leading_slashes_and_dots_are_dropped() -> None:
    assert safe("/job-output.txt") == safe("./job-output.txt") == safe("//job-output.txt") == "job-output.txt"


@pytest.mark.parametrize(
    "path", ["", "/", ".", "..", "../a", "a/../../b", "a/..", "/../etc/passwd", "a\0b", "x" * 5000]
)
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    with pytest.raises(LogError) as caught:
        safe(path)
    assert caught.value.problem.kind is ProblemKind.REFUSED


@given(st.text(max_size=30))
def test_a_safe_path_stays_below_the_root(path: str) -> None:
    try:
        found = safe(path)
    except LogError:
        return
    assert not found.startswith("/")
    assert ".." not in found.split("/")


@pytest.mark.parametrize(
    ("glob", "means"),
    [
        ("[ab].log", ["a.log", "b.log"]),
        ("[!ab].log", ["].log", "c.log"]),
        ("[]a].log", ["].log", "a.log"]),
        ("[!]a].log", ["b.log", "c.log"]),
        ("[a-c].log", ["a.log", "b.log", "c.log"]),
        ("[c-a].log", []),
        ("[--a].log", ["].log", "a.log"]),
        ("[].log", ["[].log"]),
        ("[!].log", ["[!].log"]),
        ("x[.-0]y.log", []),
    ],
)
def test_sets_of_characters(glob: str, means: list[str]) -> None:
    paths = ["].log", "a.log", "b.log", "c.log", "[].log", "[!].log", "x/y.log"]
    assert list(matching(glob, paths)) == means


@given(st.text(st.sampled_from("ab/.*?[]!^-\\"), max_size=12), st.lists(st.text("ab/.", max_size=8), max_size=5))
def test_no_glob_raises(glob: str, paths: list[str]) -> None:
    assert set(matching(glob, paths)) <= set(paths)
