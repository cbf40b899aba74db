"""Sova's gerrit source against a real Gerrit, and against a real sshd with a stand-in for Gerrit behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sova.config import Limits
from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Build, Problem, ProblemKind
from sova.sources import SourceContext
from sova.sources.gerrit import GerritSettings, GerritSource
from tests.real.gerrit_server import PAGE, PROJECTS, GerritServer
from tests.real.ssh_server import SshServer
from tests.real.tally import Count, Tally

pytestmark = pytest.mark.real

CHANGES = 4 * PAGE + 3
SUBJECT = "Fix the <script>alert(1)</script> in naïve code ✓ \u2028 #"
JOBS = ("tempest-full-py3", "openstack-tox-py310", "grenade")

Told = tuple[int | None, str, str, str, float | None, bool, str]
"""(change, patch set, job, result, seconds, voting, log URL)"""


def source(server: GerritServer | SshServer, **settings: object) -> GerritSource:
    port = server.ssh_port if isinstance(server, GerritServer) else server.port
    values = {
        "type": "gerrit",
        "host": "127.0.0.1",
        "port": port,
        "user": "admin" if isinstance(server, GerritServer) else "root",
        "key_file": str(server.key_file),
        "ssh_command": server.ssh_command,
        "projects": ["^openstack/.*"],
        **settings,
    }
    http = HttpClient(Limits())
    context = SourceContext(http=http, now=dt.datetime.now(dt.UTC), timezone=ZoneInfo("UTC"))
    return GerritSource(GerritSettings.model_validate(values), context)


def split(found: Iterator[Build | Problem]) -> tuple[list[Build], list[Problem]]:
    items = list(found)
    return [item for item in items if isinstance(item, Build)], [item for item in items if isinstance(item, Problem)]


def told(build: Build) -> Told:
    change = build.change
    return (
        change.number,
        change.patchset,
        build.job_name,
        build.result,
        build.duration,
        build.voting,
        build.log_url or build.url,
    )


def report(change: int, attempt: int) -> tuple[str, list[Told]]:
    """A comment as Zuul writes it, and the builds it tells of."""
    lines: list[str] = []
    builds: list[Told] = []
    for number, job in enumerate(JOBS):
        url = f"http://127.0.0.1:28080/logs/{change}/{attempt}/{job}/"
        result, voting = ("FAILURE", "SUCCESS", "TIMED_OUT")[(change + attempt + number) % 3], job != "grenade"
        seconds = 3723.0 + number
        lines.append(f"- {job} {url} : {result} in 1h 02m {3 + number:02}s{'' if voting else ' (non-voting)'}")
        builds.append((change, "1", job, result, seconds, voting, url))
    head = "Build failed (check pipeline).  For information on how to proceed, see\nhttp://docs.example.org/\n\n"
    return head + "\n".join(lines), builds


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A Gerrit with reviewed changes, and all builds that its comments tell of."""

    server: GerritServer
    builds: tuple[Told, ...]


@pytest.fixture(scope="module")
def reviews() -> dict[str, Reviewed]:
    return {}  # filled once, by the first test that has a server


@pytest.fixture
def reviewed(gerrit: GerritServer, reviews: dict[str, Reviewed]) -> Reviewed:
    if gerrit.url not in reviews:
        builds: list[Told] = []
        for index in range(CHANGES):
            number = gerrit.create_change(PROJECTS[index % 2], f"{SUBJECT} {index}")
            for attempt in range(1 + index % 2):
                message, reported = report(number, attempt)
                gerrit.comment(number, message)
                builds += reported
            if index % 5 == 0:
                gerrit.comment(number, message)  # the same builds, told again
                gerrit.comment(number, f"> - {JOBS[0]} http://127.0.0.1:28080/quoted/ : FAILURE in 1s\nwhy?")
            if index % 10 == 0:
                gerrit.merge(number)
        reviews[gerrit.url] = Reviewed(gerrit, tuple(builds))
    return reviews[gerrit.url]


def test_every_build_in_the_comments_is_found_once(reviewed: Reviewed, count: Count) -> None:
    builds, problems = split(source(reviewed.server, limit=500).builds(Query()))
    what = f"comments on {CHANGES} changes, {PAGE} at a time"
    count(reviewed.server.version, what, Tally.of(reviewed.builds, map(told, builds)))
    assert problems == []


