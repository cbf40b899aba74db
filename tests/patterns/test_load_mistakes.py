"""Mistakes in pattern files: all at once, each with its place, the key, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sova.errors import PatternError
from sova.patterns.load import load, read

FILE = Path(__file__).parent / "data" / "mistakes.yaml"


def said(text: str) -> list[str]:
    return [str(mistake) for mistake in read(text, "f.yaml").mistakes]


def one(fields: str) -> list[str]:
    """What is said of a pattern with these lines beside its id."""
    return said("patterns:\n  - id: a-b\n" + "".join(f"    {line}\n" for line in fields.splitlines()))


def test_all_mistakes_of_a_file_at_once() -> None:
    with pytest.raises(PatternError) as caught:
        load([FILE], builtin=False)
    found = [(mistake.line, mistake.key, mistake.text) for mistake in caught.value.mistakes]
    places = [(line, key) for line, key, _ in found]
    assert places == [
        (2, "patterns[0].message"),
        (2, "patterns[0]"),
        (3, "patterns[0].regx"),
        (4, "patterns[0].action"),
        (7, "patterns[1].regex"),
        (8, "patterns[1].message"),
        (9, "id"),
        (10, "patterns[2].regex"),
        (11, "patterns[2].not_followed_by"),
        (13, "patterns[2].message"),
        (14, "patterns[3].id"),
        (15, "patterns[3].regex"),
        (16, "patterns[3].message"),
        (17, "patterns[3].kind"),
        (18, "patterns[3].scope.since"),
    ]
    assert all(mistake.file == str(FILE) and mistake.column > 2 for mistake in caught.value.mistakes)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ("regx: abc", "f.yaml:3:5: patterns[0].regx: unknown key, did you mean `regex`? (allowed: id, message, files,"),
        ("message: {host}", "4:5: patterns[0].message: should be text; a text that starts with {braces} wants quotes"),
        ("message: {host} down", "f.yaml:4:21: not YAML: "),
        ("message: {host} down", "(a text that starts with {braces} wants quotes)"),
        ('bug: "\\d+"', "4:11: not YAML: while parsing a quoted scalar, found unknown escape character"),
        ('bug: "\\d+"', 'wants single quotes: "\\d" is an escape in double quotes)'),
        ("owner: 12", "patterns[0].owner: should be text, so put it in quotes, got 12"),
        ("kind: reason", "patterns[0].kind: should be 'cause', 'generic', 'consequence' or 'info', got 'reason'"),
        ("action: retry", "should be 'recheck', 'fix', 'wait', 'report' or '', got 'retry'"),
        ("match: line", "should be 'message' or 'raw', got 'line'"),
        ("tag: In Fra", "should be lower-case words with dashes, such as disk-full, got 'In Fra'"),
        ("files: []", "patterns[0].files: "),
        ("exclude: ['']", "4:15: patterns[0].exclude[0]: string should have at least 1 character"),
        ("scope: {job: x}", "4:13: patterns[0].scope.job: unknown key, did you mean `jobs`? (allowed: jobs, branches,"),
        ("scope: {until: soon}", "should be a date such as 2026-03-01 or 2026-03-01T10:00Z, got 'soon'"),
        ("scope: {until: 2026-13-01}", "got '2026-13-01'"),
        ("scope: {since: 2026-03-02, until: 2026-03-02}", "patterns[0].scope: `since` should be before `until`"),
        ("examples: {matches: x}", "unknown key, did you mean `match`? (allowed: match, no_match)"),
    ],
)
def test_a_mistake_in_one_field(fields: str, wanted: str) -> None:
    rest = "" if "message" in fields else "\nmessage: It broke."
    text = "" if "regx" in fields else "text: it broke\n"
    assert any(wanted in line for line in one(text + fields + rest)), one(text + fields + rest)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ("regex: '(x'", "3:5: patterns[0].regex: not a regular expression: missing )"),
        ("regex: 'x*'", "patterns[0].regex: matches the empty string"),
        ("regex: '[[:alpha:]]'", "there are no POSIX classes here"),
        ("regex: '[é]'", "a character outside ASCII cannot stand in [...]"),
        ("text: x\nregex: x", "4:5: patterns[0].regex: a pattern has `text` or `regex`, not both"),
        ("owner: me", "2:5: patterns[0]: pattern 'a-b' has neither `text` nor `regex`, and one is needed"),
        ('text: "two\\nlines"', "patterns[0].text: holds a line break"),
        ("text: x\nnot_followed_by: '(y'", "4:5: patterns[0].not_followed_by: not a regular expression"),
        (
            "regex: (x)(?P<y>z)\nlog_search: '{z}'",
            "there is no capture {z} in the pattern; it has {}, {0}, {1}, {2}, {y}",
        ),
        ("text: x\nlog_search: '{}'", "4:5: patterns[0].log_search: there is no capture {} in the pattern; it has {0}"),
    ],
)
def test_an_expression_that_cannot_be_used(fields: str, wanted: str) -> None:
    assert any(wanted in line for line in one(f"{fields}\nmessage: It broke.")), one(f"{fields}\nmessage: It broke.")


def test_a_regex_is_checked_though_its_pattern_has_mistakes_of_form() -> None:
    found = one("regex: '(x'\nfoo: 1")
    assert any("not a regular expression" in line for line in found)
    assert any("patterns[0].foo: unknown key" in line for line in found)
    assert any("patterns[0].message: this key is required" in line for line in found)


def test_a_key_that_stands_twice_names_the_first_place() -> None:
    assert one("text: x\nmessage: One.\nmessage: Two.") == [
        "f.yaml:5:5: patterns[0].message: this key stands twice (first on line 4); keep one"
    ]


@pytest.mark.parametrize("text", ["", "patterns:", "patterns: x", "- id: a", "pattern: []", "12"])
def test_what_is_no_list_of_patterns(text: str) -> None:
    assert any("should be a mapping with a list `patterns:`" in line for line in said(text))


def test_an_unknown_key_beside_the_list() -> None:
    assert said("patterns: []\nversion: 1\n") == ["f.yaml:2:1: version: unknown key (allowed here: patterns)"]


def test_an_item_that_is_no_mapping() -> None:
    assert "f.yaml:2:5: patterns[0]: should be a mapping with the keys" in said("patterns:\n  - disk full\n")[0]


def test_one_bad_pattern_does_not_hide_the_good_ones() -> None:
    text = "patterns:\n  - {id: a, text: x, message: A.}\n  - {id: b}\n  - {id: c, text: z, message: C.}\n"
    assert [pattern.id for pattern, _ in read(text, "f.yaml").patterns] == ["a", "c"]
