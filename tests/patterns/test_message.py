"""What a line says, and how a pattern's message is filled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.patterns.message import fill, message_of, message_starts, placeholders, without_ansi, without_returns

CAPTURES = (("0", "host db1 is down"), ("1", "db1"), ("2", "down"), ("host", "db1"))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{host} does not answer", "db1 does not answer"),
        ("{} is {2}", "db1 is down"),
        ("{0}!", "host db1 is down!"),
        ("{3} and {user}", "{3} and {user}"),
        ("{{host}}", "{db1}"),
        ("{host.__class__} {host!r} { host }", "{host.__class__} {host!r} { host }"),
        ("100 % {", "100 % {"),
        ("", ""),
    ],
)
def test_message_is_filled_with_captures(template: str, text: str) -> None:
    assert fill(template, CAPTURES) == text


def test_captured_text_is_not_filled_again() -> None:
    assert fill("{1}", (("1", "{2}"), ("2", "x"))) == "{2}"


def test_a_place_without_groups_stays() -> None:
    assert fill("it is {}", (("0", "x"),)) == "it is {}"


def test_placeholders_are_told_in_order() -> None:
    assert placeholders("{} of {name} in {2}, {no place}") == ("", "name", "2")


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        (b"\x1b[1;31mError\x1b[0m", b"Error"),
        (b"\x1b]0;title\x07text", b"text"),
        (b"\x1b]8;;https://x\x1b\\link", b"link"),
        (b"section\x1b[0K\r\x1b[0KHeader", b"section\rHeader"),
        (b"\x1b(Bx\x1b=y", b"xy"),
        (b"cut \x1b[1;3", b"cut \x1b[1;3"),
        (b"\x1b\nnext", b"\x1b\nnext"),
        (b"\x1b]0;no end\nnext\x07", b"\x1b]0;no end\nnext\x07"),
    ],
)
def test_control_sequences_are_removed(raw: bytes, plain: bytes) -> None:
    assert without_ansi(raw) == plain


@given(st.lists(st.sampled_from([b"\x1b", b"[", b"]", b"0;1m", b"\n", b"\x07", b"\\", b"a", b"\r"]), max_size=30))
def test_no_control_sequence_reaches_over_a_line(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert without_ansi(data).split(b"\n") == [without_ansi(line) for line in data.split(b"\n")]


@given(st.lists(st.sampled_from([b"\r", b"\n", b"a"]), max_size=20))
def test_one_return_is_dropped_from_each_line(parts: list[bytes]) -> None:
    data = b"".join(parts)
    assert without_returns(data).split(b"\n") == [line.removesuffix(b"\r") for line in data.split(b"\n")]


def test_the_inside_of_a_long_line_keeps_its_return() -> None:
    assert without_returns(b"part\r", closes=False) == b"part\r"


def test_a_plain_line_is_not_copied() -> None:
    line = b"nothing to remove here"
    assert message_of(line) is line


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        (b"2018-02-14 16:36:44.893364 | TASK [x]", [b"TASK [x]"]),
        (b"2018-02-14 16:36:44.893364 | primary | ok", [b"ok", b"primary | ok"]),
        (b"2024-05-01T10:00:00.1234567Z ##[error]x", [b"##[error]x"]),
        (b"2024-05-01T10:00:00.123456Z 00O+progress", [b"progress"]),
        (b"2024-05-01T10:00:00.123456Z 01E text", [b"text"]),
        (b"[2024-05-01T10:00:00.123Z] + make", [b"+ make"]),
        (b"12:00:01 FAILED", [b"FAILED"]),
        (b"2024-05-01 10:00:00,123 ERROR x", [b"ERROR x"]),
        (b"\xef\xbb\xbf2024-05-01T10:00:00Z first", [b"first"]),
        (b"\xef\xbb\xbffirst", [b"first"]),
        (b"12:00 FAILED", []),
        (b"no prefix | here", []),
        (b"", []),
    ],
)
def test_message_begins_after_one_prefix(line: bytes, messages: list[bytes]) -> None:
    assert [line[start:] for start in message_starts(line)] == messages
