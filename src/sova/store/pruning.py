"""Removes what is older than it shall be kept: texts of logs first, then whole builds; by age, then by size.

It works in small transactions with pauses, so that others who write wait a moment only. What is left of a build whose
texts are gone is all that is counted: its verdict, its reasons and its address.
"""

from __future__ import annotations

import datetime as dt
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Text, cast, delete, func, select

from sova.config import Retention
from sova.errors import StoreError
from sova.store.database import reading, writing
from sova.store.keeping import keep_words
from sova.store.loading import batches, load
from sova.store.outcomes import seconds_of
from sova.store.register import Register, raise_version
from sova.store.sizes import give_back, size, used
from sova.store.tables import builds, details, outcomes, source_runs

__all__ = ["Pruned", "prunable", "prune"]

_BATCH = 250
_PAUSE = 0.02
"""Seconds between two transactions: SQLite gives the lock to whoever asks next."""

_NEVER_BY_SIZE = dt.timedelta(days=1)
_STEP = 20
_SAMPLE = 1000
"""Texts whose length is looked at to tell how much one takes."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: builds that lost their log texts, builds that went as a whole; bytes before and after.

    `trouble` says why freed space could not be given back, where it could not.
    """

    log_texts: int
    builds: int
    bytes_before: int
    bytes_after: int
    trouble: str = ""


def prune(engine: Engine, retention: Retention, now: dt.datetime) -> Pruned:
    """Remove what `retention` does not keep. Raises StoreError; what was removed until then stays removed."""
    with reading(engine) as connection:
        before = size(connection)
    found = _Pruner(engine)
    found.drop_texts(_texts_before(engine, _days_before(now, retention.log_texts)))
    found.drop_builds(_builds_before(engine, _days_before(now, retention.verdicts)))
    _drop_source_runs(engine, _days_before(now, retention.verdicts))
    if retention.size is not None:
        found.meet(retention.size, now - _NEVER_BY_SIZE)
    trouble = ""
    try:
        give_back(engine)
    except StoreError as error:
        trouble = str(error)
    with reading(engine) as connection:
        return Pruned(found.texts, found.builds, before, size(connection), trouble)


def prunable(engine: Engine, retention: Retention, now: dt.datetime) -> Pruned:
    """What `prune` would remove. What goes by size is an estimate, as are the bytes after it."""
    old_builds = _builds_before(engine, _days_before(now, retention.verdicts))
    gone = set(old_builds)
    old_texts = _texts_before(engine, _days_before(now, retention.log_texts))
    with reading(engine) as connection:
        before, after = size(connection), float(used(connection))
        weights = _weights(connection, after)
        after -= len(old_texts) * weights.text + len(old_builds) * weights.build
    texts, whole = len(set(old_texts) - gone), len(old_builds)
    if retention.size is not None and after > retention.size:
        limit = now - _NEVER_BY_SIZE
        more = min(len(_texts_before(engine, limit)) - texts, math.ceil((after - retention.size) / weights.text))
        texts, after = texts + more, after - more * weights.text
        rest = max(0, math.ceil((after - retention.size) / weights.build))
        more = min(len(_builds_before(engine, limit)) - whole, rest)
        whole, after = whole + more, after - more * weights.build
    return Pruned(texts, whole, before, max(0, round(after)))


@dataclass(frozen=True, slots=True)
class _Weights:
    """About how many bytes the log texts of one build take, and the rest of it."""

    text: float
    build: float


def _weights(connection: Connection, in_use: float) -> _Weights:
    sample = select(details.c.hits, details.c.excerpts).order_by(details.c.build_id.desc()).limit(_SAMPLE).subquery()
    if connection.dialect.name == "sqlite":
        length = func.length(cast(sample.c.hits, Text)) + func.length(cast(sample.c.excerpts, Text))
    else:
        length = func.pg_column_size(sample.c.hits) + func.pg_column_size(sample.c.excerpts)
    text = float(connection.scalar(select(func.avg(length))) or 1.0)
    texts = connection.scalar(select(func.count()).select_from(details)) or 0
    number = connection.scalar(select(func.count()).select_from(builds)) or 0
    return _Weights(max(1.0, text), max(1.0, (in_use - texts * text) / max(1, number)))


def _days_before(now: dt.datetime, days: int) -> dt.datetime:
    """The moment so many days before now; the beginning of time where there were not so many."""
    try:
        return now - dt.timedelta(days=days)
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _texts_before(engine: Engine, moment: dt.datetime) -> list[int]:
    """Builds that have log texts, oldest first."""
    wanted = select(details.c.build_id).join(outcomes, outcomes.c.build_id == details.c.build_id)
    wanted = wanted.where(outcomes.c.time < seconds_of(moment)).order_by(outcomes.c.time, outcomes.c.build_id)
    with reading(engine) as connection:
        return list(connection.scalars(wanted))


def _builds_before(engine: Engine, moment: dt.datetime) -> list[int]:
    """Builds, oldest first; one without a time is never old."""
    wanted = select(outcomes.c.build_id).where(outcomes.c.time < seconds_of(moment))
    with reading(engine) as connection:
        return list(connection.scalars(wanted.order_by(outcomes.c.time, outcomes.c.build_id)))


class _Pruner:
    """Removes, and counts what it removed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.texts = 0
        self.builds = 0

    def drop_texts(self, ids: Sequence[int]) -> None:
        for batch in batches(ids, _BATCH):
            with writing(self._engine) as connection:
                self.texts += _without_texts(connection, batch)
            time.sleep(_PAUSE)

    def drop_builds(self, ids: Sequence[int]) -> None:
        for batch in batches(ids, _BATCH):
            with writing(self._engine) as connection:
                self.builds += Register(connection).remove(batch)
            time.sleep(_PAUSE)

    def meet(self, most: int, limit: dt.datetime) -> None:
        """Come below this size by what is older than `limit`: the oldest texts, then the oldest builds."""
        for ids, drop, weight in (
            (_texts_before(self._engine, limit), self.drop_texts, "text"),
            (_builds_before(self._engine, limit), self.drop_builds, "build"),
        ):
            done = 0
            while done < len(ids):
                with reading(self._engine) as connection:
                    in_use = used(connection)
                    weights = _weights(connection, in_use)
                excess = in_use - most
                if excess <= 0:
                    return
                step = max(
                    _STEP, math.ceil(excess / getattr(weights, weight) / 2)
                )  # half the way, for the weights are estimates
                drop(ids[done : done + step])
                done += step


def _without_texts(connection: Connection, batch: Sequence[int]) -> int:
    """Drop the log texts of these builds. A search finds them by message and subject from then on."""
    there = list(connection.scalars(select(details.c.build_id).where(details.c.build_id.in_(batch))))
    connection.execute(delete(details).where(details.c.build_id.in_(there)))
    keep_words(Register(connection), dict(zip(there, load(connection, there), strict=True)))
    if there:
        raise_version(connection)
    return len(there)


def _drop_source_runs(engine: Engine, moment: dt.datetime) -> None:
    """Old answers of the sources, but for the last one of each."""
    last = select(func.max(source_runs.c.id)).group_by(source_runs.c.source)
    old = delete(source_runs).where(source_runs.c.time < moment, source_runs.c.id.not_in(last))
    with writing(engine) as connection:
        connection.execute(old)
