"""Where builds come from: each source knows one system's API and nothing else.

A source is a class with an attribute `Settings` (its keys in the configuration), called as `Class(settings, context)`
and registered as an entry point in the group `sova.sources`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from sova.config import SourceSettings
from sova.model import Build, Problem

if TYPE_CHECKING:
    from sova.filters import Query
    from sova.http_client import HttpClient

__all__ = ["Source", "SourceContext", "SourceFactory"]


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source is given: the HTTP client, the moment that counts as now (aware), the configured time zone."""

    http: HttpClient
    now: dt.datetime
    timezone: ZoneInfo


@runtime_checkable
class Source(Protocol):
    """Gives the builds of one CI or review system."""

    name: str

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        """Builds, newest first and lazily, and a Problem for each part that cannot be told.

        May give more than `query` asks for (the filters have the last word), never less without a Problem.
        Raises SourceError when it cannot go on; what was given before stays good.
        """
        ...


class SourceFactory(Protocol):
    """A kind of source, as its entry point gives it: makes a source from its settings, without any network."""

    Settings: type[SourceSettings]

    def __call__(self, settings: SourceSettings, context: SourceContext) -> Source: ...
