"""The rows of `sova.reports.as_json` as types: one diagnosis in all its parts.

Every answer of the API is checked against these before it is sent, and the OpenAPI is made from them. A test holds them
against the JSON Schema.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sova.model import Action, Diagnosis, Kind, Outcome, ProblemKind, Verdict
from sova.reports.as_json import to_row

__all__ = ["VERSION", "BuildRow", "Count", "DiagnosisRow", "LineNumber", "ProblemRow", "Row", "row_of"]

VERSION = "Version of this form. Fields may be added within a version, none is taken away or changed."
"""What the field `version` of an answer means."""
Count = Annotated[int, Field(ge=0)]
LineNumber = Annotated[int, Field(ge=1)]


class Row(BaseModel):
    """Base of all answers: nothing but what is written here, and all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, from_attributes=True)


class ChangeRow(Row):
    """What a build was run on: a change under review, or a branch, then without number and patchset."""

    project: str = Field(description="The repository.")
    branch: str = Field(description="The target branch.")
    number: Count | None = Field(description="The change number; null for a branch build.")
    patchset: str = Field(description="The patch set, or the commit where the review system has no numbers.")
    ref: str = Field(description="The git ref.")
    url: str = Field(description="The change's page in the review system.")
    subject: str = Field(description="The first line of the commit message.")
    commit_message: str = Field(description="The whole commit message.")
    owner: str = Field(description="Who owns the change.")
    topic: str = Field(description="Its topic.")


class ArtifactRow(Row):
    """A link that a build left behind."""

    name: str = Field(description="Its name.")
    url: str = Field(description="Where it is.")
    type: str = Field(description="Its type, such as zuul_manifest.")


class BuildRow(Row):
    """One run of one job."""

    key: str = Field(description="The identity of the build, the same in every source.")
    job_name: str = Field(description="The job's name.")
    result: str = Field(description='The raw result word of the CI system; "" while it runs.')
    seen_by: list[str] = Field(description="Names of the sources that told of this build.")
    uuid: str = Field(description="The CI system's own identity of the build.")
    pipeline: str = Field(description="Zuul's pipeline, such as check or gate.")
    change: ChangeRow = Field(
        description="What a build was run on: a change under review, or a branch, then without number and patchset."
    )
    voting: bool = Field(description="Whether the result counts for the change.")
    start_time: AwareDatetime | None = Field(description="When it started.")
    end_time: AwareDatetime | None = Field(description="When it ended.")
    duration: float | None = Field(description="Seconds that it ran.")
    log_url: str = Field(description="Where its logs are: a URL or a path.")
    url: str = Field(description="Its page in the CI system.")
    artifacts: list[ArtifactRow] = Field(description="Links that it left behind.")
    attempts: Count = Field(description="How often it was tried, this run included.")
    nodeset: str = Field(description="What it ran on.")
    tenant: str = Field(description="Zuul's tenant.")
    event_id: str = Field(description="Zuul's identity of the event that started it.")
    error_detail: str = Field(description="What the CI system itself says of the failure.")
    final: bool = Field(description="Whether the result can no longer change.")
    outcome: Outcome = Field(description="What the result comes down to.")


class HitRow(Row):
    """One place where a pattern matched."""

    pattern: str = Field(description="The id of the pattern.")
    file: str = Field(description="The log file, relative to the log root.")
    line_number: LineNumber = Field(description="The line, counted from 1.")
    line: str = Field(description="The line for display, cut around the match when it is very long.")
    captures: dict[str, str] = Field(description='Captured text by group name or number; "0" is the whole match.')
    before: list[str] = Field(description="The lines before it.")
    after: list[str] = Field(description="The lines after it.")


class ReasonRow(Row):
    """Why a build failed, as one sentence, with the places that show it."""

    pattern: str = Field(description="The id of the pattern.")
    message: str = Field(description="The sentence, captured text filled in.")
    tag: str = Field(description="infra, code, test, config, info, or a word of the pattern's author.")
    hits: list[HitRow] = Field(description="Places where the pattern matched, in line order; count may be higher.")
    primary: bool = Field(description="Whether this is the reason that the failure is counted by.")
    kind: Kind = Field(
        description="What the pattern says about a failure; in this order a reason becomes the primary one."
    )
    action: Action = Field(description="What should happen next.")
    bug: str = Field(description="A bug report, as URL or text.")
    owner: str = Field(description="Who looks after this failure.")
    log_search: str = Field(description="URL of a search for the same failure in other logs.")
    note: str = Field(description="What the pattern's author wants people to know.")
    count: Count = Field(description="All hits, those that were not kept included.")
    fixed_since: AwareDatetime | None = Field(
        description="From when on the failure is expected to be gone; one seen later has come back."
    )


class ExcerptRow(Row):
    """Suspicious lines of a failure without a known reason."""

    file: str = Field(description="The log file, relative to the log root.")
    first_line: LineNumber = Field(description="The first line's number.")
    last_line: LineNumber = Field(description="The last line's number.")
    lines: list[str] = Field(description="The lines.")
    score: float = Field(description="How suspicious; higher is more.")
    why: str = Field(description="How the lines were chosen, in words.")


class ProblemRow(Row):
    """What could not be had or read; never mixed up with "no pattern matched"."""

    where: str = Field(description="A file name, a URL or the name of a source.")
    kind: ProblemKind = Field(description="Why.")
    detail: str = Field(description="More in words.")


class FileRow(Row):
    """A log file that was read."""

    name: str = Field(description="The file, relative to the log root.")
    location: str = Field(description="Its URL or path.")
    size: Count = Field(description="Bytes after decompression.")
    lines: Count = Field(description="Lines in it.")


class DiagnosisRow(Row):
    """The answer for one build."""

    build: BuildRow = Field(description="One run of one job.")
    verdict: Verdict = Field(description="The answer in one word.")
    reasons: list[ReasonRow] = Field(description="Why it failed, the primary reason first.")
    excerpts: list[ExcerptRow] = Field(description="Suspicious lines of a failure without a known reason.")
    problems: list[ProblemRow] = Field(description="What could not be had or read.")
    why: str = Field(description="Why the primary reason was chosen, or why there is none.")
    files_wanted: list[str] = Field(description="Names of log files that patterns asked for.")
    files_read: list[FileRow] = Field(description="The log files that were read.")
    patterns_tried: Count = Field(description="How many patterns were tried.")
    patterns_version: str = Field(description="The version of the pattern set, a short hash of its content.")
    seconds: float = Field(description="How long the diagnosis took.")
    tag: str = Field(
        description='Tag of the primary reason of a failure, "unknown" without one, "" where nothing failed.'
    )
    bytes_read: Count = Field(description="Bytes read after decompression, the sum over files_read.")
    text: str = Field(description="The seed's line: date, job, mark, messages, mark, log URL; tabs between.")


def row_of(diagnosis: Diagnosis) -> DiagnosisRow:
    """The diagnosis as `sova.reports.as_json.to_row` has it."""
    return DiagnosisRow.model_validate(to_row(diagnosis))
