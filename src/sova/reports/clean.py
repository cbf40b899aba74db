"""Text from outside (logs, subjects, comments) made fit to be shown: nothing in it can steer a terminal or a page."""

from __future__ import annotations

import re

__all__ = ["SEQUENCE", "http_url", "one_line", "shorten", "shown"]

SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC and other strings: titles, links
    r"|\x1b[ -/]*[0-~]"  # two-letter sequences
)
_NEWLINE = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # marks that turn what follows around
_SURROGATE = re.compile("[\ud800-\udfff]")
_HTTP = re.compile(r"https?://[^\s\x00-\x20\"'<>\\^`{|}]+\Z", re.ASCII | re.IGNORECASE)


def shown(text: str) -> str:
    """The text without ANSI sequences, control characters (newline and tab stay) and marks that turn the direction
    of writing. Doing it twice changes nothing more."""
    if text.isascii() and text.isprintable():  # most texts, and a page has thousands
        return text
    text = _NEWLINE.sub("\n", SEQUENCE.sub("", text))
    return _SURROGATE.sub("\ufffd", _DIRECTION.sub("", _CONTROL.sub("", text)))


def one_line(text: str) -> str:
    """The text as `shown`, with every run of white space as one space."""
    return " ".join(shown(text).split())


def shorten(text: str, length: int) -> str:
    """The text on one line, of at most `length` characters, with an ellipsis for what is cut."""
    if len(text) <= length and "  " not in text and text.isascii() and text.isprintable():
        return text.strip()  # most texts, and the short way
    line = one_line(text[: length * 8])
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def http_url(text: str) -> str:
    """The text where it is an http or https URL that can be linked, else ""."""
    return text if _HTTP.match(text) else ""
