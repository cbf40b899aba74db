"""Builds by change: the newest changes, and every build of some. They only read, and raise StoreError."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, select, tuple_

from sova.filters import Search
from sova.model import Change, Diagnosis
from sova.store import Store
from sova.store.conditions import conditions
from sova.store.loading import builds_by_id, load
from sova.store.outcomes import seconds_of
from sova.store.paging import Cursor
from sova.store.runs import FoundRun, runs_of
from sova.store.tables import names, outcomes

__all__ = [
    "MOST",
    "ChangePage",
    "FoundChange",
    "Named",
    "WholeChange",
    "changes_page",
    "whole_changes",
]

MOST = 2000
"""Builds of one change that are shown: one with more is nothing that a person reviews."""

_ROWS = 1000
"""Builds looked at together for the changes that they are of."""
_MOST_ROWS = 50_000
_ASKED = 20
"""Builds of a change that are asked for its subject: what was cancelled early knows none."""

Named: TypeAlias = "tuple[str, int]"
"""A change by the slug of its project and its number."""

_Key = tuple[int, int | None]
"""Number of the project's name, and of the change."""
_Place = tuple[int, int]
"""Time and number of a build."""


@dataclass(frozen=True, slots=True)
class FoundChange:
    """A change, as the newest build tells it that knows its subject, and its builds that were asked for, newest first,
    at most MOST."""

    change: Change
    builds: tuple[FoundRun, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeChange:
    """A change with every build (at most MOST), and the diagnoses of the newest ones; `after` is the place behind
    those, "" where there are no more."""

    change: Change
    builds: tuple[FoundRun, ...]
    diagnoses: tuple[Diagnosis, ...]
    after: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes by their newest build that was asked for, newest first. `after` is the cursor of the next page."""

    changes: tuple[FoundChange, ...] = ()
    after: str = ""


def whole_changes(store: Store, wanted: Collection[Named], newest: int) -> dict[Named, WholeChange]:
    """These changes, each with the diagnoses of its newest builds; one that there is not is left out."""
    with store.reading() as connection:
        groups = _groups(connection, set(wanted))
        shown = [one.number for group in groups.values() for one in group[:newest]]
        loaded = {diagnosis.build.key: diagnosis for diagnosis in load(connection, shown)}
        found = list(_found(connection, groups.values()))
    return {
        name: WholeChange(
            change=one.change,
            builds=one.builds,
            diagnoses=tuple(loaded[each.run.key] for each in one.builds[:newest] if each.run.key in loaded),
            after=_behind(group, newest),
        )
        for (name, group), one in zip(groups.items(), found, strict=True)
    }


def _groups(connection: Connection, wanted: Collection[Named]) -> dict[Named, list[FoundRun]]:
    """The builds of each of these changes, newest first."""
    slugs = {slug for slug, _ in wanted}
    named = select(names.c.id, names.c.slug).where(names.c.kind == "project", names.c.slug.in_(slugs))
    projects = {number: slug for number, slug in connection.execute(named)}  # noqa: C416 - rows are no pairs to mypy
    # "+ 0": the number of a change finds a few builds, its project thousands
    of_project = (outcomes.c.project_id + 0).in_(projects)
    of_change = outcomes.c.change_number.in_({number for _, number in wanted})
    groups: dict[Named, list[FoundRun]] = {}
    for found in runs_of(connection, of_project, of_change, most=MOST * len(wanted)):
        project, number = found.change
        if number is not None and (name := (projects[project], number)) in wanted:
            groups.setdefault(name, []).append(found)
    return {name: group[:MOST] for name, group in groups.items()}


def _behind(group: Sequence[FoundRun], newest: int) -> str:
    """The place behind the newest builds, "" where there are no more."""
    if not newest or len(group) <= newest:
        return ""
    last = group[newest - 1]
    return str(Cursor(seconds_of(last.run.time), last.number))


def changes_page(store: Store, search: Search, *, after: str = "", limit: int = 50) -> ChangePage:
    """The changes that the builds asked for are of, each with those builds; builds without a time are left out. Raises
    CursorError."""
    cursor = Cursor.parse(after) if after else None
    start = (cursor.time or 0, cursor.number) if cursor else None
    with store.reading() as connection:
        asked = [*conditions(connection, search), outcomes.c.change_number.is_not(None), outcomes.c.time.is_not(None)]
        newest = _newest(connection, asked, start, limit + 1)
        shown = list(newest)[:limit]
        groups: dict[_Key, list[FoundRun]] = {key: [] for key in shown}
        numbers = {number for _, number in shown}
        for one in runs_of(connection, *asked, outcomes.c.change_number.in_(numbers), most=MOST * limit):
            if one.change in groups:
                groups[one.change].append(one)
        found = tuple(_found(connection, [group[:MOST] for group in groups.values() if group]))
    return ChangePage(found, str(Cursor(*newest[shown[-1]])) if len(newest) > limit else "")


def _newest(
    connection: Connection, asked: Sequence[ColumnElement[bool]], start: _Place | None, limit: int
) -> dict[_Key, _Place]:
    """The changes whose newest build stands behind `start`, at most `limit`, each with the place of that build. Builds
    are walked through from the newest on, so that what lies far back costs nothing."""
    found: dict[_Key, _Place] = {}
    place, number = tuple_(outcomes.c.time, outcomes.c.build_id), outcomes.c.change_number
    before = start
    for _ in range(_MOST_ROWS // _ROWS):
        wanted = select(outcomes.c.project_id, number, outcomes.c.time, outcomes.c.build_id).where(*asked)
        if before:
            wanted = wanted.where(place < before)
        newest_first = wanted.order_by(outcomes.c.time.desc(), outcomes.c.build_id.desc()).limit(_ROWS)
        rows = connection.execute(newest_first).all()
        fresh: dict[_Key, _Place] = {}
        for project, change, time, build in rows:
            if (project, change) not in found:
                fresh.setdefault((project, change), (time, build))
        ahead = _ahead(connection, asked, start, fresh)
        found |= {key: at for key, at in fresh.items() if key not in ahead}
        if len(rows) < _ROWS or len(found) >= limit:
            break
        before = rows[-1][2], rows[-1][3]
    return dict(list(found.items())[:limit])


def _ahead(
    connection: Connection, asked: Sequence[ColumnElement[bool]], start: _Place | None, keys: dict[_Key, _Place]
) -> set[_Key]:
    """Those of the changes that have a build on an earlier page."""
    if not start or not keys:
        return set()
    earlier = tuple_(outcomes.c.time, outcomes.c.build_id) >= start
    wanted = select(outcomes.c.project_id, outcomes.c.change_number).distinct()
    wanted = wanted.where(*asked, earlier, outcomes.c.change_number.in_({change for _, change in keys}))
    return {(project, change) for project, change in connection.execute(wanted)}


def _found(connection: Connection, groups: Collection[Sequence[FoundRun]]) -> Iterator[FoundChange]:
    newest = builds_by_id(connection, [group[0].number for group in groups])
    lacking = [group for group in groups if not newest[group[0].number].change.subject]
    more = builds_by_id(connection, [one.number for group in lacking for one in group[1:_ASKED]])
    for group in groups:
        numbers = [one.number for one in group[:_ASKED]]
        told = [found.change for number in numbers if (found := newest.get(number) or more.get(number))]
        yield FoundChange(next((change for change in told if change.subject), told[0]), tuple(group))
