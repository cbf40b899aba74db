"""What the tables are made of: kinds of columns, and the rules by which constraints and indexes get their names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
)

__all__ = ["Line", "Moment", "belongs_to_build", "flag", "line", "metadata", "position", "refers_to"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ESCAPE = "\ufdd0"
"""A code point that is no character; what follows it says which of the two it stands for."""

_NUL, _ITSELF = f"{_ESCAPE}0", f"{_ESCAPE}1"


class Moment(TypeDecorator[dt.datetime]):
    """An aware time, kept in UTC; SQLite keeps it as text that sorts, such as `2026-11-20 14:00:00.000000`."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> Callable[[Any], dt.datetime | None] | None:  # Any: text in SQLite, else a moment
        return _from_text if dialect.name == "sqlite" else _in_utc


class Line(TypeDecorator[str]):
    """Text of any characters. PostgreSQL keeps no NUL, so that one is written there as U+FDD0 and a zero."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], Any] | None:  # Any: as SQLAlchemy has it
        return None if dialect.name == "sqlite" else _escaped

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002 - the signature is SQLAlchemy's
    ) -> Callable[[Any], str | None] | None:  # Any: what a JSON column may hold; the signature is SQLAlchemy's
        return None if dialect.name == "sqlite" else _unescaped


def _from_text(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(f"{value}+00:00")


def _in_utc(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.astimezone(dt.UTC)


def _escaped(value: str | None) -> str | None:
    return value and value.replace(_ESCAPE, _ITSELF).replace("\0", _NUL)


def _unescaped(value: str | None) -> str | None:
    return value and value.replace(_NUL, "\0").replace(_ITSELF, _ESCAPE)


def line(name: str, comment: str) -> Column[str]:
    return Column(name, Line, nullable=False, comment=comment)


def flag(name: str, comment: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, comment=comment)


def belongs_to_build() -> Column[int]:
    """The key of a row that goes when its build goes."""
    parent = ForeignKey("builds.id", ondelete="CASCADE")
    return Column("build_id", Integer, parent, primary_key=True, autoincrement=False, comment="The build.")


def refers_to(table: str, name: str, comment: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{table}.id"), nullable=nullable, comment=comment)


def position(of: str) -> Column[int]:
    return Column("position", Integer, primary_key=True, comment=f"Place among the {of} of the build, from 0.")
