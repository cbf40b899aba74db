"""Failures that no pattern explains."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from sova.filters import Query, Search
from sova.model import Excerpt, Verdict
from sova.slugs import build_slug
from sova.views.desk import Desk
from sova.views.unknown import unknown
from tests.reports.samples import diagnosis
from tests.views.desks import DISK, SAMPLE, desk_of, hrefs, inside, rendered, span, text_of

UNKNOWN = [one for one in inside(span()) if one.verdict is Verdict.UNKNOWN]


def test_unknown_failures_newest_first_with_counts_by_job(desk: Desk) -> None:
    view = unknown(desk, span(), Search())
    assert [one.build.key for one in view.diagnoses] == [one.build.key for one in UNKNOWN]
    assert view.total == len(UNKNOWN) > 2
    assert {part.name: part.totals.failed for part in view.jobs} == Counter(one.build.job_name for one in UNKNOWN)
    assert view.unread == sum(one.verdict is Verdict.NO_LOGS for one in SAMPLE)


def test_pages_go_on_where_the_one_before_ended(desk: Desk) -> None:
    first = unknown(desk, span(), Search(), limit=2)
    second = unknown(desk, span(), Search(), first.more, limit=2)
    assert [one.build.key for one in (*first.diagnoses, *second.diagnoses)] == [one.build.key for one in UNKNOWN][:4]
    with pytest.raises(ValueError, match="no place in a list"):
        unknown(desk, span(), Search(), "nonsense")


def test_filters_hold(desk: Desk) -> None:
    view = unknown(desk, span(), Search(verdict=(Verdict.KNOWN,)))  # that one is the page's own
    assert {one.verdict for one in view.diagnoses} == {Verdict.UNKNOWN}
    assert unknown(desk, span(), Search(tag=("infra",))).diagnoses == ()
    named = unknown(desk, span(), Search(Query(jobs=("grenade*",))))
    assert {one.build.job_name for one in named.diagnoses} == {"grenade-multinode"}


def test_each_shows_its_best_lines_with_their_place(desk: Desk) -> None:
    page = rendered(unknown(desk, span("7d"), Search()))
    item = page.css_first("ol.unknown-list > li")
    assert item is not None
    newest = UNKNOWN[0]
    excerpt = newest.excerpts[0]
    marked = item.css_first("tr.line")
    assert marked is not None
    assert "ERROR volume stuck in state attaching <b>for ever</b>" in marked.text()
    assert str(excerpt.first_line + 1) in marked.text()
    slug, line = build_slug(newest.build.key), excerpt.first_line + 1
    links = [node.attributes["href"] for node in item.css("a")]
    assert f"/builds/{slug}/log/job-output.txt?line={line}#L{line}" in links
    assert f"{newest.build.url}/log/job-output.txt.gz#{line}" in links
    assert f"?range=7d&job={newest.build.job_name}" in hrefs(page, "section")


def test_of_a_long_excerpt_only_the_lines_around_the_best_one_are_shown() -> None:
    lines = tuple(f"2026-11-22 06:10:11.120000 | primary | step {number} of many" for number in range(100))
    lines = (*lines[:50], "2026-11-22 06:10:11.120000 | primary | ERROR it broke for good", *lines[51:])
    found = replace(diagnosis(1, 0, "?"), excerpts=(Excerpt("a.txt", 1000, 1099, lines, 9.0, "why"),))
    desk = desk_of([found])
    page = rendered(unknown(desk, span(), Search()))
    numbers = [(node.css_first(".no") or node).text() for node in page.css("table.log tr")]
    assert numbers == [str(number) for number in range(1045, 1053)]
    assert "1050" in text_of(page, "tr.line")
    desk.store.close()


def test_without_excerpts_it_says_why_nothing_is_known() -> None:
    desk = desk_of([replace(diagnosis(1, 0, "?"), excerpts=(), problems=(), why="nothing was read at all")])
    assert "nothing was read at all" in text_of(rendered(unknown(desk, span(), Search())), "ol.unknown-list")
    desk.store.close()


def test_none_is_said_and_on_disk_there_is_no_form(desk: Desk) -> None:
    nothing = unknown(desk, span(), Search(Query(jobs=("devstack*",))))
    assert "Every failure of this range has a known reason." in text_of(rendered(nothing))
    page = rendered(unknown(desk, None, Search()), DISK)
    assert not page.css("form.filters")
    assert f"../builds/{build_slug(UNKNOWN[0].build.key)}.html" in hrefs(page)
