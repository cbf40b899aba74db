"""The page of a build, and lists of builds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from selectolax.lexbor import LexborHTMLParser

from sova.filters import Query, Search
from sova.model import Build, Change, Diagnosis, FileRead, Verdict
from sova.reports import as_json
from sova.reports.links import Links
from sova.slugs import build_slug, name_slug
from sova.views.builds import BuildsView, BuildView, DayView, build, builds, day
from sova.views.desk import Desk
from tests.reports.read_back import cleaned, rows_of_page
from tests.reports.samples import NOW, diagnosis, reason
from tests.strategies import diagnoses
from tests.views.desks import DISK, LIVE, SAMPLE, ZONE, desk_of, hrefs, inside, rendered, slug_of, span, text_of

DNS = diagnosis(0, 0, "D")


def view_of(desk: Desk, one: Diagnosis) -> BuildView:
    found = build(desk, build_slug(one.build.key))
    assert found
    return found


def page_of(desk: Desk, one: Diagnosis, links: Links = LIVE) -> LexborHTMLParser:
    return rendered(view_of(desk, one), links)


def same_reason(one: Diagnosis) -> list[Diagnosis]:
    return [other for other in SAMPLE if other.failed and slug_of(other) == slug_of(one)]


def test_an_unknown_build_has_no_page(desk: Desk) -> None:
    assert build(desk, "0123456789abcdef") is None


@pytest.mark.parametrize("links", [LIVE, DISK])
def test_every_field_of_every_build_can_be_read_back(desk: Desk, links: Links) -> None:
    for one in SAMPLE if links is LIVE else SAMPLE[:12]:
        html = page_of(desk, one, links).html
        assert html
        assert rows_of_page(html) == cleaned(as_json.to_row(one))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_any_diagnosis_is_read_back_from_its_page_and_nothing_in_it_becomes_markup(diagnosis: Diagnosis) -> None:
    page = rendered(BuildView(diagnosis))
    assert page.html
    assert rows_of_page(page.html) == cleaned(as_json.to_row(diagnosis))
    for node in page.css("main *"):
        assert node.tag not in ("script", "img", "iframe", "style", "object")
        assert not [name for name in node.attributes if name.startswith("on") or name == "style"]
        href = node.attributes.get("href") or "/"
        assert href.startswith(("/", "#", "http://", "https://")), href


def test_what_to_do_stands_before_everything_else(desk: Desk) -> None:
    page = page_of(desk, DNS)
    html = page.html or ""
    assert html.index("<h1") < html.index("Not your change: recheck.") < html.index("why this one")
    said = text_of(page, ".decide")
    for words in ("known", "I infra", "DNS: could not resolve", "Not your change: recheck.", "infra-root", "bug 1234"):
        assert words in said
    assert "The mirror comes back by itself within an hour." in said
    assert "https://bugs.example.org/1234" in hrefs(page, ".decide")


def test_the_text_to_copy_can_be_selected_without_javascript(desk: Desk) -> None:
    page = page_of(desk, DNS)
    area = page.css_first("textarea#tell")
    assert area is not None
    assert "readonly" in area.attributes
    assert f"Details: https://sova.example.org/builds/{build_slug(DNS.build.key)}" in area.text()
    assert page.css_first('label[for="tell"]') is not None
    assert page.css_first("button.copy[hidden][data-copy='#tell']") is not None


def test_a_failure_that_came_back_says_whom_to_tell() -> None:
    began = DNS.build.start_time
    assert began
    fixed = replace(reason("D", 7), fixed_since=began - dt.timedelta(days=1))
    page = rendered(BuildView(replace(DNS, reasons=(fixed,))))
    assert "so it has come back: tell infra-root." in text_of(page, ".decide .warn")
    before = rendered(BuildView(replace(DNS, reasons=(replace(fixed, fixed_since=began + dt.timedelta(days=1)),))))
    assert not before.css(".decide .warn")
    assert "began before that" in text_of(before, ".decide .hint")


def test_the_same_reason_elsewhere_is_counted_and_linked(desk: Desk) -> None:
    found = view_of(desk, DNS).around
    assert found
    elsewhere = found.elsewhere
    assert elsewhere
    every = same_reason(DNS)
    others = [one for one in every if one.build.key != DNS.build.key]
    assert elsewhere.others == len(others) > 1
    assert elsewhere.jobs == len({one.build.job_name for one in every})
    assert [one.key for one in elsewhere.newest] == [one.build.key for one in others][:10]
    by_day = Counter(one.build.time.astimezone(ZONE).date() for one in every if one.build.time)
    first = elsewhere.since.astimezone(ZONE).date()
    assert elsewhere.days == tuple(by_day[first + dt.timedelta(days=place)] for place in range(14))
    links = hrefs(rendered(view_of(desk, DNS)), "#elsewhere")
    assert {f"/builds/{build_slug(one.build.key)}" for one in others[:10]} <= set(links)


def test_an_old_build_looks_at_the_days_around_it() -> None:
    old = [replace(DNS, build=moved(DNS.build, days)) for days in (100, 95, 92, 3)]
    desk = desk_of(old)
    found = build(desk, build_slug(old[1].build.key))
    assert found
    assert found.around
    elsewhere = found.around.elsewhere
    assert elsewhere
    assert elsewhere.others == 2
    assert len(elsewhere.newest) == 3
    desk.store.close()


def moved(build: Build, days: int) -> Build:
    """The same build as another one, so many days before."""
    assert build.end_time
    assert build.start_time
    back = dt.timedelta(days=days)
    found = replace(build, key=f"{build.key}-{days}", uuid=f"{days:032x}", log_url=f"{build.log_url}{days}/", url="")
    return replace(found, end_time=build.end_time - back, start_time=build.start_time - back)


def test_other_failures_of_the_change_are_counted(desk: Desk) -> None:
    change = DNS.build.change
    expected = [
        one
        for one in SAMPLE
        if one.failed and (one.build.change.project, one.build.change.number) == (change.project, change.number)
    ]
    found = view_of(desk, DNS).around
    assert found
    assert found.change_failures == len(expected) - 1 > 0
    assert f"/changes/{name_slug(change.project)}/{change.number}" in hrefs(rendered(view_of(desk, DNS)), ".beside")


def test_runs_of_the_job_before_and_after(desk: Desk) -> None:
    for one in SAMPLE:
        runs = [other for other in SAMPLE if other.build.job_name == one.build.job_name]
        place = runs.index(one)
        ended = [other.build.key for other in runs[place + 1 :] if other.failed or other.passed]
        before = [other.build.key for other in runs[place + 1 :] if other.failed]
        after = [other.build.key for other in runs[:place] if other.failed]
        near = view_of(desk, one).around
        assert near
        found = near.neighbours
        assert (found.previous.key if found.previous else None) == next(iter(ended), None)
        assert (found.previous_failure.key if found.previous_failure else None) == next(iter(before), None)
        assert (found.next_failure.key if found.next_failure else None) == (after[-1] if after else None)


def test_keys_lead_to_the_failures_before_and_after(desk: Desk) -> None:
    middle = diagnosis(0, 1, "D")
    page = page_of(desk, middle)
    before, after = diagnosis(0, 2, "D"), diagnosis(0, 0, "D")
    for selector, one in (("a[rel=prev]", before), ("a[rel=next]", after)):
        node = page.css_first(selector)
        assert node is not None
        assert node.attributes["href"] == f"/builds/{build_slug(one.build.key)}"


def test_lines_lead_to_the_log_view_on_a_server_and_to_the_ci_on_disk(desk: Desk) -> None:
    slug, line = build_slug(DNS.build.key), f"{DNS.build.url}/log/job-output.txt.gz#18233"
    live, disk = hrefs(page_of(desk, DNS)), hrefs(page_of(desk, DNS, DISK))
    assert f"/builds/{slug}/log/job-output.txt?line=18233#L18233" in live
    assert line in live
    assert line in disk
    assert not [href for href in disk if "/log/job-output.txt?" in href or "/api/" in href]
    assert f"/api/v1/builds/{slug}" in live


def test_an_unknown_failure_shows_its_lines_first_and_marks_the_one_that_tells_most() -> None:
    unknown = replace(diagnosis(1, 0, "?"), reasons=(replace(reason("E", 7, primary=False)),))
    page = rendered(BuildView(unknown))
    html = page.html or ""
    assert html.index("Lines that stand out") < html.index("Recognised, and no explanation")
    assert "No pattern knows this failure" in text_of(page, ".decide")
    marked = [node.text() for node in page.css("[data-list=excerpts] tr.line code")]
    assert len(marked) == 2
    assert "volume stuck in state attaching" in marked[0]


def test_lines_that_were_pruned_are_told_of() -> None:
    bare = replace(DNS, reasons=tuple(replace(one, hits=()) for one in DNS.reasons))
    assert BuildView(bare).pruned
    assert "no longer kept" in text_of(rendered(BuildView(bare)))
    assert not BuildView(DNS).pruned


def test_a_page_without_surroundings_links_to_where_they_are() -> None:
    page = rendered(BuildView(DNS), DISK)
    change = DNS.build.change
    assert {
        f"../reasons/{slug_of(DNS)}.html",
        f"../changes/{name_slug(change.project)}/{change.number}.html",
        f"../jobs/{name_slug(DNS.build.job_name)}.html",
    } <= set(hrefs(page, ".beside"))


def test_files_that_were_not_read_are_told(desk: Desk) -> None:
    gone = diagnosis(1, 8, "L")
    assert "Not read" in text_of(page_of(desk, gone))
    assert "404 Not Found" in text_of(page_of(desk, gone))


# -- lists -----------------------------------------------------------------------------------------------------------


def walked(desk: Desk, search: Search, limit: int) -> list[BuildsView]:
    """Every page of the list."""
    pages = [builds(desk, span(), search, limit=limit)]
    while pages[-1].more:
        pages.append(builds(desk, span(), search, pages[-1].more, limit=limit))
    return pages


@pytest.mark.parametrize(
    "search",
    [
        Search(),
        Search(failed=True),
        Search(tag=("infra",)),
        Search(verdict=(Verdict.UNKNOWN,)),
        Search(Query(jobs=("tempest*",), branch=("master",)), failed=True),
        Search(reason=slug_of(DNS)),
    ],
)
def test_pages_together_hold_what_is_asked_for_once_newest_first(desk: Desk, search: Search) -> None:
    expected = [
        one.build.key
        for one in inside(span())
        if (search.failed is None or one.failed is search.failed)
        and (not search.tag or (one.failed and one.tag in search.tag))
        and (not search.verdict or one.verdict in search.verdict)
        and (not search.query.jobs or one.build.job_name.startswith("tempest"))
        and (not search.query.branch or one.build.change.branch == "master")
        and (not search.reason or slug_of(one) == search.reason)
    ]
    pages = walked(desk, search, 7)
    assert [one.build.key for page in pages for one in page.diagnoses] == expected
    assert {page.total for page in pages} == {len(expected)}
    assert len(pages) == max(1, -(-len(expected) // 7))


@pytest.mark.parametrize(
    ("search", "total"), [(Search(failed=True), 3), (Search(text="mirror"), 2), (Search(text="no such word"), 0)]
)
def test_counting_ends_somewhere(desk: Desk, monkeypatch: pytest.MonkeyPatch, search: Search, total: int) -> None:
    monkeypatch.setattr("sova.views.builds.COUNTED", 3)
    monkeypatch.setattr("sova.views.builds.COUNTED_BY_WORDS", 2)
    view = builds(desk, None, search, limit=1)
    assert (view.total, view.counted_out) == (total, total > 0)
    assert ("more than" in text_of(rendered(view), "p.totals")) is view.counted_out


def test_a_cursor_that_is_none_is_a_value_error(desk: Desk) -> None:
    with pytest.raises(ValueError, match="no place in a list"):
        builds(desk, span(), Search(), "nonsense")


def test_what_is_set_can_be_taken_away_one_by_one(desk: Desk) -> None:
    search = Search(Query(jobs=("tempest*", "grenade*"), project=("openstack/nova",), voting=True), text="dns")
    page = rendered(builds(desk, span("7d"), search))
    names = [" ".join(node.text().split()).removesuffix(" ×") for node in page.css(".chips li")]
    chips = dict(zip(names, hrefs(page, ".chips li"), strict=True))
    assert list(chips) == [
        "job tempest*",
        "job grenade*",
        "project openstack/nova",
        "text dns",
        "voting yes",
        "clear all",
    ]
    assert chips["job grenade*"] == "?range=7d&job=tempest%2A&project=openstack%2Fnova&text=dns&voting=yes"
    assert chips["text dns"] == ("?range=7d&job=tempest%2A&job=grenade%2A&project=openstack%2Fnova&voting=yes")


def test_the_form_holds_what_is_set_and_offers_what_is_known(desk: Desk) -> None:
    page = rendered(builds(desk, span("7d"), Search(Query(jobs=("tempest*",)), tag=("infra",), failed=True)))
    form = page.css_first("form.filters")
    assert form is not None
    values = {node.attributes["name"]: node.attributes.get("value") for node in form.css("input")}
    assert values["job"] == "tempest*"
    assert values["range"] == "7d"
    chosen = {node.attributes["name"]: node.css_first("option[selected]") for node in form.css("select")}
    assert {name: option.text() for name, option in chosen.items() if option} == {"tag": "infra", "failed": "yes"}
    offered = {node.attributes["value"] for node in page.css("datalist#known-job option")}
    assert offered == {one.build.job_name for one in SAMPLE}


def test_a_list_leads_to_its_feed_its_json_and_its_table(desk: Desk) -> None:
    links = hrefs(rendered(builds(desk, span("7d"), Search(tag=("infra",)))), ".totals")
    assert links == [
        "/feed.atom?tag=infra",
        "/api/v1/builds?range=7d&tag=infra",
        "/builds.csv?range=7d&tag=infra",
    ]


def test_on_disk_the_newest_builds_stand_beside_the_days(desk: Desk) -> None:
    days = (dt.date(2026, 11, 20), dt.date(2026, 11, 21))
    page = rendered(builds(desk, None, Search(), limit=20, days=days), DISK)
    assert text_of(page, ".totals").startswith("The newest 20 builds of 96")
    assert hrefs(page, ".days") == ["../days/2026-11-21.html", "../days/2026-11-20.html"]
    assert not page.css("form.filters, .chips, .pager a")


def test_a_day_shows_every_failure_of_it_in_the_zone(desk: Desk) -> None:
    date = dt.date(2026, 11, 21)
    found = day(desk, date, days=(dt.date(2026, 11, 19), date, dt.date(2026, 11, 22)))
    expected = [
        one.build.key
        for one in SAMPLE
        if one.failed and one.build.time and one.build.time.astimezone(ZONE).date() == date
    ]
    assert [one.build.key for one in found.diagnoses] == expected
    assert expected
    page = rendered(found, DISK)
    assert "../days/2026-11-19.html" in hrefs(page)
    assert "../days/2026-11-22.html" in hrefs(page)
    assert text_of(page, "h1") == "Failures of 2026-11-21"


def test_a_day_of_many_failures_is_whole() -> None:
    many = [
        Diagnosis(
            Build(f"k{number}", "job", "FAILURE", end_time=NOW - dt.timedelta(seconds=number), change=Change()),
            Verdict.UNKNOWN,
            files_read=(FileRead("a", "", 1, 1),),
        )
        for number in range(450)
    ]
    desk = desk_of(many)
    found: DayView = day(desk, NOW.date())
    assert [one.build.key for one in found.diagnoses] == [f"k{number}" for number in range(450)]
    desk.store.close()
