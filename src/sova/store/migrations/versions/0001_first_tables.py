"""The first tables: builds, their identities, diagnoses, reasons, problems, log texts, tries and source runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "builds",
        sa.Column("id", sa.Integer(), nullable=False, comment="Number of the row; other tables refer to it."),
        sa.Column("key", sa.Text(), nullable=False, comment="Identity of the build in every source."),
        sa.Column("job_name", sa.Text(), nullable=False, comment="Name of the job."),
        sa.Column(
            "result", sa.Text(), nullable=False, comment="Result as the CI system says it; empty while the build runs."
        ),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=False,
            comment="What the result comes down to: success, failure, infra, aborted, skipped, running, unknown.",
        ),
        sa.Column(
            "failed", sa.Boolean(), nullable=False, comment="Whether the outcome is not success, skipped or running."
        ),
        sa.Column(
            "time",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The moment the build is dated by: its end, else its start (UTC).",
        ),
        sa.Column("uuid", sa.Text(), nullable=False, comment="The CI system's own identity of the build."),
        sa.Column("pipeline", sa.Text(), nullable=False, comment="Pipeline, in Zuul's sense."),
        sa.Column("project", sa.Text(), nullable=False, comment="Project of the change or branch that was built."),
        sa.Column("branch", sa.Text(), nullable=False, comment="Branch that was built, or that the change is for."),
        sa.Column(
            "change_number",
            sa.BigInteger(),
            nullable=True,
            comment="Number of the change under review; null for periodic and post builds.",
        ),
        sa.Column("patchset", sa.Text(), nullable=False, comment="Patch set of the change."),
        sa.Column("ref", sa.Text(), nullable=False, comment="Git reference that was built."),
        sa.Column("change_url", sa.Text(), nullable=False, comment="Page of the change."),
        sa.Column("subject", sa.Text(), nullable=False, comment="First line of the change's commit message."),
        sa.Column("commit_message", sa.Text(), nullable=False, comment="Commit message of the change."),
        sa.Column("owner", sa.Text(), nullable=False, comment="Author of the change."),
        sa.Column("topic", sa.Text(), nullable=False, comment="Topic of the change."),
        sa.Column("voting", sa.Boolean(), nullable=False, comment="Whether the result counts for the change."),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True, comment="When the build began (UTC)."),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True, comment="When the build ended (UTC)."),
        sa.Column("duration", sa.Float(), nullable=True, comment="Length in seconds."),
        sa.Column("log_url", sa.Text(), nullable=False, comment="Root of the build's logs."),
        sa.Column("url", sa.Text(), nullable=False, comment="Page of the build."),
        sa.Column("artifacts", sa.JSON(), nullable=False, comment="List of [name, URL, type]."),
        sa.Column(
            "attempts", sa.BigInteger(), nullable=False, comment="How often the CI system tried, as far as it is known."
        ),
        sa.Column("nodeset", sa.Text(), nullable=False, comment="Kind of machines that the build ran on."),
        sa.Column("tenant", sa.Text(), nullable=False, comment="Zuul tenant."),
        sa.Column(
            "event_id",
            sa.Text(),
            nullable=False,
            comment="Zuul's identity of the event that the build was started for.",
        ),
        sa.Column(
            "error_detail", sa.Text(), nullable=False, comment="What the CI system says about the failure itself."
        ),
        sa.Column("final", sa.Boolean(), nullable=False, comment="False for an attempt that was tried again."),
        sa.Column("seen_by", sa.JSON(), nullable=False, comment="Names of the sources that told of the build, sorted."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_builds")),
        sa.UniqueConstraint("key", name=op.f("uq_builds_key")),
        comment="Every build once, however many sources saw it.",
    )
    op.create_index(op.f("ix_builds_branch_time"), "builds", ["branch", "time"], unique=False)
    op.create_index(op.f("ix_builds_change_number_patchset"), "builds", ["change_number", "patchset"], unique=False)
    op.create_index(op.f("ix_builds_failed_time"), "builds", ["failed", "time"], unique=False)
    op.create_index(op.f("ix_builds_job_name_time"), "builds", ["job_name", "time"], unique=False)
    op.create_index(op.f("ix_builds_pipeline_time"), "builds", ["pipeline", "time"], unique=False)
    op.create_index(op.f("ix_builds_project_time"), "builds", ["project", "time"], unique=False)
    op.create_index(op.f("ix_builds_result_time"), "builds", ["result", "time"], unique=False)
    op.create_index(op.f("ix_builds_time_key"), "builds", ["time", "key"], unique=False)
    op.create_table(
        "source_runs",
        sa.Column("id", sa.Integer(), nullable=False, comment="Number of the row."),
        sa.Column("source", sa.Text(), nullable=False, comment="Name of the source."),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, comment="When the source was read (UTC)."),
        sa.Column("builds", sa.Integer(), nullable=False, comment="How many builds it gave."),
        sa.Column(
            "newest", sa.DateTime(timezone=True), nullable=True, comment="Time of the newest build that it gave (UTC)."
        ),
        sa.Column("reachable", sa.Boolean(), nullable=False, comment="Whether it answered to the end."),
        sa.Column("problems", sa.JSON(), nullable=False, comment="List of [place, kind, detail] of what went wrong."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_runs")),
        comment="How each source answered, run by run.",
    )
    op.create_index(op.f("ix_source_runs_source_time"), "source_runs", ["source", "time"], unique=False)
    op.create_table(
        "details",
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.Column(
            "hits",
            sa.JSON(),
            nullable=False,
            comment="For each reason its hits: [pattern, file, line number, line, captures, before, after].",
        ),
        sa.Column(
            "excerpts",
            sa.JSON(),
            nullable=False,
            comment="Suspicious lines: [file, first line number, last line number, lines, score, why].",
        ),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_details_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_details")),
        comment="Text out of the logs; kept apart, so that it can be dropped before the verdicts are.",
    )
    op.create_table(
        "diagnoses",
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.Column(
            "verdict", sa.Text(), nullable=False, comment="passed, known, unknown, no logs, skipped, no failure seen."
        ),
        sa.Column(
            "tag",
            sa.Text(),
            nullable=False,
            comment="What a failure is counted by: tag of its primary reason, unknown, or empty where nothing failed.",
        ),
        sa.Column("why", sa.Text(), nullable=False, comment="Why the primary reason was chosen, or why there is none."),
        sa.Column("files_wanted", sa.JSON(), nullable=False, comment="Names of the log files that patterns asked for."),
        sa.Column(
            "files_read",
            sa.JSON(),
            nullable=False,
            comment="List of [name, location, bytes, lines] after decompression.",
        ),
        sa.Column(
            "bytes_read", sa.BigInteger(), nullable=False, comment="Bytes read of all log files, after decompression."
        ),
        sa.Column("patterns_tried", sa.BigInteger(), nullable=False, comment="How many patterns were tried."),
        sa.Column("patterns_version", sa.Text(), nullable=False, comment="The pattern set, by its hash."),
        sa.Column("seconds", sa.Float(), nullable=False, comment="How long the diagnosis took."),
        sa.Column(
            "again", sa.Boolean(), nullable=False, comment="Whether the last try met only a problem that may pass."
        ),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_diagnoses_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_diagnoses")),
        comment="The answer for each build.",
    )
    op.create_index(op.f("ix_diagnoses_tag"), "diagnoses", ["tag"], unique=False)
    op.create_index(op.f("ix_diagnoses_verdict"), "diagnoses", ["verdict"], unique=False)
    op.create_table(
        "identities",
        sa.Column(
            "identity",
            sa.Text(),
            nullable=False,
            comment="`key:`, `uuid:` or `log:` and the text the build is found by.",
        ),
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_identities_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("identity", "build_id", name=op.f("pk_identities")),
        comment="Every name that a build was ever known by, so that an address of it stays good.",
    )
    op.create_index(op.f("ix_identities_build_id"), "identities", ["build_id"], unique=False)
    op.create_table(
        "problems",
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.Column("position", sa.Integer(), nullable=False, comment="Place among the problems of the build, from 0."),
        sa.Column("place", sa.Text(), nullable=False, comment="File, URL or source that could not be had or read."),
        sa.Column("kind", sa.Text(), nullable=False, comment="gone, not yet there, missing, network, ..."),
        sa.Column("detail", sa.Text(), nullable=False, comment="What happened, in words."),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_problems_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", "position", name=op.f("pk_problems")),
        comment="What could not be had or read of a build.",
    )
    op.create_index(op.f("ix_problems_kind"), "problems", ["kind"], unique=False)
    op.create_table(
        "reasons",
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.Column("position", sa.Integer(), nullable=False, comment="Place among the reasons of the build, from 0."),
        sa.Column("pattern", sa.Text(), nullable=False, comment="Id of the pattern."),
        sa.Column("message", sa.Text(), nullable=False, comment="The failure as a sentence."),
        sa.Column("tag", sa.Text(), nullable=False, comment="infra, code, test, config, info, or a tag of the user."),
        sa.Column("kind", sa.Text(), nullable=False, comment="cause, generic, consequence or info."),
        sa.Column("action", sa.Text(), nullable=False, comment="recheck, fix, wait, report, or empty."),
        sa.Column("bug", sa.Text(), nullable=False, comment="Bug report for the failure."),
        sa.Column("owner", sa.Text(), nullable=False, comment="Who looks after the failure."),
        sa.Column(
            "log_search", sa.Text(), nullable=False, comment="Address of a search for the failure in a log store."
        ),
        sa.Column("note", sa.Text(), nullable=False, comment="What to do."),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="Hits, those that were not kept too."),
        sa.Column("is_primary", sa.Boolean(), nullable=False, comment="Whether the build is counted by this reason."),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_reasons_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", "position", name=op.f("pk_reasons")),
        comment="Why a build failed; a build has one primary reason at most.",
    )
    op.create_index(op.f("ix_reasons_message"), "reasons", ["message"], unique=False)
    op.create_index(op.f("ix_reasons_pattern"), "reasons", ["pattern"], unique=False)
    op.create_table(
        "tries",
        sa.Column("build_id", sa.Integer(), nullable=False, comment="The build."),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False, comment="When the build was worked on (UTC)."),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_tries_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", "time", name=op.f("pk_tries")),
        comment="The last day's tries of builds that met a problem that may pass.",
    )
