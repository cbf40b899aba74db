"""Names and messages by their numbers, and the version of the store, within one transaction that writes.

Rows of `names` and `messages` are never removed: pages of what was once seen stay good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, insert, select, true, update

from sova.slugs import name_slug, reason_slug
from sova.store.loading import batches
from sova.store.outcomes import KINDS, Counted
from sova.store.tables import builds, messages, names, state

__all__ = ["Reason", "Register", "raise_version", "removed_of", "version_of"]

Reason = tuple[str, str]
"""Tag and message."""

_VERSION, _REMOVED = "version", "removed"
_VALUE = select(state.c.value).where(state.c.name == bindparam("name"))


def version_of(connection: Connection) -> int:
    """How often the store has changed."""
    return int(connection.scalars(_VALUE, {"name": _VERSION}).one())


def raise_version(connection: Connection) -> int:
    """Count a change of the store; once in a transaction is enough. Returns the new version."""
    connection.execute(update(state).where(state.c.name == _VERSION).values(value=state.c.value + 1))
    return version_of(connection)


def removed_of(connection: Connection) -> int:
    """The version that the last removal of builds made; 0 where there was none."""
    return connection.scalars(_VALUE, {"name": _REMOVED}).one_or_none() or 0


class Register:
    """Of one transaction. What it does not know yet is looked up, and added where it is new."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._version = 0
        self._names: dict[tuple[str, str], int] = {}
        self._messages: dict[Reason, int] = {}

    @property
    def version(self) -> int:
        """The version that this transaction makes; asked for only where something changes."""
        self._version = self._version or raise_version(self.connection)
        return self._version

    def remove(self, ids: Collection[int]) -> int:
        """Remove builds, and all that is stored of them; gives how many there were. Readers that keep rows cannot be
        told of each: `removed_of` tells them that some went."""
        removed = self.connection.execute(delete(builds).where(builds.c.id.in_(ids))).rowcount
        written = self.connection.execute(update(state).where(state.c.name == _REMOVED).values(value=self.version))
        if not written.rowcount:
            self.connection.execute(insert(state).values(name=_REMOVED, value=self.version))
        return removed

    def learn(self, found: Iterable[Counted], reasons: Iterable[Reason]) -> None:
        """Get the numbers of many at once."""
        pairs = {pair for one in found for pair in zip(KINDS, one.names, strict=True)}
        lacking = sorted((kind, name) for kind, name in pairs.difference(self._names) if name is not None)
        for kind, several in groupby(lacking, key=lambda pair: pair[0]):
            slugs = {name_slug(name): name for _, name in several}
            rows = {slug: {"kind": kind, "slug": slug, "name": name} for slug, name in slugs.items()}
            numbers = self._numbers(names, rows, names.c.kind == kind)
            self._names |= {(kind, name): numbers[slug] for slug, name in slugs.items()}
        unknown = {reason_slug(*reason): reason for reason in set(reasons).difference(self._messages)}
        if unknown:
            rows = {slug: {"slug": slug, "tag": tag, "message": message} for slug, (tag, message) in unknown.items()}
            numbers = self._numbers(messages, rows, true())
            self._messages |= {reason: numbers[slug] for slug, reason in unknown.items()}

    def _numbers(self, table: Table, rows: dict[str, dict[str, str]], condition: ColumnElement[bool]) -> dict[str, int]:
        """The number of each slug's row; rows that are missing are added."""
        known: dict[str, int] = {}
        for batch in batches(rows):
            there = select(table.c.slug, table.c.id).where(table.c.slug.in_(batch), condition)
            known.update((slug, number) for slug, number in self.connection.execute(there))
        missing = [row for slug, row in rows.items() if slug not in known]
        if missing:
            added = insert(table).returning(table.c.slug, table.c.id)
            known.update((slug, number) for slug, number in self.connection.execute(added, missing))
        return known

    def row(self, counted: Counted) -> dict[str, object]:
        """The row of table `outcomes`, without the number of the build."""
        self.learn([counted], [])
        numbers = {
            f"{kind}_id": None if name is None else self._names[kind, name]
            for kind, name in zip(KINDS, counted.names, strict=True)
        }
        message = None if counted.reason is None else self.message(counted.reason)
        return {**counted.row, **numbers, "message_id": message, "changed": self.version}

    def message(self, reason: Reason) -> int:
        """The number of the row of table `messages`."""
        if reason not in self._messages:
            self.learn([], [reason])
        return self._messages[reason]
