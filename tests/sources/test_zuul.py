"""Builds from Zuul's REST API: both shapes of a row, paging, and every way in which a server can be no help."""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sova.config import load as load_config
from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Build, Outcome, Problem
from sova.sources import Source
from sova.sources.keys import log_key, zuul_key
from sova.sources.zuul import ZuulSettings, ZuulSource, build_from_url, is_build_url, tenants
from sova.sources.zuul_rows import parse_build
from sova.sources.zuul_urls import ZuulAddress, build_page
from tests.skips import SHARED
from tests.sources.making import client, context, split

LIVE = Path(__file__).resolve().parents[1] / "data" / "zuul-live"
SAMPLES = SHARED / "samples"
NOW = dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC)
UUID = "1abc9851e05142b8b9ab1d5459144398"


def live(name: str) -> str:
    return (LIVE / f"{name}.json").read_text(encoding="utf-8")


def zuul(http: HttpClient, url: str, **keys: object) -> ZuulSource:
    settings = ZuulSettings.model_validate({"type": "zuul", "url": url, **keys})
    return ZuulSource(settings, context(http, NOW))


# --- one row


def test_a_row_of_the_shape_since_2024() -> None:
    build = parse_build(json.loads(live("build-RETRY")), "https://z.example.org", "openstack", "my zuul")
    assert build == Build(
        key=zuul_key("https://z.example.org", "openstack", UUID),
        job_name="tempest-full-py3",
        result="RETRY",
        seen_by=("my zuul",),
        uuid=UUID,
        pipeline="check",
        change=build.change,
        start_time=dt.datetime(2026, 11, 22, 7, 16, 57, tzinfo=dt.UTC),
        end_time=dt.datetime(2026, 11, 22, 7, 46, 49, tzinfo=dt.UTC),
        duration=1792.0,
        log_url="http://127.0.0.1:28080/logs/1ab/openstack/1abc9851e05142b8b9ab1d5459144398/",
        url=f"https://z.example.org/t/openstack/build/{UUID}",
        artifacts=build.artifacts,
        nodeset="centos-9-stream",
        tenant="openstack",
        event_id="3cc0a090fbdf410b853e030945f25d21",
        final=False,
    )
    assert (build.change.name, build.change.project, build.change.branch) == (
        "901155,10",
        "openstack/neutron",
        "master",
    )
    assert (build.change.ref, build.change.url) == ("refs/changes/55/901155/10", "https://review.example.org/901155")
    assert [(artifact.name, artifact.type) for artifact in build.artifacts] == [("Zuul Manifest", "zuul_manifest")]


def test_a_build_that_never_ran_has_no_logs_and_the_time_of_its_end() -> None:
    build = parse_build(json.loads(live("build-NODE_FAILURE")), "https://z.example.org", "t", "z")
    assert (build.outcome, build.log_url, build.duration, build.start_time) == (Outcome.INFRA, "", None, None)
    assert build.end_time == dt.datetime(2026, 11, 22, 11, 6, 8, tzinfo=dt.UTC)
    assert build.error_detail == "Node request 300-0012345678 failed"
    assert not build.voting


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there")
@pytest.mark.shared
def test_rows_of_the_flat_shape() -> None:
    rows = json.loads((SAMPLES / "zuul_builds_list_2021.json").read_text(encoding="utf-8"))
    builds = [parse_build(row, "https://z.example.org", "t", "z") for row in rows]
    assert [build.result for build in builds] == ["SUCCESS", "FAILURE", "ABORTED", "NODE_FAILURE"]
    assert all(build.change.project and build.change.branch and build.pipeline for build in builds)
    assert [bool(build.log_url) for build in builds] == [True, True, False, False]
    flat = json.loads((SAMPLES / "zuul_build_flat_2021.json").read_text(encoding="utf-8"))
    assert parse_build(flat, "https://z.example.org", "t", "z").change.number == flat["change"]
    nested = json.loads((SAMPLES / "zuul_build_nested_ref_2024.json").read_text(encoding="utf-8"))
    assert parse_build(nested, "https://z.example.org", "t", "z").change.number == nested["ref"]["change"]


