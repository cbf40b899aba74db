"""Sova's index_pages source over real directory listings: every build below them, with what its console tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from sova.config import Limits
from sova.errors import SourceError
from sova.filters import Query, select
from sova.http_client import HttpClient
from sova.model import Build, Problem
from sova.sources import SourceContext
from sova.sources.index_pages import IndexPagesSettings, IndexPagesSource
from tests.real.log_servers import STYLES, LogServers
from tests.real.periodic import JOBS, PIPELINE, Periodic
from tests.real.tally import Count, Tally

pytestmark = pytest.mark.real

DATED = tuple(style for style in STYLES if style not in ("apache ul", "http.server"))


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(Limits()) as client:
        yield client


def source(http: HttpClient, root: str, jobs: tuple[str, ...] = JOBS) -> IndexPagesSource:
    urls = [f"{root}{PIPELINE}/{job}/" for job in jobs]
    context = SourceContext(http=http, now=dt.datetime.now(dt.UTC), timezone=ZoneInfo("UTC"))
    return IndexPagesSource(IndexPagesSettings.model_validate({"type": "index_pages", "urls": urls}), context)


def told(build: Build) -> tuple[str, str, str, str, str, dt.datetime | None]:
    assert build.end_time is not None
    return build.job_name, build.log_url, build.result, build.change.branch, build.pipeline, _second(build.start_time)


def truth(build: Periodic, root: str) -> tuple[str, str, str, str, str, dt.datetime | None]:
    return build.job, f"{root}{build.path}/", build.result, build.branch, PIPELINE, build.start


def _second(time: dt.datetime | None) -> dt.datetime | None:
    return time.replace(microsecond=0) if time else None


@pytest.mark.parametrize("style", DATED)
def test_every_build_is_found_with_what_its_console_tells(
    log_servers: LogServers, http: HttpClient, count: Count, style: str
) -> None:
    root = log_servers.url(style)
    found = []
    for build in source(http, root).builds(Query()):
        assert isinstance(build, Build), f"a problem was told: {build}"
        found.append(told(build))
    put_in = [truth(build, root) for build in log_servers.periodic]
    count(log_servers.version(style), f"index pages, {style}", Tally.of(put_in, found))


@pytest.mark.parametrize("style", ["apache ul", "http.server"])
def test_every_build_is_found_where_listings_have_no_dates(
    log_servers: LogServers, http: HttpClient, count: Count, style: str
) -> None:
    root = log_servers.url(style)
    found = [build.log_url for build in source(http, root).builds(Query()) if isinstance(build, Build)]
    put_in = [f"{root}{build.path}/" for build in log_servers.periodic]
    count(log_servers.version(style), f"index pages, {style}", Tally.of(put_in, found))


@pytest.mark.parametrize("style", DATED)
def test_a_time_limit_gives_the_builds_since_then(
    log_servers: LogServers, http: HttpClient, count: Count, style: str
) -> None:
    since = sorted(build.end for build in log_servers.periodic)[-10] - dt.timedelta(hours=1)
    root = log_servers.url(style)
    query = Query(since=since)
    asked = [build for build in source(http, root).builds(query) if isinstance(build, Build)]
    found = [build.log_url for build in select(asked, query)]
    put_in = [f"{root}{build.path}/" for build in log_servers.periodic if build.end >= since]
    count(log_servers.version(style), f"index pages since a moment, {style}", Tally.of(put_in, found))
    assert len(asked) < len(log_servers.periodic)


def test_an_index_page_that_is_not_there_is_told(log_servers: LogServers, http: HttpClient) -> None:
    with pytest.raises(SourceError, match="404"):
        list(source(http, log_servers.url("nginx"), ("no-such-job",)).builds(Query()))


def test_one_missing_index_page_costs_no_other(log_servers: LogServers, http: HttpClient) -> None:
    found: list[Build | Problem] = []
    with pytest.raises(SourceError, match=r"no-such-job/: HTTP 404"):  # at the end: what there is was given before
        found.extend(source(http, log_servers.url("nginx"), (*JOBS, "no-such-job")).builds(Query()))
    assert len([item for item in found if isinstance(item, Build)]) == len(log_servers.periodic)
