"""`sova diagnose`, through the command line, on files as a user has them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import PIPE

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .conftest import Ran

Sova = Callable[..., Ran]
LOG = (
    b"2026-03-01 10:00:00.000001 | Job console starting\n"
    b"2026-03-01 10:00:01.000001 | primary | fatal: unable to access 'https://git.example.org/x/': "
    b"Could not resolve host: git.example.org\n"
    b"2026-03-01 10:00:02.000001 | primary | ERROR\n"
)


def verdicts(ran: Ran) -> list[str]:
    return [diagnosis["verdict"] for diagnosis in json.loads(ran.out)["diagnoses"]]


def test_a_compressed_log(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "job-output.txt.gz").write_bytes(gzip.compress(LOG))
    ran = sova("diagnose", "job-output.txt.gz")
    assert ran.status == 0
    assert "git.example.org" in ran.out
    assert "KNOWN" in ran.out.upper()
    assert "10:00:01.000001" in ran.out


def test_a_zuul_that_is_down_does_not_cost_the_other_targets(
    sova: Sova, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/api/tenant/main/build/9594e23724f044dc9c1c06d85085a367").respond_with_data(
        "no", status=403
    )
    (tmp_path / "a.log").write_bytes(LOG)
    page = httpserver.url_for("/t/main/build/9594e23724f044dc9c1c06d85085a367")
    ran = sova("diagnose", page, "a.log", "-o", "json")
    assert (ran.status, verdicts(ran)) == (4, ["no logs", "known"])
    assert "403" in json.loads(ran.out)["diagnoses"][0]["problems"][0]["detail"]
    assert sova("diagnose", page).status == 3


def test_interrupted_what_was_found_is_told(tmp_path: Path, compiled: Path, httpserver: HTTPServer) -> None:
    asked, over = threading.Event(), threading.Event()

    def hang(_: Request) -> Response:
        asked.set()
        over.wait(120)
        return Response("late")

    httpserver.expect_request("/x.log").respond_with_handler(hang)
    (tmp_path / "a.log").write_bytes(LOG)
    command = [sys.executable, "-m", "sova", "diagnose", "a.log", httpserver.url_for("/x.log"), "-o", "json"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(compiled), "XDG_CONFIG_HOME": str(tmp_path)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=PIPE, stderr=PIPE, text=True) as process:
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    over.set()
    assert (process.returncode, "interrupted after 1 of 2 targets" in err) == (130, True)
    assert [diagnosis["verdict"] for diagnosis in json.loads(out)["diagnoses"]] == ["known"]


def test_a_mistyped_name_is_told_before_anything_is_read(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(LOG)
    ran = sova("diagnose", "a.log", "b.log", "c.log", "-o", "jsonl")
    assert (ran.status, ran.out) == (2, "")
    assert "b.log, c.log: no such file" in ran.err


def test_an_empty_directory_says_what_was_looked_for(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    ran = sova("diagnose", "logs")
    assert ran.status == 0
    assert "missing" in ran.out
    assert "job-output.txt" in ran.out


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("plain.log", LOG),
        ("x.log.gz", gzip.compress(LOG)),
        ("x.log.bz2", bz2.compress(LOG)),
        ("x.log.xz", lzma.compress(LOG)),
        ("wrong-suffix.gz", LOG),
        ("crlf.log", LOG.replace(b"\n", b"\r\n")),
        ("nul-and-bad-utf8.log", b"\xff\xfe\x00\x00\n" + LOG),
        ("no-final-newline.log", LOG.rstrip(b"\n")),
    ],
)
def test_every_form_of_the_same_log(sova: Sova, tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert verdicts(sova("diagnose", "-o", "json", name)) == ["known"]


def test_a_directory_and_an_archive(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "logs/deep").mkdir(parents=True)
    (tmp_path / "logs/deep/other.log").write_bytes(LOG)
    with tarfile.open(tmp_path / "logs.tar.xz", "w:xz") as archive:
        member = tarfile.TarInfo("logs/job-output.txt")
        member.size = len(LOG)
        archive.addfile(member, io.BytesIO(LOG))
    assert verdicts(sova("diagnose", "-o", "json", "logs", "logs.tar.xz")) == ["known", "known"]


def test_a_truncated_log_keeps_its_hits_and_says_so(sova: Sova, tmp_path: Path) -> None:
    noise = b"".join(b"%d %d\n" % (number, number * 7919 % 10007) for number in range(40_000))
    (tmp_path / "cut.gz").write_bytes(gzip.compress(LOG + noise)[:-2000])
    ran = sova("diagnose", "-o", "json", "cut.gz")
    (found,) = json.loads(ran.out)["diagnoses"]
    assert ran.status == 0
    assert found["verdict"] == "known"
    assert [problem["kind"] for problem in found["problems"]] == ["truncated"]


def test_standard_input(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sova", "diagnose", "-o", "json", "-"],
        input=LOG,
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(ran.stdout)["diagnoses"][0]["verdict"] == "known"


def test_a_log_without_a_failure(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "good.log").write_bytes(b"all is well\n")
    ran = sova("diagnose", "--exit-status", "good.log")
    assert ran.status == 0
    assert "no failure seen" in ran.out.lower()


def test_exit_status_is_asked_for(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(LOG)
    assert sova("diagnose", "x.log").status == 0
    assert sova("diagnose", "--exit-status", "x.log").status == 1


def test_only_the_patterns_that_were_named(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(LOG + b"gear 7 is stuck\n")
    (tmp_path / "mine.yaml").write_text(
        "patterns:\n  - id: gear\n    regex: 'gear (\\d+) is stuck'\n    message: 'gear {1} stuck'\n    tag: code\n"
    )
    ran = sova("diagnose", "--patterns", "mine.yaml", "-o", "json", "x.log")
    (found,) = json.loads(ran.out)["diagnoses"]
    assert [reason["message"] for reason in found["reasons"]] == ["gear 7 stuck"]
    assert found["patterns_tried"] == 1


def test_several_targets_are_grouped_by_reason(sova: Sova, tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LOG)
    (tmp_path / "c.log").write_bytes(b"all is well\n")
    ran = sova("diagnose", "a.log", "b.log", "c.log")
    assert ran.out.count("Could not resolve") + ran.out.count("could not resolve") >= 1
    assert all(name in ran.out for name in ("a.log", "b.log", "c.log"))


def test_json_lines(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(LOG)
    rows = [json.loads(line) for line in sova("diagnose", "-o", "jsonl", "x.log", "x.log").out.splitlines()]
    assert [row["verdict"] for row in rows] == ["known", "known"]


def test_a_target_that_is_not_there(sova: Sova) -> None:
    ran = sova("diagnose", "nowhere.log")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "error: nowhere.log: no such file or directory (a URL begins with http:// or https://)\n"


def test_bad_patterns_are_all_told(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(LOG)
    (tmp_path / "bad.yaml").write_text(
        "patterns:\n  - id: a\n    regex: '('\n  - id: b\n    regex: x*\n    message: y\n"
    )
    ran = sova("diagnose", "--patterns", "bad.yaml", "x.log")
    assert ran.status == 2
    places = [line.removeprefix("error: bad.yaml:").rpartition(": ")[0].split(": ")[0] for line in ran.err.splitlines()]
    assert places == ["2:5", "3:5", "5:5"]


def test_control_characters_do_not_reach_the_terminal(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(b"\x1b]0;owned\x07 fatal: Could not resolve host: a\x1b[2J.example.org\n")
    out = sova("diagnose", "x.log").out
    assert "\x07" not in out
    assert "\x1b[2J" not in out


def test_it_loads_no_database_and_no_template_engine(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_bytes(LOG)
    code = (
        "import sys\n"
        "from sova.cli import main\n"
        "try:\n    main(['diagnose', 'x.log'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'sqlalchemy', 'alembic', 'fastapi', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
