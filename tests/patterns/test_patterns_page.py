"""docs/patterns.md says what is so."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from sova.model import Action, Kind, Match, Pattern, Scope
from sova.patterns.form import FIELDS
from sova.patterns.lint import lint
from sova.patterns.load import load, read

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "patterns.md").read_text(encoding="utf-8")
FIELDS_SECTION = PAGE.partition("## Fields")[2].partition("### ")[0]


def documented() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \| ?(.*?) ?\|$", FIELDS_SECTION, re.MULTILINE)
    return {name: f"{text} {usual}" for name, text, usual in rows}


def test_the_documented_fields_are_those_of_the_model_and_of_the_files() -> None:
    model = {field.name for field in dataclasses.fields(Pattern)}
    assert set(documented()) == model == set(FIELDS)


def test_words_that_are_allowed_are_documented() -> None:
    rows = documented()
    for name, words in (("kind", Kind), ("action", [word for word in Action if word]), ("match", Match)):
        assert all(f"`{word}`" in rows[name] for word in words), name
    assert all(f"`{field.name}`" in rows["scope"] for field in dataclasses.fields(Scope))


def test_usual_values_are_documented() -> None:
    usual = {name: text.rpartition("`")[0].rpartition("`")[2] for name, text in documented().items()}
    plain = Pattern(id="", message="")
    assert usual["files"] == plain.files[0]
    assert (usual["match"], usual["tag"], usual["kind"]) == (plain.match, plain.tag, plain.kind)


def test_the_first_pattern_of_the_page_is_a_good_one() -> None:
    [text] = re.findall(r"```yaml\n# mine.yaml\n(.*?)```", PAGE, re.DOTALL)
    file = read(text, "mine.yaml")
    assert file.mistakes == ()
    assert lint([file]) == ()


def test_the_number_of_patterns_is_about_right() -> None:
    [number] = re.findall(r"comes with about (\d+) of", PAGE)
    assert abs(len(load().patterns) - int(number)) < 15
