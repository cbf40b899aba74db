"""Single values in a URL. Each function gives the value, or raises ValueError that says what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sova.filters import LONGEST_NAME, is_name
from sova.model import Verdict

__all__ = ["a_cursor", "a_name", "a_number", "a_slug", "a_text", "a_verdict", "one_of", "yes_no"]

_LONGEST_TEXT, _LONGEST_CURSOR = 200, 200
_MOST_NUMBER = 2**63 - 1
_SLUG = re.compile(r"[0-9a-f]{16}")
_YES_NO = {"yes": True, "no": False}


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Reads one of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(", ".join(words) or "nothing")
        return text

    return parse


def a_name(text: str) -> str:
    """A name or glob."""
    if not is_name(text):
        raise ValueError(f"a name of at most {LONGEST_NAME} characters, without control characters")
    return text


def a_text(text: str) -> str:
    """Words to search for."""
    if len(text) > _LONGEST_TEXT or "\0" in text or not _is_unicode(text):
        raise ValueError(f"words of at most {_LONGEST_TEXT} characters in all")
    return text


def a_cursor(text: str) -> str:
    """What could be the end of a page; only the store knows whether it is."""
    if len(text) > _LONGEST_CURSOR or not text.isascii() or not text.isprintable():
        raise ValueError("the end of a page, as its link to the next one has it")
    return text


def _is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8: single surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def a_number(text: str) -> int:
    """A number that a database can hold."""
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _MOST_NUMBER:
        raise ValueError(f"a whole number from 0 to {_MOST_NUMBER}")
    return int(text)


def yes_no(text: str) -> bool:
    """Whether it says yes."""
    if text not in _YES_NO:
        raise ValueError("yes or no")
    return _YES_NO[text]


def a_verdict(text: str) -> Verdict:
    """A verdict by its word."""
    try:
        return Verdict(text)
    except ValueError:
        raise ValueError(", ".join(Verdict)) from None


def a_slug(text: str) -> str:
    """The id of a reason."""
    if not _SLUG.fullmatch(text):
        raise ValueError("16 hexadecimal digits, as in the address of a reason's page")
    return text
