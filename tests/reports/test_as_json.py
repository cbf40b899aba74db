"""The JSON document: the schema holds for every output, and nothing is lost on the way there and back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError

from sova.model import (
    Action,
    Artifact,
    Build,
    Change,
    Diagnosis,
    Excerpt,
    FileRead,
    Hit,
    Kind,
    Outcome,
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)
from sova.reports import as_json
from tests.schemas import DIAGNOSES, validator
from tests.strategies import diagnoses

VALIDATOR = validator(DIAGNOSES)
DEFINED = DIAGNOSES["$defs"]


def diagnosis() -> Diagnosis:
    build = Build(key="k", job_name="j", result="FAILURE", end_time=dt.datetime(2026, 11, 22, 6, 10, tzinfo=dt.UTC))
    return Diagnosis(build=build, verdict=Verdict.UNKNOWN)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(diagnoses, max_size=3))
def test_every_document_keeps_to_the_schema_and_comes_back_whole(values: list[Diagnosis]) -> None:
    document = json.loads("".join(as_json.json_text(values)))
    VALIDATOR.validate(document)
    assert [as_json.from_row(row) for row in document["diagnoses"]] == values


@pytest.mark.parametrize(
    ("name", "kind", "derived"),
    [
        ("diagnosis", Diagnosis, {"tag", "bytes_read", "text"}),
        ("build", Build, {"outcome"}),
        ("change", Change, set()),
        ("artifact", Artifact, set()),
        ("reason", Reason, set()),
        ("hit", Hit, set()),
        ("excerpt", Excerpt, set()),
        ("problem", Problem, set()),
        ("file_read", FileRead, set()),
    ],
)
def test_schema_names_every_field_of_the_values_and_no_other(name: str, kind: type, derived: set[str]) -> None:
    found = DEFINED[name]
    properties = found["properties"]
    assert set(properties) == {field.name for field in dataclasses.fields(kind)} | derived
    assert found["required"] == list(properties)
    assert found["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "field", "words"),
    [
        ("diagnosis", "verdict", Verdict),
        ("build", "outcome", Outcome),
        ("reason", "kind", Kind),
        ("reason", "action", Action),
        ("problem", "kind", ProblemKind),
    ],
)
def test_schema_lists_every_word_of_a_fixed_list(name: str, field: str, words: Iterable[str]) -> None:
    assert DEFINED[name]["properties"][field]["enum"] == list(words)


def test_every_field_has_a_description() -> None:
    for name, defined in DEFINED.items():
        for field, value in defined["properties"].items():
            assert "description" in value or "$ref" in value, f"{name}.{field}"


def test_times_are_utc_with_z_whatever_zone_they_came_in() -> None:
    local = dt.datetime(2026, 11, 22, 7, 10, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    row = as_json.to_row(Diagnosis(build=Build(key="k", job_name="j", start_time=local), verdict=Verdict.SKIPPED))
    build = row["build"]
    assert isinstance(build, dict)
    assert build["start_time"] == "2026-11-22T06:10:00Z"
    assert build["end_time"] is None


def test_captures_are_an_object() -> None:
    hit = Hit("p", "job-output.txt", 7, "no host a", captures=(("0", "host a"), ("host", "a")))
    reason = Reason(pattern="p", message="m", tag="infra", hits=(hit,), primary=True)
    row = as_json.to_row(dataclasses.replace(diagnosis(), verdict=Verdict.KNOWN, reasons=(reason,)))
    text = as_json.dumps(row)
    assert json.loads(text)["reasons"][0]["hits"][0]["captures"] == {"0": "host a", "host": "a"}


def test_derived_values_stand_beside_the_fields() -> None:
    row = as_json.to_row(diagnosis())
    build = row["build"]
    assert isinstance(build, dict)
    assert (build["outcome"], row["tag"], row["bytes_read"]) == ("failure", "unknown", 0)
    assert row["text"] == diagnosis().text


def test_text_is_ascii_so_that_no_pipe_can_break_it() -> None:
    value = dataclasses.replace(diagnosis(), why="試験 \u202e \x1b[31m")
    assert "".join(as_json.json_text([value])).isascii()


def test_a_field_more_is_against_the_schema() -> None:
    document = {"version": 1, "diagnoses": [as_json.to_row(diagnosis())], "more": 1}
    with pytest.raises(ValidationError, match="more"):
        VALIDATOR.validate(document)


def test_a_time_without_zone_is_against_the_schema() -> None:
    row = as_json.to_row(diagnosis())
    build = row["build"]
    assert isinstance(build, dict)
    build["end_time"] = "2026-11-22T06:10:00"
    with pytest.raises(ValidationError, match="Z"):
        VALIDATOR.validate({"version": 1, "diagnoses": [row]})


def test_a_row_that_is_no_diagnosis_is_refused_with_its_place() -> None:
    row = as_json.to_row(diagnosis())
    row["verdict"] = "maybe"
    with pytest.raises(ValueError, match="verdict"):
        as_json.from_row(row)
