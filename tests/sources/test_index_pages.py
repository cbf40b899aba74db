"""Builds of periodic jobs from directory listings and the consoles below them."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Build, ProblemKind
from sova.sources import Source
from sova.sources.index_pages import IndexPagesSettings, IndexPagesSource
from sova.sources.keys import log_key
from tests.sources.making import NOW, context, split
from tests.sources.test_console_facts import v3

PASSED = v3(("RUN", "NORMAL", 0))
FAILED = v3(("RUN", "NORMAL", 1))
NOISE = "".join(f"2024-02-29 23:59:58.000000 | node | line {number} of many\n" for number in range(40_000))


@pytest.fixture(autouse=True)
def _absent_is_404(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpserver, "no_handler_status_code", 404)


def pages(http: HttpClient, *urls: str, **keys: object) -> IndexPagesSource:
    settings = IndexPagesSettings.model_validate({"type": "index_pages", "urls": list(urls), **keys})
    return IndexPagesSource(settings, context(http))


class Logs:
    """A server of log files with a listing of each directory, which can give parts of files or not."""

    def __init__(self, server: HTTPServer, files: Mapping[str, bytes | str], dates: Mapping[str, str]) -> None:
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
        self.dates = dates
        self.server = server
        self.gives_parts = True
        self.encoding = ""
        server.expect_request("/periodic/nightly/").respond_with_handler(self.listing)
        for path in self.files:
            server.expect_request(path).respond_with_handler(self.file)

    def url(self, path: str = "/periodic/nightly/") -> str:
        return self.server.url_for(path)

    def listing(self, _: Request) -> Response:
        rows = "".join(
            f'<tr><td><a href="{name}">{name}</a></td><td align="right">{date}  </td><td>  - </td></tr>'
            for name, date in self.dates.items()
        )
        top = '<tr><th><a href="?C=N;O=D">Name</a></th><th>Last modified</th></tr><tr><td><a href="/">Up</a></td></tr>'
        return Response(f"<html><title>Index of /x</title><table>{top}{rows}</table></html>", mimetype="text/html")

    def file(self, request: Request) -> Response:
        body = self.files[request.path]
        response = Response(body, mimetype="text/plain")
        if self.encoding:
            response.headers["Content-Encoding"] = self.encoding
        if self.gives_parts:
            response.make_conditional(request, accept_ranges=True, complete_length=len(body))
        return response

    @property
    def asked(self) -> list[str]:
        return [request.path.removeprefix("/periodic/nightly/") for request, _ in self.server.log]


def logs(server: HTTPServer, console: bytes | str, name: str = "job-output.txt") -> Logs:
    """One build, whose console this is."""
    return Logs(server, {f"/periodic/nightly/a1/{name}": console}, {"a1/": "2025-11-20 12:00"})


def only(logs: Logs, http: HttpClient) -> Build:
    builds, problems = split(pages(http, logs.url()).builds(Query()))
    assert problems == []
    (build,) = builds
    return build


def test_a_build_is_what_its_listing_and_its_console_tell(httpserver: HTTPServer, http: HttpClient) -> None:
    server = logs(httpserver, FAILED)
    source = pages(http, server.url())
    assert isinstance(source, Source)
    (build,), _ = split(source.builds(Query()))
    assert build == Build(
        key=log_key(server.url("/periodic/nightly/a1/")),
        job_name="nightly",
        result="FAILURE",
        seen_by=(source.name,),
        pipeline="periodic-stable",
        change=build.change,
        start_time=dt.datetime(2024, 2, 29, 23, 59, 0, tzinfo=dt.UTC),
        end_time=dt.datetime(2024, 2, 29, 23, 59, 6, tzinfo=dt.UTC),
        duration=6.0,
        log_url=server.url("/periodic/nightly/a1/"),
    )
    assert build.change.branch == "stable/queens"
    assert build.periodic


def test_only_the_ends_of_a_large_console_are_fetched(httpserver: HTTPServer, http: HttpClient) -> None:
    server = logs(httpserver, v3(("PRE-RUN", "NORMAL", 0)) + NOISE + FAILED)
    assert only(server, http).result == "FAILURE"
    parts = [request.headers["Range"] for request, _ in httpserver.log if "Range" in request.headers]
    assert len(parts) == 2
    sent = [len(response.get_data()) for request, response in httpserver.log if "Range" in request.headers]
    assert sum(sent) < len(NOISE) / 2


def test_more_of_the_end_is_fetched_when_the_job_itself_is_not_in_it(httpserver: HTTPServer, http: HttpClient) -> None:
    server = logs(httpserver, NOISE + FAILED + NOISE)
    assert only(server, http).result == "FAILURE"
    assert len(server.asked) == 4


def test_a_server_that_gives_no_parts_gives_the_whole(httpserver: HTTPServer, http: HttpClient) -> None:
    server = logs(httpserver, v3(("PRE-RUN", "NORMAL", 0)) + NOISE + FAILED)
    server.gives_parts = False
    build = only(server, http)
    assert (build.result, build.branch if hasattr(build, "branch") else build.change.branch) == (
        "FAILURE",
        "stable/queens",
    )


@pytest.mark.parametrize("gives_parts", [True, False])
@pytest.mark.parametrize(("name", "encoding"), [("job-output.txt.gz", ""), ("job-output.txt", "gzip")])
def test_a_compressed_console_is_read_from_its_start(
    httpserver: HTTPServer, http: HttpClient, name: str, encoding: str, gives_parts: bool
) -> None:
    server = logs(httpserver, gzip.compress((NOISE + FAILED).encode()), name)
    server.gives_parts, server.encoding = gives_parts, encoding
    assert only(server, http).result == "FAILURE"


def test_a_console_in_html_is_read(httpserver: HTTPServer, http: HttpClient) -> None:
    started = "2013-09-27 18:07:11.860 | Started by user <a href='https://x' class='model-link'>anonymous</a>"
    text = f"<pre>\n{started}\n2013-09-27 18:49:31.857999 | Finished: ABORTED\n</pre>"
    build = only(logs(httpserver, gzip.compress(text.encode()), "console.html.gz"), http)
    assert (build.result, build.duration, build.pipeline) == ("ABORTED", 2540.0, "periodic")


def test_the_name_that_was_right_is_tried_first(httpserver: HTTPServer, http: HttpClient) -> None:
    files = {f"/periodic/nightly/{name}/console.txt": PASSED for name in ("a1", "b2")}
    server = Logs(httpserver, files, {"a1/": "2025-11-20 12:00", "b2/": "2025-11-20 13:00", "notes.txt": "x"})
    builds, _ = split(pages(http, server.url()).builds(Query()))
    assert [Path(build.log_url).name for build in builds] == ["b2", "a1"]  # the newest first
    assert server.asked[-1] == "a1/console.txt"
    assert len(server.asked) == 7


def test_a_directory_from_before_the_wanted_time_is_not_looked_into(httpserver: HTTPServer, http: HttpClient) -> None:
    files = {f"/periodic/nightly/{name}/job-output.txt": PASSED for name in ("a1", "b2", "c3")}
    server = Logs(httpserver, files, {"a1/": "2025-11-20 11:58", "b2/": "2025-11-20 12:00", "c3/": ""})
    source = pages(http, server.url(), timezone="Europe/Berlin")
    since = dt.datetime(2025, 11, 20, 11, 0, 30, tzinfo=dt.UTC)  # 12:00:30 in Berlin: b2 may have been changed after
    builds, _ = split(source.builds(Query(since=since)))
    assert sorted(Path(build.log_url).name for build in builds) == ["b2", "c3"]


def test_no_more_directories_are_looked_into_than_builds_are_wanted(httpserver: HTTPServer, http: HttpClient) -> None:
    days = [f"{day:02}" for day in range(1, 21)]
    ended = {day: PASSED.replace("2024-02-29", f"2025-11-{day}") for day in days}
    files = {f"/periodic/nightly/{day}/job-output.txt": text for day, text in ended.items()}
    server = Logs(httpserver, files, {f"{day}/": f"2025-11-{day} 23:59" for day in days})
    builds, problems = split(pages(http, server.url()).builds(Query(limit=2)))
    assert [Path(build.log_url).name for build in builds][:2] == ["20", "19"]
    assert len(builds) < 10
    assert problems == []


def test_builds_stay_in_order_while_consoles_are_read_side_by_side(httpserver: HTTPServer, http: HttpClient) -> None:
    days = [f"{day:02}" for day in range(1, 21)]
    files = {f"/periodic/nightly/{day}/job-output.txt": FAILED for day in days}
    server = Logs(httpserver, files, {f"{day}/": f"2025-11-{day} 12:00" for day in days})
    builds, _ = split(pages(http, server.url()).builds(Query()))
    assert [Path(build.log_url).name for build in builds] == days[::-1]


def test_dates_of_a_listing_are_in_the_zone_of_the_server(httpserver: HTTPServer, http: HttpClient) -> None:
    server = Logs(httpserver, {}, {"a1/": "2025-07-01 12:00"})
    (build,), _ = split(pages(http, server.url(), timezone="Europe/Berlin").builds(Query()))
    assert build.end_time == dt.datetime(2025, 7, 1, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize(("date", "result"), [("2025-11-19 08:00", "UNKNOWN"), ("2025-11-21 07:00", "")])
def test_a_console_without_an_end_is_unknown_or_still_written(
    httpserver: HTTPServer, http: HttpClient, date: str, result: str
) -> None:
    assert NOW.day == 21
    server = Logs(httpserver, {"/periodic/nightly/a1/job-output.txt": "2025-11-19 08:00:00.1 | x\n"}, {"a1/": date})
    assert only(server, http).result == result


@pytest.mark.parametrize("console", [b"", b"\x1f\x8b\x08damaged", gzip.compress(FAILED.encode())[:-20]])
def test_an_empty_or_damaged_console_does_not_hide_the_build(
    httpserver: HTTPServer, http: HttpClient, console: bytes
) -> None:
    assert only(logs(httpserver, console), http).job_name == "nightly"


def test_a_console_that_cannot_be_had_is_a_problem_and_the_rest_goes_on(
    httpserver: HTTPServer, http: HttpClient
) -> None:
    files = {f"/periodic/nightly/{name}/job-output.txt": PASSED for name in ("a1", "c3")}
    dates = {"a1/": "2025-11-20 12:00", "b2/": "2025-11-20 13:00", "c3/": "2025-11-20 14:00"}
    server = Logs(httpserver, files, dates)
    httpserver.expect_request("/periodic/nightly/b2/job-output.txt").respond_with_data("down", status=503)
    builds, problems = split(pages(http, server.url()).builds(Query()))
    assert [build.result for build in builds] == ["SUCCESS", "SUCCESS"]
    assert [problem.kind for problem in problems] == [ProblemKind.NETWORK]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        (Query(jobs=("night*",)), 1),
        (Query(exclude=("nightly",)), 0),
        (Query(job_type=("weekly",)), 0),
        (Query(periodic=False), 0),
        (Query(change=(7,)), 0),
        (Query(fail=True), 1),
    ],
)
def test_a_job_that_is_not_wanted_is_not_looked_into(
    httpserver: HTTPServer, http: HttpClient, query: Query, count: int
) -> None:
    server = logs(httpserver, FAILED)
    builds, _ = split(pages(http, server.url()).builds(query))
    assert len(builds) == count
    assert ("a1/job-output.txt" in server.asked) is bool(count)


def test_an_index_that_fails_is_an_error_after_the_builds_of_the_others(
    httpserver: HTTPServer, http: HttpClient
) -> None:
    server = logs(httpserver, PASSED)
    httpserver.expect_request("/periodic/page/").respond_with_data("<html>Welcome</html>", content_type="text/html")
    gone, page = server.url("/periodic/gone/"), server.url("/periodic/page")
    httpserver.expect_request("/periodic/gone/").respond_with_data("", status=404)
    given = iter(pages(http, gone, server.url(), page).builds(Query()))
    builds, problems = split(islice(given, 3))
    with pytest.raises(SourceError, match="is no directory listing"):
        next(given)
    assert len(builds) == 1
    assert [problem.kind for problem in problems] == [ProblemKind.SOURCE, ProblemKind.SOURCE]
    assert "404" in problems[0].detail
    assert "is no directory listing" in problems[1].detail
    with pytest.raises(SourceError, match="no directory listing"):
        list(pages(http, page).builds(Query()))


@pytest.mark.parametrize("url", ["ftp://x/periodic/a/", "periodic", "https://logs.example.org/", "https:///a"])
def test_an_address_must_name_a_job(http: HttpClient, url: str) -> None:
    with pytest.raises(ValidationError, match="should be an address"):
        pages(http, url)
