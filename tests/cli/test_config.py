"""`sova config`: a configuration is written, checked and shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

from .conftest import Ran

Sova = Callable[..., Ran]


def test_the_first_file_works_as_it_is(sova: Sova, tmp_path: Path) -> None:
    wrote = sova("config", "init")
    assert wrote.status == 0
    assert "sova --config sova.yaml run" in wrote.err
    checked = sova("config", "check")
    assert (checked.status, checked.out.startswith("sova.yaml: ok, 0 sources")) == (0, True)
    assert sova("config", "path").out.strip() == str(tmp_path / "sova.yaml")


def test_a_file_that_is_there_is_not_overwritten(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text("jobs: [mine]\n")
    ran = sova("config", "init")
    assert ran.status == 2
    assert "--force overwrites" in ran.err
    assert (tmp_path / "sova.yaml").read_text() == "jobs: [mine]\n"


def test_from_a_zuul_tenant(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/zuul/api/tenant/main/builds").respond_with_json([])
    assert sova("config", "init", "--from", httpserver.url_for("/zuul/t/main")).status == 0
    written = yaml.safe_load((tmp_path / "sova.yaml").read_text())
    assert written["sources"] == [{"type": "zuul", "url": httpserver.url_for("/zuul"), "tenant": "main"}]
    assert sova("config", "check").status == 0


def test_from_a_zuul_without_that_tenant(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tenants").respond_with_json([{"name": "main"}, {"name": "other"}])
    httpserver.expect_request("/api/tenant/mian/builds").respond_with_data("no", status=404)
    ran = sova("config", "init", "--from", httpserver.url_for("/t/mian"))
    assert ran.status == 2
    assert "no tenant 'mian'; there are: main, other" in ran.err
    assert not (tmp_path / "sova.yaml").exists()


def test_a_place_that_cannot_be_written(sova: Sova, tmp_path: Path) -> None:
    ran = sova("config", "init", "--file", str(tmp_path / "none/sova.yaml"))
    assert ran.status == 2
    assert "cannot be written" in ran.err


def test_from_a_zuul_with_several_tenants(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/tenants").respond_with_json([{"name": "main"}, {"name": "other"}])
    assert sova("config", "init", "--from", httpserver.url_for("/")).status == 0
    written = yaml.safe_load((tmp_path / "sova.yaml").read_text())
    assert [source["tenant"] for source in written["sources"]] == ["main", "other"]


def test_from_a_gerrit(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/config/server/version").respond_with_data(b')]}\'\n"3.9.1"')
    assert sova("config", "init", "--from", httpserver.url_for("/")).status == 0
    (source,) = yaml.safe_load((tmp_path / "sova.yaml").read_text())["sources"]
    assert (source["type"], source["host"]) == ("gerrit", httpserver.host)
    assert sova("config", "check").status == 0


def test_from_a_gerrit_by_ssh(sova: Sova) -> None:
    out = sova("config", "init", "--from", "ssh://me@review.example.org:29419", "--file", "-").out
    assert yaml.safe_load(out)["sources"] == [
        {"type": "gerrit", "host": "review.example.org", "port": 29419, "user": "me"}
    ]


def test_from_a_server_that_is_neither(sova: Sova, tmp_path: Path, httpserver: HTTPServer) -> None:
    ran = sova("config", "init", "--from", httpserver.url_for("/nothing"))
    assert ran.status == 2
    assert ran.err.startswith("error: ")
    assert not (tmp_path / "sova.yaml").exists()


def test_every_mistake_is_told_at_once(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text(
        "sources:\n  - type: zuul\n    url: 7\n    tennant: x\ncolour: red\ntimezone: Mars\ntimezone: UTC\n"
    )
    ran = sova("config", "check")
    assert ran.status == 2
    places = [line.split(": ")[1] for line in ran.err.splitlines()]
    assert {"sova.yaml:4:5", "sova.yaml:5:1", "sova.yaml:6:1", "sova.yaml:7:1"} <= set(places)


def test_a_pattern_file_that_is_missing(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text("patterns: [none.yaml]\n")
    ran = sova("config", "check")
    assert ran.status == 2
    assert "sova.yaml:1:12: patterns[0]: no such file: none.yaml" in ran.err


def test_mistakes_in_pattern_files_are_told_with_those_of_the_configuration(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("patterns: [{id: disk-full, message: 'no {host}', regex: 'a+'}]\n")
    (tmp_path / "sova.yaml").write_text("patterns: [mine.yaml]\ncolour: red\n")
    ran = sova("config", "check")
    assert ran.status == 2
    assert "sova.yaml:2:1: colour: unknown key" in ran.err
    assert "mine.yaml:1:28: patterns[0].message: there is no capture {host}" in ran.err.replace(str(tmp_path) + "/", "")
    assert "the id 'disk-full' is taken already" in ran.err


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_show_tells_every_key(sova: Sova, tmp_path: Path, form: str) -> None:
    (tmp_path / "sova.yaml").write_text("timezone: Asia/Tokyo\nsources: [{type: zuul, url: 'https://z.example.org'}]\n")
    out = sova("config", "show", "-o", form).out
    shown = json.loads(out) if form == "json" else yaml.safe_load(out)
    assert shown["timezone"] == "Asia/Tokyo"
    assert shown["limits"]["file_size"] == 5 * 10**9
    assert shown["sources"][0]["url"].startswith("https://z.example.org")
    assert shown["logs"]["console"][0] == "job-output.txt"


def test_no_configuration_at_all(sova: Sova) -> None:
    ran = sova("config", "path")
    assert (ran.status, ran.out.strip()) == (0, "none")
    assert "SOVA_CONFIG" in ran.err
