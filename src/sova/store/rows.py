"""Diagnoses as rows of the tables, and back. What goes in comes out equal.

Two things no database keeps are replaced on the way in: half characters (lone surrogates, which JSON from outside may
hold) become U+FFFD, and whole numbers beyond 64 bits the nearest that fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sova.model import (
    Action,
    Artifact,
    Build,
    Change,
    Diagnosis,
    Excerpt,
    FileRead,
    Hit,
    Kind,
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)

__all__ = [
    "Row",
    "Rows",
    "build_of",
    "build_row",
    "clean",
    "diagnosis_of",
    "problem_of",
    "problem_row",
    "rows_of",
    "storable",
]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_LARGEST = 2**63 - 1


class Row(Protocol):
    """Columns by their names."""

    def __getitem__(self, name: str, /) -> Any: ...  # Any: columns have several types, SQLAlchemy gives them so


@dataclass(frozen=True, slots=True)
class Rows:
    """One diagnosis as rows, without the number of the build in them; `details` is None where there are none."""

    diagnosis: dict[str, object]
    reasons: list[dict[str, object]] = field(default_factory=list)
    problems: list[dict[str, object]] = field(default_factory=list)
    details: dict[str, object] | None = None


def clean(text: str) -> str:
    """The text as the database keeps it."""
    return text if text.isascii() else _HALF_CHARACTER.sub("\ufffd", text)


def storable(row: dict[str, object]) -> dict[str, object]:
    return {name: _storable_value(value) for name, value in row.items()}


def _storable_value(value: object) -> object:
    if isinstance(value, str):
        return clean(str(value))  # str: the words of the model's enumerations
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_LARGEST - 1, min(value, _LARGEST))
    return value


def build_row(build: Build) -> dict[str, object]:
    """The row of table `builds`, without its number."""
    change = build.change
    return storable(
        {
            "key": build.key,
            "job_name": build.job_name,
            "result": build.result,
            "outcome": build.outcome,
            "failed": build.failed,
            "time": build.time,
            "uuid": build.uuid,
            "pipeline": build.pipeline,
            "project": change.project,
            "branch": change.branch,
            "change_number": change.number,
            "patchset": change.patchset,
            "ref": change.ref,
            "change_url": change.url,
            "subject": change.subject,
            "commit_message": change.commit_message,
            "owner": change.owner,
            "topic": change.topic,
            "voting": build.voting,
            "start_time": build.start_time,
            "end_time": build.end_time,
            "duration": build.duration,
            "log_url": build.log_url,
            "url": build.url,
            "artifacts": [[artifact.name, artifact.url, artifact.type] for artifact in build.artifacts],
            "attempts": build.attempts,
            "nodeset": build.nodeset,
            "tenant": build.tenant,
            "event_id": build.event_id,
            "error_detail": build.error_detail,
            "final": build.final,
            "seen_by": list(build.seen_by),
        }
    )


def build_of(row: Row) -> Build:
    """The build in a row of table `builds`."""
    return Build(
        key=row["key"],
        job_name=row["job_name"],
        result=row["result"],
        seen_by=tuple(row["seen_by"]),
        uuid=row["uuid"],
        pipeline=row["pipeline"],
        change=Change(
            project=row["project"],
            branch=row["branch"],
            number=row["change_number"],
            patchset=row["patchset"],
            ref=row["ref"],
            url=row["change_url"],
            subject=row["subject"],
            commit_message=row["commit_message"],
            owner=row["owner"],
            topic=row["topic"],
        ),
        voting=row["voting"],
        start_time=row["start_time"],
        end_time=row["end_time"],
        duration=row["duration"],
        log_url=row["log_url"],
        url=row["url"],
        artifacts=tuple(Artifact(*artifact) for artifact in row["artifacts"]),
        attempts=row["attempts"],
        nodeset=row["nodeset"],
        tenant=row["tenant"],
        event_id=row["event_id"],
        error_detail=row["error_detail"],
        final=row["final"],
    )


def rows_of(diagnosis: Diagnosis) -> Rows:
    """The rows of a diagnosis in all tables but `builds`."""
    return Rows(
        _diagnosis_row(diagnosis),
        [_reason_row(number, reason) for number, reason in enumerate(diagnosis.reasons)],
        [{"position": number, **problem_row(problem)} for number, problem in enumerate(diagnosis.problems)],
        _details_row(diagnosis),
    )


def _diagnosis_row(diagnosis: Diagnosis) -> dict[str, object]:
    return storable(
        {
            "verdict": diagnosis.verdict,
            "tag": diagnosis.tag,
            "why": diagnosis.why,
            "files_wanted": list(diagnosis.files_wanted),
            "files_read": [[file.name, file.location, file.size, file.lines] for file in diagnosis.files_read],
            "bytes_read": diagnosis.bytes_read,
            "patterns_tried": diagnosis.patterns_tried,
            "patterns_version": diagnosis.patterns_version,
            "seconds": diagnosis.seconds,
        }
    )


def _reason_row(position: int, reason: Reason) -> dict[str, object]:
    return storable(
        {
            "position": position,
            "pattern": reason.pattern,
            "message": reason.message,
            "tag": reason.tag,
            "kind": reason.kind,
            "action": reason.action,
            "bug": reason.bug,
            "owner": reason.owner,
            "log_search": reason.log_search,
            "note": reason.note,
            "count": reason.count,
            "is_primary": reason.primary,
            "fixed_since": reason.fixed_since,
        }
    )


def problem_row(problem: Problem) -> dict[str, object]:
    """A problem as columns, without its position."""
    return storable({"place": problem.where, "kind": problem.kind, "detail": problem.detail})


def problem_of(row: Row) -> Problem:
    """The problem in such columns."""
    return Problem(row["place"], ProblemKind(row["kind"]), row["detail"])


def _details_row(diagnosis: Diagnosis) -> dict[str, object] | None:
    hits = [[_hit_list(hit) for hit in reason.hits] for reason in diagnosis.reasons]
    excerpts = [[e.file, e.first_line, e.last_line, list(e.lines), e.score, e.why] for e in diagnosis.excerpts]
    return {"hits": hits, "excerpts": excerpts} if any(hits) or excerpts else None


def _hit_list(hit: Hit) -> list[object]:
    captures = [list(capture) for capture in hit.captures]
    return [hit.pattern, hit.file, hit.line_number, hit.line, captures, list(hit.before), list(hit.after)]


def diagnosis_of(row: Row, reasons: Sequence[Row], problems: Iterable[Row]) -> Diagnosis:
    """The diagnosis in its rows: `row` has the columns of `builds`, `diagnoses` and `details` (null where there are
    none), reasons and problems are in the order of their positions."""
    hits = [()] * len(reasons) if row["hits"] is None else row["hits"]
    return Diagnosis(
        build=build_of(row),
        verdict=Verdict(row["verdict"]),
        reasons=tuple(_reason_of(reason, found) for reason, found in zip(reasons, hits, strict=True)),
        excerpts=tuple(
            Excerpt(file, first, last, tuple(lines), score, why)
            for file, first, last, lines, score, why in row["excerpts"] or ()
        ),
        problems=tuple(problem_of(problem) for problem in problems),
        why=row["why"],
        files_wanted=tuple(row["files_wanted"]),
        files_read=tuple(FileRead(*file) for file in row["files_read"]),
        patterns_tried=row["patterns_tried"],
        patterns_version=row["patterns_version"],
        seconds=row["seconds"],
    )


def _reason_of(row: Row, hits: Iterable[Sequence[Any]]) -> Reason:  # Any: what a hit's list holds, of several types
    return Reason(
        pattern=row["pattern"],
        message=row["message"],
        tag=row["tag"],
        hits=tuple(
            Hit(
                pattern, file, number, line, tuple((name, text) for name, text in captures), tuple(before), tuple(after)
            )
            for pattern, file, number, line, captures, before, after in hits
        ),
        primary=row["is_primary"],
        kind=Kind(row["kind"]),
        action=Action(row["action"]),
        bug=row["bug"],
        owner=row["owner"],
        log_search=row["log_search"],
        note=row["note"],
        count=row["count"],
        fixed_since=row["fixed_since"],
    )
