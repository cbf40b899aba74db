"""The main job: collect what is asked for, triage what is new, keep it, and sum it up for the reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from sova.collect import CollectResult, Past, Progress, collect
from sova.config import store_location
from sova.errors import ConfigError
from sova.filters import Query, Search
from sova.model import Diagnosis
from sova.session import Session
from sova.stats import Summary, first_seen_of, newest_of, summarise
from sova.store import Store
from sova.triage import triage

__all__ = ["Run", "run"]


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
        return Run(collected, diagnoses, _summary(session, collected, store, query, diagnoses))


def _summary(
    session: Session, collected: CollectResult, store: Store, query: Query, diagnoses: Sequence[Diagnosis]
) -> Summary:
    """First sightings and the newest build are asked of the whole store, as the query may not reach that far."""
    reasons = {(one.primary.tag, one.primary.message) for one in diagnoses if one.primary}
    config = session.config
    return summarise(
        diagnoses,
        now=session.now,
        timezone=config.timezone,
        first_seen=first_seen_of(store, reasons),
        newest=newest_of(store, Search(replace(query, dates=(), limit=None))),
        group_of=config.group_of,
        groups=tuple(config.groups),
        sources=collected.sources,
        new_builds=collected.new,
    )
