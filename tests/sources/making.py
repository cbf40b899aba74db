"""What tests of sources share: a context with a real HTTP client, and the splitting of what a source gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from sova.config import Limits
from sova.http_client import HttpClient
from sova.model import Build, Problem
from sova.sources import SourceContext

NOW = dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC)


def client(**limits: float) -> HttpClient:
    """A client that tries nothing twice and waits at most two seconds, if `limits` say nothing else."""
    return HttpClient(Limits.model_validate({"retries": 0, "timeout": 2, **limits}))


def context(http: HttpClient, now: dt.datetime = NOW) -> SourceContext:
    return SourceContext(http=http, now=now, timezone=ZoneInfo("UTC"))


def split(items: Iterable[Build | Problem]) -> tuple[list[Build], list[Problem]]:
    """The builds and the problems, each in order."""
    builds: list[Build] = []
    problems: list[Problem] = []
    for item in items:
        if isinstance(item, Build):
            builds.append(item)
        else:
            problems.append(item)
    return builds, problems
