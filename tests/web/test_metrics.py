"""Figures for Prometheus, and the two questions of health."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from sova.config import Config
from sova.store import SourceRun, Store
from sova.store.tables import VERSION_TABLE
from sova.web.app import create_app
from tests.reports.samples import BUILDS, NOW, diagnosis
from tests.waiting import wait_until
from tests.web.conftest import ADDRESS, TestClient

BARE = Config(builtin_patterns=False)
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store of its own, with the sample CI and answers of two sources."""
    with Store.open(str(tmp_path / "sova.db")) as found:
        found.save_many(BUILDS)
        found.record_run(
            [
                SourceRun("zuul", NOW, 96, NOW - dt.timedelta(minutes=3)),
                SourceRun('index "pages"\n', NOW, 0, None, reachable=False),
            ]
        )
        yield found


@pytest.fixture
def reader(store: Store, clock: Callable[[], dt.datetime]) -> Iterator[TestClient]:
    with TestClient(create_app(BARE, store=store, now=clock), base_url=ADDRESS) as found:
        yield found


def figures(reader: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every figure by its name and the values of its labels."""
    text = reader.get("/metrics", headers=OPENMETRICS).text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in openmetrics(text)  # type: ignore[no-untyped-call]  # the package has no types here
        for sample in family.samples
    }


def test_the_last_24_hours_by_outcome_and_tag(reader: TestClient) -> None:
    recent = [one for one in BUILDS if one.build.time and one.build.time >= NOW - dt.timedelta(1)]
    found = figures(reader)
    assert found["sova_builds_24h", ("failed",)] == sum(one.failed for one in recent)
    assert found["sova_builds_24h", ("passed",)] == sum(one.passed for one in recent)
    assert found["sova_failures_24h", ("infra",)] == sum(one.failed and one.tag == "infra" for one in recent)
    assert found["sova_failures_24h", ("unknown",)] == sum(one.failed and one.tag == "unknown" for one in recent)
    assert found["sova_failures_explained_24h", ()] == sum(one.explained for one in recent)


def test_how_old_the_newest_build_of_each_source_is(reader: TestClient) -> None:
    found = figures(reader)
    assert found["sova_source_newest_build_age_seconds", ("zuul",)] == 180
    assert found["sova_source_up", ("zuul",)] == 1
    assert found["sova_source_up", ('index "pages"\n',)] == 0


def test_a_new_build_is_counted_at_once(reader: TestClient, store: Store) -> None:
    before = figures(reader)
    new = diagnosis(1, 0, "D")
    store.save(replace(new, build=replace(new.build, key="another", uuid="", log_url="", end_time=NOW)))
    after = figures(reader)
    assert after["sova_store_version", ()] > before["sova_store_version", ()]
    assert after["sova_failures_24h", ("infra",)] == before["sova_failures_24h", ("infra",)] + 1


def test_requests_are_counted_by_route_and_not_by_address(reader: TestClient) -> None:
    for path in (
        "/api/v1/reasons",
        "/api/v1/builds",
        "/api/v1/no",
        "/builds/0123456789abcdef",
        "/builds/fedcba9876543210",
        "/x/y",
        "/z",
        "/static/no.css",
    ):
        reader.get(path)
    reader.request("BREW", "/healthz")
    reader.head("/builds")
    found = figures(reader)
    assert found["sova_http_requests_total", ("GET", "/builds/{slug}", "404")] == 2
    assert found["sova_http_requests_total", ("GET", "none", "404")] == 3
    assert found["sova_http_requests_total", ("GET", "/api/v1/reasons", "200")] == 1
    assert found["sova_http_requests_total", ("GET", "/api/v1/builds", "200")] == 1
    assert found["sova_http_requests_total", ("GET", "/static/{path:path}", "404")] == 1
    assert found["sova_http_requests_total", ("other", "/healthz", "405")] == 1
    assert found["sova_http_requests_total", ("GET", "/builds", "200")] == 1
    assert found["sova_http_request_seconds_count", ("/builds/{slug}",)] == 2


def test_kept_pages_are_counted(reader: TestClient) -> None:
    for _ in range(3):
        reader.get("/feed.atom")
    found = figures(reader)
    assert (found["sova_pages_asked_total", ("yes",)], found["sova_pages_asked_total", ("no",)]) == (2, 1)
    assert found["sova_pages_kept", ()] == 1


def test_the_form_is_the_one_that_is_asked_for(reader: TestClient) -> None:
    open_form, plain_form = reader.get("/metrics", headers=OPENMETRICS), reader.get("/metrics")
    assert open_form.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_form.text.endswith("# EOF\n")
    assert plain_form.headers["content-type"].startswith("text/plain")
    assert {family.name for family in plain(plain_form.text)} >= {"sova_builds_24h", "sova_http_requests"}


def test_two_apps_count_apart(reader: TestClient, store: Store) -> None:
    reader.get("/healthz")
    with TestClient(create_app(BARE, store=store), base_url=ADDRESS) as other:
        assert ("sova_http_requests_total", ("GET", "/healthz", "200")) not in figures(other)


def test_it_lives_and_is_ready(reader: TestClient) -> None:
    assert reader.get("/healthz").text == "ok\n"
    wait_until(lambda: reader.get("/readyz").text == "ready\n")
    assert reader.get("/readyz").headers["cache-control"] == "no-store"


def upgraded(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a constant
    connection.close()


def replaced(path: Path) -> None:
    other = path.with_name("other.db")
    Store.open(str(other)).close()
    other.replace(path)


@pytest.mark.parametrize("happens", [upgraded, replaced, Path.unlink])
def test_a_database_that_is_not_the_one_any_more_is_a_clear_503(
    reader: TestClient, tmp_path: Path, happens: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    assert reader.get("/builds").status_code == 200
    happens(tmp_path / "sova.db")
    for path in ("/builds", "/feed.atom", "/badge.svg", "/readyz", "/api/v1/builds"):
        answer = reader.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "The database does not answer right now" in answer.text
        assert str(tmp_path) not in answer.text
    assert str(tmp_path / "sova.db") in caplog.text
    assert reader.get("/healthz").status_code == 200
    assert figures(reader)["sova_store_up", ()] == 0