def test_a_periodic_build_has_a_branch_and_no_change() -> None:
    row = {"uuid": "ab", "job_name": "j", "ref": {"project": "p", "ref": "refs/heads/stable/1", "change": None}}
    build = parse_build(row, "https://z.example.org", "t", "z")
    assert build.periodic
    assert (build.change.branch, build.change.name) == ("stable/1", "")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted(
    {name for row in json.loads(live("builds-limit5")) for name in (*row, *row["ref"])} - {"uuid", "job_name"}
)


@given(st.dictionaries(st.sampled_from(NAMES), json_values))
def test_no_row_does_harm(row: dict[str, object]) -> None:
    build = parse_build({"uuid": "ab", "job_name": "j", **row}, "https://z.example.org", "t", "z")
    assert build.duration is None or 0 <= build.duration < float("inf")
    assert build.change.number is None or build.change.number >= 0
    assert build.log_url == "" or build.log_url.startswith(("http", "HTTP"))
    assert all(time is None or time.tzinfo is dt.UTC for time in (build.start_time, build.end_time))
    build.error_detail.encode("utf-8")


# --- addresses


@pytest.mark.parametrize(
    ("url", "root", "tenant", "api"),
    [
        ("https://Zuul.Example.org", "https://zuul.example.org", "", "/api"),
        ("https://zuul.example.org/t/main/builds", "https://zuul.example.org", "main", "/api/tenant/main"),
        ("https://zuul.example.org:443/api/tenant/a%20b/x", "https://zuul.example.org", "a b", "/api/tenant/a%20b"),
        ("http://h:8080/zuul/", "http://h:8080/zuul", "", "/api"),
        ("https://h/zuul/api/builds?x=1", "https://h/zuul", "", "/api"),
        ("http://[::1]:9000/t/x", "http://[::1]:9000", "x", "/api/tenant/x"),
    ],
)
def test_any_address_of_a_zuul_tells_root_and_tenant(url: str, root: str, tenant: str, api: str) -> None:
    found = ZuulAddress.parse(url)
    assert (found.root, found.tenant, found.api) == (root, tenant, root + api)


@pytest.mark.parametrize("url", ["zuul.example.org", "ftp://zuul.example.org", "https://", "https://h:port/"])
def test_what_is_no_address_is_refused(http: HttpClient, url: str) -> None:
    with pytest.raises(ValidationError):
        zuul(http, url)


@pytest.mark.parametrize(
    ("url", "root"),
    [
        (f"https://z.example.org/t/main/build/{UUID}", "https://z.example.org"),
        (f"https://z.example.org/zuul/t/main/build/{UUID}/", "https://z.example.org/zuul"),
        (f"https://z.example.org/api/tenant/main/build/{UUID}", "https://z.example.org"),
        (f"https://z.example.org/t/main/build/{UUID.upper()}#logs", "https://z.example.org"),
        (f"http://z.example.org:80/t/main/build/{UUID}", "http://z.example.org"),
    ],
)
def test_a_build_has_one_key_by_whatever_address(url: str, root: str) -> None:
    page = build_page(url)
    assert page is not None
    assert page.zuul.root == root
    assert zuul_key(page.zuul.root, page.zuul.tenant, page.uuid) == zuul_key(f"{root}/api/tenant/main/builds", "", UUID)


def test_a_zuul_of_one_tenant_has_pages_without_it() -> None:
    page = build_page(f"https://z.example.org/zuul/build/{UUID}")
    assert page is not None
    assert page.zuul == ZuulAddress("https://z.example.org/zuul", "")
    assert build_page(f"https://z.example.org/zuul/api/build/{UUID}") == page


@pytest.mark.parametrize(
    "url",
    [
        "https://logs.example.org/05/4105/2/check/docs/f2c47f6/doc/build/html/",
        "https://jenkins.example.org/job/x/build/12",
        "https://z.example.org/t/main/buildset/1abc",
        f"ftp://z.example.org/t/main/build/{UUID}",
        "http://[::1/t/main/build/ab",
        "build/ab",
    ],
)
def test_what_is_no_page_of_a_build(url: str) -> None:
    assert not is_build_url(url)


def test_keys_do_not_depend_on_the_scheme_or_a_slash() -> None:
    assert log_key("http://L.example.org/1/") == log_key("https://l.example.org:443/1")
    assert log_key("/var/log/x/") == log_key("/var/log/x") != log_key("/var/log/X")
    assert log_key("http://h:port/") == "log:http://h:port"


