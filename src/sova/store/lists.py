"""Lists for filters and addresses: names of each kind, messages by their slugs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from sova.store.outcomes import KINDS
from sova.store.tables import messages, names

__all__ = ["message_of", "name_of", "names_by_kind", "numbers_of_kind"]

_FROM = select(names.c.id, names.c.kind, names.c.name).where(names.c.id >= bindparam("first")).order_by(names.c.id)


@dataclass(slots=True)
class _Known:
    """What a connection has read of `names`."""

    newest: tuple[int, str, str] = (0, "", "")
    numbers: dict[str, dict[int, str]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    ordered: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, number: int, kind: str, name: str) -> None:
        self.numbers[kind][number] = name
        self.ordered.pop(kind, None)
        self.newest = (number, kind, name)


def _known(connection: Connection) -> _Known:
    """What there is now. Rows are added to `names` and never changed or removed, so that only later ones have to be
    read; where the last one that was read is another one, the whole database is. Only for transactions that read: what
    one that writes adds may be taken back."""
    known: _Known = connection.info.setdefault("names", _Known())
    rows = connection.execute(_FROM, {"first": known.newest[0]}).all()
    if not rows or tuple(rows[0]) != known.newest:
        known = connection.info["names"] = _Known()
        rows = connection.execute(_FROM, {"first": 0}).all()
    for row in rows[known.newest[0] > 0 :]:
        known.add(*row)
    return known


def numbers_of_kind(connection: Connection, kind: str) -> Mapping[int, str]:
    """Every name of the kind that a build was ever counted by, by its number."""
    return _known(connection).numbers[kind]


def names_by_kind(connection: Connection) -> dict[str, tuple[str, ...]]:
    """For each of KINDS every name that a build was ever counted by, sorted; the empty one is left out."""
    known = _known(connection)
    for kind in KINDS:
        if kind not in known.ordered:
            known.ordered[kind] = tuple(sorted(filter(None, known.numbers[kind].values())))
    return dict(known.ordered)


def name_of(connection: Connection, kind: str, slug: str) -> str | None:
    """The name of this slug, None where no build was counted by it."""
    return connection.scalars(select(names.c.name).where(names.c.kind == kind, names.c.slug == slug)).first()


def message_of(connection: Connection, slug: str) -> tuple[str, str] | None:
    """Tag and message of this slug, None where no build had such a reason."""
    found = connection.execute(select(messages.c.tag, messages.c.message).where(messages.c.slug == slug)).first()
    return (found.tag, found.message) if found else None
