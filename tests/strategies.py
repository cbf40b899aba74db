"""Hypothesis strategies that make arbitrary values of `sova.model`, as hostile as sources and logs can make them.

Text is any Unicode text (NUL, ANSI, right-to-left marks, markup) but for lone surrogates, which no source lets through.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from hypothesis import strategies as st

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
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)

__all__ = ["builds", "changes", "diagnoses", "excerpts", "hits", "problems", "reasons", "texts", "times"]

HOSTILE = (
    "",
    "<script>alert(1)</script>",
    "\"' onload=alert(1) x='",
    "</td></table><!-- ",
    "&amp; &lt;b&gt; {{ 7 * 7 }} {% raw %}",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example/\x07link\x1b]8;;\x07",
    "NUL \x00 bell \x07 backspace \x08",
    "\u202egnp.exe\u2066 \u200b\ufeff",
    "line one\r\nline two\n\n\tline three",
    "Übergröße 試験 🔥",
    "[bold]markup[/bold] [/] [link=https://evil.example]",
    "  two  spaces  ",
)
RESULTS = ("", "SUCCESS", "FAILURE", "TIMED_OUT", "RETRY_LIMIT", "POST_FAILURE", "SKIPPED", "ABORTED", "RUNNING", "ODD")
URLS = ("", "https://logs.example.org/1/", "http://[::1]/x", "javascript:alert(1)", "file:///etc/passwd", "//e.example")

texts = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
urls = st.one_of(st.sampled_from(URLS), texts)
counts = st.integers(min_value=0, max_value=2**53)
line_numbers = st.integers(min_value=1, max_value=10**9)
seconds = st.floats(min_value=0, max_value=1e7, allow_nan=False, allow_infinity=False)
times = st.integers(min_value=31_536_000_000_000, max_value=4_102_444_800_000_000).map(
    lambda microseconds: dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)
)
lines = st.lists(texts, max_size=4).map(tuple)

changes = st.builds(
    Change,
    project=texts,
    branch=texts,
    number=st.none() | counts,
    patchset=texts,
    ref=texts,
    url=urls,
    subject=texts,
    commit_message=texts,
    owner=texts,
    topic=texts,
)

artifacts = st.builds(Artifact, name=texts, url=urls, type=texts)

builds = st.builds(
    Build,
    key=names,
    job_name=names,
    result=st.sampled_from(RESULTS) | texts,
    seen_by=st.lists(names, max_size=3, unique=True).map(tuple),
    uuid=texts,
    pipeline=texts,
    change=changes,
    voting=st.booleans(),
    start_time=st.none() | times,
    end_time=st.none() | times,
    duration=st.none() | seconds,
    log_url=urls,
    url=urls,
    artifacts=st.lists(artifacts, max_size=3).map(tuple),
    attempts=st.integers(min_value=0, max_value=10),
    nodeset=texts,
    tenant=texts,
    event_id=texts,
    error_detail=texts,
    final=st.booleans(),
)

captures = st.dictionaries(names, texts, max_size=3).map(lambda found: tuple(found.items()))

hits = st.builds(
    Hit, pattern=names, file=texts, line_number=line_numbers, line=texts, captures=captures, before=lines, after=lines
)

reasons = st.builds(
    Reason,
    pattern=names,
    message=texts,
    tag=st.sampled_from(("infra", "code", "test", "config", "info")) | texts,
    hits=st.lists(hits, max_size=3).map(tuple),
    primary=st.just(False),
    kind=st.sampled_from(Kind),
    action=st.sampled_from(Action),
    bug=urls,
    owner=texts,
    log_search=urls,
    note=texts,
    count=counts,
    fixed_since=st.none() | times,
)

excerpts = st.builds(
    Excerpt, file=texts, first_line=line_numbers, last_line=line_numbers, lines=lines, score=seconds, why=texts
)

problems = st.builds(Problem, where=texts, kind=st.sampled_from(ProblemKind), detail=texts)

files_read = st.builds(FileRead, name=texts, location=urls, size=counts, lines=counts)


def _first_primary(found: list[Reason]) -> tuple[Reason, ...]:
    """The reasons with the first one marked as the primary one, as triage leaves them."""
    return tuple(dataclasses.replace(reason, primary=place == 0) for place, reason in enumerate(found))


diagnoses = st.builds(
    Diagnosis,
    build=builds,
    verdict=st.sampled_from(Verdict),
    reasons=st.lists(reasons, max_size=3).map(_first_primary),
    excerpts=st.lists(excerpts, max_size=2).map(tuple),
    problems=st.lists(problems, max_size=3).map(tuple),
    why=texts,
    files_wanted=lines,
    files_read=st.lists(files_read, max_size=3).map(tuple),
    patterns_tried=counts,
    patterns_version=texts,
    seconds=seconds,
)
