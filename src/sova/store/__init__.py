"""The store: every build once, with its diagnosis. Nothing but this package knows SQL.

`with Store.open(location) as store:` gives one that is up to date; the tables are described in docs/store.md.
Every method raises StoreError where the database cannot be read or written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy import Engine, func, insert, select

from sova.filters import Query
from sova.model import Build, Diagnosis, Problem
from sova.store import queries
from sova.store.database import open_engine, reading, writing
from sova.store.planning import MOST_TRIES, Plan, make_plan
from sova.store.rows import clean, problem_of, problem_row
from sova.store.saving import Saved, put, put_build
from sova.store.tables import source_runs
from sova.store.upgrade import upgrade

__all__ = ["MOST_TRIES", "Plan", "Saved", "SourceRun", "Store"]

_EVERYTHING = Query()
_PAGE = 200


@dataclass(frozen=True, slots=True)
class SourceRun:
    """How a source answered once: when, how many builds, the newest of them, what went wrong."""

    source: str
    time: dt.datetime
    builds: int
    newest: dt.datetime | None
    reachable: bool = True
    problems: tuple[Problem, ...] = ()


class Store:
    """Keeps builds and diagnoses. Threads may share one."""

    def __init__(self, engine: Engine) -> None:
        """Use `Store.open`; the tables of `engine` must be up to date."""
        self._engine = engine

    @classmethod
    def open(cls, location: str) -> Store:
        """The store at a path (made where it is missing), `:memory:`, or the SQLAlchemy URL of a SQLite database.

        Tables of an earlier version are upgraded, whole or not at all. Raises StoreError.
        """
        engine = open_engine(location)
        try:
            upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

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
            return put(connection, diagnosis, tried_at)

    def plan(self, builds: Iterable[Build], now: dt.datetime) -> Plan:
        """Sort builds into new ones, those to try again and known ones. Each build may come once only."""
        with reading(self._engine) as connection:
            return make_plan(connection, builds, now)

    def outdated(self, query: Query, patterns_version: str) -> list[Build]:
        """Builds asked for, newest first, that could be read and on which this pattern set was not yet tried."""
        with reading(self._engine) as connection:
            ids = queries.outdated_ids(connection, query, patterns_version)
            known = queries.builds_by_id(connection, ids)
        return [known[number] for number in ids]

    def update_builds(self, builds: Sequence[Build]) -> None:
        """Add what is newly known of builds that are stored, such as another source that saw them."""
        for start in range(0, len(builds), _PAGE):
            with writing(self._engine) as connection:
                for build in builds[start : start + _PAGE]:
                    put_build(connection, build)

    def get(self, key: str) -> Diagnosis | None:
        """The diagnosis of the build that is, or once was, known by this key."""
        name = clean(f"key:{key}")
        with reading(self._engine) as connection:
            ids = queries.ids_by_identity(connection, [name]).get(name, [])
            return next(iter(queries.load(connection, ids)), None)

    def diagnoses(self, query: Query = _EVERYTHING) -> Iterator[Diagnosis]:
        """The diagnoses of the builds asked for, newest first. No transaction is open between two of them."""
        with reading(self._engine) as connection:
            ids = queries.ordered_ids(connection, query)
        for start in range(0, len(ids), _PAGE):
            with reading(self._engine) as connection:
                page = queries.load(connection, ids[start : start + _PAGE])
            yield from page

    def count(self, query: Query = _EVERYTHING) -> int:
        """How many builds are asked for."""
        with reading(self._engine) as connection:
            return queries.count(connection, query)

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

    def last_runs(self) -> tuple[SourceRun, ...]:
        """The last answer of every source, by name."""
        last = select(func.max(source_runs.c.id)).group_by(source_runs.c.source)
        with reading(self._engine) as connection:
            rows = connection.execute(select(source_runs).where(source_runs.c.id.in_(last))).mappings().all()
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