# --- a server


class Zuul:
    """A Zuul with these rows, newest first, which pages as the real one does."""

    def __init__(self, server: HTTPServer, rows: Sequence[Mapping[str, object]]) -> None:
        self.rows = rows
        self.server = server
        server.expect_request("/api/info").respond_with_json({"info": {"capabilities": {}}})
        server.expect_request("/api/tenants").respond_with_json([{"name": "main"}])
        server.expect_request("/api/tenant/main/builds").respond_with_handler(self.builds)
        self.url = server.url_for("")

    def builds(self, request: Request) -> Response:
        most = int(request.args.get("idx_max", 10**9))
        rows = [row for row in self.rows if int(str(row.get("_id", 0))) <= most][int(request.args.get("skip", 0)) :]
        return Response(json.dumps(rows[: int(request.args["limit"])]), content_type="application/json")

    @property
    def asked(self) -> list[dict[str, str]]:
        """The parameters of each request for builds."""
        return [request.args.to_dict() for request, _ in self.server.log if request.path.endswith("/builds")]


def row(number: int, fields: Mapping[str, object] | None = None, *, hours_ago: float = 0) -> dict[str, object]:
    end = NOW - dt.timedelta(hours=hours_ago)
    return {
        "_id": number,
        "uuid": f"{number:032x}",
        "job_name": "unit",
        "result": "SUCCESS",
        "end_time": end.replace(tzinfo=None).isoformat(),
        "buildset": {"uuid": f"set{number}"},
        **(fields or {}),
    }


def numbers(builds: Sequence[Build]) -> list[int]:
    return [int(build.uuid, 16) for build in builds]


def test_it_is_a_source(http: HttpClient) -> None:
    source = zuul(http, "https://zuul.example.org/", tenant="main")
    assert isinstance(source, Source)
    assert source.name == "zuul zuul.example.org/main"


