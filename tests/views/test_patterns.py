"""Every pattern, and when it hit last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sova.filters import Query, Search
from sova.model import Action, Diagnosis, Kind, Pattern
from sova.reports.links import Links
from sova.slugs import build_slug
from sova.views.desk import Desk, Span
from sova.views.patterns import PatternRow, patterns
from tests.reports.samples import NOW, REASONS
from tests.views.desks import SAMPLE, desk_of, inside, rendered, span, text_of

KNOWN = tuple(
    Pattern(pattern, message, text=message, tag=tag, kind=kind, action=action)
    for pattern, message, tag, kind, action, _ in (REASONS[code] for code in "DXTPE")
)
NEVER = Pattern("never-hit", "It never hits", regex="nev.r", tag="test", owner="Zoë", note="Some <note>")
GONE = {REASONS["N"][0]}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    found = replace(desk_of(), patterns=(*KNOWN, NEVER), patterns_version="5d1f0c2a9b3e")
    yield found
    found.store.close()


def hit_by(pattern: str, stretch: Span | None = None) -> list[Diagnosis]:
    builds = inside(stretch) if stretch else SAMPLE
    return [one for one in builds if one.failed and any(reason.pattern == pattern for reason in one.reasons)]


def rows_of(desk: Desk, stretch: Span, search: Search | None = None) -> dict[str, PatternRow]:
    return {row.id: row for row in patterns(desk, stretch, search).rows}


@pytest.mark.parametrize(
    "stretch",
    [
        span("today"),
        span("14d"),
        Span("", NOW - dt.timedelta(hours=40), NOW - dt.timedelta(hours=20)),
        Span("", NOW - dt.timedelta(days=300), NOW - dt.timedelta(days=299)),
        Span("", NOW + dt.timedelta(days=90), NOW + dt.timedelta(days=91)),
    ],
)
def test_hits_and_the_last_one_equal_those_looked_up_one_by_one(desk: Desk, stretch: Span) -> None:
    rows = rows_of(desk, stretch)
    assert set(rows) == {pattern.id for pattern in (*KNOWN, NEVER)} | GONE
    for name, row in rows.items():
        assert row.builds == len(hit_by(name, stretch))
        newest = next(iter(hit_by(name)), None)
        assert (row.hits.last_key if row.hits else None) == (newest.build.key if newest else None)
        if row.hits and newest and newest.build.time:
            assert row.hits.last_seen == newest.build.time.replace(microsecond=0)
            assert row.hits.last_job == newest.build.job_name


def test_those_that_hit_most_stand_first_those_that_are_gone_last(desk: Desk) -> None:
    view = patterns(desk, span())
    numbers = [row.builds for row in view.rows if row.pattern]
    assert numbers == sorted(numbers, reverse=True)
    assert [row.id for row in view.rows if row.pattern is None] == [view.rows[-1].id] == list(GONE)
    assert (view.total, view.never, view.silent, view.gone) == (6, 1, 1, 1)


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (Search(tag=("test",)), {"never-hit"}),
        (Search(text="NOTE zoë"), {"never-hit"}),
        (Search(text="nev.r"), {"never-hit"}),
        (Search(text="node"), GONE),
        (Search(text="no such words"), set()),
    ],
)
def test_patterns_are_found_by_tag_and_words(desk: Desk, search: Search, ids: set[str]) -> None:
    assert set(rows_of(desk, span(), search)) == ids


def test_the_page_says_what_each_is_and_links_its_builds(desk: Desk) -> None:
    page = rendered(patterns(desk, span("7d")))
    row = page.css_first("tr#pattern-dns-resolve")
    assert row is not None
    said = " ".join(row.text().split())
    for words in (
        "I infra",
        REASONS["D"][1],
        "dns-resolve",
        "cause",
        "recheck",
        "2026-11-22 10:27",
        "tempest-full-py3",
    ):
        assert words in said
    links = [node.attributes["href"] for node in row.css("a")]
    assert "/builds?pattern=dns-resolve&failed=yes" in links
    assert f"/builds/{build_slug(hit_by('dns-resolve')[0].build.key)}" in links
    never = page.css_first("tr#pattern-never-hit")
    assert never is not None
    assert "never" in never.text()
    assert "Some <note>" in never.text()
    assert "in the set no more" in text_of(page, f"tr#pattern-{next(iter(GONE))}")


def test_a_pattern_seen_after_its_fix_is_marked(desk: Desk) -> None:
    fixed = replace(KNOWN[0], fixed_since=NOW - dt.timedelta(days=1))
    later = replace(KNOWN[0], fixed_since=NOW + dt.timedelta(days=1))
    for pattern, marked in ((fixed, True), (later, False)):
        page = rendered(patterns(replace(desk, patterns=(pattern,)), span()))
        assert ("came back" in text_of(page, "tr#pattern-dns-resolve")) is marked


def test_every_link_to_a_pattern_leads_to_its_row() -> None:
    odd = ("it's an <id> with\tspaces", "plain-id", "main", "", " ", "-", "--")
    made = tuple(Pattern(one, "m", text="x", kind=Kind.INFO, action=Action.FIX) for one in odd)
    desk = replace(desk_of(()), patterns=made)
    ids = [str(row.attributes["id"]) for row in rendered(patterns(desk, span())).css("tr[data-row]")]
    assert {f"patterns#{one}" for one in ids} == {Links("", "").pattern(one) for one in odd}
    assert len(set(ids)) == len(odd)
    assert Links("", "").pattern("plain-id") == "patterns#pattern-plain-id"
    desk.store.close()


def test_only_builds_that_the_pages_are_about_count(desk: Desk) -> None:
    bounded = replace(desk, query=Query(jobs=("tempest*",)))
    row = rows_of(bounded, span())["dns-resolve"]
    assert row.builds == sum(one.build.job_name.startswith("tempest") for one in hit_by("dns-resolve"))
    assert row.hits
    assert row.hits.last_job.startswith("tempest")
