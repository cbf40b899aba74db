"""Finds every pattern in a log in one pass: a filter says what may be in a block of lines, a judge says what is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sova.errors import LogError
from sova.model import Build, Hit, Match, Pattern, Problem
from sova.patterns.blocks import BLOCK, OVERLAP, Block, blocks
from sova.patterns.confirm import judge
from sova.patterns.prefilter import prefilter
from sova.patterns.scanning import FileScan
from sova.patterns.scopes import holds_for
from sova.patterns.views import Views

__all__ = ["Engine", "Scan"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in one log file. `counts` has for each pattern id its hits, those not kept among them."""

    hits: tuple[Hit, ...]
    counts: Mapping[str, int]
    problems: tuple[Problem, ...]
    lines: int
    size: int


class Engine:
    """A set of patterns made ready for searching. Threads may use one at the same time."""

    def __init__(  # noqa: PLR0913 - all but one have defaults and are given by name
        self,
        patterns: Sequence[Pattern],
        *,
        cache_dir: Path | None = None,
        max_hits: int | None = 100,
        context: int = 3,
        block: int = BLOCK,
        overlap: int = OVERLAP,
    ) -> None:
        """`max_hits` of one pattern are kept a file (None: all), with `context` lines before and after each.

        `block` is the length in bytes up to which a line is judged whole; a longer one is judged in windows of that
        length, each of them reaching `overlap` bytes into the one before.
        """
        self.patterns = tuple(patterns)
        self.names = tuple(dict.fromkeys(name for pattern in patterns for name in pattern.files))
        self.max_hits = max_hits
        self.context = context
        self._block, self._overlap = block, overlap
        self._judges = [judge(pattern) for pattern in patterns]
        self._filter = prefilter([each.literals for each in self._judges], cache_dir)

    @property
    def filter_name(self) -> str:
        """`hyperscan`, or `re` where that cannot be imported."""
        return self._filter.name

    def scan(
        self,
        chunks: Iterable[bytes],
        *,
        file: str,
        names: Collection[str] | None = None,
        build: Build | None = None,
    ) -> Scan:
        """Search a file given as decompressed bytes.

        `names` are the entries of `Pattern.files` that it stands for (None: every pattern applies); `build` is held
        against the patterns' scopes (None: every scope holds). A LogError of `chunks` becomes a Problem.
        """
        log = _Log(chunks)
        wanted = self._wanted(names, build)
        scan = FileScan(file, self.patterns, self._judges, max_hits=self.max_hits, context=self.context)
        for block in blocks(log.read(), self._block, self._overlap):
            views = Views(block)
            scan.begin(views)
            for data, indexes in _to_read(views, wanted):
                self._search(scan, block, data, indexes)
            scan.end()
        hits, problems = scan.finish()
        return Scan(hits, dict(scan.counts), (*log.problems, *problems), scan.lines, log.size)

    def _search(self, scan: FileScan, block: Block, data: bytes, indexes: frozenset[int]) -> None:
        if not block.whole:
            for index in indexes:
                scan.exclude(index)
        for index, offset in self._filter.reports(data).items():
            if index in indexes:
                scan.search(index, offset)

    def _wanted(self, names: Collection[str] | None, build: Build | None) -> dict[Match, frozenset[int]]:
        """The patterns that apply, by what they are held against."""
        asked = None if names is None else frozenset(names)
        applying = [
            (index, pattern.match)
            for index, pattern in enumerate(self.patterns)
            if (asked is None or not asked.isdisjoint(pattern.files))
            and (build is None or holds_for(pattern.scope, build))
        ]
        return {match: frozenset(index for index, kind in applying if kind is match) for match in Match}


class _Log:
    """The chunks of a log, counted, and the problem that ended them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.size = 0
        self.problems: list[Problem] = []
        self._chunks = chunks

    def read(self) -> Iterator[bytes]:
        try:
            for chunk in self._chunks:
                self.size += len(chunk)
                yield chunk
        except LogError as error:
            self.problems.append(error.problem)


def _to_read(views: Views, wanted: Mapping[Match, frozenset[int]]) -> Iterator[tuple[bytes, frozenset[int]]]:
    """What the filter has to read of a block, and for which patterns; twice where the two kinds see it differently."""
    raw, messages = wanted[Match.RAW], wanted[Match.MESSAGE]
    if messages and raw and views.plain is views.raw:
        yield views.raw, raw | messages
        return
    if raw:
        yield views.raw, raw
    if messages:
        yield views.plain, messages
