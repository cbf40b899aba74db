"""What is refused in a regular expression, and what is warned of."""

import pytest

from sova.patterns.regexes import compiled, faults, needs_timeout, warnings


@pytest.mark.parametrize(
    ("regex", "fault"),
    [
        ("(", "not a regular expression"),
        ("a{40000}", "over 32,000"),
        ("a{1,40000}", "over 32,000"),
        ("[[:alpha:]]+", "no POSIX classes"),
        ("[^[:space:]]x", "no POSIX classes"),
        ("[aé]x", "outside ASCII"),
        ("[a&&b]x", "change their meaning"),
        ("(?x) a b", "verbose"),
        ("a(?x:b)", "verbose"),
        ("(?L)a", "locale"),
        ("a*", "empty string"),
        ("a|", "empty string"),
        ("^$", "empty string"),
        ("a\nb", "line feed"),
    ],
)
def test_fault_is_told(regex: str, fault: str) -> None:
    assert [fault in text for text in faults(regex)] == [True]


@pytest.mark.parametrize(
    "regex",
    [
        r"\d{32000}",
        "a{,2}b",
        "[]a]b",
        "[a-z:]+",
        r"(?i)fatal: (?P<what>.+)",
        "é+",
        "[[]x",
        "a{x}",
        "(?#no)x",
        r"\A\S+\Z",
    ],
)
def test_good_expression_has_no_fault(regex: str) -> None:
    assert faults(regex) == ()


@pytest.mark.parametrize(
    ("regex", "part"),
    [
        (r"(a+)+(?!z)$", "(a+)+"),
        (r"x(?:\w+\s*)*y", r"(?:\w+\s*)*"),
        (r"(\w|\d)*x", r"(\w|\d)*"),
        (r"(?:ab|ac)+x", "(?:ab|ac)+"),
        (r"\s*\s*x", r"\s*\s*"),
        (r"a.*\d+x", r".*\d+"),
        (r"(a*)(a*)b", "(a*)(a*)"),
        (r"x(?=(a+)+b)", "(a+)+"),
        (r"(?:a{1,30})+b", "(?:a{1,30})+"),
    ],
)
def test_risky_repeat_is_warned_of(regex: str, part: str) -> None:
    assert warnings(regex)[0].startswith(f"{part}")
    assert needs_timeout(regex)


@pytest.mark.parametrize(
    "regex",
    [
        r"\s+\S+",
        r"error.*foo.*bar",
        r"(\d{1,3}\.){3}\d+",
        r"(?:a|b)*c",
        r"(?>a+)+b",
        r"(?:a++)+b",
        r"a+b+",
        r"(\S+) (\S+)",
    ],
)
def test_harmless_repeat_is_not_warned_of(regex: str) -> None:
    assert warnings(regex) == ()
    assert not needs_timeout(regex)


def test_a_repeat_counts_the_whole_character() -> None:
    assert compiled("é{2}x").search("ééx".encode())
    assert not compiled("é{2}x").search(b"\xc3\xa9\xa9x")
