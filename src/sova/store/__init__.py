"""The store: every build once, with its diagnosis. Nothing but this package knows SQL.

`with Store.open(location) as store:` gives one that is up to date; the tables are described in docs/store.md.
Every method raises StoreError where the database cannot be read or written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, insert, select

from sova.config import Retention
from sova.filters import Query, Search
from sova.model import Build, Diagnosis, Problem
from sova.slugs import build_slug
from sova.store import current, lists, paging, queries
from sova.store.bulk import put_many
from sova.store.changed import ChangedBuild, changed_since
from sova.store.database import open_engine, reading, writing
from sova.store.identity import page_identity
from sova.store.loading import batches, builds_by_id, ids_by_identity, load
from sova.store.paging import Cursor
from sova.store.planning import MOST_TRIES, Plan, make_plan
from sova.store.pruning import Pruned, prunable, prune
from sova.store.register import Register, raise_version, version_of
from sova.store.rows import clean, problem_of, problem_row
from sova.store.runs import Run, newest_of_jobs
from sova.store.saving import Saved, put, put_build
from sova.store.tables import source_runs
from sova.store.upgrade import upgrade

if TYPE_CHECKING:
    from sova.store.fact_cache import FactCache

__all__ = ["MOST_TRIES", "ChangedBuild", "Page", "Plan", "Pruned", "Run", "Saved", "SourceRun", "Store"]

_EVERYTHING = Query()
_ANYTHING = Search()
_PAGE = 200
_LAST_RUNS = select(source_runs).where(
    source_runs.c.id.in_(select(func.max(source_runs.c.id)).group_by(source_runs.c.source))
)


@dataclass(frozen=True, slots=True)
class SourceRun:
    """How a source answered once: when, how many builds, the newest of them, what went wrong."""

    source: str
    time: dt.datetime
    builds: int
    newest: dt.datetime | None
    reachable: bool = True
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some diagnoses of many, newest first; `after` is where the next page begins, "" where there is none. `total`
    counts all that are asked for, as far as that was wanted."""

    diagnoses: tuple[Diagnosis, ...]
    after: str
    total: int = 0


