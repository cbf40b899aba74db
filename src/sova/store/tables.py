"""The tables of the store. Each column says what it holds; docs/store.md is made from this.

`HEAD` names the newest migration; `sova.store.migrations` holds how to come to it from every earlier one.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, Table, UniqueConstraint

from sova.store.columns import Line, Moment, belongs_to_build, flag, line, metadata, position, refers_to

__all__ = [
    "HEAD",
    "VERSION_TABLE",
    "Moment",
    "builds",
    "details",
    "diagnoses",
    "identities",
    "messages",
    "metadata",
    "names",
    "outcomes",
    "problems",
    "reasons",
    "source_runs",
    "state",
    "texts",
    "tries",
]

HEAD = "0003"
VERSION_TABLE = "sova_version"

builds = Table(
    "builds",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row; other tables refer to it."),
    Column("key", Line, nullable=False, unique=True, comment="Identity of the build in every source."),
    line("job_name", "Name of the job."),
    line("result", "Result as the CI system says it; empty while the build runs."),
    line("outcome", "What the result comes down to: success, failure, infra, aborted, skipped, running, unknown."),
    flag("failed", "Whether the outcome is not success, skipped or running."),
    Column("time", Moment, comment="The moment the build is dated by: its end, else its start (UTC)."),
    line("uuid", "The CI system's own identity of the build."),
    line("pipeline", "Pipeline, in Zuul's sense."),
    line("project", "Project of the change or branch that was built."),
    line("branch", "Branch that was built, or that the change is for."),
    Column(
        "change_number", BigInteger, comment="Number of the change under review; null for periodic and post builds."
    ),
    line("patchset", "Patch set of the change."),
    line("ref", "Git reference that was built."),
    line("change_url", "Page of the change."),
    line("subject", "First line of the change's commit message."),
    line("commit_message", "Commit message of the change."),
    line("owner", "Author of the change."),
    line("topic", "Topic of the change."),
    flag("voting", "Whether the result counts for the change."),
    Column("start_time", Moment, comment="When the build began (UTC)."),
    Column("end_time", Moment, comment="When the build ended (UTC)."),
    Column("duration", Float, comment="Length in seconds."),
    line("log_url", "Root of the build's logs."),
    line("url", "Page of the build."),
    Column("artifacts", JSON, nullable=False, comment="List of [name, URL, type]."),
    Column("attempts", BigInteger, nullable=False, comment="How often the CI system tried, as far as it is known."),
    line("nodeset", "Kind of machines that the build ran on."),
    line("tenant", "Zuul tenant."),
    line("event_id", "Zuul's identity of the event that the build was started for."),
    line("error_detail", "What the CI system says about the failure itself."),
    flag("final", "False for an attempt that was tried again."),
    Column("seen_by", JSON, nullable=False, comment="Names of the sources that told of the build, sorted."),
    comment="Every build once, however many sources saw it.",
)

identities = Table(
    "identities",
    metadata,
    Column(
        "identity",
        Line,
        primary_key=True,
        comment="`page:` and the build's slug, `uuid:` or `log:` and the text it is found by.",
    ),
    belongs_to_build(),
    Index(None, "build_id"),
    comment="Every name that a build was ever known by, so that an address of it stays good.",
    sqlite_with_rowid=False,
)

diagnoses = Table(
    "diagnoses",
    metadata,
    belongs_to_build(),
    line("verdict", "passed, known, unknown, no logs, skipped, no failure seen."),
    line("tag", "What a failure is counted by: tag of its primary reason, unknown, or empty where nothing failed."),
    line("why", "Why the primary reason was chosen, or why there is none."),
    Column("files_wanted", JSON, nullable=False, comment="Names of the log files that patterns asked for."),
    Column("files_read", JSON, nullable=False, comment="List of [name, location, bytes, lines] after decompression."),
    Column("bytes_read", BigInteger, nullable=False, comment="Bytes read of all log files, after decompression."),
    Column("patterns_tried", BigInteger, nullable=False, comment="How many patterns were tried."),
    line("patterns_version", "The pattern set, by its hash."),
    line("patterns_last", "The last pattern set that was tried; another one where its answer read less than this."),
    Column("seconds", Float, nullable=False, comment="How long the diagnosis took."),
    flag("again", "Whether the last try met only a problem that may pass."),
    comment="The answer for each build.",
)

reasons = Table(
    "reasons",
    metadata,
    belongs_to_build(),
    position("reasons"),
    line("pattern", "Id of the pattern."),
    line("message", "The failure as a sentence."),
    line("tag", "infra, code, test, config, info, or a tag of the user."),
    line("kind", "cause, generic, consequence or info."),
    line("action", "recheck, fix, wait, report, or empty."),
    line("bug", "Bug report for the failure."),
    line("owner", "Who looks after the failure."),
    line("log_search", "Address of a search for the failure in a log store."),
    line("note", "What to do."),
    Column("count", BigInteger, nullable=False, comment="Hits, those that were not kept too."),
    flag("is_primary", "Whether the build is counted by this reason."),
    Column("fixed_since", Moment, comment="From when on the failure was expected to be gone (UTC)."),
    refers_to("messages", "message_id", "Tag and message; builds with equal ones share it.", nullable=True),
    Index(None, "pattern", "build_id"),
    Index(None, "message_id", "build_id"),
    comment="Why a build failed; a build has one primary reason at most.",
)

problems = Table(
    "problems",
    metadata,
    belongs_to_build(),
    position("problems"),
    line("place", "File, URL or source that could not be had or read."),
    line("kind", "gone, not yet there, missing, network, ..."),
    line("detail", "What happened, in words."),
    comment="What could not be had or read of a build.",
)

details = Table(
    "details",
    metadata,
    belongs_to_build(),
    Column(
        "hits",
        JSON,
        nullable=False,
        comment="For each reason its hits: [pattern, file, line number, line, captures, before, after].",
    ),
    Column(
        "excerpts",
        JSON,
        nullable=False,
        comment="Suspicious lines: [file, first line number, last line number, lines, score, why].",
    ),
    comment="Text out of the logs; kept apart, so that it can be dropped before the verdicts are.",
)

tries = Table(
    "tries",
    metadata,
    belongs_to_build(),
    Column("time", Moment, primary_key=True, comment="When the build was worked on (UTC)."),
    comment="The last day's tries of builds that met a problem that may pass.",
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row."),
    line("source", "Name of the source."),
    Column("time", Moment, nullable=False, comment="When the source was read (UTC)."),
    Column("builds", Integer, nullable=False, comment="How many builds it gave."),
    Column("newest", Moment, comment="Time of the newest build that it gave (UTC)."),
    flag("reachable", "Whether it answered to the end."),
    Column("problems", JSON, nullable=False, comment="List of [place, kind, detail] of what went wrong."),
    Index(None, "source", "time"),
    comment="How each source answered, run by run.",
)

names = Table(
    "names",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row; other tables refer to it."),
    line("kind", "job, project, branch, pipeline, result or tag."),
    line("name", "The name, or the word."),
    line("slug", "The name in addresses of pages, see `sova.slugs.name_slug`."),
    UniqueConstraint("kind", "slug"),
    comment="Every name that a build was ever counted by.",
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row; other tables refer to it."),
    Column("slug", Line, nullable=False, unique=True, comment="The reason in addresses, see `sova.slugs.reason_slug`."),
    line("tag", "Tag of the reason."),
    line("message", "The failure as a sentence."),
    comment="Every reason that was ever found, once: one tag and one message are one reason.",
)

outcomes = Table(
    "outcomes",
    metadata,
    belongs_to_build(),
    Column("time", BigInteger, comment="The build's time in whole seconds since 1970, rounded down."),
    refers_to("names", "job_id", "Name of the job."),
    refers_to("names", "project_id", "Name of the project."),
    refers_to("names", "branch_id", "Name of the branch."),
    refers_to("names", "pipeline_id", "Name of the pipeline."),
    refers_to("names", "result_id", "Result as the CI system says it."),
    refers_to("names", "tag_id", "What a failure is counted by; null where nothing failed.", nullable=True),
    refers_to("messages", "message_id", "The primary reason; null without one.", nullable=True),
    Column("change_number", BigInteger, comment="Number of the change under review; null where there is none."),
    line("patchset", "Patch set of the change, or its hash where it is longer than an index takes."),
    Column("duration", Float, comment="Length in seconds."),
    flag("passed", "Whether this counts as passed."),
    flag("failed", "Whether this counts as a failure."),
    flag("explained", "Whether this is a failure with a known reason."),
    flag("unreadable", "Whether this is a failure whose logs could not be had."),
    flag("voting", "Whether the result counts for the change."),
    line("verdict", "As in `diagnoses`."),
    line("outcome", "As in `builds`."),
    Column("changed", BigInteger, nullable=False, comment="Version of the store that wrote the row, see `state`."),
    Index(  # all that is counted, in the order of time: counts over days read nothing but this
        "ix_outcomes_counting",
        "time",
        "build_id",
        "failed",
        "passed",
        "explained",
        "unreadable",
        "voting",
        "job_id",
        "project_id",
        "branch_id",
        "pipeline_id",
        "result_id",
        "tag_id",
        "message_id",
        "change_number",
        "patchset",
        "duration",
    ),
    Index(None, "job_id", "time", "build_id"),
    Index(None, "project_id", "time", "build_id"),
    Index(None, "branch_id", "time", "build_id"),
    Index(None, "pipeline_id", "time", "build_id"),
    Index(None, "result_id", "time", "build_id"),
    Index(None, "tag_id", "time", "build_id"),
    Index(None, "message_id", "time", "build_id"),
    Index(None, "verdict", "time", "build_id"),
    Index(None, "change_number", "time", "build_id"),
    Index(None, "changed"),
    comment="What is counted and filtered of each build, made from the other tables whenever those are written.",
)

texts = Table(
    "texts",
    metadata,
    belongs_to_build(),
    line("words", "Words of messages, subject and log lines shown, each once, as `sova.store.texts` writes them."),
    comment="What a search for text looks through; its index is `search` in SQLite, ix_texts_search in PostgreSQL.",
)

state = Table(
    "state",
    metadata,
    Column("name", Line, primary_key=True, comment="`version`, or `removed`: version of the last removal."),
    Column("value", BigInteger, nullable=False, comment="Raised by one in every transaction that changes an answer."),
    comment="Numbers of the store itself.",
    sqlite_with_rowid=False,
)
