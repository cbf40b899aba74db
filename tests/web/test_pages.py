"""Every page at its address, over the sample CI."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sova.config import Config, Web
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store import Store
from sova.web.app import create_app
from sova.web.params import FILTERS
from tests.reports.samples import NOW, REASONS, build, diagnosis
from tests.web.conftest import ADDRESS, TestClient

BARE = Config(builtin_patterns=False)
FAILED = build(0, 0, "D")
PAGES = {
    "/": "Overview",
    "/jobs": "tempest-full-py3",
    "/jobs/tempest-full-py3": "tempest-full-py3",
    "/statistics": "Statistics",
    "/builds": "grenade-multinode",
    f"/builds/{build_slug(FAILED.key)}": "DNS: could not resolve mirror.regionone.example.org",
    "/reasons": "Container registry: pull rate limit reached",
    f"/reasons/{reason_slug('infra', REASONS['D'][1])}": "DNS: could not resolve",
    "/changes": "901190",
    f"/changes/{name_slug('openstack/nova')}/901190": "901190",
    "/unknown": "volume stuck in state attaching",
    "/patterns": "pattern",
}
TAKES_FILTERS = [path for path in PAGES if not path.startswith(("/builds/", "/changes/", "/patterns"))]


@pytest.mark.parametrize(("path", "words"), PAGES.items())
def test_every_page_is_at_its_address(client: TestClient, path: str, words: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    assert "Example CI" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_more_than_its_own_origin(client: TestClient, path: str) -> None:
    page = client.get(path).text
    sources = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]*)"', page)
    assert sources
    assert [source for source in sources if not source.startswith("/")] == []
    assert "<style" not in page
    assert ' style="' not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


def test_every_file_beside_a_page_is_there_and_lasts(client: TestClient) -> None:
    sources = re.findall(r'<(?:script|link)[^>]*(?:src|href)="(/static/[^"]*)"', client.get("/statistics").text)
    assert len(sources) > 3
    for source in sources:
        answer = client.get(source)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_without_the_version_is_asked_for_again(client: TestClient) -> None:
    answer = client.get("/static/sova.css")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/static/sova.css", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_first_paint_of_a_page_is_below_300_kb(client: TestClient) -> None:
    for path in PAGES:
        page = client.get(path)
        size = len(gzip.compress(page.content))
        sources = set(re.findall(r'<(?:script|link)[^>]*(?:src|href)="(/static/[^"]*)"', page.text))
        assert len(sources) > 2, path
        for source in sources:
            size += len(gzip.compress(client.get(source).content))
        assert size < 300_000, path


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/no-such-job",
        "/builds/0123456789abcdef",
        "/reasons/0123456789abcdef",
        "/changes/no-such/1",
        "/changes/openstack-nova/99999999999999999999999",
        f"/changes/{name_slug('openstack/nova')}/1",
        f"/changes/{name_slug('openstack/nova')}/-1",
        "/jobs/" + "x" * 5000,
        "/jobs/%00",
        "/builds/..%2f..%2fetc%2fpasswd",
        "/builds/%ff",
        "/reasons/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/no/such/page",
        "/static/../../pyproject.toml",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
    ],
)
def test_what_nobody_knows_is_a_friendly_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert 'role="search"' in answer.text
    assert "all builds" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/jobs/", "../jobs"),
        ("/jobs/?range=today", "../jobs?range=today"),
        ("/builds/0123456789abcdef/", "../0123456789abcdef"),
        ("/x//evil.example/", "../evil.example"),
        ("//evil.example/", "../evil.example"),
        ("/%0d%0aX-Evil:%20yes/", "../X-Evil%3A%20yes"),
    ],
)
def test_a_slash_too_many_leads_to_the_page_without(client: TestClient, path: str, leads_to: str) -> None:
    answer = client.get(ADDRESS + path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, leads_to)


def test_a_range_bounds_what_is_shown_and_goes_along(client: TestClient) -> None:
    today, week = client.get("/builds?range=today").text, client.get("/builds").text
    assert today.count("data-row") < week.count("data-row")
    assert "range=today" in today.partition("</nav>")[0]


def test_filters_bound_what_is_shown(client: TestClient) -> None:
    page = client.get("/builds?job=grenade-multinode&failed=yes").text.partition("<tbody")[2]
    assert "grenade-multinode" in page
    assert "tempest-full-py3" not in page


def test_a_mistake_in_the_address_is_told_in_words(client: TestClient) -> None:
    answer = client.get("/jobs?range=%3Cscript%3E8d" + "x" * 500)
    assert answer.status_code == 400
    for words in ("range:", "&lt;script&gt;8d", "allowed: today, yesterday, 7d"):
        assert words in answer.text
    assert "<script>8d" not in answer.text
    assert "x" * 100 not in answer.text


@pytest.mark.parametrize("path", ["/builds", "/changes", "/unknown", "/jobs"])
def test_a_cursor_that_is_none_is_a_mistake_in_the_address(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?after=nonsense")
    assert answer.status_code == 400
    assert "after" in answer.text


@pytest.mark.parametrize("path", ["/", f"/builds/{build_slug(FAILED.key)}", "/patterns", "/jobs/tempest-full-py3"])
def test_what_a_page_does_not_take_is_refused(client: TestClient, path: str) -> None:
    assert client.get(f"{path}?after=x").status_code == 400
    assert client.get(f"{path}?utm_source=x").status_code == 400


def test_an_unchanged_page_is_not_rendered_and_not_sent_again(client: TestClient) -> None:
    first = client.get("/jobs")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/jobs", headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/jobs?range=today").headers["etag"] != first.headers["etag"]


def test_a_page_is_packed_only_for_who_takes_that(client: TestClient) -> None:
    packed = client.get("/builds", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    plain = client.get("/builds", headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert (packed.text, packed.headers["vary"]) == (plain.text, "Accept-Encoding")


class Ticking:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> dt.datetime:
        return self.time


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def changing(ticking: Ticking) -> Iterator[tuple[TestClient, Store]]:
    """A reader of an app whose clock and store change."""
    with Store.open(":memory:") as store:
        store.save(diagnosis(0, 0, "D"))
        with TestClient(create_app(BARE, store=store, now=ticking), base_url=ADDRESS) as reader:
            yield reader, store


def test_a_page_changes_with_the_store_and_with_the_minute(
    changing: tuple[TestClient, Store], ticking: Ticking
) -> None:
    reader, store = changing
    first = reader.get("/builds")
    ticking.time += dt.timedelta(seconds=20)
    assert reader.get("/builds").headers["etag"] == first.headers["etag"]
    ticking.time += dt.timedelta(seconds=60)
    assert reader.get("/builds").headers["etag"] != first.headers["etag"]
    ticking.time = NOW
    store.save(diagnosis(1, 4, "T"))
    newer = reader.get("/builds", headers={"If-None-Match": first.headers["etag"]})
    assert newer.status_code == 200
    assert "grenade-multinode" in newer.text
    assert "grenade-multinode" not in first.text


def test_an_empty_store_says_how_builds_come_into_it(clock: Callable[[], dt.datetime]) -> None:
    with (
        Store.open(":memory:") as store,
        TestClient(create_app(BARE, store=store, now=clock), base_url=ADDRESS) as reader,
    ):
        assert "sova run" in reader.get("/").text
        for path in TAKES_FILTERS:
            if not path.startswith(("/jobs/", "/reasons/")):
                assert reader.get(path).status_code == 200


def test_only_tracked_jobs_are_shown(sample_store: Store, clock: Callable[[], dt.datetime]) -> None:
    app = create_app(Config(jobs=("grenade-*",), builtin_patterns=False), store=sample_store, now=clock)
    with TestClient(app, base_url=ADDRESS) as reader:
        rows = reader.get("/builds").text.partition("<tbody")[2]
    assert "grenade-multinode" in rows
    assert "tempest-full-py3" not in rows


def test_behind_a_proxy_links_lead_to_the_path_that_readers_see(
    sample_store: Store, clock: Callable[[], dt.datetime]
) -> None:
    config = Config(web=Web(url="https://ci.example.org/sova/"), builtin_patterns=False)
    with TestClient(create_app(config, store=sample_store, now=clock), base_url=ADDRESS) as reader:
        page = reader.get("/", headers={"Host": "ci.example.org"}).text
    links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page)
    assert links
    assert [link for link in links if not link.startswith("/sova/")] == []


def test_every_page_names_the_feed_with_its_filters(client: TestClient) -> None:
    page = client.get("/builds?tag=infra").text
    found = re.search(r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]*)"', page)
    assert found
    assert found[1] == "/feed.atom?tag=infra"
    assert client.get(found[1]).status_code == 200


def test_hostile_text_from_outside_is_shown_and_does_nothing(clock: Callable[[], dt.datetime]) -> None:
    mean = "<script>alert(1)</script>\x1b[31m\u202e'\"&" + "w" * 1_000_000
    found = diagnosis(0, 0, "D")
    change = replace(found.build.change, subject=mean, project=mean[:200], branch=mean[:200], topic=mean, owner=mean)
    hostile = replace(found, build=replace(found.build, job_name=mean[:250], change=change, pipeline=mean[:200]))
    with Store.open(":memory:") as store:
        store.save(hostile)
        with TestClient(create_app(BARE, store=store, now=clock), base_url=ADDRESS) as reader:
            slugs = (f"/builds/{build_slug(found.build.key)}", f"/jobs/{name_slug(mean[:250])}")
            for path in ("/", "/jobs", "/builds", "/changes", "/reasons", "/statistics", *slugs):
                answer = reader.get(path)
                assert answer.status_code == 200, path
                assert "<script>alert" not in answer.text
                assert "\x1b" not in answer.text
                assert "\u202e" not in answer.text


_VALUES = st.one_of(
    st.text(max_size=40),
    st.integers().map(str),
    st.sampled_from(["7d", "90d", "yes", "no", "known", "infra", "2026-11-20", "1w", "*", "[!", "gate", "0" * 16]),
    st.sampled_from(["' OR 1=1 --", "%", "_", '"', "NEAR(", "a* OR b", "\0", "\ud800", "\u202e", "*" * 200, "-", "^x"]),
)
_PAIRS = st.lists(st.tuples(st.sampled_from(sorted(FILTERS | {"after", "order", "by"})), _VALUES), max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*TAKES_FILTERS, "/feed.atom", "/badge.svg"]), _PAIRS)
def test_whatever_is_asked_is_answered_or_refused(client: TestClient, path: str, pairs: list[tuple[str, str]]) -> None:
    query = urlencode(pairs, errors="surrogatepass")
    assert client.get(f"{path}?{query}").status_code in (200, 400)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["/jobs/", "/builds/", "/reasons/", "/changes/x/", "/static/", "/"]), st.text(max_size=60))
def test_whatever_is_looked_for_is_there_or_not(client: TestClient, folder: str, name: str) -> None:
    path = quote(name, safe="", errors="surrogatepass")
    assert client.get(folder + path).status_code in (200, 404)
