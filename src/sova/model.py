"""The values that travel through Sova: builds, log files, patterns, hits, reasons, diagnoses.

All are frozen and do no input or output. Text that is not known is "", a number or time that is not known is None.
Times are aware and in UTC, durations are seconds, sizes are bytes, line numbers count from 1.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Action",
    "Artifact",
    "Build",
    "Change",
    "Diagnosis",
    "Examples",
    "Excerpt",
    "FileRead",
    "Hit",
    "Kind",
    "LogFile",
    "Match",
    "Outcome",
    "Pattern",
    "Problem",
    "ProblemKind",
    "Reason",
    "Scope",
    "Verdict",
    "outcome_of",
]


class Outcome(StrEnum):
    """What a raw result word of any CI system comes down to."""

    SUCCESS = "success"
    FAILURE = "failure"
    INFRA = "infra"  # the CI system itself failed; no test spoke
    ABORTED = "aborted"
    SKIPPED = "skipped"  # no verdict of its own: skipped, superseded, or an attempt that was retried
    RUNNING = "running"
    UNKNOWN = "unknown"


_OUTCOMES: dict[str, Outcome] = {
    "": Outcome.RUNNING,
    **dict.fromkeys(("SUCCESS", "SUCCEEDED", "PASSED", "NEUTRAL"), Outcome.SUCCESS),
    **dict.fromkeys(
        (
            "FAILURE",
            "FAILED",
            "UNSTABLE",
            "ERROR",
            "POST_FAILURE",
            "TIMED_OUT",
            "MERGE_CONFLICT",
            "MERGER_FAILURE",
            "MERGE_FAILURE",
            "CONFIG_ERROR",
        ),
        Outcome.FAILURE,
    ),
    **dict.fromkeys(
        (
            "RETRY_LIMIT",
            "NODE_FAILURE",
            "DISK_FULL",
            "LOST",
            "NOT_REGISTERED",
            "UNREACHABLE",
            "EXCEPTION",
            "NO_HANDLE",
            "STARTUP_FAILURE",
        ),
        Outcome.INFRA,
    ),
    "ABORTED": Outcome.ABORTED,
    **dict.fromkeys(
        ("SKIPPED", "CANCELED", "CANCELLED", "DEQUEUED", "NOT_BUILT", "NO_JOBS", "RETRY", "STALE"), Outcome.SKIPPED
    ),
    **dict.fromkeys(("RUNNING", "PENDING", "QUEUED", "IN_PROGRESS", "WAITING", "CREATED"), Outcome.RUNNING),
}


def outcome_of(result: str) -> Outcome:
    """The outcome of a raw result word (Zuul, Jenkins, Prow, GitHub, GitLab; case does not count)."""
    return _OUTCOMES.get(result.strip().upper(), Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Change:
    """What a build was run on: a change under review, or a branch (then without number and patch set)."""

    project: str = ""
    branch: str = ""
    number: int | None = None
    patchset: str = ""
    ref: str = ""
    url: str = ""
    subject: str = ""
    commit_message: str = ""
    owner: str = ""
    topic: str = ""

    @property
    def name(self) -> str:
        """The change as Zuul writes it, `901197,3`, or "" for a branch build."""
        if self.number is None:
            return ""
        return f"{self.number},{self.patchset}" if self.patchset else str(self.number)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A link that a build left behind; `type` is Zuul's `metadata.type`, such as zuul_manifest."""

    name: str
    url: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Build:
    """One run of one job. `key` is its identity in every source, see `sova.sources.keys`."""

    key: str
    job_name: str
    result: str = ""
    seen_by: tuple[str, ...] = ()
    uuid: str = ""
    pipeline: str = ""
    change: Change = field(default_factory=Change)
    voting: bool = True
    start_time: dt.datetime | None = None
    end_time: dt.datetime | None = None
    duration: float | None = None
    log_url: str = ""
    url: str = ""
    artifacts: tuple[Artifact, ...] = ()
    attempts: int = 1
    nodeset: str = ""
    tenant: str = ""
    event_id: str = ""
    error_detail: str = ""
    final: bool = True

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.result)

    @property
    def failed(self) -> bool:
        """Every outcome that is not success, skipped or running."""
        return self.outcome not in (Outcome.SUCCESS, Outcome.SKIPPED, Outcome.RUNNING)

    @property
    def time(self) -> dt.datetime | None:
        """The moment the build is dated by: its end, else its start."""
        return self.end_time or self.start_time

    @property
    def periodic(self) -> bool:
        """Whether the build belongs to no change under review (periodic and post builds)."""
        return self.change.number is None


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of a build's logs.

    `name` is relative to the log root, without a compression suffix; a member of an archive is `a.tar//b.log`.
    `location` is the URL or local path of the file itself (of the archive, for a member).
    """

    name: str
    location: str
    size: int | None = None
    mtime: dt.datetime | None = None


class Kind(StrEnum):
    """What a pattern says about a failure; in this order a reason becomes the primary one."""

    CAUSE = "cause"
    GENERIC = "generic"
    CONSEQUENCE = "consequence"
    INFO = "info"


class Action(StrEnum):
    """What should happen next."""

    RECHECK = "recheck"
    FIX = "fix"
    WAIT = "wait"
    REPORT = "report"
    NONE = ""


class Match(StrEnum):
    """What a pattern is held against: the message of a line, or the bytes as they are (the seed's format)."""

    MESSAGE = "message"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a pattern holds; globs, and an empty field means everywhere."""

    jobs: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """Whole lines that a pattern must match and must not match."""

    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """One failure signature. Exactly one of `text` (a literal substring) and `regex` (bytes, one line) is set.

    `files` holds names of log files from the configuration (`console`), or paths and globs below the log root.
    A line with any of the literals in `exclude` does not count; nor does one whose next line matches
    `not_followed_by` (a regex). `message` holds captured text as `{name}`, `{1}` or `{}` (the first group).
    `bug` and `log_search` are URLs or texts that the reports show beside the reason. `fixed_since` says from when on
    the failure is expected to be gone; one seen later has come back.
    """

    id: str
    message: str
    files: tuple[str, ...] = ("console",)
    text: str = ""
    regex: str = ""
    exclude: tuple[str, ...] = ()
    not_followed_by: str = ""
    match: Match = Match.MESSAGE
    tag: str = "code"
    kind: Kind = Kind.CAUSE
    action: Action = Action.NONE
    owner: str = ""
    bug: str = ""
    log_search: str = ""
    fixed_since: dt.datetime | None = None
    scope: Scope = field(default_factory=Scope)
    note: str = ""
    examples: Examples = field(default_factory=Examples)


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a pattern matched. `line` is text for display, cut around the match when it is very long.

    `captures` holds (name or number, text) of every group that took part; `before` and `after` are context lines.
    """

    pattern: str
    file: str
    line_number: int
    line: str
    captures: tuple[tuple[str, str], ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a build failed, as one sentence, with the places that show it. `count` counts hits that were not kept too."""

    pattern: str
    message: str
    tag: str
    hits: tuple[Hit, ...]
    primary: bool = False
    kind: Kind = Kind.CAUSE
    action: Action = Action.NONE
    bug: str = ""
    owner: str = ""
    log_search: str = ""
    note: str = ""
    count: int = 0
    fixed_since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Suspicious lines of an unknown failure; `why` says in words how they were chosen."""

    file: str
    first_line: int
    last_line: int
    lines: tuple[str, ...]
    score: float
    why: str


class ProblemKind(StrEnum):
    """Why something could not be had or read; never mixed up with "no pattern matched"."""

    GONE = "gone"  # 404 or 410 of logs that should be there no longer
    NOT_YET = "not yet there"  # 404 of logs of a build that ended a moment ago, or still runs
    MISSING = "missing"  # one wanted file is not in a log tree that exists
    EMPTY = "empty"
    DENIED = "denied"  # 401, 403, or no permission to read a local file
    NETWORK = "network"  # no connection, time-out, cut, 429, 5xx
    TOO_LARGE = "too large"
    TRUNCATED = "truncated"
    UNDECODABLE = "undecodable"  # not what its suffix says, or damaged
    REFUSED = "refused"  # against Sova's own rules: private address, redirect loop, archive bomb
    PATTERN_TIMEOUT = "pattern time-out"
    SOURCE = "source"  # a source could not tell everything: cut by a limit, an answer that cannot be read
    CRASHED = "crashed"  # a bug of Sova or a plugin, kept to this one build


_MAY_PASS = frozenset({ProblemKind.NOT_YET, ProblemKind.NETWORK})


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be had or read. `where` is a file name, a URL or the name of a source."""

    where: str
    kind: ProblemKind
    detail: str

    @property
    def may_pass(self) -> bool:
        """Whether trying again later can help."""
        return self.kind in _MAY_PASS


class Verdict(StrEnum):
    """The answer to "why did it fail?" in one word."""

    PASSED = "passed"
    KNOWN = "known"
    UNKNOWN = "unknown"
    NO_LOGS = "no logs"
    SKIPPED = "skipped"
    NO_FAILURE_SEEN = "no failure seen"  # a bare log without a result word, a hit or an error


@dataclass(frozen=True, slots=True)
class FileRead:
    """A log file that was read: bytes and lines after decompression."""

    name: str
    location: str
    size: int
    lines: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The answer for one build, with everything needed to judge it.

    `why` says why the primary reason was chosen, or why there is none. `files_wanted` are the names that patterns
    asked for, `files_read` what was read of them; what is wanted and not read stands in `problems`.
    """

    build: Build
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    problems: tuple[Problem, ...] = ()
    why: str = ""
    files_wanted: tuple[str, ...] = ()
    files_read: tuple[FileRead, ...] = ()
    patterns_tried: int = 0
    patterns_version: str = ""
    seconds: float = 0.0

    @property
    def bytes_read(self) -> int:
        return sum(file.size for file in self.files_read)

    @property
    def primary(self) -> Reason | None:
        return next((reason for reason in self.reasons if reason.primary), None)

    @property
    def failed(self) -> bool:
        """Whether this counts as a failure: a build whose outcome is not success, skipped or running, or a bare log (no
        result is known of it) in which a reason, or something suspicious, was found, or that could not be had."""
        bare = not self.build.result
        return self.build.failed or (bare and self.verdict in (Verdict.KNOWN, Verdict.UNKNOWN, Verdict.NO_LOGS))

    @property
    def passed(self) -> bool:
        return not self.failed and (self.build.outcome is Outcome.SUCCESS or self.verdict is Verdict.PASSED)

    @property
    def explained(self) -> bool:
        """Whether this is a failure with a known reason."""
        return self.failed and self.verdict is Verdict.KNOWN

    @property
    def unreadable(self) -> bool:
        """Whether this is a failure whose logs could not be had."""
        return self.failed and self.verdict is Verdict.NO_LOGS

    @property
    def tag(self) -> str:
        """The tag a failure is counted by: the primary reason's; "unknown" without one, "" where nothing failed."""
        if self.primary:
            return self.primary.tag
        return "unknown" if self.build.failed or self.verdict in (Verdict.UNKNOWN, Verdict.NO_LOGS) else ""

    @property
    def text(self) -> str:
        """The seed's line: date, job, `||` (known) or `XX`, messages, the mark again, log URL; tabs between."""
        if self.verdict is Verdict.PASSED:
            messages = "SUCCESS"
        elif self.reasons:
            messages = " ".join(sorted(reason.message for reason in self.reasons))
        elif self.verdict is Verdict.NO_LOGS:
            messages = "Failed to fetch logs"
        else:
            messages = "Reason was NOT FOUND. Please investigate."
        mark = "||" if self.verdict is Verdict.KNOWN else "XX"
        date = f"{self.build.time:%m-%d %H:%M}" if self.build.time else "-"
        return f"{date}\t{self.build.job_name:38}\t{mark}\t{messages:60}\t{mark}\tlog: {self.build.log_url}"
