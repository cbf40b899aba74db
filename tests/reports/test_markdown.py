"""The Markdown: read back by a real parser it is a headline and a table, and no outside text is anything but text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sova.model import Build, Change, Diagnosis, Excerpt, Problem, ProblemKind, Reason, Verdict
from sova.reports.as_markdown import literal, markdown_text
from tests.reports import samples
from tests.strategies import HOSTILE, diagnoses

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
END = dt.datetime(2026, 11, 22, 6, 10, tzinfo=dt.UTC)
CELLS = 5
PLAIN = re.compile(r"[A-Za-z0-9 ()·–:;,./-]*")
"""All that stands outside of code spans is our own words, numbers and separators."""
EVIL = (
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example and www.evil.example",
    "@everyone @here cc @root",
    "#123 !45 deadbeefdeadbeef",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "a | b | c \\| d \\\\| e \\",
    "``` `code` ``",
    "`",
    "*bold* _it_ ~~gone~~",
    "&lt;b&gt; &#96;",
    "line\n\n# title\n- item\n/close",
)


def diagnosis(text: str, *, url: str = "") -> Diagnosis:
    build = Build(
        key="k", job_name=text, result="FAILURE", end_time=END, change=Change(number=1, patchset=text), url=url
    )
    reason = Reason("p", text, text, (), primary=True, bug=url)
    return Diagnosis(build, Verdict.KNOWN, (reason,))


def flat(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from flat(token.children or ())


def parsed(values: Iterable[Diagnosis]) -> list[Token]:
    return list(flat(PARSER.parse("".join(markdown_text(values)))))


def links(tokens: Iterable[Token]) -> list[str]:
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def test_the_sample() -> None:
    text = "".join(markdown_text(samples.BUILDS))
    first, blank, *table = text.splitlines()
    assert first == "**96 builds, 24 failed**: infra 14, code 5, unknown 5; 19 with a known reason"
    assert (blank, len(table)) == ("", 98)
    assert "| infra | `DNS: could not resolve mirror.regionone.example.org` · recheck · [bug](https://bugs" in text


def test_no_builds() -> None:
    assert "".join(markdown_text([])) == "**No builds**\n"


def test_only_passed_builds() -> None:
    values = [Diagnosis(Build(key="k", job_name="unit", result="SUCCESS", end_time=END), Verdict.PASSED)]
    assert "".join(markdown_text(values)).splitlines() == [
        "**1 build, 0 failed**",
        "",
        "| when (UTC) | job | change | why | reason |",
        "| --- | --- | --- | --- | --- |",
        "| 2026-11-22 06:10 | `unit` | – | passed | `SUCCESS` |",
    ]


def test_an_unknown_failure_shows_its_best_line() -> None:
    excerpt = Excerpt("console", 1, 2, ("fine", "ERROR the volume is stuck"), 3.0, "an error")
    build = Build(key="k", job_name="unit", result="FAILURE", log_url="https://logs.example.org/1/")
    text = "".join(markdown_text([Diagnosis(build, Verdict.UNKNOWN, excerpts=(excerpt,))]))
    assert "| – | [`unit`](https://logs.example.org/1/) | – | unknown | `ERROR the volume is stuck` · [log](" in text


@pytest.mark.parametrize("text", [*HOSTILE, *EVIL])
def test_outside_text_is_text(text: str) -> None:
    holds_nothing_else([diagnosis(text)])
    tokens = parsed([diagnosis(text)])
    assert links(tokens) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(diagnoses, max_size=2))
def test_whatever_a_diagnosis_holds(values: list[Diagnosis]) -> None:
    holds_nothing_else(values)


@given(st.text(st.sampled_from("`|\\ a[]()<>!@*_\n\t"), max_size=30))
def test_any_mixture_of_marks(text: str) -> None:
    holds_nothing_else([diagnosis(text)])


def holds_nothing_else(values: list[Diagnosis]) -> None:
    """A paragraph and a table of a row a build; outside of code only our own words; links to http(s) only."""
    tokens = parsed(values)
    kinds = {token.type for token in tokens}
    assert not kinds & {"html_block", "html_inline", "image", "heading_open", "list_item_open", "fence", "s_open"}
    assert sum(token.type == "tr_open" for token in tokens) == (len(values) + 1 if values else 0)
    assert sum(token.type == "td_open" for token in tokens) == CELLS * len(values)
    assert not [token.content for token in tokens if token.type == "text" and not PLAIN.fullmatch(token.content)]
    assert all(link.startswith(("http://", "https://")) for link in links(tokens))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.example/) [more](https://evil.example",
        'https://x.example/" onclick="x',
        "//evil.example",
        "data:text/html,x",
    ],
)
def test_what_is_no_address_is_no_link(url: str) -> None:
    assert links(parsed([diagnosis("x", url=url)])) == []


def test_brackets_and_bars_in_an_address_do_not_end_the_link() -> None:
    url = "https://x.example/a_(b)_[c]?d=*e*"
    tokens = parsed([diagnosis("x", url=url)])
    assert links(tokens) == ["https://x.example/a%5F%28b%29%5F%5Bc%5D?d=%2Ae%2A"] * 2


def test_what_could_not_be_read_is_said() -> None:
    build = Build(key="k", job_name="unit", result="FAILURE")
    problem = Problem("https://logs.example.org/", ProblemKind.GONE, "404")
    text = "".join(markdown_text([Diagnosis(build, Verdict.NO_LOGS, problems=(problem,))]))
    assert "| no logs | `gone: https://logs.example.org/` |" in text


def test_a_long_text_is_cut() -> None:
    assert len(literal("x" * 1_000_000)) == 162
