"""The template engine does what Jinja does, only with less work."""

from __future__ import annotations

from typing import Any

import markupsafe
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment, StrictUndefined, Undefined, UndefinedError

from sova.reports.engine import Engine, escape

_MACROS = """
{%- macro cell(text, kind="plain", last=none) -%}
<td class="{{ kind }}"{{ " data-last" if last }}>{{ text }}{{ wide }}{% if last %}{{ last + 1 }}{% endif %}</td>
{%- endmacro -%}
{%- macro row(label) -%}<tr><th>{{ label }}</th>{{ caller(label, "&") }}</tr>{%- endmacro -%}
"""
_PAGE = """
{% extends "base.html" %}
{% from "macros.html" import cell, row with context %}
{% block main %}
{% for text in texts %}{% set shout = text | upper %}{{ cell(shout ~ "!", last=loop.index) }}{% endfor %}
{{ cell(kind="a", text=number) }}{{ cell(texts[0]) | length }}
{% call(one, two) row("<h>") %}{{ cell(one) }}{{ two }}{{ super() }}{% endcall %}
{{ safe }}{{ none }}{{ 1.5 }}{{ true }}{{ texts | join(", ") }}{{ "{:,}<".format(number) }}
{% endblock %}
"""
_BASE = """
{% from "macros.html" import cell with context %}
<title>{% block title %}{{ cell(texts | first, "t") }}{% endblock %}</title>
{% block main %}<p>{{ number }}{% endblock %}
"""
_FILES = {"macros.html": _MACROS, "page.html": _PAGE, "base.html": _BASE}
_VALUES: dict[str, Any] = {  # Any: values of several types
    "texts": ["<script>", "a & b", "quotes \"'", "plain"],
    "number": 12345,
    "safe": markupsafe.Markup("<b>&amp;</b>"),
    "wide": "<w>",
}


def engine(files: dict[str, str]) -> Engine:
    return Engine(loader=DictLoader(files), autoescape=True, undefined=StrictUndefined)


def test_a_page_is_what_jinja_makes_of_it() -> None:
    plain = Environment(loader=DictLoader(_FILES), autoescape=True, undefined=StrictUndefined)
    expected = plain.get_template("page.html").render(_VALUES)
    assert "&lt;SCRIPT&gt;!" in expected
    assert engine(_FILES).get_template("page.html").render(_VALUES, modules={}) == expected


class Html:
    def __html__(self) -> str:
        return "<i>"


@given(st.one_of(st.text(), st.integers(), st.booleans(), st.floats(), st.none(), st.lists(st.text())))
@example("<script>alert('&\"')</script>")
@example(markupsafe.Markup("<b>"))
@example(Html())
@example(Undefined())
def test_values_are_escaped_as_markupsafe_does(value: object) -> None:
    assert escape(value) == str(markupsafe.escape(value))


def test_what_is_undefined_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="nothing"):
        engine({"t": "{{ nothing }}"}).get_template("t").render()
    with pytest.raises(UndefinedError, match="parameter 'text' was not provided"):
        engine({"t": "{% macro m(text) %}{{ text }}{% endmacro %}{{ m() }}"}).get_template("t").render()


@pytest.mark.parametrize("call", ["m(1, other=2)", "m(1, 2)", "m(1, text=2)"])
def test_an_argument_too_many_is_an_error(call: str) -> None:
    template = engine({"t": "{% macro m(text) %}{{ text }}{% endmacro %}{{ " + call + " }}"}).get_template("t")
    with pytest.raises(TypeError, match="argument"):
        template.render()


def test_macros_are_made_once_for_pages_of_the_same_modules() -> None:
    found = engine(_FILES).get_template("page.html")
    modules: dict[str, object] = {}
    first = found.render(_VALUES, modules=modules)
    made = dict(modules)
    assert set(made) == {"macros.html"}
    assert found.render({**_VALUES, "number": 1}, modules=modules) == first.replace("12345", "1").replace("12,345", "1")
    assert modules == made
