"""What every report on the console is made of: lines, links, and the letter and hue of tags and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text

from sova.reports.clean import http_url, one_line, shorten
from sova.reports.states import state_of
from sova.reports.tags import mark_of

if TYPE_CHECKING:
    from rich.console import Console

    from sova.model import Diagnosis

__all__ = ["badge", "linked", "print_line", "tag_badge", "tag_style"]


def tag_style(tag: str) -> Style:
    """The hue of a tag."""
    return Style(color=mark_of(tag).colour, bold=True)


def tag_badge(tag: str, most: int = 16) -> Text:
    """The letter of a tag and at most so many characters of its word."""
    return Text(f"{mark_of(tag).letter} {shorten(tag, most)}", style=tag_style(tag))


def badge(diagnosis: Diagnosis, most: int = 16) -> Text:
    """The tag of the primary reason, else the verdict."""
    if diagnosis.primary:
        return tag_badge(diagnosis.primary.tag, most)
    mark, _ = state_of(diagnosis)
    return Text(f"{mark.letter} {diagnosis.verdict.value}", style=tag_style(mark.name))


def linked(text: str, url: str) -> Text:
    """Text that a terminal opens on a click where the URL is http(s)."""
    return Text(one_line(text), style=Style(link=http_url(url) or None))


def print_line(line: Text, console: Console) -> None:
    """Print within the terminal's width, or on one line where no terminal is."""
    if console.is_terminal:
        console.print(line, highlight=False, overflow=line.overflow, no_wrap=line.no_wrap)
    else:
        console.print(line, highlight=False, soft_wrap=True)
