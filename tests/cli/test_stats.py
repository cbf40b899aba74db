"""`sova stats` through the command line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sova.model import Diagnosis, Reason, Verdict
from sova.reports.statistics_text import COLUMNS
from sova.store import Store
from sova.testing import build
from tests.schemas import STATISTICS, validator
from tests.store.answers import empty_database

from .conftest import Ran

Sova = Callable[..., Ran]
AS_OF = ("--as-of", "2026-03-02T09:00Z")
HOSTILE = "\x1b[31m=cmd|'/c calc'!A1 <script> | `x` \u202e"


def ran(uuid: str, end_time: str, message: str = "", **fields: object) -> Diagnosis:
    """A failure with that reason, or without one; `result` may be given."""
    given: dict[str, object] = {"result": "FAILURE", "key": uuid, "log_url": "", "duration": None, **fields}
    made = build(end_time=dt.datetime.fromisoformat(end_time), **given)  # type: ignore[arg-type]  # fields of several types by name
    if made.result == "SUCCESS":
        return Diagnosis(made, Verdict.PASSED)
    reason = Reason("dns", message, "infra", (), primary=True)
    return Diagnosis(made, Verdict.KNOWN, (reason,)) if message else Diagnosis(made, Verdict.UNKNOWN)


DNS = "The name git.example.org could not be resolved."
STORED = (
    ran("one", "2026-03-01T12:00Z", DNS, duration=600.0),
    ran("two", "2026-03-01T13:00Z", result="SUCCESS", duration=1200.0),
    ran("three", "2026-03-01T14:00Z", job_name=HOSTILE),
    ran("four", "2026-02-22T12:00Z", DNS),
)


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """Four builds in the store: two failures of yesterday, one that passed, and a failure of last week."""
    (tmp_path / "sova.yaml").write_text("sources: []\nstore: sova.db\n")
    (tmp_path / "sova.db").write_bytes(empty_database())
    with Store.open(str(tmp_path / "sova.db")) as store:
        store.save_many(STORED)
    return tmp_path


def document(sova: Sova, *options: str) -> Any:  # Any: JSON
    said = sova("stats", *AS_OF, "-o", "json", *options)
    assert said.status == 0, said.err
    return json.loads(said.out)


def builds(found: Any) -> tuple[int, int]:  # Any: JSON
    totals = found["range"]["totals"]
    return totals["builds"], totals["failed"]


def test_the_last_seven_days_unless_told_otherwise(sova: Sova, configured: Path) -> None:
    found = document(sova)
    assert (found["range"]["name"], builds(found)) == ("last 7 days", (3, 2))
    assert [one["name"] for one in found["compared"]] == ["today", "yesterday", "last 7 days"]
    assert [one["by"] for one in found["parts"]] == ["job"]
    assert found["range"]["before"]["failed"] == 1
    assert found["range"]["totals"]["lost"] == 600


@pytest.mark.parametrize(
    ("options", "counted"),
    [
        (("--range", "today"), (0, 0)),
        (("--range", "yesterday"), (3, 2)),
        (("--range", "14d"), (4, 3)),
        (("--days", "2"), (3, 2)),
        (("--since", "2026-02-22", "--until", "2026-02-23"), (1, 1)),
        (("--since", "2026-03-01T13:00Z"), (2, 1)),
        (("--since", "2026-03-01T12:00Z", "--until", "2026-03-01T13:00Z"), (1, 1)),
        (("--job", "unit"), (2, 1)),
        (("--tag", "unknown"), (1, 1)),
        (("--result", "success"), (1, 0)),
        (("--periodic",), (3, 2)),
        (("--changes",), (0, 0)),
    ],
)
def test_ranges_and_filters_are_options(
    sova: Sova, configured: Path, options: tuple[str, ...], counted: tuple[int, int]
) -> None:
    assert builds(document(sova, *options)) == counted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--range", "8d"), "'8d' is not one of"),
        (("--range", "7d", "--days", "2"), "by --range, by --days, or by --since"),
        (("--since", "someday"), "'someday' is not a time"),
        (("--until", "2026-03-01"), "--until needs --since"),
        (("--since", "2026-03-01", "--until", "2026-03-01"), "ends before it begins"),
        (("--since", "2000-01-01"), "at most 3,660 days"),
        (("--as-of", "never"), "'never' is not a time"),
        (("--by", "colour"), "'colour' is not one of"),
        (("--limit", "0"), "0 is not in the range"),
        (("-o", "xml"), "'xml' is not one of"),
    ],
)
def test_what_cannot_be_meant_is_told(sova: Sova, configured: Path, options: tuple[str, ...], words: str) -> None:
    said = sova("stats", *options)
    assert (said.status, said.out) == (2, "")
    assert words in said.err


def test_the_table(sova: Sova, configured: Path) -> None:
    said = sova("stats", *AS_OF, "--by", "tag")
    assert (said.status, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "CI statistics as of 2026-03-02 09:00 (UTC); newest build 19 h old"
    assert any("33 % (6–80)" in line and "≈ 0 %" in line for line in lines)
    assert "3 builds: 1 passed, 2 failed" in lines
    assert "failures: I infra 50 % (9–91) · ? unknown 50 % (9–91)" in lines
    assert "By tag" in lines
    assert "Top reasons" in lines
    assert any(DNS in line and "came back" in line for line in lines)
    assert "95 % Wilson interval" in said.out
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out


@pytest.mark.parametrize("width", [40, 80, 130])
def test_a_terminal_is_never_too_narrow(
    sova: Sova, configured: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    said = sova("stats", *AS_OF, "--by", "job", "--by", "reason")
    assert "\x1b[3" not in said.out  # no colour; bold and links may stay
    assert max(len(plain(line)) for line in said.out.splitlines()) <= width


def plain(line: str) -> str:
    from rich.text import Text  # noqa: PLC0415 - this alone needs it

    return Text.from_ansi(line).plain


def test_json_keeps_to_its_schema(sova: Sova, configured: Path) -> None:
    by = [option for one in ("job", "tag", "reason", "change", "branch") for option in ("--by", one)]
    validator(STATISTICS).validate(document(sova, *by))
    lines = sova("stats", *AS_OF, "-o", "jsonl", *by).out.splitlines()
    line = validator(STATISTICS, "line")
    for text in lines:
        line.validate(json.loads(text))
    assert {json.loads(text)["kind"] for text in lines} == {"period", "day", "part", "reason", "job"}


def test_csv_holds_the_parts(sova: Sova, configured: Path) -> None:
    said = sova("stats", *AS_OF, "-o", "csv", "--by", "job", "--by", "project")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert list(rows[0]) == ["by", *(column.name for column in COLUMNS)]
    assert [(row["by"], row["builds"], row["failed"]) for row in rows] == [
        ("job", "2", "1"),
        ("job", "1", "1"),
        ("project", "3", "2"),
    ]
    assert rows[1]["name"].startswith("'=cmd")  # no spreadsheet computes it
    assert (rows[0]["median"], rows[0]["p90"], rows[0]["lost"]) == ("600.0", "1200.0", "600.0")


def test_markdown_is_a_headline_and_tables(sova: Sova, configured: Path) -> None:
    said = sova("stats", *AS_OF, "-o", "markdown")
    lines = said.out.splitlines()
    headline = "**last 7 days, 2026-02-24 to 2026-03-02 (UTC): 3 builds, 2 failed**, 50 % with a known reason"
    assert lines[0] == headline
    assert any(line.startswith("| last 7 days | 3 (before 1) |") for line in lines)
    assert not any("<script>" in line.replace("`=cmd\\|'/c calc'!A1 <script> \\| 'x'`", "") for line in lines)


def test_an_empty_store_says_what_fills_it(sova: Sova, tmp_path: Path) -> None:
    (tmp_path / "sova.yaml").write_text("sources: []\nstore: sova.db\n")
    said = sova("stats")
    assert (said.status, said.out) == (0, "no builds yet; `sova run` collects them\n")
    said = sova("stats", "-o", "json")
    assert (said.status, said.err) == (0, "no builds yet; `sova run` collects them\n")
    assert json.loads(said.out)["range"]["totals"]["builds"] == 0


def test_help_shows_examples(sova: Sova) -> None:
    said = sova("stats", "--help")
    assert "sova stats --range 30d" in said.out
    assert "95 % Wilson interval" in said.out
