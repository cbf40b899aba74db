"""What is counted, filtered and searched, in tables of its own; addresses of builds by their slugs.

The new tables hold nothing but what is made of the others: `sova.store.deriving` fills them when all migrations are
done.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from sova.slugs import build_slug
from sova.store.columns import Line
from sova.store.identity import bounded

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 500
_OLD_INDEXES = (
    *("ix_builds_branch_time", "ix_builds_change_number_patchset", "ix_builds_failed_time", "ix_builds_job_name_time"),
    *("ix_builds_pipeline_time", "ix_builds_project_time", "ix_builds_result_time", "ix_builds_time_key"),
    *("ix_diagnoses_tag", "ix_diagnoses_verdict", "ix_identities_build_id", "ix_problems_kind"),
    *("ix_reasons_message", "ix_reasons_pattern"),
)
_NAMES = ("job_id", "project_id", "branch_id", "pipeline_id", "result_id", "tag_id")


def upgrade() -> None:
    """From what is stored; no log is read again."""
    for name in _OLD_INDEXES:
        op.drop_index(name, name.split("_")[1])
    _make_names()
    _make_outcomes()
    _make_texts()
    _extend_reasons()
    _rename_identities()


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _text(name: str, comment: str, **options: Any) -> sa.Column[str]:  # Any: as SQLAlchemy has it
    return sa.Column(name, sa.Text(), nullable=False, comment=comment, **options)


def _flag(name: str, comment: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, comment=comment)


def _number(name: str, comment: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable, comment=comment)


def _id() -> sa.Column[int]:
    comment = "Number of the row; other tables refer to it."
    return sa.Column("id", sa.Integer(), primary_key=True, comment=comment)


def _build_id() -> sa.Column[int]:
    parent = sa.ForeignKey("builds.id", ondelete="CASCADE")
    return sa.Column("build_id", sa.Integer(), parent, primary_key=True, autoincrement=False, comment="The build.")


def _refers_to(table: str, name: str, comment: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{table}.id"), nullable=nullable, comment=comment)


def _make_names() -> None:
    op.create_table(
        "names",
        _id(),
        _text("kind", "job, project, branch, pipeline, result or tag."),
        _text("name", "The name, or the word."),
        _text("slug", "The name in addresses of pages, see `sova.slugs.name_slug`."),
        sa.UniqueConstraint("kind", "slug"),
        comment="Every name that a build was ever counted by.",
    )
    op.create_table(
        "messages",
        _id(),
        _text("slug", "The reason in addresses, see `sova.slugs.reason_slug`.", unique=True),
        _text("tag", "Tag of the reason."),
        _text("message", "The failure as a sentence."),
        comment="Every reason that was ever found, once: one tag and one message are one reason.",
    )
    state = op.create_table(
        "state",
        _text("name", "`version`, or `removed`: version of the last removal.", primary_key=True),
        _number("value", "Raised by one in every transaction that changes an answer."),
        comment="Numbers of the store itself.",
        sqlite_with_rowid=False,
    )
    op.bulk_insert(state, [{"name": "version", "value": 1}])


def _make_outcomes() -> None:
    op.create_table(
        "outcomes",
        _build_id(),
        _number("time", "The build's time in whole seconds since 1970, rounded down.", nullable=True),
        _refers_to("names", "job_id", "Name of the job."),
        _refers_to("names", "project_id", "Name of the project."),
        _refers_to("names", "branch_id", "Name of the branch."),
        _refers_to("names", "pipeline_id", "Name of the pipeline."),
        _refers_to("names", "result_id", "Result as the CI system says it."),
        _refers_to("names", "tag_id", "What a failure is counted by; null where nothing failed.", nullable=True),
        _refers_to("messages", "message_id", "The primary reason; null without one.", nullable=True),
        _number("change_number", "Number of the change under review; null where there is none.", nullable=True),
        _text("patchset", "Patch set of the change, or its hash where it is longer than an index takes."),
        sa.Column("duration", sa.Float(), comment="Length in seconds."),
        _flag("passed", "Whether this counts as passed."),
        _flag("failed", "Whether this counts as a failure."),
        _flag("explained", "Whether this is a failure with a known reason."),
        _flag("unreadable", "Whether this is a failure whose logs could not be had."),
        _flag("voting", "Whether the result counts for the change."),
        _text("verdict", "As in `diagnoses`."),
        _text("outcome", "As in `builds`."),
        _number("changed", "Version of the store that wrote the row, see `state`."),
        comment="What is counted and filtered of each build, made from the other tables whenever those are written.",
    )
    counted = ("time", "build_id", "failed", "passed", "explained", "unreadable", "voting", *_NAMES, "message_id")
    op.create_index("ix_outcomes_counting", "outcomes", [*counted, "change_number", "patchset", "duration"])
    for name in (*_NAMES, "message_id", "verdict", "change_number"):
        op.create_index(None, "outcomes", [name, "time", "build_id"])
    op.create_index(None, "outcomes", ["changed"])


def _make_texts() -> None:
    """The index of the words. The words of `texts` are split by our own rules; no database may split them further."""
    op.create_table(
        "texts",
        _build_id(),
        _text("words", "Words of messages, subject and log lines shown, each once, as `sova.store.texts` writes them."),
        comment="What a search for text looks through; its index is `search` in SQLite, ix_texts_search in PostgreSQL.",
    )
    if not _is_sqlite():
        op.execute("CREATE INDEX ix_texts_search ON texts USING gin (array_to_tsvector(string_to_array(words, ' ')))")
        return
    remove = "INSERT INTO search(search, rowid, words) VALUES ('delete', old.build_id, old.words);"
    add = "INSERT INTO search(rowid, words) VALUES (new.build_id, new.words);"
    op.execute(
        "CREATE VIRTUAL TABLE search USING fts5"
        "(words, content='texts', content_rowid='build_id', tokenize='ascii', detail=none, prefix='1 2 3 4')"
    )
    op.execute(f"CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN {add} END")
    op.execute(f"CREATE TRIGGER texts_removed AFTER DELETE ON texts BEGIN {remove} END")
    op.execute(f"CREATE TRIGGER texts_changed AFTER UPDATE ON texts BEGIN {remove} {add} END")


def _extend_reasons() -> None:
    fixed = "From when on the failure was expected to be gone (UTC)."
    op.add_column("reasons", sa.Column("fixed_since", sa.DateTime(timezone=True), nullable=True, comment=fixed))
    message = "Tag and message; builds with equal ones share it."
    name = "fk_reasons_message_id"
    if _is_sqlite():
        op.execute(f"ALTER TABLE reasons ADD COLUMN message_id INTEGER CONSTRAINT {name} REFERENCES messages (id)")
    else:
        op.add_column("reasons", sa.Column("message_id", sa.Integer(), nullable=True, comment=message))
        op.create_foreign_key(op.f(name), "reasons", "messages", ["message_id"], ["id"])
    op.create_index(None, "reasons", ["pattern", "build_id"])
    op.create_index(None, "reasons", ["message_id", "build_id"])


def _rename_identities() -> None:
    """Keys become the slugs of their pages. In SQLite the table keeps its rows in its key, without another copy."""
    op.rename_table("identities", "identities_before")
    if not _is_sqlite():  # there names of constraints belong to the schema
        op.execute("ALTER TABLE identities_before RENAME CONSTRAINT pk_identities TO pk_identities_before")
    comment = "`page:` and the build's slug, `uuid:` or `log:` and the text it is found by."
    op.create_table(
        "identities",
        _text("identity", comment, primary_key=True),
        _build_id(),
        comment="Every name that a build was ever known by, so that an address of it stays good.",
        sqlite_with_rowid=False,
    )
    before, after = _identities("identities_before"), _identities("identities")
    last = ("", -1)
    while True:
        key = sa.tuple_(before.c.identity, before.c.build_id)
        rows = op.get_bind().execute(sa.select(before).where(key > last).order_by(*before.c).limit(_BATCH)).all()
        if not rows:
            break
        last = (rows[-1].identity, rows[-1].build_id)
        new = {(_identity(row.identity), row.build_id) for row in rows}
        op.bulk_insert(after, [{"identity": name, "build_id": number} for name, number in sorted(new)])
    op.drop_table("identities_before")
    op.create_index(None, "identities", ["build_id"])


def _identities(table: str) -> sa.TableClause:
    return sa.table(table, sa.column("identity", Line), sa.column("build_id"))


def _identity(before: str) -> str:
    kind, _, text = before.partition(":")
    if kind == "key":
        return f"page:{build_slug(text)}"
    return f"{kind}:{bounded(text)}" if kind == "log" else before