def test_pages_are_asked_for_by_zuuls_index(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Zuul(httpserver, [row(number) for number in range(25, 0, -1)])
    builds, problems = split(zuul(http, server.url, page_size=10).builds(Query()))
    assert (numbers(builds), problems) == (list(range(25, 0, -1)), [])
    assert {build.tenant for build in builds} == {"main"}
    assert [asked.get("idx_max") for asked in server.asked] == [None, "15", "5"]


def test_an_old_zuul_is_asked_by_counting(httpserver: HTTPServer, http: HttpClient) -> None:
    rows = [row(number) for number in range(25, 0, -1)]
    for old in rows:
        del old["_id"]
    server = Zuul(httpserver, rows)
    builds, _ = split(zuul(http, server.url, page_size=10).builds(Query()))
    assert numbers(builds) == list(range(25, 0, -1))
    assert [asked.get("skip") for asked in server.asked] == [None, "10", "20"]


def test_a_build_that_moved_to_the_next_page_counts_once(httpserver: HTTPServer, http: HttpClient) -> None:
    rows = [row(3), row(2), row(2), row(1)]
    for old in rows:
        del old["_id"]
    builds, _ = split(zuul(http, Zuul(httpserver, rows).url, page_size=2).builds(Query()))
    assert numbers(builds) == [3, 2, 1]


def test_asking_stops_when_the_wanted_time_is_passed(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Zuul(httpserver, [row(100 - hour, hours_ago=hour) for hour in range(100)])
    since = NOW - dt.timedelta(hours=24)
    builds, problems = split(zuul(http, server.url, page_size=10).builds(Query(since=since)))
    assert set(range(100, 75, -1)) <= set(numbers(builds))
    assert len(server.asked) == 5  # a build may end twelve hours after others that were entered later
    assert problems == []


def test_dates_end_the_asking_too(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Zuul(httpserver, [row(100 - hour, hours_ago=hour) for hour in range(100)])
    list(zuul(http, server.url, page_size=10).builds(Query(dates=((None, 11, 22), (2026, 11, 21)))))
    assert len(server.asked) == 7  # 40 hours and 12 more


def test_asking_stops_when_there_are_enough_builds(httpserver: HTTPServer, http: HttpClient) -> None:
    rows = [row(100 - hour, {"job_name": f"job{hour % 2}"}, hours_ago=hour) for hour in range(100)]
    server = Zuul(httpserver, rows)
    builds, problems = split(zuul(http, server.url, page_size=10).builds(Query(limit=3, job_type=("job1",))))
    assert set(range(99, 93, -2)) <= set(numbers(builds))
    assert len(server.asked) == 3  # the third build is five hours old, and twelve more have to be looked at
    assert problems == []


def test_being_cut_by_the_limit_is_reported(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Zuul(httpserver, [row(number) for number in range(25, 0, -1)])
    builds, problems = split(zuul(http, server.url, page_size=10, limit=12).builds(Query()))
    assert numbers(builds) == list(range(25, 13, -1))
    assert "only the newest 12 builds" in problems[0].detail
    assert [asked["limit"] for asked in server.asked] == ["10", "2"]


def test_a_server_that_ignores_the_index_does_not_hold_us(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_json([row(2), row(1)])
    given: list[Build | Problem] = []
    with pytest.raises(SourceError, match="same page"):
        given.extend(zuul(http, httpserver.url_for(""), tenant="main", page_size=2).builds(Query()))
    assert len(given) == 2


def test_retried_attempts_are_counted_and_given(httpserver: HTTPServer, http: HttpClient) -> None:
    one = {"buildset": {"uuid": "s"}, "pipeline": "check"}
    server = Zuul(
        httpserver,
        [
            row(6, {"result": "FAILURE", **one}),
            row(5, {"job_name": "other", **one}),
            row(4, {"result": "RETRY", "final": False, **one}),
            row(3, {"result": None, "final": False, **one}),
            row(2, {"result": "RETRY", "final": False, "ref": {"change": 7}, **one}),
        ],
    )
    builds, _ = split(zuul(http, server.url, page_size=3).builds(Query()))
    assert [(build.attempts, build.final) for build in builds] == [
        (3, True),
        (1, True),
        (1, False),
        (1, False),
        (1, False),
    ]


def test_one_bad_row_is_reported_and_the_rest_is_given(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_json([row(3), {"uuid": None}, "x", row(1)])
    builds, problems = split(zuul(http, httpserver.url_for(""), tenant="main").builds(Query()))
    assert numbers(builds) == [3, 1]
    assert ["left out" in problem.detail for problem in problems] == [True, True]


def test_running_builds_are_given_as_such(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_data(live("builds-complete-false"))
    builds, problems = split(zuul(http, httpserver.url_for(""), tenant="main").builds(Query()))
    assert problems == []
    assert {build.outcome for build in builds} == {Outcome.RUNNING}


# --- what the server is asked to filter by


@pytest.mark.parametrize(
    ("keys", "query", "asked"),
    [
        ({}, Query(job_type=("a", "b"), project=("p",)), {"job_name": ["a", "b"], "project": ["p"]}),
        ({"jobs": ["a", "b"]}, Query(jobs=("b*",)), {"job_name": ["b"]}),
        ({"jobs": ["a*"]}, Query(job_type=("ab", "b")), {"job_name": ["ab"]}),
        ({"jobs": ["a*"]}, Query(), {}),
        ({}, Query(jobs=("a*", "b")), {}),
        ({"pipelines": "check", "branches": ["m"]}, Query(), {"pipeline": ["check"], "branch": ["m"]}),
        ({}, Query(change=(7, 8), result=("failure",)), {"change": ["7", "8"], "result": ["FAILURE"]}),
        ({}, Query(result=("failure", "Odd word")), {}),
    ],
)
def test_exact_names_are_left_to_the_server(
    httpserver: HTTPServer, http: HttpClient, keys: dict[str, object], query: Query, asked: dict[str, list[str]]
) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_json([])
    list(zuul(http, httpserver.url_for(""), tenant="main", **keys).builds(query))
    ((request, _),) = httpserver.log
    assert {name: values for name, values in request.args.lists() if name != "limit"} == asked


def test_nothing_is_asked_when_nothing_can_be_wanted(httpserver: HTTPServer, http: HttpClient) -> None:
    source = zuul(http, httpserver.url_for(""), tenant="main", projects=["a", "b"])
    assert list(source.builds(Query(project=("c*",)))) == []
    assert httpserver.log == []


def test_globs_of_the_configuration_are_held_against_each_build(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Zuul(httpserver, [row(2, {"job_name": "tempest-full"}), row(1)])
    builds, _ = split(zuul(http, server.url, jobs=["tempest-*"]).builds(Query()))
    assert numbers(builds) == [2]


# --- root and tenant


def test_the_root_of_one_tenant_needs_no_tenant(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/zuul/api/info").respond_with_data(live("tenant-info"))
    httpserver.expect_request("/zuul/api/builds").respond_with_data(live("builds-limit5"))
    builds, _ = split(zuul(http, httpserver.url_for("/zuul/builds").removesuffix("/builds")).builds(Query()))
    assert len(builds) == 5
    assert {build.tenant for build in builds} == {"openstack"}
    page = build_page(httpserver.url_for(f"/zuul/build/{builds[0].uuid}"))
    assert page is not None
    assert builds[0].key == zuul_key(page.zuul.root, page.zuul.tenant, page.uuid)


def test_a_tenant_is_needed_where_there_are_several(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/info").respond_with_data(live("info"))
    httpserver.expect_request("/api/tenants").respond_with_data(live("tenants"))
    with pytest.raises(SourceError, match="`tenant` is needed; there are: empty, openstack"):
        list(zuul(http, httpserver.url_for("")).builds(Query()))


def test_a_wrong_tenant_is_told_with_the_right_ones(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/tenant/nope/builds").respond_with_data(live("builds-unknown-tenant"), status=404)
    httpserver.expect_request("/api/tenants").respond_with_data(live("tenants"))
    with pytest.raises(SourceError, match="no tenant 'nope'; there are: empty, openstack"):
        list(zuul(http, httpserver.url_for(""), tenant="nope").builds(Query()))


def test_tenants_are_listed_from_any_address(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/api/tenants").respond_with_data(live("tenants"))
    http.trust(httpserver.url_for(""))
    assert tenants(httpserver.url_for("/t/openstack/builds"), http) == ("empty", "openstack")


# --- servers that are no help


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("<!DOCTYPE html><html>Zuul</html>", 200, "a web page instead of JSON"),
        ("", 200, "no JSON"),
        ('{"description": "maintenance until noon"}', 200, "no list of builds but says: maintenance until noon"),
        ("null", 200, "no list of builds"),
        ("<html>404</html>", 404, "is `url` the root of a Zuul"),
        ("denied", 401, "without a login"),
        ("denied", 403, "without a login"),
        ("slow down", 429, "left alone for a while"),
        ("oops", 500, r"a failure of its own \(HTTP 500\)"),
    ],
)
def test_an_answer_that_is_no_help_is_told(
    httpserver: HTTPServer, http: HttpClient, body: str, status: int, told: str
) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_data(body, status=status)
    with pytest.raises(SourceError, match=told) as caught:
        list(zuul(http, httpserver.url_for(""), tenant="main").builds(Query()))
    assert httpserver.url_for("") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_redirect_loop_is_told(httpserver: HTTPServer, http: HttpClient) -> None:
    here = httpserver.url_for("/api/tenant/main/builds")
    httpserver.expect_request("/api/tenant/main/builds").respond_with_data("", status=302, headers={"Location": here})
    with pytest.raises(SourceError, match="redirect"):
        list(zuul(http, httpserver.url_for(""), tenant="main").builds(Query()))


def test_a_server_that_is_down_is_told(http: HttpClient) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceError, match=rf"127\.0\.0\.1:{port}.*refused"):
        list(zuul(http, f"http://127.0.0.1:{port}", tenant="main").builds(Query()))


def test_a_slow_server_is_given_up(httpserver: HTTPServer) -> None:
    answered = threading.Event()

    def slow(_: Request) -> Response:
        answered.wait(60)
        return Response("[]")

    httpserver.expect_request("/api/tenant/main/builds").respond_with_handler(slow)
    started = time.monotonic()
    with client(timeout=0.3) as impatient, pytest.raises(SourceError, match="timed out"):
        list(zuul(impatient, httpserver.url_for(""), tenant="main").builds(Query()))
    answered.set()
    assert time.monotonic() - started < 30


def test_a_connection_that_is_cut_keeps_what_came_before(httpserver: HTTPServer, http: HttpClient) -> None:
    cut = Response('[{"uuid":', content_type="application/json")
    cut.automatically_set_content_length = False
    cut.headers["Content-Length"] = "1000"
    httpserver.expect_ordered_request("/api/tenant/main/builds").respond_with_json([row(2), row(1)])
    httpserver.expect_ordered_request("/api/tenant/main/builds").respond_with_response(cut)
    given: list[Build | Problem] = []
    with pytest.raises(SourceError, match="cut"):
        given.extend(zuul(http, httpserver.url_for(""), tenant="main", page_size=2).builds(Query()))
    assert numbers([item for item in given if isinstance(item, Build)]) == [2, 1]


# --- one build, and a recorded answer


def test_a_build_is_had_from_its_page(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request(f"/api/tenant/openstack/build/{UUID}").respond_with_data(live("build-RETRY"))
    http.trust(httpserver.url_for(""))
    build = build_from_url(httpserver.url_for(f"/t/openstack/build/{UUID}"), http)
    assert (build.uuid, build.job_name, build.seen_by) == (UUID, "tempest-full-py3", ("zuul",))


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("build-unknown", 404, "does not know the build"),
        ("tenants", 200, "no build"),
        ("info", 200, "uuid and job_name"),
    ],
)
def test_a_build_that_cannot_be_had_is_told(
    httpserver: HTTPServer, http: HttpClient, body: str, status: int, told: str
) -> None:
    httpserver.expect_request(f"/api/tenant/openstack/build/{UUID}").respond_with_data(live(body), status=status)
    http.trust(httpserver.url_for(""))
    with pytest.raises(SourceError, match=told):
        build_from_url(httpserver.url_for(f"/t/openstack/build/{UUID}"), http)


def test_an_address_that_is_no_build_is_told(http: HttpClient) -> None:
    with pytest.raises(SourceError, match="should be the page of a build"):
        build_from_url("https://zuul.example.org/t/main/builds", http)


def test_a_recorded_answer_stands_in_for_the_server(http: HttpClient) -> None:
    source = zuul(http, "https://z.example.org", tenant="openstack", recorded=str(LIVE / "builds-limit5.json"))
    builds, problems = split(source.builds(Query()))
    assert (len(builds), problems) == (5, [])
    assert builds[0].key == zuul_key("https://z.example.org", "openstack", "9594e23724f044dc9c1c06d85085a367")


@pytest.mark.parametrize(("name", "told"), [("info.json", "should be a list"), ("nowhere.json", "cannot be read")])
def test_a_recording_that_is_none_is_told(http: HttpClient, name: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        list(zuul(http, "https://z.example.org", recorded=str(LIVE / name)).builds(Query()))


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there")
@pytest.mark.shared
def test_all_builds_of_a_real_zuul_are_read(http: HttpClient) -> None:
    path = SAMPLES / "zuul-live" / "builds-huge-limit.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    builds, problems = split(zuul(http, "https://z.example.org", recorded=str(path)).builds(Query()))
    assert (len(builds), problems) == (len(rows), [])
    assert [build.uuid for build in builds] == [row["uuid"] for row in rows]
    assert sum(build.attempts - 1 for build in builds) > 0
    assert {build.outcome for build in builds} == set(Outcome) - {Outcome.UNKNOWN}


def test_a_relative_path_in_the_configuration_is_relative_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text("sources: [{type: zuul, url: 'https://z.example.org', recorded: a/b.json}]")
    (source,) = load_config(tmp_path / "sova.yaml", {"zuul": ZuulSettings}).sources
    assert isinstance(source, ZuulSettings)
    assert source.recorded == tmp_path / "a/b.json"


def test_a_zuul_of_the_first_versions_is_asked_as_it_is(httpserver: HTTPServer, http: HttpClient) -> None:
    httpserver.expect_request("/zuul/api/info").respond_with_data("", status=404)
    httpserver.expect_request("/zuul/api/builds").respond_with_json([row(1)])
    builds, _ = split(zuul(http, httpserver.url_for("/zuul")).builds(Query()))
    assert numbers(builds) == [1]
