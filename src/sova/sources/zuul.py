"""Builds from the REST API of a Zuul, any version since 2018, or from a recorded answer of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from sova.config import Names, SourceSettings
from sova.errors import SourceError
from sova.filters import Query, matches
from sova.model import Build, Problem, ProblemKind
from sova.sources import SourceContext
from sova.sources.fields import moment
from sova.sources.push_down import Horizon, narrowed
from sova.sources.zuul_api import build_from_url, fetch_builds, find_tenant, is_build_url, tenants
from sova.sources.zuul_rows import attempts, index, parse_build, with_attempts
from sova.sources.zuul_urls import ZuulAddress

Parameters: TypeAlias = "list[tuple[str, str]]"

__all__ = ["ZuulSettings", "ZuulSource", "build_from_url", "is_build_url", "tenants"]

_LATE = dt.timedelta(hours=12)
"""Zuul orders builds by when they were entered, so one that ended late may come that long after newer ones."""

_RESULTS = frozenset(
    (
        *("SUCCESS", "FAILURE", "RETRY", "RETRY_LIMIT", "POST_FAILURE", "TIMED_OUT", "NODE_FAILURE", "DISK_FULL"),
        *("SKIPPED", "ABORTED", "CANCELED", "MERGE_CONFLICT", "MERGER_FAILURE", "ERROR", "CONFIG_ERROR", "LOST"),
    )
)
"""Result words that the server may be asked for; with any other word all builds are asked for."""


def _address(url: str) -> str:
    ZuulAddress.parse(url)
    return url


class ZuulSettings(SourceSettings):
    """Keys of a source of type `zuul`."""

    url: Annotated[str, AfterValidator(_address)] = Field(
        description="Address of the Zuul: its root, or any page or API address of it."
    )
    tenant: str = Field("", description="The tenant; not needed where the address names it or there is only one.")
    pipelines: Names = Field((), description="Pipelines to ask for, names or globs; all when empty.")
    jobs: Names = Field((), description="Jobs to ask for, names or globs; all when empty.")
    projects: Names = Field((), description="Projects to ask for, names or globs; all when empty.")
    branches: Names = Field((), description="Branches to ask for, names or globs; all when empty.")
    page_size: int = Field(200, gt=0, le=500, description="Builds asked for in one request.")
    limit: int = Field(20_000, gt=0, description="Most builds read in one run; being cut by it is reported.")
    recorded: Path | None = Field(
        None, description="File with a recorded answer to `/builds`, read in place of the server."
    )


class ZuulSource:
    """The builds of one tenant, newest first, page by page."""

    Settings = ZuulSettings

    def __init__(self, settings: ZuulSettings, context: SourceContext) -> None:
        self.settings = settings
        self.context = context
        self.zuul = ZuulAddress.parse(settings.url, settings.tenant)
        where = f"{urlsplit(self.zuul.root).netloc}{'/' if self.zuul.tenant else ''}{self.zuul.tenant}"
        self.name = settings.name or f"zuul {where}"

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        """See `Source.builds`. A build of which attempts were retried says how many; these are given too, not final."""
        if self.settings.recorded:
            yield from self._parsed([_read(self.settings.recorded)])
            return
        parameters = _parameters(self.settings, query)
        if parameters is None:
            return
        self.context.http.trust(self.zuul.root)
        self.zuul, tenant = find_tenant(self.context.http, self.zuul)
        horizon = Horizon(query, self.context.now)
        for item in self._parsed(self._pages(parameters, horizon)):
            if isinstance(item, Build):
                horizon.saw(item)
                yield replace(item, tenant=tenant)
            else:
                yield item

    def _pages(self, parameters: Parameters, horizon: Horizon) -> Iterator[list[object] | Problem]:
        """Pages of rows until the horizon is passed, and a Problem when `limit` ends them before."""
        taken = 0
        place: Parameters = []
        while taken < self.settings.limit:
            size = min(self.settings.page_size, self.settings.limit - taken)
            page = fetch_builds(self.context.http, self.zuul, [*parameters, ("limit", str(size)), *place])
            yield page
            taken += len(page)
            if len(page) < size or horizon.passed(_latest(page)):
                return
            place = _place_after(page, place, taken)
        detail = f"only the newest {taken:,} builds were read; raise `limit` or ask for fewer days"
        yield Problem(self.name, ProblemKind.SOURCE, detail)

    def _parsed(self, pages: Iterable[list[object] | Problem]) -> Iterator[Build | Problem]:
        """Builds, one page behind what was fetched: the attempts of a job may stand on the page after it."""
        seen: set[str] = set()
        previous: list[object] = []
        problems: list[Problem] = []
        try:
            for page in pages:
                if isinstance(page, Problem):
                    problems.append(page)
                    continue
                yield from self._builds(previous, page, seen)
                previous = page
        except SourceError:
            yield from self._builds(previous, [], seen)  # what came before stays good
            raise
        yield from self._builds(previous, [], seen)
        yield from problems

    def _builds(self, page: list[object], later: list[object], seen: set[str]) -> Iterator[Build | Problem]:
        retried = attempts(row for row in (*page, *later) if isinstance(row, dict))
        for row in page:
            try:
                build = self._build(row)
            except ValueError as error:
                yield Problem(self.name, ProblemKind.SOURCE, f"a build cannot be read and is left out: {error}")
                continue
            if build.key not in seen and self._wanted(build) and isinstance(row, dict):
                seen.add(build.key)
                yield with_attempts(build, row, retried)

    def _build(self, row: object) -> Build:
        if not isinstance(row, dict):
            raise ValueError(f"no object but {str(row)[:80]!r}")
        return parse_build(row, self.zuul.root, self.zuul.tenant, self.name)

    def _wanted(self, build: Build) -> bool:
        settings = self.settings
        return (
            matches(build.pipeline, settings.pipelines)
            and matches(build.job_name, settings.jobs)
            and matches(build.change.project, settings.projects)
            and matches(build.change.branch, settings.branches)
        )


def _place_after(page: list[object], place: Parameters, taken: int) -> Parameters:
    """The parameters that ask for the page after `page`. Raises SourceError when there was no progress to it.

    By Zuul's own index where it tells one: counted places shift while new builds arrive.
    """
    numbers = [number for row in page if isinstance(row, dict) and (number := index(row)) is not None]
    if len(numbers) < len(page):
        return [("skip", str(taken))]
    after = min(numbers) - 1
    if place and place[0][0] == "idx_max" and after >= int(place[0][1]):
        raise SourceError("the Zuul gives the same page of builds again and again")
    return [("idx_max", str(after))]


def _latest(page: list[object]) -> dt.datetime | None:
    """The time that no build on a later page can have, as far as this page tells."""
    names = ("end_time", "start_time", "event_timestamp")
    times = [found for row in page if isinstance(row, dict) for name in names if (found := moment(row, name))]
    return max(times) + _LATE if times else None


def _parameters(settings: ZuulSettings, query: Query) -> Parameters | None:
    """What the server is asked to filter by; None when nothing can be wanted."""
    results = tuple(word.upper() for word in query.result)
    asked = {
        "job_name": narrowed(settings.jobs, query.job_type or query.short or query.jobs),
        "pipeline": narrowed(settings.pipelines, query.pipeline),
        "project": narrowed(settings.projects, query.project),
        "branch": narrowed(settings.branches, query.branch),
        "change": tuple(map(str, query.change)),
        "result": results if _RESULTS.issuperset(results) else (),
    }
    if any(values is None for values in asked.values()):
        return None
    return [(name, value) for name, values in asked.items() for value in values or ()]


def _read(path: Path) -> list[object]:
    try:
        answer: object = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: a recorded answer of Zuul that cannot be read: {error}") from error
    if not isinstance(answer, list):
        raise SourceError(f"{path}: should be a list of builds, as `/api/tenant/TENANT/builds` gives it")
    return answer
