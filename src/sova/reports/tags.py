"""One hue and one letter for every tag, and for what has none (passed, skipped, unread); the same in console and pages.

The hues follow the palette of Okabe and Ito, made for colour-blind eyes. None stands without its letter or word.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["KNOWN_TAGS", "Mark", "mark_of", "tag_order"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How a tag is shown: `name` is also the CSS class `tag-NAME`, `colour` the hue for dark and light terminals."""

    name: str
    letter: str
    colour: str


_MARKS = {
    mark.name: mark
    for mark in (
        Mark("infra", "I", "#2f8fd0"),
        Mark("code", "C", "#d9661f"),
        Mark("test", "T", "#b58900"),
        Mark("config", "G", "#1f9e89"),
        Mark("info", "i", "#808890"),
        Mark("unknown", "?", "#c2609a"),
        Mark("passed", "·", "#3a9d5d"),
        Mark("skipped", "–", "#808890"),
        Mark("unread", "!", "#c2609a"),
    )
}
_OTHER = Mark("other", "O", "#8f7a66")
KNOWN_TAGS = ("infra", "code", "test", "config", "info", "other", "unknown", "passed", "skipped", "unread")
"""The order of tags wherever they stand side by side."""


def mark_of(tag: str) -> Mark:
    """The mark of a tag or state; words of pattern authors that Sova does not know share one."""
    return _MARKS.get(tag, _OTHER)


def tag_order(tag: str) -> tuple[int, str]:
    """A key to sort tags by, so that bars and columns can be compared."""
    return KNOWN_TAGS.index(mark_of(tag).name), tag
