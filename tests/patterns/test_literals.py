"""What the filter looks for stands on every line that a pattern matches."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.model import Pattern
from sova.patterns.literals import NO_LITERALS, Literals, literals_of, required_literals
from sova.patterns.regexes import compiled, needs_timeout
from tests.patterns.grammar import SHORT, expressions


@pytest.mark.parametrize(
    ("regex", "texts"),
    [
        (r"Error: .+?\W(\w+)::", ("Error: ",)),
        (r"(foo|ba[rz])qux?\d+", ("barqu", "barqux", "bazqu", "bazqux", "fooqu", "fooqux")),
        (r"^_{3,} (\S+)", ("___ ",)),
        (r"(?:ab|)cde", ("abcde", "cde")),
        (r"a{2}b+c", ("aab",)),
        (r"(?=\w*Error)\S+", ("Error",)),
        (r"x+(?!Error)\d", ()),
        (r"(?:Error)?\d+", ()),
        (r"\d+|Error", ()),
        (r"\d+", ()),
        (r"(\w\w)\1", ()),
        ("é+x", ("éx",)),
        (r"(?:ab){2,}c", ("ababc",)),
    ],
)
def test_needed_texts_are_found(regex: str, texts: tuple[str, ...]) -> None:
    assert required_literals(regex).texts == tuple(text.encode() for text in texts)


def test_more_than_one_text_may_be_needed() -> None:
    assert required_literals(r"Tests run: \d+, .*FAILURE!") == Literals((b"Tests run: ",), also=((b"FAILURE!",),))


def test_case_may_not_count() -> None:
    assert required_literals("(?i)No Space") == Literals((b"no space",), ignore_case=True)


def test_text_of_a_pattern_is_its_literal() -> None:
    assert literals_of(Pattern("x", "", text="a.b")) == Literals((b"a.b",))


def test_a_long_text_is_cut() -> None:
    (text,) = required_literals("No space left on device, " * 4).texts
    assert len(text) == 32


def test_of_very_many_texts_only_the_beginnings_are_needed() -> None:
    texts = required_literals("|".join(f"error {number:04}" for number in range(500))).texts
    assert 0 < len(texts) <= 32


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(expressions(), st.lists(st.sampled_from([b"a", b"b", b"ab", b"1", b"-", b" ", b"B", b"\x0b"]), max_size=8))
def test_every_match_holds_one_text_of_each_set(case: tuple[str, bytes, frozenset[str]], parts: list[bytes]) -> None:
    regex, sample, _ = case
    known = required_literals(regex)
    most = SHORT if needs_timeout(regex) else 400
    for each in (sample, b"".join(parts), sample + b"".join(parts), b"".join(parts) + sample):
        line = each[:most]
        if b"\n" in line or not compiled(regex).search(line):
            continue
        searched = line.lower() if known.ignore_case else line
        for texts in (known.texts, *known.also) if known != NO_LITERALS else ():
            assert any(text in searched for text in texts)
