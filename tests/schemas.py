"""The JSON Schemas that are shipped, to hold documents against."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from sova.reports import as_json, statistics_json

__all__ = ["DIAGNOSES", "STATISTICS", "validator"]

DIAGNOSES: dict[str, Any] = json.loads(as_json.SCHEMA.read_text(encoding="utf-8"))  # Any: a JSON document
STATISTICS: dict[str, Any] = json.loads(statistics_json.SCHEMA.read_text(encoding="utf-8"))  # Any: as above


def validator(schema: dict[str, Any], name: str = "") -> Draft202012Validator:  # Any: as above
    """Of whole documents, or of what the schema defines under this name."""
    Draft202012Validator.check_schema(schema)
    part = {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"} if name else schema
    return Draft202012Validator(part, format_checker=Draft202012Validator.FORMAT_CHECKER)
