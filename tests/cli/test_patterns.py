"""`sova patterns`, through the command line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sova.patterns.load import load

from .conftest import Ran

Sova = Callable[..., Ran]

MINE = """\
patterns:
  - id: license-server-down
    regex: 'license server (?P<server>\\S+) does not answer'
    message: 'The license server {server} is down.'
    tag: infra
    action: wait
    examples:
      match: '10:00 license server lic-1 does not answer'
      no_match: license server lic-1 answers
"""
BROKEN_EXAMPLE = MINE.replace("10:00 license server lic-1 does", "10:00 license server lic-1 did")
LOG = "one\ntwo\n\x1b[31mthe license server lic-1 does not answer\x1b[0m\nfour\nlicense server lic-2 does not answer\n"


@pytest.fixture
def mine(tmp_path: Path) -> str:
    (tmp_path / "mine.yaml").write_text(MINE)
    return "mine.yaml"


@pytest.fixture
def log(tmp_path: Path) -> str:
    (tmp_path / "job.log.gz").write_bytes(gzip.compress(LOG.encode()))
    return "job.log.gz"


def test_list_shows_every_built_in_pattern(sova: Sova) -> None:
    ran = sova("patterns", "list")
    assert ran.status == 0
    assert all(pattern.id in ran.out for pattern in load().patterns)
    assert f"{len(load().patterns)} patterns" in ran.err


def test_list_chooses_by_tag_kind_and_words(sova: Sova) -> None:
    rows = json.loads(sova("patterns", "list", "--tag", "infra", "--kind", "cause", "DISK", "-o", "json").out)
    assert "disk-full" in [row["id"] for row in rows]
    assert all(row["tag"] == "infra" and row["kind"] == "cause" for row in rows)
    assert all("disk" in f"{row['id']} {row['message']}".casefold() for row in rows)


def test_list_takes_the_configured_files(sova: Sova, mine: str, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text(f"patterns: {mine}\nbuiltin_patterns: false\n")
    assert [row["id"] for row in json.loads(sova("patterns", "list", "-o", "json").out)] == ["license-server-down"]


def test_list_of_one_file(sova: Sova, mine: str) -> None:
    ran = sova("patterns", "list", "--patterns", mine)
    assert "license-server-down" in ran.out
    assert "disk-full" not in ran.out


def test_show_is_a_pattern_file(sova: Sova, tmp_path: Path) -> None:
    ran = sova("patterns", "show", "disk-full", "zuul-retry-limit")
    (tmp_path / "shown.yaml").write_text(ran.out)
    known = {pattern.id: pattern for pattern in load().patterns}
    assert load([tmp_path / "shown.yaml"], builtin=False).patterns == (known["disk-full"], known["zuul-retry-limit"])


def test_show_as_json(sova: Sova) -> None:
    [row] = json.loads(sova("patterns", "show", "-o", "json", "disk-full").out)
    assert row["tag"] == "infra"
    assert row["examples"]["match"]


def test_show_of_an_unknown_id(sova: Sova) -> None:
    ran = sova("patterns", "show", "disk-full", "nothing-like-it")
    assert ran.status == 2
    assert "no pattern has the id nothing-like-it" in ran.err


def test_lint_of_a_good_file(sova: Sova, mine: str) -> None:
    ran = sova("patterns", "lint", "--strict", mine)
    assert (ran.status, ran.out) == (0, "")
    assert "1 pattern in 1 file, 0 findings" in ran.err


def test_lint_fails_for_an_example_that_fails(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BROKEN_EXAMPLE)
    ran = sova("patterns", "lint", "bad.yaml")
    assert ran.status == 1
    assert "bad.yaml:2:5: license-server-down.examples: does not match: 10:00 license server lic-1 did" in ran.out


def test_lint_fails_for_advice_only_when_strict(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "advice.yaml").write_text(MINE.replace("    action: wait\n", ""))
    assert sova("patterns", "lint", "advice.yaml").status == 0
    assert sova("patterns", "lint", "--strict", "advice.yaml").status == 1


def test_lint_as_json(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BROKEN_EXAMPLE)
    [row] = json.loads(sova("patterns", "lint", "-o", "json", "bad.yaml").out)
    assert (row["file"], row["line"], row["column"], row["error"]) == ("bad.yaml", 2, 5, True)


def test_lint_tells_what_was_mended_in_a_seed_file(sova: Sova, tmp_path: Path) -> None:
    rows = "{id: 1, pattern: no space left, msg: Full., tag: infra}, {id: 1, pattern: no route, msg: Gone., tag: odd}"
    (tmp_path / "seed.yml").write_text(f"patterns: {{console: [{rows}]}}\n")
    ran = sova("patterns", "lint", "seed.yml")
    assert ran.status == 0
    assert "the id '1' is taken already, at seed.yml:1:23; kept as '1-2' (mended)" in ran.out
    assert "the tag 'odd' is none of infra, code, info; kept (mended)" in ran.out


def test_mistakes_of_every_file_at_once(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_text(MINE.replace("message", "mesage"))
    (tmp_path / "2.yaml").write_text("patterns: [\n")
    for command in (("lint", "1.yaml", "2.yaml", "3.yaml"), ("test", "1.yaml", "2.yaml", "3.yaml")):
        ran = sova("patterns", *command)
        assert ran.status == 2
        assert "1.yaml:4:5: patterns[0].mesage: unknown key, did you mean `message`?" in ran.err
        assert "2.yaml:2:1: not YAML" in ran.err
        assert "3.yaml: cannot be read" in ran.err


def test_test_runs_our_own_examples_and_those_of_the_file(sova: Sova, mine: str) -> None:
    ran = sova("patterns", "test", mine)
    count = sum(len(pattern.examples.match) + len(pattern.examples.no_match) for pattern in load().patterns)
    assert (ran.status, ran.out) == (0, "")
    assert f"{count + 2} examples, 0 of them wrong" in ran.err


def test_test_fails_for_an_example_that_fails(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BROKEN_EXAMPLE)
    ran = sova("patterns", "test", "bad.yaml")
    assert ran.status == 1
    assert ran.out == "license-server-down: does not match: 10:00 license server lic-1 did not answer\n"


def test_clean_logs(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "logs/a").mkdir(parents=True)
    (tmp_path / "logs/a/console.log").write_text("all went well\nBUILD FAILURE was not seen\n")
    (tmp_path / "logs/b.txt.gz").write_bytes(gzip.compress(b"OK\n"))
    ran = sova("patterns", "test", "--clean", "logs")
    assert (ran.status, ran.out) == (0, "")
    assert "2 logs, 0 reasons" in ran.err


def test_logs_that_should_be_clean_and_are_not(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/console.log").write_text("fine\n")
    (tmp_path / "logs/other.log").write_text("fine\nOSError: [Errno 28] No space left on device\n")
    ran = sova("patterns", "test", "--clean", "logs")
    assert ran.status == 1
    assert "other.log:2: disk-full (cause): OSError: [Errno 28] No space left on device" in ran.out


def test_a_consequence_does_not_make_a_log_unclean(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("Finished: FAILURE\n")
    assert sova("patterns", "test", "--clean", "a.log").status == 0


def test_clean_with_other_patterns(sova: Sova, mine: str, log: str) -> None:
    assert sova("patterns", "test", "--clean", log).status == 0
    ran = sova("patterns", "test", "--clean", "--patterns", mine, log)
    assert ran.status == 1
    assert "job.log.gz:3: license-server-down (cause)" in ran.out


def test_clean_wants_logs(sova: Sova) -> None:
    ran = sova("patterns", "test", "--clean")
    assert ran.status == 2
    assert "--clean wants logs" in ran.err


def test_try_shows_hits_with_context_captures_and_message(sova: Sova, log: str) -> None:
    ran = sova("patterns", "try", "--message", "No {server}.", r"server (?P<server>\S+) does not", log)
    assert ran.status == 0
    assert "job.log:3  No lic-1." in ran.out
    assert "       2 | two" in ran.out
    assert "       3 > the license server lic-1 does not answer" in ran.out
    assert "server='lic-2'" in ran.out
    assert "2 hits in 5 lines of 1 file" in ran.err


def test_try_as_json(sova: Sova, log: str) -> None:
    rows = json.loads(sova("patterns", "try", "-o", "json", "--context", "1", r"server (\S+) does", log).out)
    assert [(row["line_number"], row["captures"]["1"]) for row in rows] == [(3, "lic-1"), (5, "lic-2")]
    assert (rows[0]["before"], rows[0]["after"]) == (["two"], ["four"])


def test_try_matches_messages_or_raw_bytes(sova: Sova, log: str) -> None:
    assert sova("patterns", "try", r"^the license", log).status == 0
    assert sova("patterns", "try", "--raw", r"^the license", log).status == 1
    assert sova("patterns", "try", "--raw", r"31mthe license", log).status == 0


def test_try_with_plain_text_and_exclude(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("a (b) c\na (b) d\naxb\n")
    rows = json.loads(sova("patterns", "try", "--text", "--exclude", " d", "-o", "json", "(b)", "a.log").out)
    assert [row["line"] for row in rows] == ["a (b) c"]


def test_try_in_the_files_that_are_named(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    for name in ("console.log", "syslog.txt"):
        (tmp_path / "logs" / name).write_text("it broke\n")
    every = json.loads(sova("patterns", "try", "-o", "json", "broke", "logs").out)
    assert sorted(row["file"] for row in every) == ["console.log", "syslog.txt"]
    some = json.loads(sova("patterns", "try", "-o", "json", "--file", "*.txt", "broke", "logs").out)
    assert [row["file"] for row in some] == ["syslog.txt"]


def test_try_keeps_to_the_number_of_hits_asked_for(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("it broke\n" * 50)
    ran = sova("patterns", "try", "-o", "json", "--max", "3", "broke", "a.log")
    assert len(json.loads(ran.out)) == 3
    assert "50 hits in 50 lines" in ran.err


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        (("(open", "job.log.gz"), 2, "not a regular expression"),
        (("x*", "job.log.gz"), 2, "matches the empty string"),
        (("server", "--message", "{who}", "job.log.gz"), 2, "there is no capture {who}"),
        (("nowhere", "job.log.gz"), 1, "0 hits"),
        (("server", "gone.log"), 2, "no such file or directory"),
    ],
)
def test_try_that_finds_nothing(sova: Sova, log: str, args: tuple[str, ...], status: int, said: str) -> None:
    assert log == "job.log.gz"
    ran = sova("patterns", "try", *args)
    assert ran.status == status
    assert said in ran.err


def test_help_of_each_command_has_examples(sova: Sova) -> None:
    for command in ("list", "show", "lint", "test", "try"):
        ran = sova("patterns", command, "--help")
        assert ran.status == 0
        assert f"  sova patterns {command}" in ran.out
