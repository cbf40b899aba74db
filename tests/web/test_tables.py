"""The builds of a page as CSV, and the orders and further pages of lists."""

from __future__ import annotations

import csv
import io

import pytest

from sova.slugs import build_slug, name_slug
from sova.web import tables
from tests.reports.samples import BUILDS
from tests.web.conftest import TestClient

FAILURES = sorted(
    (one for one in BUILDS if one.failed and one.build.time), key=lambda one: str(one.build.time), reverse=True
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_builds_of_a_page_as_csv(client: TestClient) -> None:
    answer = client.get("/builds.csv?range=30d&failed=yes")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert [row["id"] for row in rows(answer.text)] == [build_slug(one.build.key) for one in FAILURES]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_the_page_links_its_own_csv(client: TestClient) -> None:
    page = client.get("/builds?range=30d&tag=infra&job=tempest*").text
    link = "/builds.csv?range=30d&amp;job=tempest%2A&amp;tag=infra"
    assert link in page
    found = rows(client.get(link.replace("&amp;", "&")).text)
    assert {row["job"] for row in found} == {"tempest-full-py3"}
    assert {row["tag"] for row in found} == {"infra"}


def test_a_csv_goes_on_over_pages_and_ends(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sova.store._PAGE", 5)
    assert len(rows(client.get("/builds.csv?range=30d&failed=yes").text)) == len(FAILURES)
    monkeypatch.setattr(tables, "MOST", 10)
    assert len(rows(client.get("/builds.csv?range=30d&failed=yes").text)) == 10


def test_what_is_not_known_is_refused(client: TestClient) -> None:
    assert client.get("/builds.csv?order=lost").status_code == 400
    assert client.get("/builds.csv?range=never").status_code == 400


@pytest.mark.parametrize("order", ["builds", "lost", "last_seen"])
def test_reasons_have_orders(client: TestClient, order: str) -> None:
    page = client.get(f"/reasons?range=30d&order={order}")
    assert page.status_code == 200
    assert page.text.count('aria-sort="descending"') == 1
    assert client.get("/reasons?order=name").status_code == 400


@pytest.mark.parametrize("path", ["/builds", "/changes", "/unknown", f"/changes/{name_slug('openstack/nova')}/901190"])
def test_a_cursor_that_is_none_is_refused(client: TestClient, path: str) -> None:
    assert client.get(f"{path}?after=nonsense").status_code == 400


def test_patterns_are_found_by_words(client: TestClient) -> None:
    page = client.get("/patterns?text=could+not+be+resolved&tag=infra")
    assert page.status_code == 200
    assert 'id="pattern-dns-name-not-resolved"' in page.text
    assert 'id="pattern-exit-code"' not in page.text
