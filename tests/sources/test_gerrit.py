"""Builds from a recorded answer of Gerrit, and from a Gerrit whose ssh is replaced by a small program."""

from __future__ import annotations

import datetime as dt
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError
from pytest_httpserver import HTTPServer

from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Build, Problem, ProblemKind
from sova.sources import Source
from sova.sources.gerrit import GerritSettings, GerritSource
from sova.sources.gerrit_builds import is_ci_account
from sova.sources.gerrit_query import phrase, query_text, query_words, read_answer
from sova.sources.keys import log_key, zuul_key
from tests.skips import SHARED
from tests.sources.making import NOW, client, context, split

DATA = Path(__file__).resolve().parents[1] / "data" / "gerrit"
ZUUL = "https://zuul.example.org"


def gerrit(http: HttpClient, **keys: object) -> GerritSource:
    """A source with these keys in its configuration."""
    settings = GerritSettings.model_validate({"type": "gerrit", "host": "review.example.org", **keys})
    return GerritSource(settings, context(http))


def recorded(http: HttpClient, query: Query | None = None, **keys: object) -> tuple[list[Build], list[Problem]]:
    """What the recorded answer gives; the builds in it are those of a Zuul that is recorded in part, too."""
    keys = {"recorded": str(DATA / "query.jsonl"), "zuul_recorded": str(DATA / "zuul.json"), **keys}
    # a job name that is in the recorded rows of Zuul, or none of Zuul: nothing is to be asked for
    return split(gerrit(http, **keys).builds(query or Query(exclude=("lint", "image"), change=(4101, 4102))))


def named(builds: list[Build], job_name: str) -> Build:
    (build,) = [build for build in builds if build.job_name == job_name]
    return build


def test_it_is_a_source(http: HttpClient) -> None:
    source = gerrit(http)
    assert isinstance(source, Source)
    assert source.name == "gerrit review.example.org"


def test_a_build_of_zuul_has_what_zuul_knows_and_what_gerrit_knows(http: HttpClient) -> None:
    builds, _ = recorded(http, Query(result=("FAILURE",), job_type=("unit",)))
    unit = named(builds, "unit")
    assert unit.key == zuul_key(ZUUL, "main", "a1" * 16)
    assert (unit.result, unit.pipeline, unit.tenant, unit.nodeset) == ("FAILURE", "check", "main", "ubuntu")
    assert unit.log_url == "https://logs.example.org/a1a1/unit/"
    assert unit.url == f"{ZUUL}/t/main/build/{'a1' * 16}"
    assert [artifact.type for artifact in unit.artifacts] == ["zuul_manifest"]
    assert unit.end_time == dt.datetime(2025, 11, 20, 12, 27, 12, tzinfo=dt.UTC)
    change = unit.change
    assert (change.project, change.branch, change.name, change.topic) == ("org/api", "master", "4101,1", "retry")
    assert (change.subject, change.owner) == ("Retry <script>alert(1)</script> – naïve", "Änne Weiß")
    assert change.commit_message.endswith("Change-Id: I1\n")
    assert (change.ref, change.url) == ("refs/changes/01/4101/1", "https://review.example.org/c/org/api/+/4101")


def test_builds_of_other_systems_are_told_by_the_comment_alone(http: HttpClient) -> None:
    builds, problems = recorded(http, Query(change=(4102,)))
    assert problems == []
    assert [build.job_name for build in builds] == ["docs", "acme-storage", "functional"]  # the newest first
    docs, acme, functional = builds
    assert (functional.result, functional.duration, functional.pipeline) == ("TIMED_OUT", 7200.0, "gate")
    assert functional.end_time == dt.datetime.fromtimestamp(1763649400, dt.UTC)
    assert functional.start_time == functional.end_time - dt.timedelta(hours=2)
    assert functional.key == log_key("https://logs.example.org/02/4102/1/gate/functional/5ef9f24/")
    assert (functional.change.number, functional.change.patchset) == (4102, "")  # the only patch set came later
    assert (acme.change.patchset, acme.pipeline) == ("1", "check")
    assert (docs.url, docs.log_url) == ("https://jenkins.example.org/job/docs/9/", "https://logs.example.org/docs/9")


