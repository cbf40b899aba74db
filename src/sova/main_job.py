"""The main job: collect what is asked for, triage what is new, keep it, and sum it up for the reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

from sova.collect import CollectResult, Past, Progress, collect
from sova.config import store_location
from sova.errors import ConfigError
from sova.filters import Query
from sova.model import Diagnosis
from sova.session import Session
from sova.stats import Summary, summarise
from sova.store import Store
from sova.triage import triage

__all__ = ["Run", "run"]

_HISTORY = dt.timedelta(days=8)
"""How far back the totals of today, yesterday and the last 7 days may reach, whatever the query asks for."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run did, the diagnoses that were asked for (newest first), and everything that a report shows."""

    collected: CollectResult
    diagnoses: tuple[Diagnosis, ...]
    summary: Summary


def run(session: Session, query: Query, progress: Progress | None = None) -> Run:
    """Collect from every configured source and report what the store then holds of the query.

    Raises ConfigError when no source is configured, StoreError when the database cannot be used. A source that does
    not answer, a log that cannot be had and a build that breaks triage are part of the result.
    """
    sources = session.sources()
    if not sources:
        raise ConfigError("no sources are configured; `sova config init --from URL` writes a configuration")
    with Store.open(store_location(session.config)) as store:
        work = partial(triage, tools=session.tools)
        past = Past(session.pattern_set.version, partial(triage, tools=session.cached_tools))
        workers = session.config.workers
        collected = collect(sources, query, store, work, past=past, workers=workers, now=session.now, progress=progress)
        diagnoses = tuple(store.diagnoses(query))
        history = store.diagnoses(_wider(query, session.now))
        return Run(collected, diagnoses, _summary(session, collected, diagnoses, history))


def _wider(query: Query, now: dt.datetime) -> Query:
    since = min(query.since, now - _HISTORY) if query.since else now - _HISTORY
    return replace(query, since=since, until=None, dates=(), limit=None)


def _summary(
    session: Session, collected: CollectResult, diagnoses: Iterable[Diagnosis], history: Iterable[Diagnosis]
) -> Summary:
    config = session.config
    return summarise(
        diagnoses,
        history=history,
        now=session.now,
        timezone=config.timezone,
        group_of=config.group_of,
        short_of=config.short_of,
        groups=tuple(config.groups),
        sources=collected.sources,
        new_builds=collected.new,
        patterns_version=session.pattern_set.version,
        patterns=len(session.pattern_set.patterns),
    )
