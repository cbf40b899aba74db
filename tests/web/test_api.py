"""The API, asked over HTTP: rows, filters, pages, numbers, errors, ETags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sova.config import Config, Web
from sova.filters import Query, Search
from sova.model import Diagnosis, Problem, ProblemKind, Verdict
from sova.reports.as_csv import COLUMNS
from sova.reports.as_json import to_row
from sova.reports.statistics_json import document as stats_document
from sova.slugs import build_slug, reason_slug
from sova.stats import DIMENSIONS, statistics
from sova.store import SourceRun, Store
from sova.views.desk import span_of
from sova.web.app import create_app
from tests.reports.samples import BUILDS, NOW, REASONS
from tests.schemas import DIAGNOSES, validator
from tests.web.conftest import ADDRESS, TestClient

DNS = reason_slug("infra", REASONS["D"][1])
FAILED = [one for one in BUILDS if one.failed]

Json = Any  # what a JSON document holds


def get(client: TestClient, path: str, status: int = 200, **parameters: Json) -> Json:
    answer = client.get(f"/api/v1{path}", params=parameters or None)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == ("application/json" if status == 200 else "application/problem+json")
    return answer.json()


def test_every_build_is_the_row_of_the_json_report(client: TestClient) -> None:
    rows = validator(DIAGNOSES, "diagnosis")
    for diagnosis in BUILDS:
        row = get(client, f"/builds/{build_slug(diagnosis.build.key)}")
        assert row == to_row(diagnosis)
        rows.validate(row)


def walk(client: TestClient, path: str, name: str, **parameters: object) -> Iterator[Json]:
    """Every row, page by page, by the header Link as by `after`."""
    address = f"/api/v1{path}"
    answer = client.get(address, params=parameters)
    while True:
        yield from answer.json()[name]
        after = answer.json()["after"]
        link = answer.links.get("next", {}).get("url", "")
        assert bool(after) == bool(link)
        if not after:
            return
        assert after in link
        answer = client.get(link)


@pytest.mark.parametrize("limit", [1, 7, 96, 500])
def test_pages_give_every_build_once_newest_first(client: TestClient, limit: int) -> None:
    rows = list(walk(client, "/builds", "builds", limit=limit, range="30d"))
    assert sorted(row["key"] for row in rows) == sorted(one.build.key for one in BUILDS)
    times = [row["time"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_diagnoses_are_whole_and_paged_too(client: TestClient) -> None:
    rows = list(walk(client, "/diagnoses", "diagnoses", limit=40, job="tempest-full-py3"))
    assert len(rows) == 12
    assert all(row in [to_row(one) for one in BUILDS] for row in rows)


def test_filters_go_along_to_the_next_page(client: TestClient) -> None:
    rows = list(walk(client, "/builds", "builds", limit=2, failed="yes", tag=["infra", "code"], range="30d"))
    assert sorted(row["key"] for row in rows) == sorted(one.build.key for one in FAILED if one.tag in ("infra", "code"))


def test_a_row_of_a_list_has_the_columns_of_the_csv(client: TestClient) -> None:
    (row,) = get(client, "/builds", reason=DNS, limit=1)["builds"]
    assert list(row) == [column.name for column in COLUMNS]
    assert (row["reason"], row["reason_id"], row["action"]) == (REASONS["D"][1], DNS, "recheck")
    assert (row["failed"], row["change"], row["line_number"], row["fixed_since"]) == (True, 901190, 18233, None)
    assert row["time"] == "2026-11-22T09:27:00Z"


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"failed": "yes"}, lambda one: one.failed),
        ({"failed": "no"}, lambda one: not one.failed),
        ({"verdict": ["unknown", "no logs"]}, lambda one: one.verdict in (Verdict.UNKNOWN, Verdict.NO_LOGS)),
        ({"job": "*tox*"}, lambda one: "tox" in one.build.job_name),
        ({"project": ["openstack/nova", "openstack/cinder"]}, lambda one: not one.build.periodic),
        ({"branch": "stable/*"}, lambda one: one.build.change.branch.startswith("stable/")),
        ({"pipeline": "gate"}, lambda one: one.build.pipeline == "gate"),
        ({"tag": "code,unknown"}, lambda one: one.failed and one.tag in ("code", "unknown")),
        ({"result": "node_failure"}, lambda one: one.build.result == "NODE_FAILURE"),
        ({"reason": DNS}, lambda one: one.primary and one.primary.message == REASONS["D"][1]),
        ({"pattern": "exit-code"}, lambda one: any(reason.pattern == "exit-code" for reason in one.reasons)),
        ({"text": "pull rate lim"}, lambda one: one.primary and "pull rate limit" in one.primary.message),
        ({"change": [901190, 901191]}, lambda one: one.build.change.number in (901190, 901191)),
        ({"periodic": "yes"}, lambda one: one.build.periodic),
        ({"voting": "no"}, lambda one: not one.build.voting),
        ({"since": "2026-11-22"}, lambda one: one.build.time.date() == NOW.date()),
        ({"range": "yesterday"}, lambda one: one.build.time.date() == NOW.date() - dt.timedelta(days=1)),
        ({"job": "nothing-like-it"}, lambda one: False),
    ],
)
def test_filters(client: TestClient, parameters: dict[str, Json], wanted: Callable[[Diagnosis], bool]) -> None:
    found = get(client, "/builds", limit=500, **{"range": "30d", **parameters})["builds"]
    assert sorted(row["key"] for row in found) == sorted(one.build.key for one in BUILDS if wanted(one))


def test_without_a_range_seven_days_are_meant(client: TestClient) -> None:
    assert get(client, "/builds", limit=500) == get(client, "/builds", limit=500, range="7d")


def test_reasons_and_one_of_them(client: TestClient) -> None:
    reasons = get(client, "/reasons", range="30d")["reasons"]
    hits = [one for one in FAILED if one.primary and one.primary.message == REASONS["D"][1]]
    first = reasons[0]
    assert (first["slug"], first["builds"], first["jobs"]) == (DNS, len(hits), 2)
    assert len(get(client, "/reasons", range="30d", limit=2)["reasons"]) == 2
    one = get(client, f"/reasons/{DNS}", range="30d")
    assert one["counted"] == first
    assert sum(day["totals"]["failed"] for day in one["days"]) == len(hits)
    assert {part["name"]: part["totals"]["failed"] for part in one["by_job"]} == {
        "tempest-full-py3": 5,
        "periodic-mirror-sync": 1,
    }


def test_a_reason_that_was_not_seen_in_the_stretch(client: TestClient) -> None:
    one = get(client, f"/reasons/{DNS}", since="2026-01-01", until="2026-01-03")
    assert (one["counted"], one["message"], len(one["days"])) == (None, REASONS["D"][1], 2)


def test_statistics(client: TestClient) -> None:
    found = get(client, "/statistics", range="7d")
    totals = found["range"]["totals"]
    assert (totals["builds"], totals["failed"], totals["by_tag"]["infra"]) == (96, 24, 14)
    assert totals["known"]["part"] == totals["explained"] == 19
    assert totals["known"]["low"] < totals["known"]["value"] < totals["known"]["high"]
    assert sum(day["totals"]["builds"] for day in found["days"]) == 96
    assert [one["name"] for one in found["compared"]] == ["today", "yesterday", "last 7 days"]
    assert [part["by"] for part in found["parts"]] == ["job"]


@pytest.mark.parametrize("by", DIMENSIONS)
def test_statistics_by_each_dimension(client: TestClient, by: str) -> None:
    (found,) = get(client, "/statistics", by=by, range="30d")["parts"]
    assert found["by"] == by
    having = [one for one in FAILED if (by != "reason" or one.primary) and (by != "change" or not one.build.periodic)]
    assert sum(part["totals"]["failed"] for part in found["parts"]) == len(having)


def test_statistics_are_what_the_command_prints(client: TestClient, sample_store: Store) -> None:
    span = span_of("14d", NOW, ZoneInfo("UTC"))
    asked = Search(Query(branch=("master",)), tag=("code",))
    said = statistics(sample_store, asked, span.since, span.until, NOW, ZoneInfo("UTC"), name=span.words, by=("job",))
    assert get(client, "/statistics", range="14d", branch="master", tag="code") == stats_document(said)


def test_patterns_and_one_of_them(client: TestClient) -> None:
    patterns = get(client, "/patterns")["patterns"]
    assert len(patterns) > 20
    assert get(client, f"/patterns/{patterns[3]['id']}") == patterns[3]
    assert patterns[3]["hits"] is None


def test_how_often_a_pattern_hit(client: TestClient) -> None:
    found = {one["id"]: one["hits"] for one in get(client, "/patterns", range="30d")["patterns"]}
    hit = [one for one in FAILED if any(reason.pattern == "disk-full" for reason in one.reasons)]
    newest = max(hit, key=lambda one: one.build.time or NOW)
    assert found["disk-full"] == {
        "builds": len(hit),
        "last_seen": f"{newest.build.time:%Y-%m-%dT%H:%M:%SZ}",
        "last_build": build_slug(newest.build.key),
        "last_job": newest.build.job_name,
    }
    assert get(client, "/patterns/disk-full", range="today")["hits"]["builds"] == 0


def test_sources(tmp_path: Path) -> None:
    problem = Problem("zuul", ProblemKind.NETWORK, "503")
    with Store.open(str(tmp_path / "sova.db")) as store:
        store.record_run([SourceRun("zuul", NOW, 7, NOW - dt.timedelta(hours=1), reachable=False, problems=(problem,))])
        app = create_app(Config(), store=store, now=lambda: NOW)
        (source,) = get(TestClient(app, base_url=ADDRESS), "/sources")["sources"]
    assert source == {
        "source": "zuul",
        "builds": 7,
        "newest": "2026-11-22T08:30:00Z",
        "reachable": False,
        "problems": [{"where": "zuul", "kind": "network", "detail": "503"}],
    }


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/builds?limt=5", "limt"),
        ("/builds?limit=501", "limit"),
        ("/builds?limit=0", "limit"),
        ("/diagnoses?limit=101", "limit"),
        ("/builds?range=eternity", "range"),
        ("/builds?after=nowhere", "after"),
        ("/builds?verdict=good", "verdict"),
        ("/builds?change=-1", "change"),
        ("/builds?since=soon", "since"),
        ("/builds?since=2026-11-22&until=2026-11-20", "since"),
        ("/builds?reason=" + "g" * 16, "reason"),
        ("/builds?job=" + "x" * 301, "job"),
        ("/statistics?by=weather", "by"),
        ("/reasons?order=size", "order"),
        ("/sources?range=7d", "range"),
        (f"/reasons/{DNS}?reason={DNS}x", "reason"),
    ],
)
def test_a_parameter_that_is_wrong(client: TestClient, path: str, named: str) -> None:
    problem = get(client, path, 400)
    assert (problem["status"], problem["title"]) == (400, "Bad Request")
    assert named in problem["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/builds/0123456789abcdef",
        "/builds/no-such-build",
        "/builds/%00",
        "/builds/" + "a" * 5000,
        "/reasons/0123456789abcdef",
        "/reasons/%ff",
        "/patterns/no-such-pattern",
        "/patterns/%F0%9F%94%A5",
    ],
)
def test_what_is_not_known(client: TestClient, path: str) -> None:
    problem = get(client, path, 404)
    assert problem["instance"].startswith("/api/v1/")
    assert problem["detail"]


PATHS = ("/builds", "/diagnoses", "/reasons", "/statistics", "/patterns", "/sources", "/openapi.json")


@pytest.mark.parametrize("path", PATHS)
def test_what_the_reader_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(f"/api/v1{path}")
    etag = first.headers["etag"]
    again = client.get(f"/api/v1{path}", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    other = client.get(f"/api/v1{path}", headers={"If-None-Match": '"another"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_another_question_or_another_store_has_another_etag(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "sova.db")) as store:
        client = TestClient(create_app(Config(), store=store, now=lambda: NOW), base_url=ADDRESS)
        before = client.get("/api/v1/builds")
        assert before.headers["etag"] != client.get("/api/v1/builds?limit=3").headers["etag"]
        store.save(BUILDS[0])
        after = client.get("/api/v1/builds", headers={"If-None-Match": before.headers["etag"]})
    assert (before.json()["builds"], len(after.json()["builds"])) == ([], 1)


@pytest.mark.parametrize(
    ("path", "minutes", "same"),
    [
        ("/api/v1/builds", 9, True),
        ("/api/v1/builds", 24 * 60, False),  # other 7 days
        ("/api/v1/builds?since=2h", 1, False),
        ("/api/v1/diagnoses?since=2026-11-01&until=2026-11-08", 24 * 60, True),
        ("/api/v1/sources", 1, False),  # it tells the moment
        ("/api/v1/statistics", 1, False),  # as above
        ("/feed.atom", 9, True),
        ("/badge.svg", 9, True),
    ],
)
def test_the_clock_changes_only_what_tells_of_it(sample_store: Store, path: str, minutes: int, same: bool) -> None:
    def asked(moment: dt.datetime) -> tuple[str, bytes]:
        client = TestClient(create_app(Config(), store=sample_store, now=lambda: moment), base_url=ADDRESS)
        answer = client.get(path)
        return answer.headers["etag"], answer.content

    (first, content), (later, other) = asked(NOW), asked(NOW + dt.timedelta(minutes=minutes))
    assert (first == later) is same
    assert not same or content == other


@pytest.mark.parametrize("path", PATHS)
def test_head(client: TestClient, path: str) -> None:
    head, whole = client.head(f"/api/v1{path}"), client.get(f"/api/v1{path}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", whole.headers["etag"])


def test_the_next_page_is_linked_from_a_kept_answer_too(client: TestClient) -> None:
    links = {client.get("/api/v1/builds?limit=3").headers["link"] for _ in range(2)}
    assert len(links) == 1


def test_the_link_is_the_address_that_readers_use(sample_store: Store) -> None:
    app = create_app(Config(web=Web(url="https://ci.example.org/sova/")), store=sample_store, now=lambda: NOW)
    link = TestClient(app, base_url=ADDRESS).get("/api/v1/builds?job=t*&job=*x&limit=1&range=30d").headers["link"]
    assert link.startswith("<https://ci.example.org/sova/api/v1/builds?job=t%2A&job=%2Ax&limit=1&range=30d&after=")


def test_no_other_site_may_read_the_answers(client: TestClient) -> None:
    answer = client.get("/api/v1/builds", headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert client.options("/api/v1/diagnose", headers=asked).status_code == 405


def test_tracked_jobs_bound_the_api_as_they_bound_the_pages(sample_store: Store) -> None:
    app = create_app(Config(jobs=("*tox*",)), store=sample_store, now=lambda: NOW)
    client = TestClient(app, base_url=ADDRESS)
    assert {row["job"] for row in get(client, "/builds", limit=500)["builds"]} == {
        "openstack-tox-py312",
        "openstack-tox-pep8",
    }
    assert get(client, "/statistics")["range"]["totals"]["builds"] == 24


def test_a_database_that_does_not_answer(sample_store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    location = tmp_path / "sova.db"
    with Store.open(str(location)) as store:
        client = TestClient(create_app(Config(), store=store, now=lambda: NOW), base_url=ADDRESS)
        with store.writing() as connection:
            connection.exec_driver_sql("DROP TABLE outcomes")
        answer = client.get("/api/v1/builds")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "outcomes" not in answer.text
