"""What pages are made from, and the stretch of time that they show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sova.filters import Query, Search
from sova.model import Pattern
from sova.store import SourceRun, Store
from sova.times import days_back

if TYPE_CHECKING:
    from sova.config import Config
    from sova.patterns.load import PatternSet

__all__ = ["RANGES", "Desk", "Foot", "Span", "desk_of", "foot_of", "span_of"]

RANGES = ("today", "yesterday", "7d", "14d", "30d", "90d")
"""Ranges that have a name in URLs; any other is told by its beginning and end."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: `since` inclusive, `until` exclusive, both UTC. `name` is one of RANGES, or "" for one that
    is told by its ends."""

    name: str
    since: dt.datetime
    until: dt.datetime

    @property
    def words(self) -> str:
        """The range as people say it; "" for one without a name."""
        return f"last {self.name[:-1]} days" if self.name.endswith("d") else self.name


def span_of(name: str, now: dt.datetime, timezone: ZoneInfo) -> Span:
    """The range of that name; days are calendar days of the zone, today is one of "7d". Raises ValueError."""
    if name not in RANGES:
        raise ValueError(f"{name!r} is no range; allowed: {', '.join(RANGES)}")
    if name == "yesterday":
        return Span(name, days_back(now, 2, timezone), days_back(now, 1, timezone))
    days = 1 if name == "today" else int(name[:-1])
    return Span(name, days_back(now, days, timezone), days_back(now, 0, timezone))


def _same(name: str) -> str:
    return name


def _no_group(_name: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Desk:
    """The store, the moment that counts as now, the time zone of days, and what the configuration says of jobs.

    `query` bounds every page: only builds that it asks for are shown or counted (its times apart: each page has its
    own `Span`).
    """

    store: Store
    now: dt.datetime
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    query: Query = field(default_factory=Query)
    groups: tuple[str, ...] = ()
    group_of: Callable[[str], str] = _no_group
    short_of: Callable[[str], str] = _same
    patterns: tuple[Pattern, ...] = ()
    patterns_version: str = ""

    def within(self, search: Search, span: Span | None = None) -> Search:
        """What `search` asks for, of the builds that these pages show, in that stretch of time (ever without one).
        Of jobs both hold; another field that both set is as `search` has it."""
        asked = {name: value for name in _FIELDS if (value := getattr(search.query, name)) != getattr(_ALL, name)}
        if self.query.jobs and "jobs" in asked:  # the tracked jobs stay what bounds the pages
            asked["short"] = asked.pop("jobs")
        times = {"since": span.since if span else None, "until": span.until if span else None}
        return replace(search, query=replace(self.query, **{**asked, **times, "limit": None, "dates": ()}))


_ALL = Query()
_FIELDS = tuple(field.name for field in fields(Query))


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands at the foot of every page: data as of when, from which sources, with which patterns; `seconds` is how
    long the page's questions to the store took (None where that is not told)."""

    now: dt.datetime
    timezone: str
    sources: tuple[SourceRun, ...] = ()
    patterns: int = 0
    patterns_version: str = ""
    seconds: float | None = None


def desk_of(config: Config, found: PatternSet, store: Store, query: Query, now: dt.datetime) -> Desk:
    """The desk for a configuration and its patterns; `query` bounds what pages show."""
    return Desk(
        store=store,
        now=now,
        timezone=config.timezone,
        query=query,
        groups=tuple(config.groups),
        group_of=config.group_of,
        short_of=config.short_of,
        patterns=tuple(found.patterns),
        patterns_version=found.version,
    )


def foot_of(desk: Desk, seconds: float | None = None) -> Foot:
    """The foot of the pages that are made from this desk. Raises StoreError."""
    runs = desk.store.last_runs()
    return Foot(desk.now, desk.timezone.key, runs, len(desk.patterns), desk.patterns_version, seconds)
