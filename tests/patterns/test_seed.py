"""The seed's pattern files load as they are, and what is wrong in them is told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sova.errors import PatternError
from sova.model import Build, Hit, Kind, Match, Pattern
from sova.patterns.engine import Engine
from sova.patterns.load import PatternSet, load, read
from sova.patterns.message import fill

FILE = Path(__file__).parent / "data" / "seed.yml"
CORPORA = Path(__file__).resolve().parents[2].parent / "shared" / "corpora"

shared = pytest.mark.shared
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="needs the pattern files in ../shared/corpora")


def by_id(patterns: PatternSet) -> dict[str, Pattern]:
    return {pattern.id: pattern for pattern in patterns.patterns}


def hits(pattern: Pattern, *lines: str) -> tuple[Hit, ...]:
    data = "".join(f"{line}\n" for line in lines).encode()
    return Engine([pattern]).scan([data], file="f", build=Build(key="k", job_name="j")).hits


def test_no_rule_is_lost() -> None:
    assert list(by_id(load([FILE], builtin=False))) == ["7", "7-2", "8", "9", "10"]


def test_a_name_is_a_regex_and_all_else_is_a_literal() -> None:
    patterns = by_id(load([FILE], builtin=False))
    assert (patterns["7"].regex, patterns["7"].text) == (r"cannot find host (\S+)$", "")
    assert (patterns["7-2"].regex, patterns["7-2"].text) == ("", "The end. (really)")


def test_the_first_group_fills_the_message() -> None:
    pattern = by_id(load([FILE], builtin=False))["7"]
    [hit] = hits(pattern, "gate | cannot find host db.example.org")
    assert fill(pattern.message, hit.captures) == "Host db.example.org is not there."


def test_bytes_are_matched_as_they_are() -> None:
    assert all(pattern.match is Match.RAW for pattern in load([FILE], builtin=False).patterns)


def test_file_keys_become_files() -> None:
    patterns = by_id(load([FILE], builtin=False))
    assert [patterns[name].files for name in ("7", "9")] == [("console",), ("syslog",)]


def test_exclude_is_held_against_the_line() -> None:
    pattern = by_id(load([FILE], builtin=False))["9"]
    assert len(hits(pattern, "access denied", "glean@eth0: denied", "denied again")) == 2


def test_the_next_line_counts_where_the_seed_wanted_it_to() -> None:
    pattern = by_id(load([FILE], builtin=False))["8"]
    found = hits(pattern, 'script a "rc": 1', "...skipped", 'script b "rc": 2', "go on", 'script c "rc": 0', "go on")
    assert [hit.line_number for hit in found] == [3]


def test_logstash_becomes_a_query() -> None:
    patterns = by_id(load([FILE], builtin=False))
    assert [patterns[name].log_search for name in ("7", "7-2", "8", "9")] == [
        'message:"{0}"',
        'message:"the \\"very\\" end"',
        "",
        'message:"denied {}"',
    ]


def test_info_explains_no_failure() -> None:
    patterns = by_id(load([FILE], builtin=False))
    assert (patterns["10"].kind, patterns["7"].kind) == (Kind.INFO, Kind.CAUSE)


NEXT = r"\n(?!.*skipped).*"


def test_every_defect_is_told_with_its_place() -> None:
    found = [(note.line, note.text) for note in load([FILE], builtin=False).notes]
    assert found == [
        (7, "has no meaning where lines are tested alone; left out"),
        (8, "no pattern uses the regex 'unused_re'"),
        (17, f"the id '7' is taken already, at {FILE}:12:7; kept as '7-2'"),
        (23, "the regex has a group, but the message has no {} for it"),
        (24, f"the end {NEXT} of regex script_re can never see the next line; read as not_followed_by: skipped"),
        (31, "the same message as that of 7"),
        (32, "'denied' looks like the name of a regex, and there is none; read as text"),
        (33, "the tag 'find_re' is none of infra, code, info; kept"),
        (34, "holds {} but the pattern is a literal without a group"),
        (36, "holds {} but the pattern has no group; shown as written"),
        (39, "names the regex 'script_re', but the pattern is 'SUCCESS at last'"),
        (40, "unknown key, left out"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("regexes: [{name: a, regex: '(x'}]\npatterns: {console: [{id: 1, pattern: a, msg: b}]}", "not a regular expr"),
        ("regexes: [{name: a}]\npatterns: {console: []}", "regexes[0].regex: this key is required"),
        ("regexes: {a: b}\npatterns: {console: []}", "regexes: should be a list of mappings"),
        ("patterns: {console: [{id: 1, msg: b}]}", "patterns.console[0].pattern: this key is required"),
        ("patterns: {console: [{id: 1, pattern: '', msg: b}]}", "patterns.console[0].pattern: "),
        ("patterns: {console: {id: 1}}", "patterns.console: should be a list of rules"),
    ],
)
def test_what_has_no_plain_meaning_is_a_mistake(text: str, wanted: str) -> None:
    assert any(wanted in str(mistake) for mistake in read(text, "seed.yml").mistakes)


def test_a_mistake_stops_loading(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("patterns: {console: [{id: 1, msg: b}]}")
    with pytest.raises(PatternError, match="this key is required"):
        load([tmp_path / "bad.yml", FILE], builtin=False)


def test_beside_our_own_patterns() -> None:
    patterns = load([FILE]).patterns
    assert len({pattern.id for pattern in patterns}) == len(patterns)


@shared
@needs_corpora
@pytest.mark.parametrize(
    ("name", "rules", "notes"), [("sova_original_patterns.yml", 116, 26), ("collect-logs_sova-patterns.yml", 146, 42)]
)
def test_the_real_files(name: str, rules: int, notes: int) -> None:
    found = load([CORPORA / name], builtin=False)
    assert len(found.patterns) == rules
    assert len(found.notes) == notes
    patterns = by_id(found)
    assert "59-2" in patterns
    assert [patterns[number].not_followed_by for number in ("60", "65")] == ["ignoring", "ignoring"]
    assert Counter(pattern.tag for pattern in found.patterns)["command_exe"] == 1


@shared
@needs_corpora
def test_the_real_files_together_lose_nothing() -> None:
    files = sorted(CORPORA.glob("*sova*.yml"))
    found = load(files, builtin=False).patterns
    assert len({pattern.id for pattern in found}) == len(found) == 262


@shared
@needs_corpora
def test_what_is_known_to_be_wrong_in_the_real_files_is_told() -> None:
    said = [str(note) for note in load(sorted(CORPORA.glob("*sova*.yml"))[:1], builtin=False).notes]
    for defect in (
        "the id '59' is taken already",
        "the tag 'command_exe' is none of infra, code, info",
        "'denied' looks like the name of a regex",
        "the regex has a group, but the message has no {} for it",
        "read as not_followed_by: ignoring",
        "the same message as that of 5",
    ):
        assert any(defect in line for line in said), defect
