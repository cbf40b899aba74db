"""What there is in a stretch of time, with a mark that changes when builds come or go: for pages that are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from sova.filters import Search
from sova.store import Store
from sova.store.conditions import conditions, within
from sova.store.tables import builds, messages, names, outcomes
from sova.times import Span

__all__ = ["Seen", "changes_seen", "days_seen", "jobs_seen", "keys_seen", "reasons_seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One job, reason or change: its name (of a reason tag and message, of a change project and number), and a mark
    that differs where other builds are counted by it."""

    name: tuple[str, ...]
    mark: str


def jobs_seen(store: Store, search: Search) -> list[Seen]:
    """The jobs of the builds asked for, those with most of them first."""
    job = names.alias()
    return _seen(store, search, (job.c.name,), [(job, job.c.id == outcomes.c.job_id)])


def reasons_seen(store: Store, search: Search) -> list[Seen]:
    """The primary reasons of the builds asked for, those of most of them first."""
    joined = [(messages, messages.c.id == outcomes.c.message_id)]
    return _seen(store, search, (messages.c.tag, messages.c.message), joined)


def changes_seen(store: Store, search: Search) -> list[Seen]:
    """The changes of the builds asked for."""
    project = names.alias()
    joined = [(project, project.c.id == outcomes.c.project_id)]
    found = _seen(store, search, (project.c.name, outcomes.c.change_number), joined)
    return [Seen((one.name[0], one.name[1]), one.mark) for one in found if one.name[1]]


def days_seen(store: Store, search: Search, days: Sequence[tuple[dt.date, Span]]) -> dict[dt.date, str]:
    """The days on which there are builds asked for, each with its mark; the times of `search` do not count."""
    found: dict[dt.date, str] = {}
    with store.reading() as connection:
        asked = conditions(connection, search)
        for date, span in days:
            row = connection.execute(select(*_MARK).where(*asked, within(span))).one()
            if row[0]:
                found[date] = _mark(row)
    return found


def keys_seen(store: Store, search: Search) -> list[tuple[str, dt.datetime | None]]:
    """Key and time of every build asked for, in no order."""
    with store.reading() as connection:
        wanted = select(builds.c.key, builds.c.time).join(outcomes, outcomes.c.build_id == builds.c.id)
        return [(key, time) for key, time in connection.execute(wanted.where(*conditions(connection, search)))]


_MARK = (func.count(), func.sum(outcomes.c.build_id), func.sum(outcomes.c.time))


def _seen(
    store: Store, search: Search, name: Sequence[ColumnElement[object]], joined: Sequence[tuple[object, object]]
) -> list[Seen]:
    with store.reading() as connection:
        wanted = select(*name, *_MARK).select_from(outcomes)
        for table, on in joined:
            wanted = wanted.join(table, on)  # type: ignore[arg-type]  # a table and its condition
        wanted = wanted.where(*conditions(connection, search)).group_by(*name).order_by(func.count().desc(), *name)
        rows = connection.execute(wanted).all()
    size = len(name)
    return [Seen(tuple("" if part is None else str(part) for part in row[:size]), _mark(row[size:])) for row in rows]


def _mark(row: Sequence[object]) -> str:
    return ".".join(str(part or 0) for part in row)
