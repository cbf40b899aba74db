"""The judge: whether a pattern really matches one line, said by `re` on bytes (or `regex`, with a time limit)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import heapify, heappop, heapreplace
from typing import Protocol

import regex as timed_regex

from sova.model import Match, Pattern
from sova.patterns.literals import NO_LITERALS, Literals, literals_of
from sova.patterns.message import message_starts
from sova.patterns.regexes import compiled, encoded, needs_timeout
from sova.patterns.syntax import TokenKind, tokens
from sova.patterns.tree import Branches, ItemKind, parse

__all__ = ["TIMEOUT", "Judge", "Search", "Span", "candidates", "judge"]

TIMEOUT = 0.2
"""Seconds that one search of one line may take where it could take very long."""

LONG = 1_000
"""Bytes of a line from which on even harmless repeats are searched with the time limit: `a.*b.*c` takes time with the
third power of the length, and `re` cannot be interrupted."""

_WIDE = 50  # a repeat with this much play is as slow as one without limit

_STARTS = ("^", r"\A")


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


def candidates(data: bytes, searched: bytes, start: int, literals: Literals) -> Iterator[tuple[int, int]]:
    """Start and end of each line from the one at `start` on that may match; `searched` is the data, in lower case if
    the literals ignore case."""
    for place in _places(data, searched, start, literals.texts):
        line_start = data.rfind(b"\n", 0, place) + 1
        line_end = data.find(b"\n", place)
        line_end = len(data) if line_end < 0 else line_end
        if all(any(searched.find(text, line_start, line_end) >= 0 for text in texts) for texts in literals.also):
            yield line_start, line_end


def _places(data: bytes, searched: bytes, start: int, texts: Sequence[bytes]) -> Iterator[int]:
    """A place in each line that holds one of the texts; in each line where there are none."""
    if len(texts) == 1:
        return _places_of(searched, start, texts[0])
    return _places_of_many(searched, start, texts) if texts else _places_of(data, start, b"")


def _places_of(data: bytes, start: int, text: bytes) -> Iterator[int]:
    place = data.find(text, start)
    while 0 <= place < len(data):
        yield place
        end = data.find(b"\n", place)
        place = data.find(text, end + 1) if end >= 0 else -1


def _places_of_many(data: bytes, start: int, texts: Iterable[bytes]) -> Iterator[int]:
    heap = [(place, text) for text in texts if (place := data.find(text, start)) >= 0]
    heapify(heap)
    end = start - 1
    while heap:
        place, text = heap[0]
        if place > end:
            yield place
            end = data.find(b"\n", place)
            if end < 0:
                return
        place = data.find(text, end + 1)
        if place < 0:
            heappop(heap)
        else:
            heapreplace(heap, (place, text))


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
    if needs_timeout(regex):
        search = _limited(regex)
    elif _repeats(parse(regex)):
        search = _by_length(_plain(regex), regex)
    else:
        search = _plain(regex)
    return _anchored(search) if match is Match.MESSAGE and _asks_for_start(regex) else search


def _asks_for_start(regex: str) -> bool:
    return any(token.kind is TokenKind.ANCHOR and token.text in _STARTS for token in tokens(regex))


def _repeats(branches: Branches) -> bool:
    return any(item.most - item.least >= _WIDE or _repeats(item.branches) for branch in branches for item in branch)


def _by_length(plain: Search, regex: str) -> Search:
    """The plain search for ordinary lines, the limited one for long ones; that is compiled when the first one comes."""
    limited = cache(lambda: _limited(regex))

    def search(line: bytes, /) -> Span | None:
        return plain(line) if len(line) < LONG else limited()(line)

    return search


def _plain(regex: str) -> Search:
    pattern = compiled(regex)
    matches = pattern.match if _only_at_start(parse(regex)) else pattern.search

    def search(line: bytes, /) -> Span | None:
        found = matches(line)
        if found is None:
            return None
        return Span(found.start(), found.end(), _captures(found[0], found.groups(), pattern.groupindex))

    return search


def _only_at_start(branches: Branches) -> bool:
    """Whether every match begins at the start of the line; `re` would look for others in vain, all along the line."""
    return all(branch and branch[0].kind is ItemKind.NOTHING and branch[0].text in _STARTS for branch in branches)


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