def test_a_job_that_never_ran_is_known_by_the_comment(http: HttpClient) -> None:
    builds, _ = recorded(http, Query(job_type=("deploy",)))
    deploy = named(builds, "deploy")
    assert deploy.key.startswith("comment:review.example.org/4101,1/deploy/")
    assert (deploy.result, deploy.error_detail, deploy.log_url) == ("SKIPPED", "Skipped due to failed job unit", "")


def test_what_people_write_is_not_taken_for_a_report(http: HttpClient) -> None:
    builds, _ = recorded(http, Query(job_type=("unit",), result=("FAILURE",)))
    assert [build.uuid for build in builds] == ["a1" * 16]


def test_accounts_can_be_named(http: HttpClient) -> None:
    builds, _ = recorded(http, Query(change=(4102,)), accounts=["acme*"])
    assert [build.job_name for build in builds] == ["acme-storage"]


@pytest.mark.parametrize(
    ("name", "username", "is_ci"),
    [
        ("Zuul", "zuul", True),
        ("", "lf-jenkins", True),
        ("RDO Third Party CI", "rdothirdparty", True),
        ("Software Factory Zuul", "sf-zuul", True),
        ("Citizen Kane", "ci", False),
        ("CI Wang", "wang", False),
        ("", "", False),
    ],
)
def test_which_accounts_are_those_of_ci_systems(name: str, username: str, is_ci: bool) -> None:
    assert is_ci_account(name, username) is is_ci


def test_settings_choose_among_recorded_changes(http: HttpClient) -> None:
    query = Query(exclude=("unit", "lint", "image"))
    assert {build.change.project for build in recorded(http, query, projects=["^org/w.*"])[0]} == {"org/web"}
    assert {build.change.project for build in recorded(http, query, branches=["master"])[0]} == {"org/api"}


def test_nothing_in_a_review_is_periodic(http: HttpClient) -> None:
    assert recorded(http, Query(periodic=True)) == ([], [])


def test_only_builds_since_the_wanted_time_are_given(http: HttpClient) -> None:
    since = dt.datetime.fromtimestamp(1763650000 - 550, dt.UTC)
    builds, _ = recorded(http, Query(since=since, exclude=("unit",)))
    assert [build.job_name for build in builds] == ["docs", "acme-storage"]


def test_no_more_than_the_newest_are_given_when_that_is_all_that_is_asked_for(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"limit": says(list(range(200, 0, -1)))})
    builds, _ = split(gerrit(http, ssh_command=program.command, limit=500).builds(Query(limit=5)))
    assert jobs(builds)[:5] == [f"job-{number}" for number in range(200, 195, -1)]
    assert len(builds) == 40  # as many as a Zuul would be asked for at once


def test_a_broken_line_is_reported_and_the_rest_is_read(http: HttpClient, tmp_path: Path) -> None:
    broken = (DATA / "query.jsonl").read_text(encoding="utf-8").replace("\n", "\n{oops\n", 1)
    (tmp_path / "broken.jsonl").write_text(f'{{"number": "x", "project": "a"}}\n{broken}', encoding="utf-8")
    builds, problems = recorded(http, Query(change=(4102,)), recorded=str(tmp_path / "broken.jsonl"))
    assert len(builds) == 3
    assert [problem.kind for problem in problems] == [ProblemKind.SOURCE, ProblemKind.SOURCE]
    assert "{oops" in problems[0].detail
    assert "needs a number" in problems[1].detail


