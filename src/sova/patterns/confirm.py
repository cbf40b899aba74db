"""The judge: whether a pattern really matches one line, said by `re` on bytes (or `regex`, with a time limit)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import regex as timed_regex

from sova.model import Match, Pattern
from sova.patterns.literals import NO_LITERALS, Literals, literals_of
from sova.patterns.message import message_starts
from sova.patterns.regexes import compiled, encoded, needs_timeout
from sova.patterns.syntax import TokenKind, tokens

__all__ = ["TIMEOUT", "Judge", "Search", "Span", "candidates", "judge"]

TIMEOUT = 0.2
"""Seconds that one search of one line may take for a pattern with risky repeats."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a line a pattern matched, and what its groups captured: (number or name, bytes)."""

    start: int
    end: int
    captures: tuple[tuple[str, bytes], ...]


class Search(Protocol):
    """Looks at one line."""

    def __call__(self, line: bytes, /) -> Span | None:
        """The first match in a line. Raises TimeoutError."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What one pattern asks of a line and of the one after it."""

    search: Search
    excluded: tuple[bytes, ...] = ()
    not_followed_by: Search | None = None
    literals: Literals = NO_LITERALS

    def excludes(self, line: bytes) -> bool:
        return any(text in line for text in self.excluded)


def candidates(data: bytes, searched: bytes, start: int, texts: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Start and end of each line that holds one of the texts; of each line where there are none."""
    places = {text: searched.find(text, start) for text in texts} or {b"": start}
    while places := {text: place for text, place in places.items() if 0 <= place < len(data)}:
        place = min(places.values())
        line_start = data.rfind(b"\n", start, place) + 1 or start
        line_end = data.find(b"\n", place)
        line_end = len(data) if line_end < 0 else line_end
        yield line_start, line_end
        start = line_end + 1
        places = {text: searched.find(text, start) if place < start else place for text, place in places.items()}


def judge(pattern: Pattern) -> Judge:
    """The judge of a pattern that has been checked by the loader."""
    return Judge(
        search=_literal(pattern.text.encode()) if pattern.text else _regex(pattern.regex, pattern.match),
        excluded=tuple(text.encode() for text in pattern.exclude),
        not_followed_by=_regex(pattern.not_followed_by, pattern.match) if pattern.not_followed_by else None,
        literals=literals_of(pattern),
    )


def _literal(text: bytes) -> Search:
    def search(line: bytes, /) -> Span | None:
        start = line.find(text)
        return None if start < 0 else Span(start, start + len(text), (("0", text),))

    return search


def _regex(regex: str, match: Match) -> Search:
    search = _limited(regex) if needs_timeout(regex) else _plain(regex)
    return _anchored(search) if match is Match.MESSAGE and _asks_for_start(regex) else search


def _asks_for_start(regex: str) -> bool:
    return any(token.kind is TokenKind.ANCHOR and token.text in ("^", r"\A") for token in tokens(regex))


def _plain(regex: str) -> Search:
    pattern = compiled(regex)

    def search(line: bytes, /) -> Span | None:
        found = pattern.search(line)
        if found is None:
            return None
        return Span(found.start(), found.end(), _captures(found[0], found.groups(), pattern.groupindex))

    return search


def _limited(regex: str) -> Search:
    pattern = timed_regex.compile(encoded(regex), timed_regex.VERSION0)

    def search(line: bytes, /) -> Span | None:
        found = pattern.search(line, timeout=TIMEOUT, concurrent=True)
        if found is None:
            return None
        return Span(found.start(), found.end(), _captures(found[0], found.groups(), pattern.groupindex))

    return search


def _anchored(search: Search) -> Search:
    """`^` holds after a prefix too: there first, as that is the message."""

    def search_message(line: bytes, /) -> Span | None:
        for start in message_starts(line):
            found = search(line[start:])
            if found is not None:
                return Span(found.start + start, found.end + start, found.captures)
        return search(line)

    return search_message


def _captures(whole: bytes, groups: Sequence[bytes | None], names: Mapping[str, int]) -> tuple[tuple[str, bytes], ...]:
    """The whole match as "0", then every group that took part by its number, then by its name."""
    numbered = [(str(number), text) for number, text in enumerate(groups, 1) if text is not None]
    named = [(name, text) for name, number in names.items() if (text := groups[number - 1]) is not None]
    return (("0", whole), *numbered, *named)
