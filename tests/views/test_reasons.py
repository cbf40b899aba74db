"""The list of reasons, and the page of one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from sova.filters import Query, Search
from sova.model import Action, Diagnosis, Pattern
from sova.slugs import build_slug, name_slug, reason_slug
from sova.views.desk import Desk
from sova.views.reasons import ReasonView, reason, reasons
from tests.reports import samples
from tests.views.desks import DISK, SAMPLE, ZONE, desk_of, hrefs, inside, rendered, slug_of, span, text_of

SLUG = slug_of(samples.diagnosis(0, 0, "D"))


def failures(name: str = "14d") -> list[Diagnosis]:
    return [one for one in inside(span(name)) if one.failed and one.primary]


def view_of(desk: Desk, slug: str = SLUG, name: str = "14d", search: Search | None = None) -> ReasonView:
    found = reason(desk, slug, span(name), search or Search())
    assert found
    return found


@pytest.mark.parametrize("name", ["today", "7d", "14d"])
def test_builds_of_each_reason_and_day_equal_those_counted_one_by_one(desk: Desk, name: str) -> None:
    view = reasons(desk, span(name), Search())
    counted = Counter(slug_of(one) for one in failures(name))
    assert {tally.reason.slug: tally.reason.builds for tally in view.tallies} == counted
    for tally in view.tallies:
        by_day = Counter(
            one.build.time.astimezone(ZONE).date()
            for one in failures(name)
            if one.build.time and slug_of(one) == tally.reason.slug
        )
        assert dict(zip(view.days, tally.days, strict=True)) == {date: by_day[date] for date in view.days}
    assert view.most == max(count for tally in view.tallies for count in tally.days)


def test_orders(desk: Desk) -> None:
    def told(order: str) -> list[str]:
        return [tally.reason.slug for tally in reasons(desk, span(), Search(), order=order).tallies]

    lost: Counter[str] = Counter()
    last: dict[str, dt.datetime] = {}
    for one in failures():
        lost[slug_of(one)] += int(one.build.duration or 0)
        assert one.build.time
        last.setdefault(slug_of(one), one.build.time)
    assert [lost[slug] for slug in told("lost")] == sorted(lost.values(), reverse=True)
    assert told("last_seen") == sorted(last, key=lambda slug: last[slug], reverse=True)
    with pytest.raises(ValueError, match="order"):
        reasons(desk, span(), Search(), order="name")


def test_the_list_tells_a_failure_as_a_sentence_with_its_numbers(desk: Desk) -> None:
    page = rendered(reasons(desk, span(), Search()))
    row = next(node for node in page.css("tr[data-row]") if "DNS: could not resolve" in node.text())
    said = " ".join(row.text().split())
    for words in (
        "I infra",
        "DNS: could not resolve mirror.regionone.example.org",
        "recheck",
        "bug 1234",
        "infra-root",
    ):
        assert words in said
    numbers = [node.attributes["href"] for node in row.css("td.num a")]
    assert numbers == [f"/builds?reason={SLUG}&failed=yes"]
    assert f"/reasons/{SLUG}" in hrefs(page)
    bars = row.css_first("svg.spark")
    assert bars is not None
    title = bars.css_first("title")
    assert title is not None
    assert title.text().startswith("builds a day: 0, 0, ")
    assert title.text().count(",") == 13


def test_the_list_can_be_ordered_on_a_server_only(desk: Desk) -> None:
    view = reasons(desk, span("7d"), Search(tag=("infra",)), order="lost")
    assert "?range=7d&tag=infra&order=last_seen" in hrefs(rendered(view), "thead")
    assert not hrefs(rendered(view, DISK), "thead")
    assert text_of(rendered(view), "th[aria-sort]") == "lost ▼"
    assert {tally.reason.tag for tally in view.tallies} == {"infra"}


def test_a_range_without_reasons_says_so(desk: Desk) -> None:
    page = rendered(reasons(desk, span("7d"), Search(Query(jobs=("no-such-job",)))))
    assert "No failure with a known reason in this range." in text_of(page)


def test_a_reason_that_never_was_has_no_page(desk: Desk) -> None:
    assert reason(desk, reason_slug("infra", "never seen"), span(), Search()) is None


def test_the_numbers_of_a_reason_equal_those_counted_one_by_one(desk: Desk) -> None:
    view = view_of(desk)
    builds = [one for one in failures() if slug_of(one) == SLUG]
    count = view.count
    assert count
    assert count.builds == len(builds)
    assert count.jobs == len({one.build.job_name for one in builds})
    assert [one.build.key for one in view.diagnoses] == [one.build.key for one in builds]
    for by, of in (
        ("job", lambda one: one.build.job_name),
        ("branch", lambda one: one.build.change.branch),
        ("project", lambda one: one.build.change.project),
    ):
        assert {part.name: part.builds for part in view.parts[by]} == Counter(map(of, builds))
    assert view.nodesets == (("debian-bookworm", len(builds)),)
    assert sum(day.builds for day in view.days) == len(builds)
    times = [one.build.time for one in builds if one.build.time]
    assert (view.ever.builds, view.ever.secondary) == (len(builds), 0)
    assert view.ever.first_seen == min(times).replace(microsecond=0)
    assert view.ever.last_seen == max(times).replace(microsecond=0)


def test_builds_that_have_it_beside_another_reason_are_counted_apart(desk: Desk) -> None:
    message, tag = samples.REASONS["E"][1:3]
    beside = [one for one in SAMPLE if any(r.message == message and not r.primary for r in one.reasons)]
    view = view_of(desk, reason_slug(tag, message))
    assert (view.ever.builds, view.ever.secondary) == (0, len(beside))
    assert view.count is None
    assert f"beside another reason in {len(beside)} more builds" in text_of(rendered(view))
    assert "Not seen in this range." in text_of(rendered(view))


def test_examples_are_the_newest_lines_with_their_place(desk: Desk) -> None:
    view = view_of(desk)
    newest = [one for one in failures() if slug_of(one) == SLUG][:3]
    assert [one.build.key for one in view.examples] == [one.build.key for one in newest]
    page = rendered(view)
    primary = newest[0].primary
    assert primary
    hit = primary.hits[0]
    assert (
        f"/builds/{build_slug(newest[0].build.key)}/log/{hit.file}?line={hit.line_number}#L{hit.line_number}"
        in hrefs(page)
    )
    assert "Could not resolve host: mirror.regionone.example.org" in text_of(page, "table.log tr.line")


def test_the_page_of_a_reason_links_every_part_to_its_builds(desk: Desk) -> None:
    page = rendered(view_of(desk, name="7d"))
    links = hrefs(page)
    assert f"/builds?job=tempest-full-py3&reason={SLUG}&failed=yes" in links
    assert f"/jobs/{name_slug('tempest-full-py3')}" in links
    assert f"/feed.atom?reason={SLUG}" in links
    assert page.css_first("canvas[data-chart]") is not None
    assert len(page.css("#days-numbers tbody tr")) == 7


def test_what_to_do_is_as_the_pattern_has_it_now(desk: Desk) -> None:
    newer = Pattern(
        "dns-resolve",
        "DNS: could not resolve {host}",
        text="x",
        bug="https://bugs.example.org/99",
        owner="names",
        action=Action.WAIT,
        note="Look at the resolver.",
        fixed_since=samples.NOW,
    )
    page = rendered(view_of(replace(desk, patterns=(newer,))))
    said = text_of(page)
    for words in ("bug 99", "owner names", "wait", "Look at the resolver.", "expected fixed since 2026-11-22 10:30"):
        assert words in said
    assert "bug 1234" not in said.split("Examples")[0]


def test_a_reason_whose_lines_were_pruned_has_no_examples() -> None:
    bare = [replace(one, reasons=tuple(replace(r, hits=()) for r in one.reasons)) for one in SAMPLE]
    desk = desk_of(bare)
    view = view_of(desk)
    assert view.examples == ()
    assert view.count
    desk.store.close()


def test_filters_hold_on_the_page_of_a_reason_too(desk: Desk) -> None:
    view = view_of(desk, search=Search(Query(jobs=("periodic-mirror-sync",))))
    assert {one.build.job_name for one in view.diagnoses} == {"periodic-mirror-sync"}
    assert view.count
    assert view.count.builds == len(view.diagnoses)