@pytest.mark.parametrize("key", ["recorded", "zuul_recorded"])
def test_a_recording_that_is_not_there_is_told(http: HttpClient, key: str) -> None:
    keys: dict[str, object] = {"recorded": str(DATA / "query.jsonl"), key: "nowhere.json"}
    with pytest.raises(SourceError, match=r"nowhere\.json.*cannot be read"):
        list(gerrit(http, **keys).builds(Query()))


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("host", "-oProxyCommand=x", "host name"),
        ("host", "a b", "host name"),
        ("projects", ["^org/("], "no regular expression"),
        ("branches", ['a"{}'], "cannot be asked for"),
        ("port", 0, "greater than 0"),
        ("limit", 0, "greater than 0"),
        ("nonsense", 1, "Extra inputs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(http: HttpClient, key: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        gerrit(http, **{key: value})


# --- the builds of a Zuul, asked for


def zuul_comment(server: HTTPServer, uuids: list[str]) -> str:
    """One change with one comment of a Zuul whose pages are on the server."""
    lines = [f"- job-{uuid[:2]} {server.url_for('/t/main/build/')}{uuid} : FAILURE in 5s" for uuid in uuids]
    text = "\n".join(["Patch Set 1:", "", "Build failed (check pipeline).", "", *lines])
    message = {"timestamp": 1763649000, "reviewer": {"name": "Zuul"}, "message": text}
    return json.dumps({"number": 7, "project": "p", "branch": "b", "comments": [message]})


def zuul_row(uuid: str) -> dict[str, object]:
    return {
        "uuid": uuid,
        "job_name": f"job-{uuid[:2]}",
        "result": "TIMED_OUT",
        "log_url": f"https://l.example.org/{uuid}/",
    }


UUIDS = ["a1" * 16, "b2" * 16, "c3" * 16]


@pytest.fixture
def asked(httpserver: HTTPServer, http: HttpClient, tmp_path: Path) -> GerritSource:
    (tmp_path / "query.jsonl").write_text(zuul_comment(httpserver, UUIDS), encoding="utf-8")
    http.trust(httpserver.url_for("/"))
    return gerrit(http, recorded=str(tmp_path / "query.jsonl"))


def test_zuul_is_asked_for_many_builds_at_once(httpserver: HTTPServer, asked: GerritSource) -> None:
    page = "/api/tenant/main/builds"
    httpserver.expect_request(page).respond_with_json([zuul_row(uuid) for uuid in UUIDS])
    builds, problems = split(asked.builds(Query()))
    assert problems == []
    assert sorted(build.log_url for build in builds) == [f"https://l.example.org/{uuid}/" for uuid in UUIDS]
    assert {build.result for build in builds} == {"TIMED_OUT"}
    (request,) = [request for request, _ in httpserver.log]
    assert sorted(request.args.getlist("uuid")) == UUIDS
    assert request.args["limit"] == "3"


def test_zuul_is_asked_only_for_builds_that_may_be_wanted(httpserver: HTTPServer, asked: GerritSource) -> None:
    httpserver.expect_request(f"/api/tenant/main/build/{UUIDS[1]}").respond_with_json(zuul_row(UUIDS[1]))
    builds, problems = split(asked.builds(Query(jobs=("job-b*",))))
    assert problems == []
    assert [build.log_url for build in builds] == [f"https://l.example.org/{UUIDS[1]}/"]
    assert len(httpserver.log) == 1


def test_a_build_that_zuul_forgot_stays_as_the_comment_told_it(httpserver: HTTPServer, asked: GerritSource) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_json([zuul_row(UUIDS[0])])
    httpserver.expect_request(f"/api/tenant/main/build/{UUIDS[1]}").respond_with_json(zuul_row(UUIDS[1]))
    httpserver.expect_request(f"/api/tenant/main/build/{UUIDS[2]}").respond_with_data("Not found", status=404)
    builds, problems = split(asked.builds(Query()))
    lost = named(builds, "job-c3")
    assert (lost.result, lost.log_url, lost.duration) == ("FAILURE", "", 5.0)
    assert [build.result for build in builds if build is not lost] == ["TIMED_OUT", "TIMED_OUT"]
    (problem,) = problems
    assert "does not know the build" in problem.detail


def test_a_zuul_that_is_down_costs_one_problem(httpserver: HTTPServer, asked: GerritSource) -> None:
    httpserver.expect_request("/api/tenant/main/builds").respond_with_data("down", status=503)
    httpserver.expect_request(f"/api/tenant/main/build/{UUIDS[0]}").respond_with_data("down", status=503)
    builds, problems = split(asked.builds(Query()))
    assert [build.log_url for build in builds] == ["", "", ""]
    (problem,) = problems
    assert problem.kind is ProblemKind.NETWORK
    assert "without logs" in problem.detail


def test_a_private_zuul_in_a_comment_is_not_asked(httpserver: HTTPServer, tmp_path: Path) -> None:
    (tmp_path / "query.jsonl").write_text(zuul_comment(httpserver, UUIDS), encoding="utf-8")
    with client() as careful:
        builds, problems = split(gerrit(careful, recorded=str(tmp_path / "query.jsonl")).builds(Query()))
    assert len(builds) == 3
    assert [problem.kind for problem in problems] == [ProblemKind.REFUSED]
    assert httpserver.log == []


# --- asking, with a small program in place of ssh

ANSWERS = """
import json, pathlib, sys
home = pathlib.Path({home!r})
command = sys.argv[-1]
with (home / "asked").open("a") as asked:
    print(command, file=asked)
answers = json.loads((home / "answers").read_text())
answer = next(answer for part, answer in answers.items() if part in command)
sys.stdout.write(answer["says"])
sys.exit(answer.get("status", 0))
"""


class Program:
    """In place of ssh: answers a command by the first key that is part of it, and keeps what it was asked."""

    def __init__(self, home: Path, answers: Mapping[str, Mapping[str, object]]) -> None:
        self.home = home
        (home / "answers").write_text(json.dumps(answers))
        self.command = shlex.join([sys.executable, "-c", ANSWERS.format(home=str(home))])

    @property
    def asked(self) -> list[list[str]]:
        return [shlex.split(line) for line in (self.home / "asked").read_text().splitlines()]


def says(numbers: list[int], *, more: bool | None = False, status: int = 0) -> dict[str, object]:
    """An answer with these changes; each has one build."""
    rows: list[object] = []
    for number in numbers:
        text = f"Patch Set 1:\n\nBuild failed (check pipeline).\n\n- job-{number} job-{number} : NODE_FAILURE"
        message = {"timestamp": 1763649000 + number, "reviewer": {"name": "Zuul"}, "message": text}
        rows.append({"number": number, "project": "p", "comments": [message]})
    stats: dict[str, object] = {"type": "stats", "rowCount": len(numbers)}
    if more is not None:
        stats["moreChanges"] = more
    return {"says": "\n".join(map(json.dumps, [*rows, stats])), "status": status}


def jobs(builds: list[Build]) -> list[str]:
    return [build.job_name for build in builds]


def test_pages_are_asked_for_until_there_is_no_more(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"--start 2": says([3, 2]), "limit": says([5, 4], more=True)})
    builds, problems = split(gerrit(http, ssh_command=program.command, limit=50).builds(Query()))
    assert (jobs(builds), problems) == (["job-5", "job-4", "job-3", "job-2"], [])
    assert [words[-1] for words in program.asked] == ["limit:50", "limit:48"]


