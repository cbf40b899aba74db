"""The types of the API: what the JSON Schema says, and any diagnosis as its row, exactly."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from sova.model import Diagnosis
from sova.reports.as_csv import COLUMNS
from sova.reports.as_json import to_row
from sova.web import api_counts, api_models, api_rows
from sova.web.api import openapi
from sova.web.api_models import BuildSummary, summary_of
from sova.web.api_rows import row_of
from tests.schemas import DIAGNOSES
from tests.strategies import diagnoses

Json = Any  # what a JSON document holds
DEFINED = DIAGNOSES["$defs"]
NAMES: dict[str, type[api_rows.Row]] = {
    "diagnosis": api_rows.DiagnosisRow,
    "build": api_rows.BuildRow,
    "change": api_rows.ChangeRow,
    "artifact": api_rows.ArtifactRow,
    "reason": api_rows.ReasonRow,
    "hit": api_rows.HitRow,
    "excerpt": api_rows.ExcerptRow,
    "problem": api_rows.ProblemRow,
    "file_read": api_rows.FileRow,
}


@pytest.mark.parametrize("name", DEFINED)
def test_fields_and_words_are_those_of_the_json_schema(name: str) -> None:
    fields = DEFINED[name]["properties"]
    model = NAMES[name]
    assert list(model.model_fields) == list(fields)
    for field, told in fields.items():
        if "description" in told:
            words = model.model_fields[field].description
            assert words, field


@pytest.mark.parametrize("name", DEFINED)
def test_enumerations_and_nulls_are_those_of_the_json_schema(name: str) -> None:
    ours = NAMES[name].model_json_schema(mode="serialization")
    for field, told in DEFINED[name]["properties"].items():
        mine = ours["properties"][field]
        if "enum" in told:
            assert ours["$defs"][mine["$ref"].rpartition("/")[2]]["enum"] == told["enum"], field
        nullable = isinstance(told.get("type"), list)
        assert ({"type": "null"} in mine.get("anyOf", [])) == nullable, field
        if told.get("format"):
            assert {"type": "string", "format": told["format"]} in mine["anyOf"], field


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_any_diagnosis_is_its_row(diagnosis: Diagnosis) -> None:
    assert json.loads(row_of(diagnosis).model_dump_json()) == to_row(diagnosis)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_any_diagnosis_has_a_summary(diagnosis: Diagnosis) -> None:
    row = json.loads(summary_of(diagnosis).model_dump_json())
    assert (row["key"], row["job"]) == (diagnosis.build.key, diagnosis.build.job_name)
    assert list(row) == list(BuildSummary.model_fields) == [column.name for column in COLUMNS]


def document() -> Json:
    return json.loads(openapi())


def test_the_document_says_who_it_is() -> None:
    info = document()["info"]
    assert (info["title"], info["license"]["identifier"]) == ("Sova", "Apache-2.0")
    assert info["version"]


def test_every_operation_is_described() -> None:
    operations = [one for path in document()["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) == 10
    for one in operations:
        assert all(one[name] for name in ("summary", "description", "tags"))
        assert "422" not in one["responses"]
        for parameter in one.get("parameters", []):
            assert parameter["description"], parameter


def test_every_error_is_problem_json() -> None:
    wanted = {"200": {"application/json"}, "304": set()}
    for path in document()["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                kinds = set(response.get("content", {}))
                assert kinds == wanted.get(status, {"application/problem+json"}), (operation["operationId"], status)


def test_every_field_of_every_schema_is_described() -> None:
    for name, model in document()["components"]["schemas"].items():
        for field, told in model.get("properties", {}).items():
            assert told.get("description") or "$ref" in told, f"{name}.{field}"


def test_answers_have_every_field_and_no_other() -> None:
    for name, told in document()["components"]["schemas"].items():
        (model, *_) = (getattr(one, name) for one in (api_models, api_rows, api_counts) if hasattr(one, name))
        if issubclass(model, api_rows.Row):
            assert told["additionalProperties"] is False, name
            assert told["required"] == list(told["properties"]), name


def test_a_row_refuses_what_is_not_written() -> None:
    class Small(api_rows.Row):
        one: int

    with pytest.raises(ValueError, match="two"):
        Small.model_validate({"one": 1, "two": 2})
