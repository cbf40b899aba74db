"""Builds on this machine."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sova.config import Limits
from sova.errors import SourceError
from sova.filters import Query
from sova.http_client import HttpClient
from sova.model import Artifact, Build, Change, Problem, ProblemKind
from sova.sources import Source, SourceContext
from sova.sources.local import LocalSettings, LocalSource, build_of

NOW = dt.datetime(2024, 5, 6, 12, 0, tzinfo=dt.UTC)
FULL = {
    "key": "zuul:example/1",
    "job_name": "tox-py39",
    "result": "FAILURE",
    "uuid": "1",
    "pipeline": "check",
    "change": {"project": "a/b", "branch": "master", "number": 12, "patchset": "3", "subject": "Fix é"},
    "voting": False,
    "start_time": "2024-05-05T10:00:00",
    "end_time": "2024-05-05T12:30:00+02:00",
    "duration": 1800,
    "artifacts": [{"name": "m", "url": "http://x/m", "type": "zuul_manifest"}],
    "attempts": 2,
}


def source(path: Path, name: str = "") -> LocalSource:
    context = SourceContext(HttpClient(Limits()), NOW, ZoneInfo("UTC"))
    return LocalSource(LocalSettings(type="local", path=path, name=name), context)


def make(directory: Path, **fields: object) -> Path:
    directory.mkdir(parents=True)
    (directory / "job-output.txt.gz").write_bytes(gzip.compress(b"line\n"))
    (directory / "build.json").write_text(json.dumps(fields), encoding="utf-8")
    return directory


def test_it_is_a_source(tmp_path: Path) -> None:
    assert isinstance(source(tmp_path), Source)


def test_every_field_of_a_build_can_be_described(tmp_path: Path) -> None:
    directory = make(tmp_path / "b", **FULL)
    assert build_of(directory) == Build(
        key="zuul:example/1",
        job_name="tox-py39",
        result="FAILURE",
        uuid="1",
        pipeline="check",
        change=Change("a/b", "master", 12, "3", subject="Fix é"),
        voting=False,
        start_time=dt.datetime(2024, 5, 5, 10, 0, tzinfo=dt.UTC),
        end_time=dt.datetime(2024, 5, 5, 10, 30, tzinfo=dt.UTC),
        duration=1800.0,
        log_url=str(directory),
        artifacts=(Artifact("m", "http://x/m", "zuul_manifest"),),
        attempts=2,
    )


def test_without_a_description_only_name_and_place_are_known(tmp_path: Path) -> None:
    for name, job in (("tox.txt.gz", "tox.txt"), ("logs.tar.xz", "logs"), ("all.zip", "all"), ("console", "console")):
        (tmp_path / name).touch()
        build = build_of(tmp_path / name)
        assert (build.job_name, build.result, build.log_url) == (job, "", str(tmp_path / name))
        assert str(tmp_path / name) in build.key


def test_a_file_may_have_its_description_beside_it(tmp_path: Path) -> None:
    (tmp_path / "tox.log").touch()
    (tmp_path / "tox.log.build.json").write_text('{"job_name": "tox", "result": "TIMED_OUT"}')
    build = build_of(tmp_path / "tox.log")
    assert (build.job_name, build.result, build.log_url) == ("tox", "TIMED_OUT", str(tmp_path / "tox.log"))


def test_logs_may_be_elsewhere(tmp_path: Path) -> None:
    assert build_of(make(tmp_path / "a", log_url="http://logs/a/")).log_url == "http://logs/a/"
    assert build_of(make(tmp_path / "b", log_url="job-output.txt.gz")).log_url == str(
        tmp_path / "b" / "job-output.txt.gz"
    )


def test_a_relative_place_of_logs_is_beside_its_description(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "console.log").write_text("of something else\n")  # the directory one happens to be in means nothing
    one, two = (build_of(make(tmp_path / name, log_url="console.log")) for name in ("a", "b"))
    assert (one.log_url, two.log_url) == (str(tmp_path / "a/console.log"), str(tmp_path / "b/console.log"))
    assert one.key != two.key


def test_a_directory_of_builds_gives_each_newest_first(tmp_path: Path) -> None:
    for day in (3, 5, 4):
        make(tmp_path / str(day), job_name=f"job {day}", result="FAILURE", end_time=f"2024-05-0{day}T10:00:00Z")
    (tmp_path / "no build").mkdir()
    builds = [build for build in source(tmp_path, "mine").builds(Query()) if isinstance(build, Build)]
    assert [build.job_name for build in builds] == ["job 5", "job 4", "job 3"]
    assert {build.seen_by for build in builds} == {("mine",)}
    since = Query(since=dt.datetime(2024, 5, 4, tzinfo=dt.UTC))
    assert len(list(source(tmp_path).builds(since))) == 2


def test_one_directory_is_one_build(tmp_path: Path) -> None:
    (build,) = source(make(tmp_path / "b", job_name="tox", result="SUCCESS")).builds(Query())
    assert isinstance(build, Build)
    assert build.job_name == "tox"


def test_a_build_without_a_time_is_dated_by_its_newest_file(tmp_path: Path) -> None:
    directory = make(tmp_path / "b", job_name="tox")
    for file, day in ((directory / "build.json", 1), (directory / "job-output.txt.gz", 2)):
        os.utime(file, (dt.datetime(2024, 5, day, tzinfo=dt.UTC).timestamp(),) * 2)
    (build,) = source(directory).builds(Query())
    assert isinstance(build, Build)
    assert build.time == dt.datetime(2024, 5, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "mapping"),
        ('{"job": "x"}', "unknown key job; allowed: "),
        ('{"end_time": "yesterday"}', "end_time"),
        ('{"change": {"number": "many"}}', "change.number"),
    ],
)
def test_a_wrong_description_is_told_and_the_others_go_on(tmp_path: Path, content: str, said: str) -> None:
    make(tmp_path / "good", job_name="good", result="FAILURE")
    (make(tmp_path / "bad") / "build.json").write_text(content)
    with pytest.raises(SourceError) as caught:
        build_of(tmp_path / "bad")
    assert said in str(caught.value)
    found = list(source(tmp_path).builds(Query()))
    assert [one.kind for one in found if isinstance(one, Problem)] == [ProblemKind.SOURCE]
    assert [one.job_name for one in found if isinstance(one, Build)] == ["good"]


def test_a_place_that_is_not_there_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nothing"):
        list(source(tmp_path / "nothing").builds(Query()))