def test_a_change_that_moved_to_the_next_page_counts_once(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"--start 2": says([4, 3]), "limit": says([5, 4], more=True)})
    assert jobs(split(gerrit(http, ssh_command=program.command).builds(Query()))[0]) == ["job-5", "job-4", "job-3"]


@pytest.mark.parametrize("more", [True, None])
def test_being_cut_by_the_limit_is_reported(http: HttpClient, tmp_path: Path, more: bool | None) -> None:
    program = Program(tmp_path, {"limit": says([5, 4], more=more)})
    builds, problems = split(gerrit(http, ssh_command=program.command, limit=2, projects=["p"]).builds(Query()))
    assert jobs(builds) == ["job-5", "job-4"]
    assert [problem.detail for problem in problems] == [
        "p: only the newest 2 changes were read; raise `limit` or ask for fewer days"
    ]


def test_each_project_is_asked_for_and_one_that_is_refused_is_reported(http: HttpClient, tmp_path: Path) -> None:
    refused = {"says": json.dumps({"type": "error", "message": "no such project"}), "status": 1}
    program = Program(tmp_path, {'project:"b"': refused, "limit": says([1])})
    builds, problems = split(gerrit(http, ssh_command=program.command, projects=["a", "b"]).builds(Query()))
    assert jobs(builds) == ["job-1"]
    assert "no such project" in problems[0].detail


