"""Pages of builds, newest first, each going on where the one before ended.

The order is by time, builds of one second by their number, those without a time last. It never changes while builds
are added, so walking the pages gives every build that was there at the beginning once.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, tuple_

from sova.errors import CursorError
from sova.filters import Search
from sova.store.newest import is_bounded, newest_conditions
from sova.store.tables import outcomes

__all__ = ["Cursor", "how_many", "newest_ids"]

_CURSOR = struct.Struct(">?qq")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last build of a page: its second (None where it has no time) and its number."""

    time: int | None
    number: int

    def __str__(self) -> str:
        packed = _CURSOR.pack(self.time is not None, self.time or 0, self.number)
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """What `str` made. Raises CursorError for anything else."""
        try:
            packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            dated, time, number = _CURSOR.unpack(packed)
        except (ValueError, binascii.Error, struct.error):
            raise CursorError(f"{text[:100]!r} is no place in a list") from None
        found = cls(time if dated else None, number)
        if str(found) != text:
            raise CursorError(f"{text[:100]!r} is no place in a list")
        return found


def newest_ids(
    connection: Connection, search: Search, after: Cursor | None, limit: int, counted: int = 0
) -> tuple[list[Cursor], int]:
    """Up to `limit` builds that come after this place, and how many there are in all; counting ends at `counted`."""
    asked = newest_conditions(connection, search)
    found = _after(connection, search, asked, after, limit)
    if not counted or (after is None and len(found) < limit):
        return found, min(counted, len(found))
    return found, how_many(connection, asked, counted)


def how_many(connection: Connection, asked: Sequence[ColumnElement[bool]], most: int) -> int:
    """How many builds fulfil these conditions; counting ends at `most`."""
    wanted = select(outcomes.c.build_id).where(*asked).limit(most).subquery()
    return connection.scalars(select(func.count()).select_from(wanted)).one()


def _after(
    connection: Connection, search: Search, asked: Sequence[ColumnElement[bool]], after: Cursor | None, limit: int
) -> list[Cursor]:
    table = outcomes.c
    wanted = select(table.time, table.build_id).where(*asked)
    wanted = wanted.order_by(table.time.desc(), table.build_id.desc())
    dated, undated = wanted.where(table.time.is_not(None)), wanted.where(table.time.is_(None))
    found: list[Cursor] = []
    if after is None or after.time is not None:
        if after is not None:
            dated = dated.where(tuple_(table.time, table.build_id) < (after.time, after.number))
        found += _cursors(connection, dated, limit)
    elif after is not None:
        undated = undated.where(table.build_id < after.number)
    if len(found) < limit and not is_bounded(search):
        found += _cursors(connection, undated, limit - len(found))
    return found


def _cursors(connection: Connection, wanted: Select[Any], limit: int) -> Iterator[Cursor]:  # Any: of (time, number)
    return (Cursor(time, number) for time, number in connection.execute(wanted.limit(limit)))
