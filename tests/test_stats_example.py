"""The statistics of the example CI, as the command prints them, equal those counted in plain Python over its builds.

The clocks of New York went forward on 8 March, in the middle of the week that is counted.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from examples.ci.plan import AS_OF, Plan

from sova.model import Diagnosis
from tests import plain_statistics as plain
from tests.example import Example
from tests.schemas import STATISTICS, validator

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
DAY = dt.timedelta(days=1)
Document = Mapping[str, Any]  # Any: JSON


@pytest.fixture(scope="module")
def diagnoses(example: Example) -> Sequence[Diagnosis]:
    """Every build of the example."""
    found = example.diagnoses
    assert len(found) == len(Plan.read().runs)
    return found


def stats(example: Example, directory: Path, zone: str, *options: str) -> Document:
    """What `sova stats -o json` says in that time zone."""
    text = example.config.read_text()
    assert "timezone: UTC\n" in text
    shutil.copy(example.config.with_name("patterns.yaml"), directory)
    config = directory / "sova.yaml"
    config.write_text(text.replace("timezone: UTC\n", f"timezone: {zone}\n"))
    command = [sys.executable, "-m", "sova", "--config", str(config), "stats", "--as-of", AS_OF.isoformat()]
    done = subprocess.run([*command, "-o", "json", *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document: Document = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module", params=ZONES)
def week(
    example: Example, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ZoneInfo, Document]:
    by = ("job", "branch", "project", "pipeline", "tag", "reason", "change")
    options = [option for one in by for option in ("--by", one)]
    directory = tmp_path_factory.mktemp("zone")
    return ZoneInfo(request.param), stats(example, directory, request.param, *options, "--limit", "100")


def counts(totals: Document) -> plain.Counts:
    return {name: value for name, value in totals.items() if name not in ("pass_rate", "known")}


def test_the_zones_differ(diagnoses: Sequence[Diagnosis]) -> None:
    days = {zone: [plain.moment(one).astimezone(ZoneInfo(zone)).date() for one in diagnoses] for zone in ZONES}
    assert len({tuple(found) for found in days.values()}) > 2


def test_periods_and_those_before(diagnoses: Sequence[Diagnosis], week: tuple[ZoneInfo, Document]) -> None:
    zone, document = week
    today = AS_OF.astimezone(zone).date()
    stretches = {
        "today": (today, today),
        "yesterday": (today - DAY, today - DAY),
        "last 7 days": (today - 6 * DAY, today),
    }
    assert [one["name"] for one in document["compared"]] == list(stretches)
    for one in (*document["compared"], document["range"]):
        first, last = stretches[one["name"]]
        earlier = first - (last - first) - DAY, first - DAY
        assert counts(one["totals"]) == plain.count(plain.of_days(diagnoses, first, last, zone))
        assert counts(one["before"]) == plain.count(plain.of_days(diagnoses, *earlier, zone))


def test_days(diagnoses: Sequence[Diagnosis], week: tuple[ZoneInfo, Document]) -> None:
    zone, document = week
    today = AS_OF.astimezone(zone).date()
    days = [today - n * DAY for n in range(6, -1, -1)]
    assert {one["date"]: counts(one["totals"]) for one in document["days"]} == {
        str(day): plain.count(plain.of_days(diagnoses, day, day, zone)) for day in days
    }
    lengths = [parsed(one["until"]) - parsed(one["since"]) for one in document["days"]]
    short = dt.timedelta(hours=23)
    assert lengths == [short if (zone.key, day.day) == ("America/New_York", 8) else DAY for day in days]


def parsed(time: str) -> dt.datetime:
    return dt.datetime.fromisoformat(time)


def test_parts(diagnoses: Sequence[Diagnosis], week: tuple[ZoneInfo, Document]) -> None:
    zone, document = week
    today = AS_OF.astimezone(zone).date()
    shown = plain.of_days(diagnoses, today - 6 * DAY, today, zone)
    assert len(document["parts"]) == 7
    for dimension in document["parts"]:
        split: dict[str, list[Diagnosis]] = {}
        for one in shown:
            if (value := plain.value_of(one, dimension["by"])) is not None:
                split.setdefault(value, []).append(one)
        assert {part["name"]: counts(part["totals"]) for part in dimension["parts"]} == {
            name: plain.count(builds) for name, builds in split.items()
        }
        for part in dimension["parts"]:
            ended = [one for one in split[part["name"]] if plain.failed(one) or plain.passed(one)]
            lengths = [one.build.duration for one in ended if one.build.duration is not None]
            assert (part["median"], part["p90"]) == (plain.percentile(lengths, 50), plain.percentile(lengths, 90))


def test_reasons(diagnoses: Sequence[Diagnosis], week: tuple[ZoneInfo, Document]) -> None:
    zone, document = week
    today = AS_OF.astimezone(zone).date()
    shown = plain.of_days(diagnoses, today - 6 * DAY, today, zone)
    earlier = plain.of_days(diagnoses, today - 13 * DAY, today - 7 * DAY, zone)
    expected = plain.reasons(diagnoses, shown, earlier)
    found = {f"{one['tag']}: {one['message']}": one for one in document["reasons"]}
    assert found.keys() == expected.keys()
    for name, numbers in expected.items():
        told = {key: found[name][key] for key in numbers}
        times = {key: parsed(found[name][key]) for key in ("first_seen", "last_seen")}
        assert told | times == numbers
        assert found[name]["new"] is (times["first_seen"] >= parsed(document["range"]["since"]))


def test_red_jobs_are_those_whose_newest_run_failed(
    diagnoses: Sequence[Diagnosis], week: tuple[ZoneInfo, Document]
) -> None:
    zone, document = week
    today = AS_OF.astimezone(zone).date()
    shown = plain.of_days(diagnoses, today - 6 * DAY, today, zone)
    failing = {one.build.job_name for one in shown if plain.failed(one)}
    newest = {job: plain.newest_first(diagnoses, job)[0] for job in failing}
    red = {one["name"]: one for one in document["jobs"] if one["streak"]["failed"]}
    assert red.keys() == {job for job, one in newest.items() if plain.failed(one)}
    flaky = {one["name"]: one["flaky"]["words"] for one in document["jobs"] if one["flaky"]}
    assert flaky == {job: words for job in failing if (words := plain.flaky_words(shown, job))}


@pytest.mark.parametrize(("zone", "days"), [("America/New_York", (8, 8)), ("Europe/Berlin", (5, 9))])
def test_any_range_and_a_filter(
    example: Example, diagnoses: Sequence[Diagnosis], tmp_path: Path, zone: str, days: tuple[int, int]
) -> None:
    first, last = days
    until = f"2026-03-{last + 1:02}"
    found = stats(example, tmp_path, zone, "--since", f"2026-03-{first:02}", "--until", until, "--pipeline", "check")
    begin, end = dt.date(2026, 3, first), dt.date(2026, 3, last)
    checks = [one for one in diagnoses if one.build.pipeline == "check"]
    assert counts(found["range"]["totals"]) == plain.count(plain.of_days(checks, begin, end, ZoneInfo(zone)))
    earlier = begin - (end - begin) - DAY, begin - DAY
    assert counts(found["range"]["before"]) == plain.count(plain.of_days(checks, *earlier, ZoneInfo(zone)))


def test_the_document_keeps_to_its_schema(week: tuple[ZoneInfo, Document]) -> None:
    validator(STATISTICS).validate(week[1])