def test_a_gerrit_that_refuses_everything_is_an_error(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"limit": {"says": json.dumps({"type": "error", "message": "Unsupported operator"})}})
    with pytest.raises(SourceError, match="Unsupported operator"):
        list(gerrit(http, ssh_command=program.command).builds(Query()))


def test_what_came_before_a_failure_is_kept(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"--start 1": says([2], status=9), "limit": says([3], more=True)})
    given: list[Build | Problem] = []
    with pytest.raises(SourceError, match="status 9"):
        given.extend(gerrit(http, ssh_command=program.command).builds(Query()))
    assert [item.job_name for item in given if isinstance(item, Build)] == ["job-3", "job-2"]


def test_an_answer_without_its_last_line_is_reported(http: HttpClient, tmp_path: Path) -> None:
    answer = says([3])
    program = Program(tmp_path, {"limit": {"says": str(answer["says"]).split("\n", maxsplit=1)[0]}})
    builds, problems = split(gerrit(http, ssh_command=program.command).builds(Query()))
    assert jobs(builds) == ["job-3"]
    assert "may have been cut" in problems[0].detail


# --- the query


def test_the_query_asks_for_open_and_merged_changes_since_a_day() -> None:
    since = dt.datetime(2025, 11, 20, 0, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert query_text("^org/p-.*", ["master", "stable/1"], [7], since, "NOT label:x") == (
        '(status:open OR status:merged) project:"^org/p-.*" (branch:"master" OR branch:"stable/1") change:7'
        ' after:"2025-11-19" (NOT label:x)'
    )
    assert query_words("status:open", 200, 0)[-3:] == ["--", "status:open", "limit:200"]
    assert query_words("status:open", 100, 100)[-5:-3] == ["--start", "100"]


def test_the_wanted_days_project_and_branch_reach_the_query(http: HttpClient, tmp_path: Path) -> None:
    program = Program(tmp_path, {"limit": says([1])})
    source = gerrit(http, ssh_command=program.command)
    list(source.builds(Query(since=NOW, project=("org/a", "org/b"), branch=("x*",), change=(5,))))
    assert [words[-2] for words in program.asked] == [
        f'(status:open OR status:merged) project:"org/{name}" change:5 after:"2025-11-21"' for name in "ab"
    ]


def test_a_value_is_quoted_so_that_it_stays_one_value() -> None:
    assert phrase("a b") == '"a b"'
    assert phrase('a"b') == '{a"b}'
    with pytest.raises(ValueError, match="no way to write"):
        phrase('a"{')
    with pytest.raises(ValueError, match="plain text"):
        phrase("a\nb")


def test_lines_of_an_answer_are_told_apart_by_their_type() -> None:
    answer = read_answer(
        [
            '{"type":"error","message":"project x is unknown"}',
            '{"number":1,"project":"stats"}',
            '{"type":"stats","rowCount":1}',
            "",
            "[]",
        ]
    )
    assert (answer.error, answer.complete, answer.more) == ("project x is unknown", True, None)
    assert [row["project"] for row in answer.changes] == ["stats"]
    assert answer.unread == ("[]",)


@pytest.mark.skipif(not (SHARED / "samples").is_dir(), reason="../shared/samples is not there")
@pytest.mark.shared
@pytest.mark.parametrize(
    ("sample", "changes", "more"),
    [
        ("gerrit_query_with_comments.jsonl", 1, None),
        ("gerrit_query_stats_morechanges.jsonl", 1, True),
        ("gerrit_query_2011_sortkey.jsonl", 1, None),
        ("gerrit_query_error_and_empty.jsonl", 0, None),
    ],
)
def test_real_answers_are_read(http: HttpClient, sample: str, changes: int, more: bool | None) -> None:
    path = SHARED / "samples" / sample
    answer = read_answer(path.read_text(encoding="utf-8").split("\n"))
    assert (len(answer.changes), answer.more, answer.unread) == (changes, more, ())
    assert list(gerrit(http, recorded=str(path), accounts=["*"]).builds(Query())) == []
