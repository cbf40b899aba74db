"""What is doubtful in patterns that load without a mistake: examples that fail, and forms that surprise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sova.errors import Mistake
from sova.model import Kind, Pattern
from sova.patterns.examples import Tried, try_examples
from sova.patterns.literals import literals_of
from sova.patterns.load import Place, Read
from sova.patterns.message import placeholders
from sova.patterns.regexes import warnings

__all__ = ["SHORTEST_TEXT", "Finding", "lint"]

SHORTEST_TEXT = 6
"""A literal with fewer characters says too little about a failure."""

Told = Iterator[tuple[str, str]]
"""(key, what is doubtful)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something doubtful and its place. An `error` makes the pattern useless; the rest is advice."""

    mistake: Mistake
    error: bool = False

    def __str__(self) -> str:
        return f"{self.mistake}" if self.error else f"{self.mistake} (advice)"


def lint(files: Iterable[Read]) -> tuple[Finding, ...]:
    """Everything doubtful in the patterns of these files, which may be of the seed's form.

    What every one of our patterns should have (examples, an action) is not asked of imported ones.
    """
    placed = [(pattern, place, file.imported) for file in files for pattern, place in file.patterns]
    found = [
        _finding(place, pattern, key, text, error=False)
        for pattern, place, imported in placed
        for check in (_CHECKS if not imported else _CHECKS_OF_IMPORTED)
        for key, text in check(pattern)
    ]
    found += _examples(placed)
    found += _twins(placed)
    return tuple(sorted(found, key=lambda finding: (finding.mistake.file, finding.mistake.line, not finding.error)))


def _finding(place: Place, pattern: Pattern, key: str, text: str, *, error: bool) -> Finding:
    return Finding(Mistake(place.file, place.line, place.column, f"{pattern.id}.{key}", text), error)


# -- one pattern -----------------------------------------------------------------------------------------------------


def _risky(pattern: Pattern) -> Told:
    for key in ("regex", "not_followed_by"):
        for text in warnings(getattr(pattern, key)) if getattr(pattern, key) else ():
            yield key, text


def _unfiltered(pattern: Pattern) -> Told:
    if not literals_of(pattern).texts:
        yield "regex", "no text stands in every match, so that it is tried on every line of every log, which is slow"


def _short(pattern: Pattern) -> Told:
    if pattern.text and len(pattern.text) < SHORTEST_TEXT:
        yield "text", f"{pattern.text!r} is short and will be found in lines that mean something else"


def _padded(pattern: Pattern) -> Told:
    if re.match(r"\^?\.[*+]", pattern.regex):
        yield "regex", "begins with .* or .+, which only takes time: a pattern may match anywhere in a line"
    if re.search(r"(?<!\\)\.\*\$?\Z", pattern.regex):
        yield "regex", "ends with .*, which only takes time: nothing after the match is asked for"


def _looks_like_other(pattern: Pattern) -> Told:
    if re.search(r"\.[*+]|\\[dswbDSWB]|\(\?", pattern.text):
        yield "text", "looks like a regular expression, and `text` is taken literally"
    if pattern.regex and not re.search(r"[\\^$.|?*+()\[\]{}]", pattern.regex):
        yield "regex", "holds nothing but plain text; `text` says so"


def _without_examples(pattern: Pattern) -> Told:
    if not pattern.examples.match:
        yield "examples", "no line that should match"
    if not pattern.examples.no_match:
        yield "examples", "no line that should not match"


def _without_action(pattern: Pattern) -> Told:
    if not pattern.action and pattern.kind in (Kind.CAUSE, Kind.GENERIC):
        yield "action", "what should be done next? recheck, fix, wait or report"


def _unfinished_message(pattern: Pattern) -> Told:
    if not re.search(r"[.!?)}]\Z", pattern.message):
        yield "message", "should be a sentence that ends with a full stop"


_CHECKS_OF_IMPORTED: tuple[Callable[[Pattern], Told], ...] = (_risky, _unfiltered, _short)
_CHECKS: tuple[Callable[[Pattern], Told], ...] = (
    *_CHECKS_OF_IMPORTED,
    _padded,
    _looks_like_other,
    _without_examples,
    _without_action,
    _unfinished_message,
)


# -- examples and neighbours -----------------------------------------------------------------------------------------


def _examples(placed: Sequence[tuple[Pattern, Place, bool]]) -> Iterator[Finding]:
    for tried in try_examples([pattern for pattern, _, _ in placed]):
        pattern, place, _ = placed[tried.number]
        for text, error in _about(tried):
            yield _finding(place, pattern, "examples", f"{text}: {_cut(tried.example)}", error=error)


def _about(tried: Tried) -> Iterator[tuple[str, bool]]:
    if not tried.right:
        yield ("does not match" if tried.wanted else "matches, and should not"), True
    written = [f"{{{name}}}" for name in placeholders(tried.pattern.message)]
    if tried.matched and any(place in tried.message for place in written):
        yield f"leaves a place of the message unfilled ({tried.message})", True


def _twins(placed: Sequence[tuple[Pattern, Place, bool]]) -> Iterator[Finding]:
    first: dict[object, Pattern] = {}
    for pattern, place, _ in placed:
        same = (pattern.text, pattern.regex, pattern.exclude, pattern.not_followed_by, pattern.files, pattern.scope)
        twin = first.setdefault(same, pattern)
        if twin is not pattern:
            key = "regex" if pattern.regex else "text"
            yield _finding(place, pattern, key, f"the same as that of {twin.id}", error=False)


def _cut(line: str, most: int = 100) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"
