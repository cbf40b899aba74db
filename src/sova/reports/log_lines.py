"""Lines of the log view in pieces: colours as classes, what was searched marked, within a time for the whole page."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from sova.logs.window import Line
from sova.reports.ansi import Piece, pieces, plain
from sova.views.log import LogRow, LogView, Searched

__all__ = ["log_pieces", "log_query", "log_rows"]

_MARKING = 0.5  # seconds for all lines of a page; the line that was found is among the first to be looked at


def log_rows(view: LogView) -> Iterator[tuple[LogRow, list[Piece]]]:
    """The rows of the window, each with the pieces of its line."""
    until = time.monotonic() + _MARKING
    needle = view.searched.needle if view.searched else None
    for row in view.rows:
        text = _text(row.line)
        yield row, pieces(text, needle.spans(plain(text), until) if needle else ())


def log_pieces(line: Line) -> list[Piece]:
    """The pieces of one line."""
    return pieces(_text(line))


def log_query(searched: Searched, **numbers: int) -> str:
    """The parameters of a URL for the same search from another line on."""
    needle = searched.needle
    flags = [(name, "yes") for name, on in (("re", needle.is_regex), ("case", needle.exact)) if on]
    return urlencode([("find", needle.text), *flags, *numbers.items()])


def _text(line: Line) -> str:
    """The line as text; characters that a cut would divide are left out."""
    data = line.data
    if line.start:
        data = data[next((at for at, byte in enumerate(data[:4]) if byte & 0xC0 != 0x80), 0) :]
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(data, final=line.rest <= 0)
