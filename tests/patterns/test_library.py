"""The patterns that come with Sova."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from sova.model import Action, Kind, Pattern
from sova.patterns.engine import Engine
from sova.patterns.lint import lint
from sova.patterns.load import gather, load

LOGS = Path(__file__).resolve().parents[2].parent / "shared" / "logs"
TELLING = (Kind.CAUSE, Kind.GENERIC)
PATTERNS = load().patterns


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(PATTERNS, max_hits=None)


def test_every_file_loads_without_a_mistake_when_its_content_is_checked_too() -> None:
    assert gather().mistakes == ()


def test_lint_finds_nothing() -> None:
    """No example fails, each pattern has both kinds of them, and none needs a time limit."""
    assert [str(finding) for finding in lint(gather().files)] == []


def test_hyperscan_takes_every_one(caplog: pytest.LogCaptureFixture) -> None:
    """One that it refused would be searched line by line, and everything compiled three times."""
    with caplog.at_level(logging.INFO):
        again = Engine(PATTERNS)
    assert again.filter_name == "hyperscan"
    assert caplog.messages == []


def test_there_are_enough() -> None:
    assert len(PATTERNS) >= 80


def test_tags_and_actions() -> None:
    assert {pattern.tag for pattern in PATTERNS} == {"infra", "code", "test", "config", "info"}
    assert {pattern.action for pattern in PATTERNS} == set(Action)


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01T10:11:12.1234567Z ##[error]Process completed with exit code 1.",
        'fatal: [primary]: FAILED! => {"changed": true, "cmd": ["tox"], "msg": "non-zero return code", "rc": 1}',
        "2026-03-01 13:11:12.123456 | RUN END RESULT_TIMED_OUT: [untrusted : example.org/a/playbooks/run.yaml@master]",
        "[INFO] BUILD FAILURE",
        "Finished: FAILURE",
        "make: *** [Makefile:12: all] Error 2",
        "ERROR: Job failed: exit code 1",
        'The command "mvn verify" exited with 1.',
        "error: could not compile `demo` due to previous error",
        "npm ERR! code ELIFECYCLE",
    ],
)
def test_what_only_follows_from_a_failure_explains_none(engine: Engine, line: str) -> None:
    kinds = {pattern.id: pattern.kind for pattern in PATTERNS}
    names = set(engine.names) - {"result"}
    hits = engine.scan([line.encode()], file="console", names=names).hits
    assert hits
    assert {kinds[hit.pattern] for hit in hits} == {Kind.CONSEQUENCE}


@pytest.mark.parametrize(
    "word",
    [
        "RETRY_LIMIT",
        "NODE_FAILURE",
        "POST_FAILURE",
        "TIMED_OUT",
        "DISK_FULL",
        "MERGE_CONFLICT",
        "MERGER_FAILURE",
        "CONFIG_ERROR",
        "LOST",
        "ABORTED",
        "NOT_REGISTERED",
    ],
)
def test_results_of_zuul_are_known_without_a_log(engine: Engine, word: str) -> None:
    hits = engine.scan([word.encode()], file="result", names={"result"}).hits
    assert len(hits) == 1


def test_result_words_in_a_log_are_no_results(engine: Engine) -> None:
    names = set(engine.names) - {"result"}
    assert engine.scan([b"NODE_FAILURE\n"], file="console", names=names).hits == ()


def test_every_pattern_is_found_in_each_kind_of_console(engine: Engine) -> None:
    """The prefix that a CI system puts before a line hides no message that stands at the line's start."""
    prefixes = ("", "2026-03-01 10:11:12.123456 | node-1 | ", "2026-03-01T10:11:12.1234567Z ", "\x1b[0K\x1b[31;1m")
    for prefix in prefixes:
        lines = [(pattern.id, bare) for pattern in PATTERNS for bare in bare_examples(pattern)]
        data = "".join(f"{prefix}{line}\n" for _, line in lines).encode()
        found = {(hit.pattern, hit.line_number) for hit in engine.scan([data], file="x").hits}
        lost = [line for number, (name, line) in enumerate(lines, 1) if (name, number) not in found]
        assert lost == [], prefix


def bare_examples(pattern: Pattern) -> Iterator[str]:
    """The examples that have no prefix of their own."""
    for line in pattern.examples.match:
        if "result" not in pattern.files and line[:1].isascii() and not line[:4].isdigit() and line[2:3] != ":":
            yield line


def baselines() -> list[Path]:
    return sorted(LOGS.rglob("pass.log"))


@pytest.mark.shared
@pytest.mark.skipif(not LOGS.is_dir(), reason="needs the logs in ../shared/logs")
def test_logs_of_builds_that_passed_give_no_reason(engine: Engine) -> None:
    kinds = {pattern.id: pattern.kind for pattern in PATTERNS}
    names = set(engine.names) - {"result"}
    paths = baselines()
    wrong: Counter[str] = Counter()
    for path in paths:
        scan = engine.scan([path.read_bytes()], file=path.parent.name, names=names)
        wrong.update(f"{hit.file}: {hit.pattern}" for hit in scan.hits if kinds[hit.pattern] in TELLING)
    assert len(paths) == 32
    assert wrong == {}
