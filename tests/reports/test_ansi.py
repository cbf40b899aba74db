"""Colours of terminals: the sixteen, bold and underline stay as classes, everything else goes, nothing can hide."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.reports.ansi import pieces, plain
from sova.reports.clean import shown


def looks(text: str) -> list[tuple[str, str]]:
    return [(piece.text, piece.classes) for piece in pieces(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [("plain", "")]),
        ("\x1b[31mred\x1b[0m plain", [("red", "a-fg1"), (" plain", "")]),
        (
            "\x1b[1;4;92mall\x1b[22mless\x1b[24;39mnone",
            [("all", "a-b a-u a-fg10"), ("less", "a-u a-fg10"), ("none", "")],
        ),
        ("\x1b[41;97mon red\x1b[49mwhite", [("on red", "a-bg1"), ("white", "a-fg15")]),
        ("\x1b[107mground\x1b[mnone", [("ground", "a-bg15"), ("none", "")]),
        (
            "\x1b[38;5;9m256\x1b[38;5;21mcube\x1b[38;5;250mgrey",
            [("256", "a-fg9"), ("cube", "a-fg4"), ("grey", "a-fg7")],
        ),
        ("\x1b[38;2;250;5;5mtrue\x1b[48;2;0;0;0mdark", [("true", "a-fg9"), ("dark", "a-bg0")]),
        (
            "\x1b[38:2::205:0:0mcolons\x1b[4:3mcurly\x1b[4:0mno",
            [("colons", "a-fg1"), ("curly", "a-u a-fg1"), ("no", "a-fg1")],
        ),
        (
            "\x1b[38;5mshort\x1b[38;2;1mshort\x1b[38mshort\x1b[999mx\x1b[;mx",
            [("short", ""), ("short", ""), ("short", ""), ("x", ""), ("x", "")],
        ),
        ("\x1b[38;5;1;1mred and bold", [("red and bold", "a-b a-fg1")]),
        ("\x1b[8mhidden\x1b[5mblink\x1b[7minverse", [("hidden", ""), ("blink", ""), ("inverse", "")]),
    ],
)
def test_what_a_terminal_colours_has_classes(text: str, expected: list[tuple[str, str]]) -> None:
    assert looks(text) == expected


def test_letters_in_the_colour_of_their_ground_stay_legible() -> None:
    assert looks("\x1b[31;41msecret") == [("secret", "a-bg1")]


@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07a\x1b]8;;http://example.org\x1b\\b\x1b[2J\x1b[10;10H\x1b[0K",
        "a\x1bPq...\x1b\\b\x1b^x\x07",
        "a\x00\x08\x7f\u202eb\u2066",
        "\x1b]0;\x1b[31m\x07ab",
    ],
)
def test_everything_else_is_taken_out(text: str) -> None:
    assert re.fullmatch("ab", plain(text))


def test_a_progress_bar_stays_one_row() -> None:
    assert plain("10 %\r20 %\r\r30 %\r") == "10 %␍20 %␍30 %"


def test_a_sequence_of_a_megabyte_is_nothing() -> None:
    assert plain("a\x1b[" + "1;" * 500_000 + "mb") == "ab"
    assert plain("\x1b[" + "9" * 1000 + "mb") == "b"


any_line = st.text(
    st.sampled_from("\x1b[]0123456789;:mHKP\\\x07\r\x9b\u202eab<&é") | st.characters(codec="utf-8"), max_size=60
).map(lambda text: text.replace("\n", ""))


@given(any_line)
def test_no_sequence_does_anything(text: str) -> None:
    found = pieces(text)
    assert all(piece.text for piece in found)
    assert all(re.fullmatch(r"|(a-[a-z]+[0-9]*( |\Z))+", piece.classes) for piece in found)
    together = "".join(piece.text for piece in found)
    assert together == plain(text) == shown(together)
    assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", together)


@given(any_line, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=5))
def test_marks_change_nothing_but_where_pieces_end(text: str, given_marks: list[tuple[int, int]]) -> None:
    marks: list[tuple[int, int]] = []
    for start, length in sorted(given_marks):
        if not marks or start >= marks[-1][1]:
            marks.append((start, start + length))
    found = pieces(text, marks)
    line = plain(text)
    assert "".join(piece.text for piece in found) == line
    marked = "".join(("1" if piece.marked else "0") * len(piece.text) for piece in found)
    assert [number for number, one in enumerate(marked) if one == "1"] == [
        number for number in range(len(line)) if any(start <= number < end for start, end in marks)
    ]
