"""Lists for filters and addresses: names of each kind, messages by their slugs."""

from __future__ import annotations

from sqlalchemy import Connection, select

from sova.store.outcomes import KINDS
from sova.store.tables import messages, names

__all__ = ["message_of", "name_of", "names_of_kind"]


def names_of_kind(connection: Connection, kind: str) -> tuple[str, ...]:
    """Every name of the kind that a build was ever counted by, sorted; the empty one is left out."""
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of name; allowed: {', '.join(KINDS)}")
    found = connection.scalars(select(names.c.name).where(names.c.kind == kind, names.c.name != ""))
    return tuple(sorted(found))


def name_of(connection: Connection, kind: str, slug: str) -> str | None:
    """The name of this slug, None where no build was counted by it."""
    return connection.scalars(select(names.c.name).where(names.c.kind == kind, names.c.slug == slug)).first()


def message_of(connection: Connection, slug: str) -> tuple[str, str] | None:
    """Tag and message of this slug, None where no build had such a reason."""
    found = connection.execute(select(messages.c.tag, messages.c.message).where(messages.c.slug == slug)).first()
    return (found.tag, found.message) if found else None
