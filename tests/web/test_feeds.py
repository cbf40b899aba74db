"""The Atom feed, read as a feed reader does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.config import Config, Web
from sova.model import Build, Change, Diagnosis, Reason, Verdict
from sova.reports.links import Links
from sova.slugs import build_slug
from sova.store import Store
from sova.web.app import create_app
from sova.web.feeds import ENTRIES, feed_of
from tests.reports.samples import BUILDS, NOW
from tests.web.conftest import ADDRESS, TestClient, parsed

ATOM = "{http://www.w3.org/2005/Atom}"
FAILURES = sum(one.failed for one in BUILDS)


def feed_at(client: TestClient, path: str) -> Element:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return parsed(answer.content)


def text_of(element: Element, name: str) -> str:
    found = element.find(f"{ATOM}{name}")
    assert found is not None
    assert found.text
    return found.text


def entries(feed: Element) -> list[Element]:
    return feed.findall(f"{ATOM}entry")


def links_of(element: Element, rel: str) -> list[str]:
    return [link.attrib["href"] for link in element.findall(f"{ATOM}link") if link.attrib["rel"] == rel]


def test_the_newest_failures_come_first(client: TestClient) -> None:
    feed = feed_at(client, "/feed.atom")
    assert len(entries(feed)) == min(FAILURES, ENTRIES)
    updated = [text_of(entry, "updated") for entry in entries(feed)]
    assert updated == sorted(updated, reverse=True)
    assert text_of(feed, "updated") == updated[0]


def test_everything_that_rfc_4287_asks_for_is_there(client: TestClient) -> None:
    feed = feed_at(client, "/feed.atom?tag=infra")
    assert text_of(feed, "title") == "Example CI: failures"
    assert text_of(feed, "id").startswith("urn:sova:feed:")
    assert links_of(feed, "self") == [f"{ADDRESS}/feed.atom?tag=infra"]
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [text_of(entry, "id") for entry in entries(feed)]
    assert len(set(ids)) == len(ids) > 0
    for entry in entries(feed):
        dt.datetime.fromisoformat(text_of(entry, "updated"))
        (page,) = links_of(entry, "alternate")
        assert page == f"{ADDRESS}/builds/{text_of(entry, 'id').rpartition(':')[2]}"


def test_the_summary_says_what_to_do_and_where_the_bug_is(client: TestClient) -> None:
    feed = feed_at(client, "/feed.atom?text=resolve")
    summary = text_of(entries(feed)[0], "summary")
    for words in ("could not resolve", "Next: Not your change: recheck.", "https://bugs.example.org/1234"):
        assert words in summary


def test_filters_hold(client: TestClient) -> None:
    feed = feed_at(client, "/feed.atom?job=grenade-multinode&tag=infra")
    assert [text_of(entry, "title").split(":")[0].split()[0] for entry in entries(feed)] == ["grenade-multinode"]
    passed = feed_at(client, "/feed.atom?failed=no&job=openstack-tox-py312")
    assert entries(passed)
    assert text_of(passed, "title") == "Example CI: builds"


def test_a_range_bounds_it_only_where_one_is_asked_for(client: TestClient) -> None:
    everything, today = feed_at(client, "/feed.atom"), feed_at(client, "/feed.atom?range=today")
    assert 0 < len(entries(today)) < len(entries(everything))
    assert all(text_of(entry, "updated").startswith("2026-11-22") for entry in entries(today))


def test_the_ids_do_not_change_with_the_address(
    client: TestClient, sample_store: Store, clock: Callable[[], dt.datetime]
) -> None:
    elsewhere = Config(web=Web(url="https://sova.example.org/ci"))
    with TestClient(create_app(elsewhere, store=sample_store, now=clock), base_url=ADDRESS) as moved:
        there = feed_at(moved, "/feed.atom")
    here = feed_at(client, "/feed.atom")
    assert [text_of(entry, "id") for entry in entries(there)] == [text_of(entry, "id") for entry in entries(here)]
    assert text_of(there, "id") == text_of(here, "id")
    assert links_of(entries(there)[0], "alternate")[0].startswith("https://sova.example.org/ci/builds/")


def test_a_feed_is_the_same_one_the_next_day(client: TestClient, sample_store: Store) -> None:
    here = text_of(feed_at(client, "/feed.atom?range=7d&tag=infra"), "id")
    app = create_app(Config(), store=sample_store, now=lambda: NOW + dt.timedelta(days=1))
    there = feed_at(TestClient(app, base_url=ADDRESS), "/feed.atom?tag=infra&range=7d")
    assert text_of(there, "id") == here != text_of(feed_at(client, "/feed.atom?range=7d&tag=code"), "id")


def test_an_unchanged_feed_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/feed.atom")
    again = client.get("/feed.atom", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/feed.atom?range=8d", "/feed.atom?after=x", "/feed.atom?jbo=x"])
def test_what_it_does_not_take_is_refused(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 400


def test_an_empty_feed_is_one(clock: Callable[[], dt.datetime]) -> None:
    with Store.open(":memory:") as store:
        feed = feed_at(TestClient(create_app(Config(), store=store, now=clock), base_url=ADDRESS), "/feed.atom")
    assert entries(feed) == []
    assert text_of(feed, "updated") == "1970-01-01T00:00:00Z"


@given(
    st.text(st.characters(exclude_categories=()), max_size=200)
    | st.sampled_from(["https://x.example/", "javascript:x"])
)
def test_whatever_a_build_says_the_feed_is_well_formed(text: str) -> None:
    reason = Reason("x", text, text, (), primary=True, bug=text, note=text, owner=text)
    build = Build(text, text, "FAILURE", url=text, change=Change(text, text, 1, text, subject=text), end_time=NOW)
    diagnosis = Diagnosis(build, Verdict.KNOWN, (reason,))
    without_time = replace(diagnosis, build=replace(build, end_time=None))
    feed = parsed(feed_of([diagnosis, without_time], Links("/", "", base="https://x.example/"), text, ""))
    first = entries(feed)[0]
    assert text_of(first, "id") == f"urn:sova:build:{build_slug(text)}"
    assert text_of(first, "title")
    assert all(url.startswith("http") for url in links_of(first, "related"))
