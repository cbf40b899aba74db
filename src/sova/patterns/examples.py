"""Holds patterns against their own examples, with the engine that reads the logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sova.model import Hit, Pattern
from sova.patterns.engine import Engine
from sova.patterns.message import fill

__all__ = ["Tried", "try_examples"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One example and what came of it. `number` is the place of the pattern among those tried, from 0; `message` is
    the pattern's message, filled, where it matched."""

    number: int
    pattern: Pattern
    example: str
    wanted: bool
    matched: bool
    message: str = ""

    @property
    def right(self) -> bool:
        return self.wanted is self.matched


def try_examples(patterns: Sequence[Pattern]) -> Iterator[Tried]:
    """Every example of every pattern. An example may be several lines long: then its first one is meant.

    All examples are one log, read once; an empty line after each keeps it from being the next line of another.
    """
    examples = [
        (number, example, wanted)
        for number, pattern in enumerate(patterns)
        for wanted, texts in ((True, pattern.examples.match), (False, pattern.examples.no_match))
        for example in texts
    ]
    blocks = [f"{example.rstrip(chr(10))}\n\n" for _, example, _ in examples]
    lines = _first_lines(blocks)
    # an id may come twice among patterns of several files; their numbers tell them apart
    numbered = [replace(pattern, id=str(number)) for number, pattern in enumerate(patterns)]
    scan = Engine(numbered, max_hits=None, context=0).scan((block.encode() for block in blocks), file="examples")
    hits = {(hit.pattern, hit.line_number): hit for hit in scan.hits}
    for (number, example, wanted), line in zip(examples, lines, strict=True):
        pattern, hit = patterns[number], hits.get((str(number), line))
        yield Tried(number, pattern, example, wanted, hit is not None, _message(pattern, hit))


def _message(pattern: Pattern, hit: Hit | None) -> str:
    return fill(pattern.message, hit.captures) if hit else ""


def _first_lines(blocks: Sequence[str]) -> list[int]:
    """The number of the first line of each block, where they stand one after the other."""
    number, found = 1, []
    for block in blocks:
        found.append(number)
        number += block.count("\n")
    return found
