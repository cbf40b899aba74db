"""Why one build failed: reads its logs once, turns hits into reasons, chooses the primary one.

`triage` is the unit of work: it needs one build and the tools, touches nothing else, and never raises for anything
that a server, a log or a pattern can do wrong; that becomes a `Problem` of the diagnosis.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sova.errors import LogError
from sova.logs import LogTree
from sova.logs.job_output import failed_text
from sova.model import (
    Build,
    Diagnosis,
    Excerpt,
    FileRead,
    Hit,
    LogFile,
    Outcome,
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)
from sova.patterns.engine import Engine
from sova.patterns.scopes import holds_for
from sova.reasons import contested, primary_first, reasons_of
from sova.unknown.excerpts import excerpts

__all__ = ["Tools", "triage"]

RESULT = "result"
"""The pseudo log file of one line, the build's result word and its error detail, for builds that leave no log."""

_FILES_OF_A_BARE_TREE = 200
_HOPELESS = frozenset({ProblemKind.GONE, ProblemKind.NOT_YET, ProblemKind.REFUSED, ProblemKind.NETWORK})
"""After one of these, asking the same server for the next file would only take time; one file may well be denied."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What triage works with. `open_tree` gives the logs of a build, `log_paths` the paths that a name in a pattern's
    `files` may have, `log_search` is the URL template of a log search (or "")."""

    engine: Engine
    open_tree: Callable[[Build], LogTree]
    log_paths: Callable[[str], tuple[str, ...]]
    log_search: str = ""
    patterns_version: str = ""
    build_size: int = 20 * 10**9


@dataclass(slots=True)
class _Reading:
    """The build that is worked on, and what has been read of it so far."""

    build: Build
    tools: Tools
    hits: list[Hit] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    files: list[FileRead] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    scanned: list[LogFile] = field(default_factory=list)


def triage(build: Build, tools: Tools, *, bare: bool = False) -> Diagnosis:
    """The diagnosis of a build. Reads logs only where something failed.

    `bare`: logs of which nothing else is known; every file counts, and whether anything failed is for them to tell.
    """
    if bare:
        return _examine(build, tools, bare=True)
    if build.outcome is Outcome.SUCCESS:
        return Diagnosis(build, Verdict.PASSED, patterns_version=tools.patterns_version)
    if build.outcome in (Outcome.SKIPPED, Outcome.RUNNING):
        why = "still running" if build.outcome is Outcome.RUNNING else f"{build.result}: no verdict of its own"
        return Diagnosis(build, Verdict.SKIPPED, why=why, patterns_version=tools.patterns_version)
    return _examine(build, tools, bare=False)


def _examine(build: Build, tools: Tools, *, bare: bool) -> Diagnosis:
    started = time.perf_counter()
    reading = _Reading(build, tools)
    _scan_result(reading)
    tree: LogTree | None = None
    try:
        tree = _read_logs(reading, bare)
    except LogError as error:
        reading.problems.append(error.problem)
    reasons, why = _reasons(reading, tree)
    shown = () if _explained(reasons) or tree is None else _excerpts(tree, reading)
    return Diagnosis(
        build=build,
        verdict=_verdict(build, reasons, shown, reading),
        reasons=reasons,
        excerpts=shown,
        problems=tuple(dict.fromkeys(reading.problems)),
        why=why or _why_none(reading, tools),
        files_wanted=_wanted_names(reading),
        files_read=tuple(reading.files),
        patterns_tried=len(tools.engine.patterns),
        patterns_version=tools.patterns_version,
        seconds=time.perf_counter() - started,
    )


# -- reading ---------------------------------------------------------------------------------------------------------


def _scan_result(reading: _Reading) -> None:
    if reading.build.result:
        line = f"{reading.build.result} {reading.build.error_detail}".strip().encode()
        scan = reading.tools.engine.scan([line], file=RESULT, names={RESULT}, build=reading.build)
        reading.hits += scan.hits
        reading.counts.update(scan.counts)


def _read_logs(reading: _Reading, bare: bool) -> LogTree | None:
    build = reading.build
    if not build.log_url:
        if reading.hits:  # the result word was recognised: NODE_FAILURE and the like never have logs
            return None
        where = build.url or build.job_name
        reading.problems.append(Problem(where, ProblemKind.GONE, "the CI system names no log URL for this build"))
        return None
    tree = reading.tools.open_tree(build)
    wanted = dict.fromkeys(tree.names()) if tree.single else _find(tree, reading)
    if bare and not wanted and (every := dict.fromkeys(_first(tree.names(), _FILES_OF_A_BARE_TREE))):
        wanted = every
        reading.problems.clear()  # what patterns would have wanted does not matter where every file is read
    for file, names in wanted.items():
        _scan(tree, file, names, reading)
    reading.problems += tree.problems
    return tree


