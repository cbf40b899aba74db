"""What lint finds doubtful in patterns that load."""

from __future__ import annotations

import pytest

from sova.patterns.lint import lint
from sova.patterns.load import read

GOOD = {
    "id": "a-b",
    "regex": "'mirror (?P<host>[a-z]+) is gone'",
    "message": "'The mirror {host} is gone.'",
    "action": "recheck",
    "examples": "{match: the mirror dfw is gone, no_match: the mirror is there}",
}


def found(**changed: str) -> list[tuple[str, bool]]:
    """What is said of the good pattern after these changes, and whether it is an error."""
    fields = {**GOOD, **changed}
    body = "".join(f"    {key}: {value}\n" for key, value in fields.items() if value)
    file = read(f"patterns:\n  -\n{body}", "f.yaml")
    assert not file.mistakes
    return [(str(finding.mistake), finding.error) for finding in lint([file])]


def test_a_good_pattern() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"examples": "{match: the mirror is there}"}, "a-b.examples: does not match: the mirror is there"),
        ({"examples": "{no_match: the mirror dfw is gone}"}, "a-b.examples: matches, and should not: the mirror dfw"),
        (
            {"regex": "'mirror (?P<host>[a-z]+ )?is gone'", "examples": "{match: the mirror is gone, no_match: x}"},
            "a-b.examples: leaves a place of the message unfilled (The mirror {host} is gone.)",
        ),
    ],
)
def test_an_example_that_fails_is_an_error(changed: dict[str, str], wanted: str) -> None:
    assert any(wanted in text and error for text, error in found(**changed)), found(**changed)


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"examples": "{no_match: x}"}, "a-b.examples: no line that should match"),
        ({"examples": "{match: the mirror dfw is gone}"}, "a-b.examples: no line that should not match"),
        ({"action": ""}, "a-b.action: what should be done next?"),
        ({"message": "'{host} is gone'"}, "a-b.message: should be a sentence that ends with a full stop"),
        ({"regex": "", "text": "gone", "message": "Gone."}, "a-b.text: 'gone' is short"),
        ({"regex": "", "text": "'mirror .* gone'", "message": "Gone."}, "a-b.text: looks like a regular expression"),
        ({"regex": "mirror is gone", "message": "Gone."}, "a-b.regex: holds nothing but plain text"),
        ({"regex": "'.*mirror (?P<host>[a-z]+)'"}, "a-b.regex: begins with .*"),
        ({"regex": "'mirror (?P<host>[a-z]+).*'"}, "a-b.regex: ends with .*"),
        ({"regex": "'mirror (?P<host>(?:[a-z]+)+) is'"}, "a repeat inside a repeat"),
        ({"regex": "'(?P<host>[a-z]+)[0-9]+'"}, "a-b.regex: no text stands in every match"),
        ({"not_followed_by": "'(?:a+)+b'"}, "a-b.not_followed_by: (?:a+)+: a repeat inside a repeat"),
    ],
)
def test_advice(changed: dict[str, str], wanted: str) -> None:
    assert any(wanted in text and not error for text, error in found(**changed)), found(**changed)


def test_a_consequence_needs_no_action() -> None:
    assert found(kind="consequence", action="") == []


def test_patterns_that_say_the_same() -> None:
    examples = "examples: {match: the mirror is gone, no_match: x}"
    row = f"  - {{id: %s, text: the mirror is gone, message: Gone., action: fix, {examples}}}\n"
    said = [str(finding) for finding in lint([read("patterns:\n" + row % "one" + row % "two", "f.yaml")])]
    assert said == ["f.yaml:3:6: two.text: the same as that of one (advice)"]


def test_an_example_of_two_lines_means_its_first_one() -> None:
    lines = "'the mirror dfw is gone\n\n      ...ignoring'"
    assert found(not_followed_by="ignoring", examples=f"{{match: the mirror dfw is gone, no_match: {lines}}}") == []


def test_the_examples_of_one_pattern_are_not_the_next_line_of_another() -> None:
    examples = "{match: [the mirror dfw is gone, the mirror ord is gone], no_match: ignoring}"
    assert found(not_followed_by="'ignoring|mirror'", examples=examples) == []


def test_imported_files_are_not_asked_for_what_their_form_has_not() -> None:
    file = read("patterns: {console: [{id: 1, pattern: gone, msg: mirror}]}", "seed.yml")
    assert [str(finding) for finding in lint([file])] == [
        "seed.yml:1:23: 1.text: 'gone' is short and will be found in lines that mean something else (advice)"
    ]


def test_ids_may_come_twice_among_files() -> None:
    first = read("patterns:\n  - {id: a, text: first of all, message: A., examples: {match: first of all}}\n", "1")
    second = read("patterns:\n  - {id: a, text: last of all, message: A., examples: {match: first of all}}\n", "2")
    errors = [finding.mistake.file for finding in lint([first, second]) if finding.error]
    assert errors == ["2"]
