"""What the API answers with: lists of builds, patterns, sources, errors. Whole diagnoses are in `api_rows`."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from sova.model import Action, Diagnosis, Kind, Match, Outcome, Verdict
from sova.model import Pattern as Signature
from sova.reports.as_csv import COLUMNS
from sova.slugs import build_slug
from sova.store.lookups import PatternHits
from sova.web.api_rows import VERSION, Count, DiagnosisRow, LineNumber, ProblemRow, Row

__all__ = [
    "BuildSummary",
    "Builds",
    "Diagnoses",
    "Pattern",
    "Patterns",
    "ProblemDetails",
    "Sources",
    "Target",
    "pattern_row",
    "summary_of",
]

_AFTER = 'Cursor of the next page, for `after`; "" on the last one.'
_URL = r"^https?://[!-\"$-.0->@-~][!-~]*$"  # all other characters stand in a URL as %xx only
_NONE = BeforeValidator(lambda value: None if value == "" else value)  # what a build lacks is an empty cell in the CSV


class BuildSummary(Row):
    """A build in a list: the columns of the CSV, with their types."""

    id: str = Field(description="Name in `/builds/{id}`, and of its page; never changes.")
    time: AwareDatetime | None = Field(description="When it ended, else when it began.")
    job: str = Field(description="Name of the job.")
    result: str = Field(description="Result as the CI system says it.")
    outcome: Outcome = Field(description="What the result comes down to, one word of a fixed list.")
    failed: bool = Field(description="Whether it counts as a failure.")
    verdict: Verdict = Field(description="The answer in one word.")
    tag: str = Field(description="The tag that the failure is counted by.")
    reason: str = Field(description="The primary reason as a sentence.")
    reason_id: str = Field(description="Name in `/reasons/{slug}`, and of its page.")
    pattern: str = Field(description="Id of the pattern that found it.")
    action: Action = Field(description="What should happen next.")
    bug: str = Field(description="Bug report for the failure.")
    reason_owner: str = Field(description="Who looks after the failure.")
    fixed_since: Annotated[AwareDatetime | None, _NONE] = Field(
        description="From when on the failure is expected to be gone."
    )
    file: str = Field(description="Log file of the first hit.")
    line_number: Annotated[LineNumber | None, _NONE] = Field(description="Line of the first hit.")
    line: str = Field(description="The first hit itself.")
    reasons: Count = Field(description="How many reasons were found, the primary one too.")
    problems: Count = Field(description="How many things could not be had or read.")
    project: str = Field(description="Project that was built.")
    branch: str = Field(description="Branch that was built, or that the change is for.")
    pipeline: str = Field(description="Pipeline, in Zuul's sense.")
    change: Count | None = Field(description="Number of the change; null for periodic builds.")
    patchset: str = Field(description="Patch set of the change.")
    subject: str = Field(description="First line of the change's commit message.")
    owner: str = Field(description="Author of the change.")
    topic: str = Field(description="Topic of the change.")
    change_url: str = Field(description="Page of the change.")
    voting: bool = Field(description="Whether the result counts for the change.")
    start_time: AwareDatetime | None = Field(description="When it began.")
    end_time: AwareDatetime | None = Field(description="When it ended.")
    duration: float | None = Field(description="Length in seconds.")
    uuid: str = Field(description="The CI system's own identity of the build.")
    url: str = Field(description="Page of the build in the CI system.")
    log_url: str = Field(description="Root of its logs.")
    key: str = Field(description="Identity of the build in every source.")


def summary_of(diagnosis: Diagnosis) -> BuildSummary:
    """The diagnosis as one flat row."""
    return BuildSummary.model_validate({column.name: column.value(diagnosis) for column in COLUMNS})


class Builds(Row):
    """Builds, newest first."""

    version: Literal[1] = Field(description=VERSION)
    builds: list[BuildSummary] = Field(description="One row a build.")
    after: str = Field(description=_AFTER)


class Diagnoses(Row):
    """Whole diagnoses, newest build first."""

    version: Literal[1] = Field(description=VERSION)
    diagnoses: list[DiagnosisRow] = Field(description="One row a build, as `sova run -o json` has it.")
    after: str = Field(description=_AFTER)


class Scope(Row):
    """Where a pattern holds; globs, an empty list means everywhere."""

    jobs: list[str] = Field(description="Jobs.")
    branches: list[str] = Field(description="Branches.")
    pipelines: list[str] = Field(description="Pipelines.")
    projects: list[str] = Field(description="Projects.")
    since: AwareDatetime | None = Field(description="From when on.")
    until: AwareDatetime | None = Field(description="Until when.")


class Examples(Row):
    """Whole lines that a pattern must match and must not match."""

    match: list[str] = Field(description="Lines that it must match.")
    no_match: list[str] = Field(description="Lines that it must not match.")


class Hits(Row):
    """How often a pattern hit."""

    builds: Count = Field(description="Failures in the stretch of time in which it hit, for the primary reason or not.")
    last_seen: AwareDatetime = Field(description="Time of the newest failure ever in which it hit.")
    last_build: str = Field(description="Name of that build, for `/builds/{id}`.")
    last_job: str = Field(description="Its job.")


class Pattern(Row):
    """One failure signature."""

    id: str = Field(description="Its id.")
    message: str = Field(description="The failure as a sentence, with places for captured text.")
    files: list[str] = Field(description="Named log files, paths or globs.")
    text: str = Field(description='A literal text; "" where there is a regex.')
    regex: str = Field(description='A regular expression; "" where there is a text.')
    exclude: list[str] = Field(description="A line with one of these does not count.")
    not_followed_by: str = Field(description="Nor does one whose next line matches this.")
    match: Match = Field(description="Whether it is held against the message of a line, or the bytes as they are.")
    tag: str = Field(description="infra, code, test, config, info, or a word of its author.")
    kind: Kind = Field(description="What it says about a failure.")
    action: Action = Field(description="What should happen next.")
    owner: str = Field(description="Who looks after the failure.")
    bug: str = Field(description="Bug report, as URL or text.")
    log_search: str = Field(description="What to search for in a log store.")
    fixed_since: AwareDatetime | None = Field(description="From when on the failure is expected to be gone.")
    scope: Scope = Field(description="Where it holds.")
    note: str = Field(description="What people should know.")
    examples: Examples = Field(description="Lines that are tests of it.")
    hits: Hits | None = Field(description="How often it hit; null where it never did.")


def pattern_row(pattern: Signature, hits: PatternHits | None) -> Pattern:
    """The pattern with its hits."""
    found = {field.name: getattr(pattern, field.name) for field in fields(pattern)}
    seen = hits and {
        "builds": hits.builds,
        "last_seen": hits.last_seen,
        "last_build": build_slug(hits.last_key),
        "last_job": hits.last_job,
    }
    return Pattern.model_validate({**found, "hits": seen})


class Patterns(Row):
    """Every pattern that is tried, in the order of the files."""

    version: Literal[1] = Field(description=VERSION)
    since: AwareDatetime = Field(description="Beginning of the stretch in which hits are counted, inclusive.")
    until: AwareDatetime = Field(description="Its end, exclusive.")
    patterns_version: str = Field(description="The version of the pattern set, a short hash of its content.")
    patterns: list[Pattern] = Field(description="The patterns.")


class Source(Row):
    """How a source answered last."""

    source: str = Field(description="Its name.")
    builds: Count = Field(description="How many builds it gave.")
    newest: AwareDatetime | None = Field(description="Time of the newest build that it ever gave then.")
    reachable: bool = Field(description="Whether it answered to the end.")
    problems: list[ProblemRow] = Field(description="What went wrong.")


class Sources(Row):
    """Where builds come from, and how fresh they are."""

    version: Literal[1] = Field(description=VERSION)
    now: AwareDatetime = Field(description="The moment of this answer.")
    sources: list[Source] = Field(description="Every source that was ever read, by name.")


class Target(BaseModel):
    """What to diagnose."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(
        description="URL of a log, of a tree of logs, or of a Zuul build; http or https.",
        max_length=2000,
        pattern=_URL,
        examples=["https://zuul.example.org/t/main/build/9594e23724f044dc9c1c06d85085a367"],
    )


class Mistake(Row):
    """One thing that is wrong with a request."""

    where: str = Field(description="The parameter or field.")
    message: str = Field(description="What is wrong with it.")


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="`about:blank`: the status says it all.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status.", ge=400, le=599)
    detail: str = Field(description="What is wrong, and what would be right.")
    instance: str = Field("", description="The path that was asked for.")
    parameter: str = Field("", description="The parameter that is wrong.")
    value: str = Field("", description="Its value, cut.")
    allowed: str = Field("", description="What is allowed instead.")
    errors: list[Mistake] = Field([], description="Everything that is wrong with the form of the request.")
