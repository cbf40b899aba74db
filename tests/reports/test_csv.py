"""The CSV: one row a build whatever a text holds, nothing that a spreadsheet computes, columns as documented."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.model import Build, Change, Diagnosis, Hit, Reason, Verdict
from sova.reports.as_csv import COLUMNS, csv_text, written
from sova.slugs import build_slug
from tests.strategies import HOSTILE, diagnoses

DOCS = Path(__file__).resolve().parents[2] / "docs" / "outputs.md"
BEGINNINGS = ("=", "+", "-", "@", "\t", "\r")
END = dt.datetime(2026, 11, 22, 7, 10, 5, 600_000, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def read(values: Iterable[Diagnosis]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(csv_text(values)), newline=""), strict=True))


def diagnosis(subject: str = "", message: str = "disk full") -> Diagnosis:
    change = Change("org/project", "main", 901, "3", subject=subject)
    build = Build(key="k", job_name="unit", result="FAILURE", end_time=END, change=change, duration=1.5, voting=False)
    hit = Hit("disk", "job-output.txt", 7, "No space left")
    reason = Reason("disk", message, "infra", (hit,), primary=True, fixed_since=END)
    return Diagnosis(build, Verdict.KNOWN, (reason, Reason("rc", "it ended with 1", "code", ())))


def test_one_build() -> None:
    (row,) = read([diagnosis()])
    assert list(row) == [column.name for column in COLUMNS]
    told = {
        "id": build_slug("k"),
        "time": "2026-11-22T06:10:05Z",
        "job": "unit",
        "outcome": "failure",
        "failed": "true",
        "verdict": "known",
        "tag": "infra",
        "reason": "disk full",
        "fixed_since": "2026-11-22T06:10:05Z",
        "file": "job-output.txt",
        "line_number": "7",
        "line": "No space left",
        "reasons": "2",
        "change": "901",
        "voting": "false",
        "start_time": "",
        "duration": "1.5",
    }
    assert {name: row[name] for name in told} == told


def test_without_builds_there_is_the_row_of_names() -> None:
    assert "".join(csv_text([])).splitlines() == [",".join(column.name for column in COLUMNS)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(diagnoses, max_size=3))
def test_a_line_a_build_and_no_cell_is_computed(values: list[Diagnosis]) -> None:
    text = "".join(csv_text(values))
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == len(values) + 1
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert not [cell for row in rows for cell in row if cell.startswith(BEGINNINGS)]
    assert [row["id"] for row in read(values)] == [build_slug(value.build.key) for value in values]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_cell(text: str) -> None:
    (row,) = read([diagnosis(subject=text, message=text)])
    assert (row["job"], row["key"]) == ("unit", "k")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e]", row["subject"] + row["reason"])


@pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_a_formula_gets_an_apostrophe(beginning: str) -> None:
    assert written(f"\t{beginning}cmd|' /C calc'!A0") == f"'{beginning}cmd|' /C calc'!A0"


def test_a_formula_in_a_subject() -> None:
    (row,) = read([diagnosis(subject='\x1b[31m =HYPERLINK("http://evil.example")')])
    assert row["subject"] == '\'=HYPERLINK("http://evil.example")'


def test_a_negative_number_is_a_number() -> None:
    build = Build(key="k", job_name="j", duration=-1.5)
    assert read([Diagnosis(build, Verdict.SKIPPED)])[0]["duration"] == "-1.5"


def test_every_column_is_documented() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.meaning} |" in lines, column.name
