"""What is counted, filtered and searched, in tables of its own; addresses of builds by their slugs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import op

from sova.model import Build, Change, Diagnosis, Excerpt, Hit, Reason, Verdict
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store.columns import Line
from sova.store.identity import bounded
from sova.store.outcomes import KINDS, counted, reason_of
from sova.store.texts import words_of

AnyRow: TypeAlias = sa.Row[Any]  # Any: rows of several shapes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BATCH = 500
_IDENTITY = "`page:` and the build's slug, `uuid:` or `log:` and the text it is found by."
_OLD_INDEXES = {
    "builds": (
        "branch_time",
        "change_number_patchset",
        "failed_time",
        "job_name_time",
        "pipeline_time",
        "project_time",
        "result_time",
        "time_key",
    ),
    "diagnoses": ("tag", "verdict"),
    "identities": ("build_id",),
    "problems": ("kind",),
    "reasons": ("message", "pattern"),
}


def _table(name: str, texts: str, others: str) -> sa.TableClause:
    """A table as it is at this revision, as far as it is read or written here."""
    columns = [sa.column(text, Line) for text in texts.split()]
    return sa.table(name, *columns, *map(sa.column, others.split()))


_builds = _table(
    "builds", "key job_name result pipeline project branch patchset subject", "id change_number voting duration"
)
_builds.append_column(sa.column("time", sa.DateTime(timezone=True)))
_diagnoses = _table("diagnoses", "verdict", "build_id")
_reasons = _table("reasons", "tag message", "build_id position is_primary message_id")
_details = _table("details", "", "build_id")
_details.append_column(sa.column("hits", sa.JSON))
_details.append_column(sa.column("excerpts", sa.JSON))
_names = _table("names", "kind name slug", "id")
_messages = _table("messages", "slug tag message", "id")
_outcomes = _table(
    "outcomes",
    "patchset verdict outcome",
    "build_id time job_id project_id branch_id pipeline_id result_id tag_id message_id change_number duration "
    "passed failed explained unreadable voting changed",
)
_texts = _table("texts", "words", "build_id")
_identities = _table("identities", "identity", "build_id")


def upgrade() -> None:
    """From what is stored; no log is read again."""
    for table, names in _OLD_INDEXES.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table)
    _make_tables()
    _make_outcomes()
    _make_search()
    _extend_reasons()
    _fill()
    _rename_identities()
    _make_indexes()


# -- tables ----------------------------------------------------------------------------------------------------------


def _make_tables() -> None:
    op.create_table(
        "names",
        sa.Column("id", sa.Integer(), nullable=False, comment="Number of the row; other tables refer to it."),
        sa.Column("kind", sa.Text(), nullable=False, comment="job, project, branch, pipeline, result or tag."),
        sa.Column("name", sa.Text(), nullable=False, comment="The name, or the word."),
        sa.Column(
            "slug", sa.Text(), nullable=False, comment="The name in addresses of pages, see `sova.slugs.name_slug`."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_names")),
        sa.UniqueConstraint("kind", "slug", name=op.f("uq_names_kind_slug")),
        comment="Every name that a build was ever counted by.",
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False, comment="Number of the row; other tables refer to it."),
        sa.Column("slug", sa.Text(), nullable=False, comment="The reason in addresses, see `sova.slugs.reason_slug`."),
        sa.Column("tag", sa.Text(), nullable=False, comment="Tag of the reason."),
        sa.Column("message", sa.Text(), nullable=False, comment="The failure as a sentence."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("slug", name=op.f("uq_messages_slug")),
        comment="Every reason that was ever found, once: one tag and one message are one reason.",
    )
    op.create_table(
        "texts",
        sa.Column("build_id", sa.Integer(), autoincrement=False, nullable=False, comment="The build."),
        sa.Column(
            "words",
            sa.Text(),
            nullable=False,
            comment="Words of messages, subject and log lines shown, each once, as `sova.store.texts` writes them.",
        ),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_texts_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_texts")),
        comment="What a search for text looks through; its index is `search` in SQLite, ix_texts_search in PostgreSQL.",
    )
    state = op.create_table(
        "state",
        sa.Column("name", sa.Text(), nullable=False, comment="`version`, or `removed`: version of the last removal."),
        sa.Column(
            "value",
            sa.BigInteger(),
            nullable=False,
            comment="Raised by one in every transaction that changes an answer.",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_state")),
        comment="Numbers of the store itself.",
        sqlite_with_rowid=False,
    )
    op.bulk_insert(state, [{"name": "version", "value": 1}])


def _make_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("build_id", sa.Integer(), autoincrement=False, nullable=False, comment="The build."),
        sa.Column(
            "time",
            sa.BigInteger(),
            nullable=True,
            comment="The build's time in whole seconds since 1970, rounded down.",
        ),
        sa.Column("job_id", sa.Integer(), nullable=False, comment="Name of the job."),
        sa.Column("project_id", sa.Integer(), nullable=False, comment="Name of the project."),
        sa.Column("branch_id", sa.Integer(), nullable=False, comment="Name of the branch."),
        sa.Column("pipeline_id", sa.Integer(), nullable=False, comment="Name of the pipeline."),
        sa.Column("result_id", sa.Integer(), nullable=False, comment="Result as the CI system says it."),
        sa.Column(
            "tag_id", sa.Integer(), nullable=True, comment="What a failure is counted by; null where nothing failed."
        ),
        sa.Column("message_id", sa.Integer(), nullable=True, comment="The primary reason; null without one."),
        sa.Column(
            "change_number",
            sa.BigInteger(),
            nullable=True,
            comment="Number of the change under review; null where there is none.",
        ),
        sa.Column(
            "patchset",
            sa.Text(),
            nullable=False,
            comment="Patch set of the change, or its hash where it is longer than an index takes.",
        ),
        sa.Column("duration", sa.Float(), nullable=True, comment="Length in seconds."),
        sa.Column("passed", sa.Boolean(), nullable=False, comment="Whether this counts as passed."),
        sa.Column("failed", sa.Boolean(), nullable=False, comment="Whether this counts as a failure."),
        sa.Column("explained", sa.Boolean(), nullable=False, comment="Whether this is a failure with a known reason."),
        sa.Column(
            "unreadable",
            sa.Boolean(),
            nullable=False,
            comment="Whether this is a failure whose logs could not be had.",
        ),
        sa.Column("voting", sa.Boolean(), nullable=False, comment="Whether the result counts for the change."),
        sa.Column("verdict", sa.Text(), nullable=False, comment="As in `diagnoses`."),
        sa.Column("outcome", sa.Text(), nullable=False, comment="As in `builds`."),
        sa.Column(
            "changed",
            sa.BigInteger(),
            nullable=False,
            comment="Version of the store that wrote the row, see `state`.",
        ),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_outcomes_build_id"), ondelete="CASCADE"),
        *(sa.ForeignKeyConstraint([f"{kind}_id"], ["names.id"], name=op.f(f"fk_outcomes_{kind}_id")) for kind in KINDS),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_outcomes_message_id")),
        sa.PrimaryKeyConstraint("build_id", name=op.f("pk_outcomes")),
        comment="What is counted and filtered of each build, made from the other tables whenever those are written.",
    )


def _make_search() -> None:
    """The index of the words. The words of `texts` are split by our own rules; no database may split them further."""
    if op.get_bind().dialect.name != "sqlite":
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
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE reasons ADD COLUMN message_id INTEGER CONSTRAINT {name} REFERENCES messages (id)")
    else:
        op.add_column("reasons", sa.Column("message_id", sa.Integer(), nullable=True, comment=message))
        op.create_foreign_key(op.f(name), "reasons", "messages", ["message_id"], ["id"])


def _rename_identities() -> None:
    """Keys become the slugs of their pages. In SQLite the table keeps its rows in its key, without another copy."""
    op.rename_table("identities", "identities_before")
    if op.get_bind().dialect.name != "sqlite":  # there names of constraints belong to the schema
        op.execute("ALTER TABLE identities_before RENAME CONSTRAINT pk_identities TO pk_identities_before")
    op.create_table(
        "identities",
        sa.Column("identity", sa.Text(), nullable=False, comment=_IDENTITY),
        sa.Column("build_id", sa.Integer(), autoincrement=False, nullable=False, comment="The build."),
        sa.ForeignKeyConstraint(["build_id"], ["builds.id"], name=op.f("fk_identities_build_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("identity", "build_id", name=op.f("pk_identities")),
        comment="Every name that a build was ever known by, so that an address of it stays good.",
        sqlite_with_rowid=False,
    )
    before = _table("identities_before", "identity", "build_id")
    last = ("", -1)
    while True:
        key = sa.tuple_(before.c.identity, before.c.build_id)
        rows = op.get_bind().execute(sa.select(before).where(key > last).order_by(*before.c).limit(_BATCH)).all()
        if not rows:
            break
        last = (rows[-1].identity, rows[-1].build_id)
        new = {(_identity(row.identity), row.build_id) for row in rows}
        op.bulk_insert(_identities, [{"identity": name, "build_id": number} for name, number in sorted(new)])
    op.drop_table("identities_before")


def _identity(before: str) -> str:
    kind, _, text = before.partition(":")
    if kind == "key":
        return f"page:{build_slug(text)}"
    return f"{kind}:{bounded(text)}" if kind == "log" else before


def _make_indexes() -> None:
    op.create_index(
        "ix_outcomes_counting",
        "outcomes",
        [
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
        ],
    )
    for name in (*(f"{kind}_id" for kind in KINDS), "message_id", "verdict", "change_number"):
        op.create_index(op.f(f"ix_outcomes_{name}_time_build_id"), "outcomes", [name, "time", "build_id"])
    op.create_index(op.f("ix_outcomes_changed"), "outcomes", ["changed"])
    op.create_index(op.f("ix_identities_build_id"), "identities", ["build_id"])
    op.create_index(op.f("ix_reasons_pattern_build_id"), "reasons", ["pattern", "build_id"])
    op.create_index(op.f("ix_reasons_message_id_build_id"), "reasons", ["message_id", "build_id"])


# -- what is in them -------------------------------------------------------------------------------------------------


def _fill() -> None:
    connection, numbers = op.get_bind(), _Numbers()
    last = -1
    while builds := _next(connection, last):
        last = builds[-1].id
        found = {row.id: row for row in builds}
        reasons = _of_builds(connection, _reasons, found)
        shown = {number: rows[0] for number, rows in _of_builds(connection, _details, found).items()}
        diagnoses = {
            number: _diagnosis(found[number], answer.verdict, reasons.get(number, ()), shown.get(number))
            for number, (answer,) in _of_builds(connection, _diagnoses, found).items()
        }
        outcomes = [{"build_id": number, **numbers.outcome(diagnosis)} for number, diagnosis in diagnoses.items()]
        links = [
            {"number": number, "place": place, "reason": numbers.message(reason_of(reason))}
            for number, diagnosis in diagnoses.items()
            for place, reason in zip(_places(reasons.get(number, ())), diagnosis.reasons, strict=True)
        ]
        words = {number: words_of(diagnosis) for number, diagnosis in diagnoses.items()}
        numbers.write()
        op.bulk_insert(_outcomes, outcomes)
        op.bulk_insert(_texts, [{"build_id": number, "words": text} for number, text in words.items() if text])
        if links:
            same = (_reasons.c.build_id == sa.bindparam("number")) & (_reasons.c.position == sa.bindparam("place"))
            connection.execute(sa.update(_reasons).where(same).values(message_id=sa.bindparam("reason")), links)
    if connection.dialect.name != "sqlite":  # rows that are added later are numbered by a sequence
        for table in ("names", "messages"):
            op.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608 - constants
                f"(SELECT coalesce(max(id), 0) + 1 FROM {table}), false)"
            )


def _next(connection: sa.Connection, last: int) -> Sequence[AnyRow]:  # Any: columns have several types
    return connection.execute(sa.select(_builds).where(_builds.c.id > last).order_by(_builds.c.id).limit(_BATCH)).all()


def _of_builds(connection: sa.Connection, table: sa.TableClause, builds: Iterable[int]) -> dict[int, list[AnyRow]]:
    """The rows of each build, reasons in their order."""
    wanted = sa.select(table).where(table.c.build_id.in_(list(builds)))
    if "position" in table.c:
        wanted = wanted.order_by(table.c.position)
    found: dict[int, list[AnyRow]] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.build_id, []).append(row)
    return found


def _places(rows: Iterable[AnyRow]) -> list[int]:
    return [row.position for row in rows]


def _diagnosis(row: AnyRow, verdict: str, reasons: Sequence[AnyRow], shown: AnyRow | None) -> Diagnosis:
    """As much of the diagnosis as is counted and searched."""
    time = row.time and (row.time if row.time.tzinfo else row.time.replace(tzinfo=dt.UTC))
    build = Build(
        key=row.key,
        job_name=row.job_name,
        result=row.result,
        pipeline=row.pipeline,
        change=Change(row.project, row.branch, row.change_number, row.patchset, subject=row.subject),
        voting=bool(row.voting),
        end_time=time,
        duration=row.duration,
    )
    hits = shown.hits if shown else [[]] * len(reasons)
    return Diagnosis(
        build,
        Verdict(verdict),
        tuple(
            Reason("", reason.message, reason.tag, tuple(Hit("", "", 1, hit[3]) for hit in found), reason.is_primary)
            for reason, found in zip(reasons, hits, strict=True)
        ),
        tuple(Excerpt("", 1, 1, tuple(excerpt[3]), 0, "") for excerpt in (shown.excerpts if shown else ())),
    )


class _Numbers:
    """Rows of `names` and `messages`, numbered here."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], int] = {}
        self._messages: dict[str, int] = {}
        self._new_names: list[dict[str, object]] = []
        self._new_messages: list[dict[str, object]] = []

    def outcome(self, diagnosis: Diagnosis) -> dict[str, object]:
        found = counted(diagnosis)
        names = {
            f"{kind}_id": None if name is None else self._name(kind, name)
            for kind, name in zip(KINDS, found.names, strict=True)
        }
        message = None if found.reason is None else self.message(found.reason)
        return {**found.row, **names, "message_id": message, "changed": 1}

    def _name(self, kind: str, name: str) -> int:
        slug = name_slug(name)
        if (kind, slug) not in self._names:
            self._names[kind, slug] = len(self._names) + 1
            self._new_names.append({"id": len(self._names), "kind": kind, "name": name, "slug": slug})
        return self._names[kind, slug]

    def message(self, reason: tuple[str, str]) -> int:
        slug, (tag, message) = reason_slug(*reason), reason
        if slug not in self._messages:
            self._messages[slug] = len(self._messages) + 1
            self._new_messages.append({"id": len(self._messages), "slug": slug, "tag": tag, "message": message})
        return self._messages[slug]

    def write(self) -> None:
        op.bulk_insert(_names, self._new_names)
        op.bulk_insert(_messages, self._new_messages)
        self._new_names, self._new_messages = [], []
