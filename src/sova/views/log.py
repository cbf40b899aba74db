"""A log file of a build: the lines around a place, with what the diagnosis says of them; or what is left of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sova.logs.search import Count, Found, Needle
from sova.logs.spool import Spool
from sova.logs.window import Line, Window
from sova.model import Diagnosis, Excerpt, Hit, Problem, Reason

__all__ = [
    "Jump",
    "LogComingView",
    "LogGoneView",
    "LogLineView",
    "LogRow",
    "LogView",
    "Searched",
    "jumps",
    "log_gone",
    "log_view",
    "telling_of",
]


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the window: the reasons that it shows, whether it is part of an excerpt, was asked for, was found."""

    line: Line
    reasons: tuple[Reason, ...] = ()
    excerpt: bool = False
    chosen: bool = False
    found: bool = False


@dataclass(frozen=True, slots=True)
class Jump:
    """A place of this file that the diagnosis names: a hit of a reason, or an excerpt (then without a reason)."""

    first: int
    last: int
    reason: Reason | None
    words: str


@dataclass(frozen=True, slots=True)
class Searched:
    """A search: from which line on (or before which, `backwards`), what was found, how many lines match."""

    needle: Needle
    start: int
    backwards: bool
    found: Found
    count: Count


@dataclass(frozen=True, slots=True)
class LogView:
    """A window of a log. `chosen` are the first and last line asked for (0, 0 without); `files` the other files of the
    build with the number of places named in each; `past_end` whether a line after the last was asked for."""

    diagnosis: Diagnosis
    name: str
    location: str
    size: int
    lines: int
    problem: Problem | None
    rows: tuple[LogRow, ...]
    jumps: tuple[Jump, ...]
    files: tuple[tuple[str, int], ...]
    chosen: tuple[int, int] = (0, 0)
    past_end: bool = False
    searched: Searched | None = None

    @property
    def first(self) -> int:
        return self.rows[0].line.number if self.rows else 0

    @property
    def last(self) -> int:
        return self.rows[-1].line.number if self.rows else 0

    @property
    def here(self) -> int:
        """The line that a search goes on from."""
        found = self.searched.found.line if self.searched else None
        return found or self.chosen[0] or self.first


@dataclass(frozen=True, slots=True)
class LogLineView:
    """One long line, or the part of it that is shown at once."""

    diagnosis: Diagnosis
    name: str
    line: Line
    part: int

    @property
    def earlier(self) -> int | None:
        """Where the part before begins."""
        return max(0, self.line.start - self.part) if self.line.start else None

    @property
    def later(self) -> int | None:
        """Where the next part begins."""
        return self.line.start + len(self.line.data) if self.line.rest > 0 else None


@dataclass(frozen=True, slots=True)
class LogGoneView:
    """A log that cannot be had: why, and the lines of it that were kept."""

    diagnosis: Diagnosis
    name: str
    problem: Problem
    hits: tuple[tuple[Reason, Hit], ...]
    excerpts: tuple[Excerpt, ...]
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class LogComingView:
    """A log that is being fetched and unpacked: bytes so far, and for how many seconds."""

    diagnosis: Diagnosis
    name: str
    size: int
    seconds: float


def jumps(diagnosis: Diagnosis, name: str) -> tuple[Jump, ...]:
    """The places of a file that the diagnosis names, in their order."""
    found = [Jump(hit.line_number, hit.line_number, reason, reason.message) for reason, hit in _hits(diagnosis, name)]
    found += [Jump(one.first_line, one.last_line, None, one.why) for one in _excerpts(diagnosis, name)]
    return tuple(sorted(found, key=lambda jump: (jump.first, jump.last)))


def telling_of(diagnosis: Diagnosis, name: str) -> Mapping[int, bytes]:
    """What the hits in a file show of their lines, so that this part of a long line is shown."""
    return {
        hit.line_number: hit.line.removeprefix("...").removesuffix("...").encode("utf-8", "replace")[:200]
        for _, hit in _hits(diagnosis, name)
    }


def log_view(  # noqa: PLR0913 - what was read, and what was asked for
    diagnosis: Diagnosis,
    spool: Spool,
    window: Window,
    *,
    chosen: tuple[int, int] = (0, 0),
    past_end: bool = False,
    searched: Searched | None = None,
) -> LogView:
    """The window, with what the diagnosis says of its lines."""
    name = spool.file.name
    places = jumps(diagnosis, name)
    found = searched.found.line if searched else None
    return LogView(
        diagnosis=diagnosis,
        name=name,
        location=spool.file.location,
        size=spool.size,
        lines=spool.lines,
        problem=spool.problem,
        rows=tuple(_row(line, places, chosen, found) for line in window.lines),
        jumps=places,
        files=_files(diagnosis, name),
        chosen=chosen,
        past_end=past_end,
        searched=searched,
    )


def log_gone(diagnosis: Diagnosis, name: str, problem: Problem) -> LogGoneView:
    """What was kept of a log that cannot be had."""
    return LogGoneView(
        diagnosis, name, problem, tuple(_hits(diagnosis, name)), _excerpts(diagnosis, name), _files(diagnosis, name)
    )


def _row(line: Line, places: tuple[Jump, ...], chosen: tuple[int, int], found: int | None) -> LogRow:
    here = [place for place in places if place.first <= line.number <= place.last]
    reasons = {place.reason.message: place.reason for place in here if place.reason}
    return LogRow(
        line=line,
        reasons=tuple(reasons.values()),
        excerpt=any(place.reason is None for place in here),
        chosen=chosen[0] <= line.number <= chosen[1],
        found=line.number == found,
    )


def _hits(diagnosis: Diagnosis, name: str) -> Iterator[tuple[Reason, Hit]]:
    for reason in diagnosis.reasons:
        for hit in reason.hits:
            if hit.file == name:
                yield reason, hit


def _excerpts(diagnosis: Diagnosis, name: str) -> tuple[Excerpt, ...]:
    return tuple(excerpt for excerpt in diagnosis.excerpts if excerpt.file == name)


def _files(diagnosis: Diagnosis, but: str) -> tuple[tuple[str, int], ...]:
    """The other files that were read, with the number of places named in each."""
    names = dict.fromkeys(file.name for file in diagnosis.files_read)
    return tuple((name, len(jumps(diagnosis, name))) for name in names if name != but)
