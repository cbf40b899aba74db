"""What there is in a stretch of time, with a mark that changes when builds come or go: for pages that are kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from sova.filters import Search
from sova.store import Store
from sova.store.conditions import conditions
from sova.store.counting import Counting, Groups
from sova.store.tables import builds, outcomes
from sova.times import Span

__all__ = ["Seen", "changes_seen", "days_seen", "jobs_seen", "keys_seen", "reasons_seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One job, reason or change: its name (of a reason tag and message, of a change project and number), and a mark
    that differs where other builds are counted by it."""

    name: tuple[str, ...]
    mark: str


def jobs_seen(counts: Counting, span: Span) -> Iterator[Seen]:
    """The jobs of the builds asked for."""
    return (Seen((counts.names[number],), mark) for number, mark in _marks(counts.groups("job", span)))


def reasons_seen(counts: Counting, span: Span) -> Iterator[Seen]:
    """The primary reasons of the failures asked for."""
    marks = dict(_marks(counts.groups("reason", span)))
    return (Seen((tag, message), marks[number]) for number, (_, tag, message) in counts.messages(marks).items())


def changes_seen(counts: Counting, span: Span) -> Iterator[Seen]:
    """The changes of the builds asked for."""
    for number, mark in _marks(counts.groups("change", span)):
        if change := counts.changes[number]:
            yield Seen((counts.names[change[0]], str(change[1])), mark)


def days_seen(counts: Counting, days: Sequence[tuple[dt.date, Span]]) -> dict[dt.date, str]:
    """The days on which there are builds asked for, each with its mark."""
    found: dict[dt.date, str] = {}
    for date, span in days:
        facts = counts.facts(span)
        if len(facts):
            found[date] = _mark(len(facts), facts.build_id.sum(), facts.time.sum())
    return found


def _marks(groups: Groups) -> Iterator[tuple[int, str]]:
    facts = groups.facts
    columns = (groups.values, groups.count(), groups.sum(facts.build_id), groups.sum(facts.time))
    for value, *sums in zip(*(column.tolist() for column in columns), strict=True):
        yield value, _mark(*sums)


def _mark(*sums: float) -> str:
    return ".".join(str(int(one)) for one in sums)


def keys_seen(store: Store, search: Search) -> list[tuple[str, dt.datetime | None]]:
    """Key and time of every build asked for, in no order."""
    with store.reading() as connection:
        wanted = select(builds.c.key, builds.c.time).join(outcomes, outcomes.c.build_id == builds.c.id)
        return [(key, time) for key, time in connection.execute(wanted.where(*conditions(connection, search)))]
