"""The tables of the store. Each column says what it holds; docs/store.md is made from this.

`HEAD` names the newest migration; `sova.store.migrations` holds how to come to it from every earlier one.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

__all__ = [
    "HEAD",
    "VERSION_TABLE",
    "Moment",
    "builds",
    "details",
    "diagnoses",
    "identities",
    "metadata",
    "problems",
    "reasons",
    "source_runs",
    "tries",
]

HEAD = "0002"
VERSION_TABLE = "sova_version"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[dt.datetime]):
    """An aware time, kept in UTC; SQLite keeps it as text that sorts, such as `2026-11-20 14:00:00.000000`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: dt.datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def _text(name: str, comment: str) -> Column[str]:
    return Column(name, Text, nullable=False, comment=comment)


def _belongs_to_build() -> Column[int]:
    parent = ForeignKey("builds.id", ondelete="CASCADE")
    return Column("build_id", Integer, parent, primary_key=True, comment="The build.")


def _position(of: str) -> Column[int]:
    return Column("position", Integer, primary_key=True, comment=f"Place among the {of} of the build, from 0.")


builds = Table(
    "builds",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row; other tables refer to it."),
    Column("key", Text, nullable=False, unique=True, comment="Identity of the build in every source."),
    _text("job_name", "Name of the job."),
    _text("result", "Result as the CI system says it; empty while the build runs."),
    _text("outcome", "What the result comes down to: success, failure, infra, aborted, skipped, running, unknown."),
    Column("failed", Boolean, nullable=False, comment="Whether the outcome is not success, skipped or running."),
    Column("time", Moment, comment="The moment the build is dated by: its end, else its start (UTC)."),
    _text("uuid", "The CI system's own identity of the build."),
    _text("pipeline", "Pipeline, in Zuul's sense."),
    _text("project", "Project of the change or branch that was built."),
    _text("branch", "Branch that was built, or that the change is for."),
    Column(
        "change_number", BigInteger, comment="Number of the change under review; null for periodic and post builds."
    ),
    _text("patchset", "Patch set of the change."),
    _text("ref", "Git reference that was built."),
    _text("change_url", "Page of the change."),
    _text("subject", "First line of the change's commit message."),
    _text("commit_message", "Commit message of the change."),
    _text("owner", "Author of the change."),
    _text("topic", "Topic of the change."),
    Column("voting", Boolean, nullable=False, comment="Whether the result counts for the change."),
    Column("start_time", Moment, comment="When the build began (UTC)."),
    Column("end_time", Moment, comment="When the build ended (UTC)."),
    Column("duration", Float, comment="Length in seconds."),
    _text("log_url", "Root of the build's logs."),
    _text("url", "Page of the build."),
    Column("artifacts", JSON, nullable=False, comment="List of [name, URL, type]."),
    Column("attempts", Integer, nullable=False, comment="How often the CI system tried, as far as it is known."),
    _text("nodeset", "Kind of machines that the build ran on."),
    _text("tenant", "Zuul tenant."),
    _text("event_id", "Zuul's identity of the event that the build was started for."),
    _text("error_detail", "What the CI system says about the failure itself."),
    Column("final", Boolean, nullable=False, comment="False for an attempt that was tried again."),
    Column("seen_by", JSON, nullable=False, comment="Names of the sources that told of the build, sorted."),
    Index(None, "time", "key"),
    Index(None, "failed", "time"),
    Index(None, "job_name", "time"),
    Index(None, "project", "time"),
    Index(None, "pipeline", "time"),
    Index(None, "branch", "time"),
    Index(None, "result", "time"),
    Index(None, "change_number", "patchset"),
    comment="Every build once, however many sources saw it.",
)

identities = Table(
    "identities",
    metadata,
    Column("identity", Text, primary_key=True, comment="`key:`, `uuid:` or `log:` and the text the build is found by."),
    _belongs_to_build(),
    Index(None, "build_id"),
    comment="Every name that a build was ever known by, so that an address of it stays good.",
)

diagnoses = Table(
    "diagnoses",
    metadata,
    _belongs_to_build(),
    _text("verdict", "passed, known, unknown, no logs, skipped, no failure seen."),
    _text("tag", "What a failure is counted by: tag of its primary reason, unknown, or empty where nothing failed."),
    _text("why", "Why the primary reason was chosen, or why there is none."),
    Column("files_wanted", JSON, nullable=False, comment="Names of the log files that patterns asked for."),
    Column("files_read", JSON, nullable=False, comment="List of [name, location, bytes, lines] after decompression."),
    Column("bytes_read", BigInteger, nullable=False, comment="Bytes read of all log files, after decompression."),
    Column("patterns_tried", Integer, nullable=False, comment="How many patterns were tried."),
    _text("patterns_version", "The pattern set, by its hash."),
    _text("patterns_last", "The last pattern set that was tried; another one where its answer read less than this."),
    Column("seconds", Float, nullable=False, comment="How long the diagnosis took."),
    Column("again", Boolean, nullable=False, comment="Whether the last try met only a problem that may pass."),
    Index(None, "tag"),
    Index(None, "verdict"),
    comment="The answer for each build.",
)

reasons = Table(
    "reasons",
    metadata,
    _belongs_to_build(),
    _position("reasons"),
    _text("pattern", "Id of the pattern."),
    _text("message", "The failure as a sentence."),
    _text("tag", "infra, code, test, config, info, or a tag of the user."),
    _text("kind", "cause, generic, consequence or info."),
    _text("action", "recheck, fix, wait, report, or empty."),
    _text("bug", "Bug report for the failure."),
    _text("owner", "Who looks after the failure."),
    _text("log_search", "Address of a search for the failure in a log store."),
    _text("note", "What to do."),
    Column("count", BigInteger, nullable=False, comment="Hits, those that were not kept too."),
    Column("is_primary", Boolean, nullable=False, comment="Whether the build is counted by this reason."),
    Index(None, "pattern"),
    Index(None, "message"),
    comment="Why a build failed; a build has one primary reason at most.",
)

problems = Table(
    "problems",
    metadata,
    _belongs_to_build(),
    _position("problems"),
    _text("place", "File, URL or source that could not be had or read."),
    _text("kind", "gone, not yet there, missing, network, ..."),
    _text("detail", "What happened, in words."),
    Index(None, "kind"),
    comment="What could not be had or read of a build.",
)

details = Table(
    "details",
    metadata,
    _belongs_to_build(),
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
    _belongs_to_build(),
    Column("time", Moment, primary_key=True, comment="When the build was worked on (UTC)."),
    comment="The last day's tries of builds that met a problem that may pass.",
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("id", Integer, primary_key=True, comment="Number of the row."),
    _text("source", "Name of the source."),
    Column("time", Moment, nullable=False, comment="When the source was read (UTC)."),
    Column("builds", Integer, nullable=False, comment="How many builds it gave."),
    Column("newest", Moment, comment="Time of the newest build that it gave (UTC)."),
    Column("reachable", Boolean, nullable=False, comment="Whether it answered to the end."),
    Column("problems", JSON, nullable=False, comment="List of [place, kind, detail] of what went wrong."),
    Index(None, "source", "time"),
    comment="How each source answered, run by run.",
)