class Store:
    """Keeps builds and diagnoses. Threads may share one."""

    def __init__(self, engine: Engine) -> None:
        """Use `Store.open`; the tables of `engine` must be up to date."""
        self._engine = engine
        self._file = current.file_of(engine)

    @classmethod
    def open(cls, location: str) -> Store:
        """The store at a path (made where it is missing), `:memory:`, or the URL of a SQLite or PostgreSQL database.

        Tables of an earlier version are upgraded, whole or not at all. Raises StoreError.
        """
        engine = open_engine(location)
        try:
            upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state of the database, for questions of other modules of this package."""
        return reading(self._engine)

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction of its own that writes, likewise."""
        return writing(self._engine)

    @cached_property
    def facts(self) -> FactCache:
        """What is counted of the builds, kept in memory for `sova.store.counting`."""
        from sova.store.fact_cache import FactCache  # noqa: PLC0415 - loads numpy, and most commands count nothing

        return FactCache()

    def check(self) -> int:
        """The version, as `version` tells it. Raises StoreError where the database is not the one any more that was
        opened: gone, replaced or upgraded."""
        return current.check(self._engine, self._file)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def save(self, diagnosis: Diagnosis, *, tried_at: dt.datetime | None = None) -> Saved:
        """Keep a diagnosis; saving the same one twice changes nothing.

        One that read less than the stored one never replaces it. `tried_at` counts the try, for `plan`.
        """
        with writing(self._engine) as connection:
            return put(Register(connection), diagnosis, tried_at)

    def save_many(self, diagnoses: Iterable[Diagnosis]) -> int:
        """Save each as `save` does, in transactions of some hundred. Returns how many builds were new."""
        new = 0
        for batch in batches(diagnoses):
            with writing(self._engine) as connection:
                new += put_many(Register(connection), batch)
        return new

    def version(self) -> int:
        """A number that is raised whenever an answer of the store changes; equal numbers mean equal answers."""
        with reading(self._engine) as connection:
            return version_of(connection)

    def plan(self, builds: Iterable[Build], now: dt.datetime) -> Plan:
        """Sort builds into new ones, those to try again and known ones. Each build may come once only."""
        with reading(self._engine) as connection:
            return make_plan(connection, builds, now)

    def outdated(self, query: Query, patterns_version: str) -> list[Build]:
        """Builds asked for, newest first, that could be read and on which this pattern set was not yet tried."""
        with reading(self._engine) as connection:
            ids = queries.outdated_ids(connection, query, patterns_version)
            known = builds_by_id(connection, ids)
        return [known[number] for number in ids]

    def update_builds(self, builds: Sequence[Build]) -> None:
        """Add what is newly known of builds that are stored, such as another source that saw them."""
        for start in range(0, len(builds), _PAGE):
            with writing(self._engine) as connection:
                register = Register(connection)
                for build in builds[start : start + _PAGE]:
                    put_build(register, build)

    def get(self, key: str) -> Diagnosis | None:
        """The diagnosis of the build that is, or once was, known by this key."""
        return self.by_slug(build_slug(clean(key)))

    def by_slug(self, slug: str) -> Diagnosis | None:
        """The diagnosis of the build that is, or once was, known by a key with this slug (`sova.slugs.build_slug`)."""
        name = page_identity(slug)
        with reading(self._engine) as connection:
            ids = ids_by_identity(connection, [name]).get(clean(name), [])
            return next(iter(load(connection, ids)), None)

    def page(self, search: Search = _ANYTHING, *, after: str = "", limit: int = 50, counted: int = 0) -> Page:
        """Up to `limit` diagnoses, newest first, from where the page before ended; counting all ends at `counted`.

        `after` is that page's; anything that never was one raises CursorError. `search.query.limit` is not looked at.
        """
        place = Cursor.parse(after) if after else None
        with reading(self._engine) as connection:
            found, total = paging.newest_ids(connection, search, place, limit + 1, counted)
            diagnoses = load(connection, [cursor.number for cursor in found[:limit]])
        return Page(tuple(diagnoses), str(found[limit - 1]) if len(found) > limit else "", total)

    def walk(self, search: Search = _ANYTHING) -> Generator[Diagnosis]:
        """Every diagnosis that is asked for, newest first, read a page at a time."""
        after = ""
        while True:
            page = self.page(search, after=after, limit=_PAGE)
            yield from page.diagnoses
            if not (after := page.after):
                return

    def count_of(self, search: Search = _ANYTHING, most: int | None = None) -> int:
        """How many builds are asked for; counting ends at `most`. `search.query.limit` is not looked at."""
        with reading(self._engine) as connection:
            return queries.count(connection, search, most)

    def runs(self, jobs: Sequence[str], *, limit: int, search: Search = _ANYTHING) -> dict[str, tuple[Run, ...]]:
        """The newest runs asked for of each job, newest first; a job without any has an empty tuple."""
        with reading(self._engine) as connection:
            return newest_of_jobs(connection, jobs, limit, search)

    def keys_changed_since(self, version: int) -> Iterator[ChangedBuild]:
        """The builds that were written after the store had this version, in no order."""
        with reading(self._engine) as connection:
            changed = changed_since(connection, version)
        yield from changed

    def names(self) -> dict[str, tuple[str, ...]]:
        """Every job, project, branch, pipeline, result and tag that a build was ever counted by, each kind sorted."""
        with reading(self._engine) as connection:
            return lists.names_by_kind(connection)

    def name_of(self, kind: str, slug: str) -> str | None:
        """The name of this slug (`sova.slugs.name_slug`), None where no build was ever counted by it."""
        with reading(self._engine) as connection:
            return lists.name_of(connection, kind, clean(slug))

    def message_of(self, slug: str) -> tuple[str, str] | None:
        """Tag and message of the reason of this slug (`sova.slugs.reason_slug`), None where there never was one."""
        with reading(self._engine) as connection:
            return lists.message_of(connection, clean(slug))

    def diagnoses(self, query: Query = _EVERYTHING) -> Iterator[Diagnosis]:
        """The diagnoses of the builds asked for, newest first. No transaction is open between two of them."""
        with reading(self._engine) as connection:
            ids = queries.ordered_ids(connection, query)
        for start in range(0, len(ids), _PAGE):
            with reading(self._engine) as connection:
                page = load(connection, ids[start : start + _PAGE])
            yield from page

    def count(self, query: Query = _EVERYTHING) -> int:
        """How many builds are asked for."""
        with reading(self._engine) as connection:
            return queries.count(connection, Search(query), query.limit)

    def newest(self) -> dt.datetime | None:
        """Time of the newest build, None where no build has one."""
        with reading(self._engine) as connection:
            return queries.newest(connection)

    def record_run(self, runs: Iterable[SourceRun]) -> None:
        """Remember how the sources answered."""
        rows = [
            {
                "source": clean(run.source),
                "time": run.time,
                "builds": run.builds,
                "newest": run.newest,
                "reachable": run.reachable,
                "problems": [list(problem_row(problem).values()) for problem in run.problems],
            }
            for run in runs
        ]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(insert(source_runs), rows)
                raise_version(connection)

    def last_runs(self) -> tuple[SourceRun, ...]:
        """The last answer of every source, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(_LAST_RUNS).mappings().all()
        runs = [
            SourceRun(
                source=row["source"],
                time=row["time"],
                builds=row["builds"],
                newest=row["newest"],
                reachable=row["reachable"],
                problems=tuple(
                    problem_of({"place": place, "kind": kind, "detail": detail})
                    for place, kind, detail in row["problems"]
                ),
            )
            for row in rows
        ]
        return tuple(sorted(runs, key=lambda run: run.source))

    def prune(self, retention: Retention, now: dt.datetime) -> Pruned:
        """Remove what is not to be kept any longer: log texts first, then whole builds; by age, then by size."""
        return prune(self._engine, retention, now)

    def prunable(self, retention: Retention, now: dt.datetime) -> Pruned:
        """What `prune` would remove; an estimate where it goes by size."""
        return prunable(self._engine, retention, now)