def test_what_gerrit_knows_of_the_change_is_told(reviewed: Reviewed) -> None:
    builds, _ = split(source(reviewed.server, limit=500).builds(Query()))
    for build in builds:
        change = build.change
        assert change.project in PROJECTS
        assert change.branch == "master"
        assert change.subject.startswith(SUBJECT)
        assert change.commit_message.startswith(change.subject)
        assert change.url.startswith(reviewed.server.url)
        assert change.owner in ("admin", "Administrator")
        assert build.pipeline == "check"
        assert build.time is not None


def test_projects_are_asked_for_by_name_and_by_expression(reviewed: Reviewed, count: Count) -> None:
    nova = {
        build.change.number
        for build in split(source(reviewed.server, limit=500).builds(Query()))[0]
        if build.change.project == PROJECTS[0]
    }
    for project in (PROJECTS[0], "^open.*/nov.$"):
        builds, problems = split(source(reviewed.server, projects=[project], limit=500).builds(Query()))
        put_in = [row for row in reviewed.builds if row[0] in nova]
        count(reviewed.server.version, f"project {project}", Tally.of(put_in, map(told, builds)))
        assert problems == []


def test_being_cut_by_the_limit_is_told(reviewed: Reviewed) -> None:
    builds, problems = split(source(reviewed.server, limit=PAGE + 2).builds(Query()))
    assert [problem.kind for problem in problems] == [ProblemKind.SOURCE]
    assert len({build.change.number for build in builds}) == PAGE + 2


def test_a_time_limit_in_the_future_finds_nothing(reviewed: Reviewed) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=3)
    assert split(source(reviewed.server).builds(Query(since=tomorrow))) == ([], [])


def test_a_recent_time_limit_loses_nothing(reviewed: Reviewed, count: Count) -> None:
    since = dt.datetime.now(dt.UTC) - dt.timedelta(hours=12)
    builds, _ = split(source(reviewed.server, limit=500).builds(Query(since=since)))
    count(reviewed.server.version, "since 12 hours ago", Tally.of(reviewed.builds, map(told, builds)))


def test_a_query_that_gerrit_refuses_is_told_in_its_words(gerrit: GerritServer) -> None:
    with pytest.raises(SourceError, match="Unsupported operator nonsense"):
        list(source(gerrit, query="nonsense:yes").builds(Query()))


def test_an_unknown_account_is_refused(gerrit: GerritServer) -> None:
    with pytest.raises(SourceError, match="refuses the key or the user"):
        list(source(gerrit, user="nobody-of-that-name").builds(Query()))


def test_a_host_whose_key_is_not_known_is_refused(gerrit: GerritServer, tmp_path: Path) -> None:
    command = f"ssh -F none -o UserKnownHostsFile={tmp_path / 'none'} -o GlobalKnownHostsFile=/dev/null"
    with pytest.raises(SourceError, match="host key is not known"):
        list(source(gerrit, ssh_command=command).builds(Query()))


def change_row(number: int, comments: list[str]) -> dict[str, object]:
    """A change as `gerrit query --format=JSON --comments` gives it."""
    author = {"name": "Zuul", "username": "zuul"}
    return {
        "project": PROJECTS[0],
        "branch": "master",
        "id": f"I{number:040x}",
        "number": number,
        "subject": SUBJECT,
        "url": f"https://review.example.org/{number}",
        "status": "NEW",
        "lastUpdated": 1_790_000_000 + number,
        "comments": [
            {"timestamp": 1_790_000_000 + number, "reviewer": author, "message": f"Patch Set 1:\n\n{text}"}
            for text in comments
        ],
    }


def test_builds_come_whole_through_a_real_sshd(sshd: SshServer, count: Count) -> None:
    rows, put_in = [], []
    for number in range(1, 181):
        message, builds = report(number, 1)
        rows.append(change_row(number, [message]))
        put_in += builds
    sshd.answer(rows)
    found, problems = split(source(sshd).builds(Query()))
    count(sshd.version, f"comments on {len(rows)} changes", Tally.of(put_in, map(told, found)))
    assert problems == []


def test_a_large_answer_comes_whole_through_a_real_sshd(sshd: SshServer, count: Count) -> None:
    message, put_in = report(1, 1)
    padding = "x" * 20_000
    sshd.answer([change_row(1, [message, *(padding for _ in range(400))])])
    found, problems = split(source(sshd).builds(Query()))
    count(sshd.version, "one change with 8 MB of comments", Tally.of(put_in, map(told, found)))
    assert problems == []


def test_a_gerrit_without_changes_has_no_builds(sshd: SshServer) -> None:
    sshd.answer([])
    assert split(source(sshd).builds(Query())) == ([], [])
