"""Sova's zuul source against a real Zuul: what its database holds is what must come out, once each."""

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
from sova.sources.zuul import ZuulSettings, ZuulSource
from tests.real.tally import Count, Tally
from tests.real.zuul_server import ZuulServer

pytestmark = pytest.mark.real

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(Limits()) as client:
        yield client


def source(http: HttpClient, server: ZuulServer, *, tenant: str = "", page_size: int = 50) -> ZuulSource:
    settings = ZuulSettings(type="zuul", url=server.url, tenant=tenant or server.tenant, page_size=page_size)
    return ZuulSource(settings, SourceContext(http=http, now=NOW, timezone=ZoneInfo("UTC")))


def builds(found: Iterator[Build | Problem]) -> Iterator[Build]:
    for item in found:
        assert isinstance(item, Build), f"a problem was told: {item}"
        yield item


@pytest.mark.parametrize("page_size", [7, 50, 500])
def test_every_build_is_found_once(http: HttpClient, zuul: ZuulServer, count: Count, page_size: int) -> None:
    put_in = zuul.uuids()
    found = [build.uuid for build in builds(source(http, zuul, page_size=page_size).builds(Query()))]
    count(zuul.version, f"all builds in pages of {page_size}", Tally.of(put_in, found))


def test_the_api_and_the_database_agree(zuul: ZuulServer, count: Count) -> None:
    found = [str(row["uuid"]) for row in zuul.newest(100_000)]
    count(zuul.version, "the judge: API with one huge page, database", Tally.of(zuul.uuids(), found))


def test_builds_come_in_the_order_of_the_server(http: HttpClient, zuul: ZuulServer) -> None:
    found = [build.uuid for build in builds(source(http, zuul).builds(Query()))]
    assert found == zuul.uuids()


def test_a_build_has_what_the_database_has(http: HttpClient, zuul: ZuulServer) -> None:
    rows = zuul.sql(
        "select b.uuid, b.job_name, coalesce(b.result, ''), b.voting, b.final, coalesce(b.log_url, ''), s.pipeline, "
        "r.project, r.branch, coalesce(nullif(r.change, 0)::text, ''), coalesce(r.patchset, ''), "
        "coalesce(floor(extract(epoch from b.start_time))::bigint::text, ''), "
        "coalesce(floor(extract(epoch from b.end_time))::bigint::text, '') "
        "from zuul_build b join zuul_buildset s on s.id = b.buildset_id join zuul_ref r on r.id = b.ref_id"
    )
    told = {
        (
            build.uuid,
            build.job_name,
            build.result,
            "t" if build.voting else "f",
            "t" if build.final else "f",
            build.log_url,
            build.pipeline,
            build.change.project,
            build.change.branch,
            "" if build.change.number is None else str(build.change.number),
            build.change.patchset,
            _epoch(build.start_time),
            _epoch(build.end_time),
        )
        for build in builds(source(http, zuul).builds(Query()))
    }
    assert sorted(told - set(rows)) == []
    assert sorted(set(rows) - told) == []


def _epoch(time: dt.datetime | None) -> str:
    return "" if time is None else str(int(time.timestamp()))


@pytest.mark.parametrize("hours", [6, 24, 72])
def test_a_time_limit_gives_every_build_since_then_and_stops_soon(
    http: HttpClient, zuul: ZuulServer, count: Count, hours: int
) -> None:
    since = NOW - dt.timedelta(hours=hours)
    moment = since.strftime("%Y-%m-%d %H:%M:%S")
    put_in = zuul.uuids(f"coalesce(b.end_time, b.start_time) >= '{moment}'")
    query = Query(since=since)
    asked = list(builds(source(http, zuul, page_size=20).builds(query)))
    found = [build.uuid for build in select(asked, query)]
    count(zuul.version, f"builds of the last {hours} hours (source read {len(asked)})", Tally.of(put_in, found))
    assert len(asked) < len(zuul.uuids())


def test_builds_of_one_job_and_of_globs(http: HttpClient, zuul: ZuulServer, count: Count) -> None:
    for jobs, where in (
        (("grenade",), "b.job_name = 'grenade'"),
        (("openstack-tox-*", "grenade"), "b.job_name like 'openstack-tox-%' or b.job_name = 'grenade'"),
    ):
        query = Query(jobs=jobs)
        found = [build.uuid for build in select(builds(source(http, zuul).builds(query)), query)]
        count(zuul.version, f"jobs {' '.join(jobs)}", Tally.of(zuul.uuids(where), found))


def test_nothing_comes_twice_while_new_builds_arrive(http: HttpClient, zuul: ZuulServer, count: Count) -> None:
    put_in = zuul.uuids()
    found: list[str] = []
    added: list[str] = []
    for number, build in enumerate(builds(source(http, zuul, page_size=30).builds(Query())), 1):
        found.append(build.uuid)
        if number % 100 == 0 and len(added) < 1000:
            added += zuul.add_builds(80)  # more than a page: paging by offset would give every row of it again
    assert len(added) > 500
    arrived = set(added)
    count(
        zuul.version,
        f"builds there before, while {len(added)} arrived",
        Tally.of(put_in, (uuid for uuid in found if uuid not in arrived)),
    )
    assert len(set(found)) == len(found)


def test_an_empty_tenant_has_no_builds(http: HttpClient, zuul: ZuulServer) -> None:
    assert list(source(http, zuul, tenant="empty").builds(Query())) == []


def test_a_wrong_tenant_is_told_by_its_name(http: HttpClient, zuul: ZuulServer) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        list(source(http, zuul, tenant="nowhere").builds(Query()))
