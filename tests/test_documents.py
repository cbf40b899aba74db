"""YAML with places: stricter than YAML where it bites, and never an exception for what a person wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from sova.documents import parse, validate
from sova.errors import ConfigError


class Fruit(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    weight: int = 0


def said(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        validate(parse(text, "f.yaml"), Fruit)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("false", False),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("0o17", "0o17"),
        ("017", 17),
        ("1_000", 1000),
        ("1.5", 1.5),
        ("'1'", "1"),
        ("~", None),
        (".inf", ".inf"),
    ],
)
def test_scalars_mean_what_they_look_like(written: str, value: object) -> None:
    assert parse(f"key: {written}\n", "f.yaml").value == {"key": value}


def test_a_key_that_stands_twice_is_told_with_both_places() -> None:
    document = parse("name: a\nother: 1\nname: b\n", "f.yaml")
    assert [str(mistake) for mistake in document.mistakes] == [
        "f.yaml:3:1: name: this key stands twice (first on line 1); keep one"
    ]


def test_unquoted_braces_get_their_own_words() -> None:
    assert said("name: {host} is gone\n")[0].startswith("f.yaml:1:")
    assert "wants quotes" in said("name: {host}\n")[0]


def test_a_backslash_in_double_quotes_gets_its_own_words() -> None:
    (mistake,) = parse('regex: "\\d+"\n', "f.yaml").mistakes
    assert "wants single quotes" in mistake.text
    assert (mistake.line, mistake.column) == (1, 9)


def test_all_mistakes_are_told_at_once() -> None:
    assert said("weight: heavy\ncolour: red\n") == [
        "f.yaml:1:1: name: this key is required",
        "f.yaml:1:1: weight: should be a whole number, got 'heavy'",
        "f.yaml:2:1: colour: unknown key (allowed: name, weight)",
    ]


class Bowl(BaseModel):
    model_config = ConfigDict(extra="forbid")
    fruit: tuple[Fruit, ...] = ()
    best: dict[str, Fruit] | None = None
    glass: bool = False
    price: float = 0.0


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "fruit: [{name: a, wieght: 1}]",
            "fruit[0].wieght: unknown key, did you mean `weight`? (allowed: name, weight)",
        ),
        ("best: {a: {name: a, nme: b}}", "best.a.nme: unknown key, did you mean `name`? (allowed: name, weight)"),
        ("fruit: apple", "fruit: should be a list, got 'apple'"),
        ("fruit: [apple]", "fruit[0]: should be a mapping of keys to values, got 'apple'"),
        ("best: 5", "best: should be a mapping of keys to values, got 5"),
        ("fruit: [{name: 5}]", "fruit[0].name: should be text, so put it in quotes, got 5"),
        ("fruit: [{name: [5]}]", "fruit[0].name: should be text, got [5]"),
        ("glass: 7", "glass: should be true or false, got 7"),
        ("price: dear", "price: should be a number, got 'dear'"),
    ],
)
def test_mistakes_are_told_in_the_words_of_yaml(written: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(parse(written, "f.yaml"), Bowl)
    (mistake,) = caught.value.mistakes
    assert str(mistake).split(": ", 1)[1] == told


def test_an_alias_that_holds_itself_is_a_mistake_and_no_endless_loop() -> None:
    document = parse("a: &a [*a]\n", "f.yaml")
    assert any("nested too deeply" in mistake.text for mistake in document.mistakes)


@given(st.text(max_size=200))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    document = parse(text, "f.yaml")
    for mistake in document.mistakes:
        assert mistake.line >= 1
        assert mistake.column >= 1
