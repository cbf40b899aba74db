"""Every pattern, with how often and when it hit last; and those that hit once and are gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sova.filters import Search
from sova.model import Pattern
from sova.store.lookups import PatternHits, pattern_hits
from sova.views.desk import Desk, Span

__all__ = ["PatternRow", "PatternsView", "patterns"]


@dataclass(frozen=True, slots=True)
class PatternRow:
    """One pattern: what it is (None for one that is in the set no more), and its hits (None for one that never hit)."""

    id: str
    pattern: Pattern | None
    hits: PatternHits | None

    @property
    def builds(self) -> int:
        """Failures in the stretch of time that it hit in, as primary reason or not."""
        return self.hits.builds if self.hits else 0


@dataclass(frozen=True, slots=True)
class PatternsView:
    """The patterns asked for by tag and text, those with most hits in the stretch of time first. `total` counts all
    patterns of the set, `never` those of them that never hit, `silent` those without a hit in the stretch."""

    span: Span
    search: Search
    rows: tuple[PatternRow, ...]
    tags: tuple[str, ...]
    total: int
    never: int
    silent: int
    version: str

    @property
    def gone(self) -> int:
        """Patterns listed that are in the set no more."""
        return sum(row.pattern is None for row in self.rows)


def patterns(desk: Desk, span: Span, search: Search | None = None) -> PatternsView:
    """The list; of `search` count the tags and the words of `text`, which are looked for in ids, messages, expressions,
    notes, owners and bugs. Raises StoreError."""
    search = search or Search()
    hits = pattern_hits(desk.store, desk.within(Search()), span.since, span.until)
    every = list(_rows(desk.patterns, hits))
    known = [row for row in every if row.pattern]
    shown = [row for row in every if _asked(row, search)]
    return PatternsView(
        span=span,
        search=search,
        rows=tuple(sorted(shown, key=_order)),
        tags=tuple(sorted({pattern.tag for pattern in desk.patterns})),
        total=len(known),
        never=sum(row.hits is None for row in known),
        silent=sum(row.builds == 0 for row in known),
        version=desk.patterns_version,
    )


def _rows(known: tuple[Pattern, ...], hits: dict[str, PatternHits]) -> Iterator[PatternRow]:
    yield from (PatternRow(pattern.id, pattern, hits.get(pattern.id)) for pattern in known)
    ids = {pattern.id for pattern in known}
    yield from (PatternRow(name, None, found) for name, found in hits.items() if name not in ids)


def _asked(row: PatternRow, search: Search) -> bool:
    pattern = row.pattern
    if search.tag and (pattern is None or pattern.tag not in search.tag):
        return False
    told = [row.id]
    if pattern:
        told += [pattern.message, pattern.text, pattern.regex, pattern.note, pattern.owner, pattern.bug]
    text = "\n".join(told).casefold()
    return all(word in text for word in search.text.casefold().split())


def _order(row: PatternRow) -> tuple[bool, int, float, str]:
    seen = row.hits.last_seen.timestamp() if row.hits else 0.0
    return row.pattern is None, -row.builds, -seen, row.id
