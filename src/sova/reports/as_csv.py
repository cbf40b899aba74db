"""Diagnoses as CSV (RFC 4180) for spreadsheets and scripts: one row a build, the columns of `COLUMNS`.

Text from outside is on one line, without control characters. A cell that a spreadsheet would take for a formula gets
an apostrophe before it; that is the one thing in which a cell may differ from the value.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sova.model import Build, Diagnosis, Hit, Reason
from sova.reports.clean import one_line
from sova.reports.wording import iso
from sova.slugs import build_slug, reason_slug

__all__ = ["COLUMNS", "Cell", "Column", "csv_text", "line", "written"]

Cell = str | int | float | bool | dt.datetime | None
_Of = TypeVar("_Of")

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell begins that a spreadsheet computes; some take the wide forms of the signs too."""


@dataclass(frozen=True, slots=True)
class Column(Generic[_Of]):
    """One column: its name in the first row, what stands in it, and how it is taken from what has a row."""

    name: str
    meaning: str
    value: Callable[[_Of], Cell]


def _of_build(name: str, meaning: str, value: Callable[[Build], Cell]) -> Column[Diagnosis]:
    return Column(name, meaning, lambda diagnosis: value(diagnosis.build))


def _of_reason(name: str, meaning: str, value: Callable[[Reason], Cell]) -> Column[Diagnosis]:
    return Column(name, meaning, lambda diagnosis: value(diagnosis.primary) if diagnosis.primary else "")


def _of_hit(name: str, meaning: str, value: Callable[[Hit], Cell]) -> Column[Diagnosis]:
    def first(reason: Reason) -> Cell:
        return value(reason.hits[0]) if reason.hits else ""

    return _of_reason(name, meaning, first)


COLUMNS: tuple[Column[Diagnosis], ...] = (
    _of_build("id", "Name of its page, for `sova build ID`.", lambda build: build_slug(build.key)),
    _of_build("time", "When it ended, else when it began.", lambda build: build.time),
    _of_build("job", "Name of the job.", lambda build: build.job_name),
    _of_build("result", "Result as the CI system says it.", lambda build: build.result),
    _of_build("outcome", "What the result comes down to, one word of a fixed list.", lambda build: build.outcome.value),
    Column("failed", "Whether it counts as a failure.", lambda diagnosis: diagnosis.failed),
    Column("verdict", "The answer in one word.", lambda diagnosis: diagnosis.verdict.value),
    Column("tag", "The tag that the failure is counted by.", lambda diagnosis: diagnosis.tag),
    _of_reason("reason", "The primary reason as a sentence.", lambda reason: reason.message),
    _of_reason(
        "reason_id",
        "Name of its page, for `--reason`.",
        lambda reason: reason_slug(reason.tag, reason.message),
    ),
    _of_reason("pattern", "Id of the pattern that found it.", lambda reason: reason.pattern),
    _of_reason("action", "What should happen next.", lambda reason: reason.action.value),
    _of_reason("bug", "Bug report for the failure.", lambda reason: reason.bug),
    _of_reason("reason_owner", "Who looks after the failure.", lambda reason: reason.owner),
    _of_reason("fixed_since", "From when on the failure is expected to be gone.", lambda reason: reason.fixed_since),
    _of_hit("file", "Log file of the first hit.", lambda hit: hit.file),
    _of_hit("line_number", "Line of the first hit.", lambda hit: hit.line_number),
    _of_hit("line", "The first hit itself.", lambda hit: hit.line),
    Column("reasons", "How many reasons were found, the primary one too.", lambda diagnosis: len(diagnosis.reasons)),
    Column("problems", "How many things could not be had or read.", lambda diagnosis: len(diagnosis.problems)),
    _of_build("project", "Project that was built.", lambda build: build.change.project),
    _of_build("branch", "Branch that was built, or that the change is for.", lambda build: build.change.branch),
    _of_build("pipeline", "Pipeline, in Zuul's sense.", lambda build: build.pipeline),
    _of_build("change", "Number of the change; empty for periodic builds.", lambda build: build.change.number),
    _of_build("patchset", "Patch set of the change.", lambda build: build.change.patchset),
    _of_build("subject", "First line of the change's commit message.", lambda build: build.change.subject),
    _of_build("owner", "Author of the change.", lambda build: build.change.owner),
    _of_build("topic", "Topic of the change.", lambda build: build.change.topic),
    _of_build("change_url", "Page of the change.", lambda build: build.change.url),
    _of_build("voting", "Whether the result counts for the change.", lambda build: build.voting),
    _of_build("start_time", "When it began.", lambda build: build.start_time),
    _of_build("end_time", "When it ended.", lambda build: build.end_time),
    _of_build("duration", "Length in seconds.", lambda build: build.duration),
    _of_build("uuid", "The CI system's own identity of the build.", lambda build: build.uuid),
    _of_build("url", "Page of the build in the CI system.", lambda build: build.url),
    _of_build("log_url", "Root of its logs.", lambda build: build.log_url),
    _of_build("key", "Identity of the build in every source.", lambda build: build.key),
)
"""Every column, in this order. Columns may be added at the end, none is taken away or moved."""


def csv_text(diagnoses: Iterable[Diagnosis], /) -> Iterator[str]:
    """The row of names, then a row a build; lines end in CRLF, as the RFC wants."""
    yield line([column.name for column in COLUMNS])
    for diagnosis in diagnoses:
        yield line([written(column.value(diagnosis)) for column in COLUMNS])


def written(value: Cell) -> str:
    """A value as a cell: text on one line, and with an apostrophe before it where a spreadsheet would compute it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return iso(value, "seconds")
    if not isinstance(value, str):
        return str(value)
    text = one_line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def line(cells: Sequence[str]) -> str:
    """A line of a file with these cells."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
