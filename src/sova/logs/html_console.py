"""Console logs that a server wrote as HTML (Jenkins' console.html): line by line back to plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

__all__ = ["is_html_name", "without_markup"]

_TAG = re.compile(rb"</?[A-Za-z][^<>\n]{0,2000}>")
_CARRY = 64 * 1024  # longest piece kept back for the end of a tag or a reference


def is_html_name(name: str) -> bool:
    return name.endswith((".html", ".htm"))


def without_markup(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The text of HTML lines: tags removed, character references resolved; the number of lines stays the same."""
    kept = b""
    for chunk in chunks:
        kept += chunk
        end = kept.rfind(b"\n") + 1
        if not end and len(kept) > _CARRY:
            end = len(kept)
        if end:
            yield _text(kept[:end])
            kept = kept[end:]
    if kept:
        yield _text(kept)


def _text(data: bytes) -> bytes:
    plain = _TAG.sub(b"", data)
    if b"&" not in plain:
        return plain
    # a reference to a line break must not make a new line; bytes that are not UTF-8 survive by surrogateescape
    text = plain.decode("utf-8", "surrogateescape")
    return re.sub(r"&#?\w{1,32};", _character, text).encode("utf-8", "surrogateescape")


def _character(found: re.Match[str]) -> str:
    character = html.unescape(found[0])
    return found[0] if character in ("\n", "\r") or any("\ud800" <= one <= "\udfff" for one in character) else character