def _find(tree: LogTree, reading: _Reading) -> dict[LogFile, frozenset[str] | None]:
    """The files to read, each with the names that patterns know it by; a file is read once for all its names."""
    found: dict[str, tuple[LogFile, frozenset[str]]] = {}
    for name in _wanted_names(reading):
        paths = reading.tools.log_paths(name)
        try:
            files = tree.find(paths)
        except LogError as error:
            reading.problems.append(error.problem)
            if error.problem.kind in _HOPELESS:
                break
            continue
        if not files:
            detail = f"none of {', '.join(paths)} is in {tree.location}"
            reading.problems.append(Problem(name, ProblemKind.MISSING, detail))
        for file in files:
            key = f"{file.location}\0{file.name}"
            names = found[key][1] if key in found else frozenset()
            found[key] = (file, names | {name})
    return dict(found.values())


def _wanted_names(reading: _Reading) -> tuple[str, ...]:
    """The log files that patterns in whose scope the build lies want, in the order of the patterns."""
    patterns = reading.tools.engine.patterns
    wanted = {name for pattern in patterns if holds_for(pattern.scope, reading.build) for name in pattern.files}
    return tuple(name for name in reading.tools.engine.names if name in wanted and name != RESULT)


def _scan(tree: LogTree, file: LogFile, names: frozenset[str] | None, reading: _Reading) -> None:
    room = reading.tools.build_size - sum(read.size for read in reading.files)
    chunks = _bounded(tree.chunks(file), room, file)
    if names is None:  # a file of which nothing is known: every pattern but those for result words
        names = frozenset(_wanted_names(reading))
    scan = reading.tools.engine.scan(chunks, file=file.name, names=names, build=reading.build)
    reading.hits += scan.hits
    for pattern, count in scan.counts.items():
        reading.counts[pattern] = reading.counts.get(pattern, 0) + count
    reading.problems += scan.problems
    if not scan.size and not scan.problems:
        reading.problems.append(Problem(file.name, ProblemKind.EMPTY, "the file is there and has no bytes"))
    if scan.size:
        reading.files.append(FileRead(file.name, file.location, scan.size, scan.lines))
        reading.scanned.append(file)


def _bounded(chunks: Iterable[bytes], room: int, file: LogFile) -> Iterator[bytes]:
    for chunk in chunks:
        room -= len(chunk)
        if room < 0:
            detail = "the logs of this build are larger than limits.build_size; read up to there"
            raise LogError(Problem(file.name, ProblemKind.TOO_LARGE, detail))
        yield chunk


def _first(files: Iterable[LogFile], most: int) -> Iterator[LogFile]:
    for number, file in enumerate(files):
        if number == most:
            return
        yield file


# -- reasons ---------------------------------------------------------------------------------------------------------


def _reasons(reading: _Reading, tree: LogTree | None) -> tuple[tuple[Reason, ...], str]:
    """Every reason, the primary one first, and why it is the primary one ("" where there is none)."""
    tools = reading.tools
    reasons = reasons_of(reading.hits, reading.counts, tools.engine.patterns, tools.log_search)
    order = {file.name: number for number, file in enumerate(reading.files)}
    return primary_first(reasons, order, _failed_lines(tree, reasons))


def _failed_lines(tree: LogTree | None, reasons: Sequence[Reason]) -> frozenset[str]:
    """Output lines of failed tasks, read only where they can decide between reasons of the best kind."""
    if tree is None or not contested(reasons):
        return frozenset()
    try:
        files = tree.find(("job-output.json",))
        return failed_text(tree.chunks(files[0])) if files else frozenset()
    except LogError:
        return frozenset()  # a help for ranking only; the logs that patterns want have their own problems


def _explained(reasons: Iterable[Reason]) -> bool:
    return any(reason.primary for reason in reasons)


def _excerpts(tree: LogTree, reading: _Reading) -> tuple[Excerpt, ...]:
    """Of the first file that was read; what it could not give has been told as a problem already."""
    return (
        excerpts(_until_it_breaks(tree.chunks(reading.scanned[0])), reading.scanned[0].name) if reading.scanned else ()
    )


def _until_it_breaks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    with contextlib.suppress(LogError):
        yield from chunks


# -- the answer ------------------------------------------------------------------------------------------------------


def _verdict(build: Build, reasons: tuple[Reason, ...], shown: tuple[Excerpt, ...], reading: _Reading) -> Verdict:
    if _explained(reasons):
        return Verdict.KNOWN
    if not reading.files:
        return Verdict.NO_LOGS
    if build.result or any(excerpt.score > 0 for excerpt in shown) or reasons:
        return Verdict.UNKNOWN
    # a log that breaks off may have held the failure behind the break
    whole = all(problem.kind is ProblemKind.MISSING for problem in reading.problems)
    return Verdict.NO_FAILURE_SEEN if whole else Verdict.UNKNOWN


def _why_none(reading: _Reading, tools: Tools) -> str:
    if not reading.files:
        return "no log could be read"
    lines, files = sum(file.lines for file in reading.files), len(reading.files)
    read = f"{lines} lines of {files} file{'' if files == 1 else 's'}"
    return f"none of {len(tools.engine.patterns)} patterns explains it in {read}"
