"""Triage: from logs to one answer, and never an exception for what a log, a server or a pattern does wrong."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sova.errors import LogError
from sova.logs import LogTree
from sova.model import Build, Diagnosis, Kind, Pattern, Problem, ProblemKind, Scope, Verdict
from sova.patterns.engine import Engine
from sova.testing import FakeTree, build
from sova.triage import Tools, triage

DNS = Pattern(id="dns", message="cannot resolve {host}", regex=r"resolve host: (?P<host>\S+)", tag="infra")
EXIT = Pattern(id="exit", message="exit code {1}", regex=r"exit code (\d+)", kind=Kind.CONSEQUENCE)
TEST = Pattern(id="test", message="test {1} failed", regex=r"FAILED (\w+)", kind=Kind.CAUSE)
NOISE = Pattern(id="noise", message="the mirror is slow", text="slow mirror", tag="info")
NODE = Pattern(id="node", message="no node", regex="^NODE_FAILURE", files=("result",), tag="infra")
SYSLOG = Pattern(id="oom", message="out of memory", text="Out of memory", files=("syslog",), tag="infra")
PATTERNS = (DNS, EXIT, TEST, NOISE, NODE, SYSLOG)


def tools(tree: LogTree | LogError, **fields: object) -> Tools:
    def open_tree(_: Build) -> LogTree:
        if isinstance(tree, LogError):
            raise tree
        return tree

    return Tools(Engine(PATTERNS), open_tree, lambda name: (f"{name}.txt",), **fields)  # type: ignore[arg-type]  # tests


def answer(files: Mapping[str, bytes | tuple[bytes, Problem]], result: str = "FAILURE", **fields: object) -> Diagnosis:
    return triage(build(result), tools(FakeTree(files), **fields))


def test_a_known_failure_says_why() -> None:
    found = answer({"console.txt": b"ok\ncurl: could not resolve host: mirror\nexit code 6\n"})
    assert found.verdict is Verdict.KNOWN
    assert [(reason.message, reason.primary) for reason in found.reasons] == [
        ("cannot resolve mirror", True),
        ("exit code 6", False),
    ]
    assert found.why == "the only cause that was found; 1 more is its consequence"
    assert found.tag == "infra"
    assert (found.files_read[0].size, found.files_read[0].lines) == (52, 3)


def test_a_consequence_alone_explains_nothing_but_is_told() -> None:
    found = answer({"console.txt": b"gears: error 17 in the frobnicator\nexit code 6\n"})
    assert found.verdict is Verdict.UNKNOWN
    assert [reason.message for reason in found.reasons] == ["exit code 6"]
    assert "gears: error 17 in the frobnicator" in found.excerpts[0].lines
    assert found.why == f"none of {len(PATTERNS)} patterns explains it in 2 lines of 1 file"


def test_info_never_explains() -> None:
    assert answer({"console.txt": b"slow mirror\n"}).verdict is Verdict.UNKNOWN


def test_a_success_is_not_read() -> None:
    found = triage(build("SUCCESS"), tools(LogError(Problem("x", ProblemKind.CRASHED, "must not be opened"))))
    assert (found.verdict, found.problems) == (Verdict.PASSED, ())


@pytest.mark.parametrize("result", ["", "SKIPPED", "CANCELED", "RETRY"])
def test_what_has_no_verdict_of_its_own_is_skipped(result: str) -> None:
    assert answer({"console.txt": b"FAILED a\n"}, result).verdict is Verdict.SKIPPED


@pytest.mark.parametrize("result", ["RETRY_LIMIT", "TIMED_OUT", "POST_FAILURE", "ABORTED", "a custom message"])
def test_every_other_result_is_analysed(result: str) -> None:
    assert answer({"console.txt": b"FAILED a\n"}, result).verdict is Verdict.KNOWN


def test_a_result_without_logs_can_explain_itself() -> None:
    found = triage(build("NODE_FAILURE", log_url=""), tools(FakeTree({})))
    assert (found.verdict, found.primary and found.primary.message) == (Verdict.KNOWN, "no node")
    assert found.problems == ()


def test_a_failure_without_a_log_url_says_that_there_is_none() -> None:
    found = triage(build("FAILURE", log_url=""), tools(FakeTree({})))
    assert found.verdict is Verdict.NO_LOGS
    assert [problem.kind for problem in found.problems] == [ProblemKind.GONE]


def test_logs_that_cannot_be_had_are_a_problem_and_no_unknown() -> None:
    gone = Problem("https://logs.example.org/1/", ProblemKind.GONE, "404")
    found = triage(build(), tools(LogError(gone)))
    assert (found.verdict, found.problems, found.why) == (Verdict.NO_LOGS, (gone,), "no log could be read")


def test_a_broken_log_keeps_the_hits_before_the_break() -> None:
    cut = Problem("console.txt", ProblemKind.TRUNCATED, "ends in the middle")
    found = answer({"console.txt": (b"FAILED early\n", cut)})
    assert found.verdict is Verdict.KNOWN
    assert cut in found.problems


def test_a_broken_log_without_a_hit_still_shows_its_last_lines() -> None:
    cut = Problem("console.txt", ProblemKind.TRUNCATED, "ends in the middle")
    found = answer({"console.txt": (b"gears: error 17\nstill turning\n", cut)})
    assert found.verdict is Verdict.UNKNOWN
    assert found.excerpts[0].lines == ("gears: error 17", "still turning")
    assert found.problems.count(cut) == 1


def test_an_empty_log_is_said_to_be_empty() -> None:
    found = answer({"console.txt": b""})
    assert found.verdict is Verdict.NO_LOGS
    assert ProblemKind.EMPTY in {problem.kind for problem in found.problems}


def test_a_wanted_file_that_is_missing_is_told() -> None:
    found = answer({"console.txt": b"FAILED a\n"})
    assert [(problem.where, problem.kind) for problem in found.problems] == [("syslog", ProblemKind.MISSING)]
    assert found.files_wanted == ("console", "syslog")


def test_a_file_is_read_for_the_patterns_that_want_it_only() -> None:
    found = answer({"console.txt": b"Out of memory\n", "syslog.txt": b"FAILED a\nOut of memory\n"})
    assert [(hit.file, hit.line_number) for reason in found.reasons for hit in reason.hits] == [("syslog.txt", 2)]


def test_files_of_patterns_for_other_jobs_are_not_wanted() -> None:
    other = Pattern(id="o", message="m", text="x", files=("database",), scope=Scope(jobs=("nightly-*",)))
    found = triage(build(), Tools(Engine([DNS, other]), lambda _: FakeTree({}), lambda name: (name,)))
    assert found.files_wanted == ("console",)
    nightly = triage(
        build(job_name="nightly-image"), Tools(Engine([DNS, other]), lambda _: FakeTree({}), lambda n: (n,))
    )
    assert nightly.files_wanted == ("console", "database")


def test_the_same_message_is_said_once() -> None:
    found = answer({"console.txt": b"FAILED a\nFAILED b\nFAILED A\nFAILED a\n"})
    assert [(reason.message, reason.count) for reason in found.reasons] == [("test a failed", 3), ("test b failed", 1)]


def test_more_bytes_than_one_build_may_take() -> None:
    found = answer({"console.txt": b"FAILED a\n", "syslog.txt": b"Out of memory\n"}, build_size=10)
    assert [problem.kind for problem in found.problems] == [ProblemKind.TOO_LARGE]
    assert found.verdict is Verdict.KNOWN


def test_a_bare_log_without_a_failure() -> None:
    bare = build("")
    quiet = triage(bare, tools(FakeTree({"x.log": b"all is well\n"}, single=True)), bare=True)
    loud = triage(bare, tools(FakeTree({"x.log": b"gears: fatal\n"}, single=True)), bare=True)
    known = triage(bare, tools(FakeTree({"x.log": b"Out of memory\n"}, single=True)), bare=True)
    verdicts = [quiet.verdict, loud.verdict, known.verdict]
    assert verdicts == [Verdict.NO_FAILURE_SEEN, Verdict.UNKNOWN, Verdict.KNOWN]


def test_a_bare_log_that_breaks_off_is_not_said_to_be_good() -> None:
    cut = Problem("x.log", ProblemKind.TRUNCATED, "ends in the middle")
    found = triage(build(""), tools(FakeTree({"x.log": (b"all is well\n", cut)}, single=True)), bare=True)
    assert found.verdict is Verdict.UNKNOWN


def test_a_bare_directory_without_a_named_log_is_read_whole() -> None:
    found = triage(build(""), tools(FakeTree({"a.log": b"FAILED a\n", "b.log": b"Out of memory\n"})), bare=True)
    assert {reason.message for reason in found.reasons} == {"test a failed", "out of memory"}


def test_the_failed_tasks_own_output_goes_before_noise_around_it() -> None:
    task = (
        b'[{"phase": "run", "plays": [{"play": {"name": "p"}, "tasks": [{"task": {"name": "t"}, "hosts": {"n": '
        b'{"failed": true, "rc": 1, "stdout": "FAILED real", "msg": "non-zero return code"}}}]}], '
        b'"stats": {"n": {"failures": 1}}}]'
    )
    found = answer({"console.txt": b"FAILED noise\nn | FAILED real\n", "job-output.json": task})
    assert found.primary
    assert found.primary.message == "test real failed"
    assert found.why == "it stands in the failed task's own output"


def test_the_log_search_link_holds_the_captured_text() -> None:
    pattern = Pattern(id="x", message="m", regex=r"gear (\w+)", log_search='message:"{0}"')
    with_search = Tools(
        Engine([pattern]),
        lambda _: FakeTree({"console.txt": b"gear a&b\n"}),
        lambda name: (f"{name}.txt",),
        log_search="https://search.example.org/?q={query}",
    )
    found = triage(build(), with_search)
    assert found.reasons[0].log_search == "https://search.example.org/?q=message%3A%22gear%20a%22"
