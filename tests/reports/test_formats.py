"""The forms of `-o`: one registry, plug-ins in it too, each form written piece by piece."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova import plugins
from sova.errors import PluginError
from sova.model import Build, Diagnosis, Verdict
from sova.reports.as_json import to_row
from sova.reports.formats import OWN, write, writer
from tests.strategies import diagnoses

ONE = Diagnosis(Build(key="k", job_name="unit", result="SUCCESS"), Verdict.PASSED)


def names_only(values: Iterable[Diagnosis], /) -> Iterator[str]:
    yield from (f"{value.build.job_name}\n" for value in values)


@pytest.mark.parametrize("name", OWN)
def test_each_form_tells_of_the_build(name: str) -> None:
    assert "unit" in "".join(write(name, iter([ONE])))


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(diagnoses, max_size=3))
def test_json_in_pieces_is_the_document(values: list[Diagnosis]) -> None:
    rows = list(map(to_row, values))
    assert "".join(write("json", values)) == json.dumps({"version": 1, "diagnoses": rows}, indent=2) + "\n"
    assert [json.loads(line) for line in "".join(write("jsonl", values)).split("\n")[:-1]] == rows


@pytest.mark.parametrize("name", ["json", "jsonl", "csv"])
def test_a_build_is_written_before_the_next_is_asked_for(name: str) -> None:
    def values() -> Iterator[Diagnosis]:
        yield ONE
        raise LookupError("the second one")

    out, text = write(name, values()), ""
    while "unit" not in text:
        text += next(out)


def test_a_form_that_is_none() -> None:
    with pytest.raises(LookupError, match="'pdf' is no form; there are json, jsonl, csv, markdown"):
        writer("pdf")


def test_a_form_of_a_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="names", value="x:y", dist=None, load=lambda: names_only)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry] if group == "sova.reports" else [])
    assert list(write("names", [ONE])) == ["unit\n"]
    with pytest.raises(LookupError, match="markdown, names"):
        writer("pdf")


def test_a_plugin_that_is_no_form(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="names", value="x:y", dist=None, load=lambda: 5)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    with pytest.raises(PluginError, match="names: is no form"):
        writer("names")
