"""The overview, the grid of jobs, the page of a job and the statistics, as a reader gets them: live and on disk."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from selectolax.lexbor import LexborHTMLParser, LexborNode

from sova.filters import Query, Search
from sova.model import Diagnosis
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.slugs import build_slug
from sova.stats import CIRCLE
from sova.store import SourceRun
from sova.views.desk import Desk, Foot, Span
from sova.views.jobs import job, jobs
from sova.views.overview import overview
from sova.views.statistics import statistics_view
from tests.reports import samples
from tests.reports.samples import BUILDS
from tests.strategies import diagnoses
from tests.views.desks import ZONE
from tests.views.example import days, desk, plain, the_desk

FOOT = Foot(samples.NOW, ZONE.key, samples.SOURCES, 116, "5d1f0c2a9b3e", 0.0123)
LIVE = Links("/", "", "range=7d")
DISK = Links()
JOB = "tempest-full-py3"

Make = Callable[[Desk, Span, Search], object]
MAKE: dict[str, Make] = {
    "overview": overview,
    "jobs": jobs,
    "job": lambda desk, span, search: job(desk, JOB, span, search),
    "statistics": statistics_view,
}
WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an example is a store and eight pages
SECURITY = "default-src 'none'; script-src 'self'"


def html(
    name: str, links: Links = LIVE, *, at: Desk | None = None, span: str = "7d", search: Search | None = None
) -> str:
    view = MAKE[name](at or the_desk(), days(span), search or Search())
    return Pages(links, title="Example CI", security="" if links.live else SECURITY).render(view, FOOT)


def tree(name: str, links: Links = LIVE, **more: object) -> LexborHTMLParser:
    return LexborHTMLParser(html(name, links, **more))  # type: ignore[arg-type]  # values of several types by name


def text(node: LexborNode | None) -> str:
    assert node is not None
    return " ".join(node.text().split())


everywhere = pytest.mark.parametrize(("name", "links"), [(name, links) for name in MAKE for links in (LIVE, DISK)])


@everywhere
def test_pages_hold_no_script_or_style_of_their_own(name: str, links: Links) -> None:
    page = tree(name, links)
    assert not page.css("style, [style], iframe, object, embed")
    assert not [node for node in page.css("script") if node.text() or not node.attributes.get("src")]
    assert not [key for node in page.css("*") for key in node.attributes if key.startswith("on")]
    assert bool(page.css('meta[http-equiv="Content-Security-Policy"]')) is not links.live


@everywhere
def test_pages_are_sound(name: str, links: Links) -> None:
    page = tree(name, links)
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    assert len(page.css("h1")) == 1
    for node in page.css("[aria-labelledby]"):
        assert node.attributes["aria-labelledby"] in ids
    for node in page.css('a[href^="#"]'):
        assert (node.attributes["href"] or "").removeprefix("#") in ids
    assert [text(node) for node in page.css("nav [aria-current]")] == [{"job": "Jobs"}.get(name, name.capitalize())]


@everywhere
def test_forms_are_for_servers_and_need_no_script(name: str, links: Links) -> None:
    page = tree(name, links)
    forms = page.css("header form, main form")
    assert bool(forms) is links.live
    for form in forms:
        assert form.attributes.get("method") == "get"
        assert form.css("button")
    filters = page.css("input[data-filter-rows]")
    assert bool(filters) is not links.live
    assert all("hidden" in node.attributes for node in filters)  # the script shows it
    assert bool(page.css("[hx-get]")) is (links.live and name == "overview")


@everywhere
def test_every_chart_has_its_numbers_in_a_table(name: str, links: Links) -> None:
    page = tree(name, links)
    charts = page.css("canvas[data-chart]")
    assert bool(charts) is (name != "jobs")
    assert bool(page.css('script[src*="chart"]')) is (name != "jobs")
    for canvas in charts:
        table = page.css_first(f"figure #{canvas.attributes['data-chart']}")
        assert table is not None
        columns = table.css("thead th[data-kind]")
        assert all(node.attributes["data-hue"] for node in columns)
        for row in table.css("tbody tr"):
            cells = row.css("td")
            assert len(cells) == len(columns)
            for cell in cells:
                number = json.loads(cell.attributes["data-value"] or "")
                assert number is None or isinstance(number, int | float)
        assert page.css_first("details.numbers[open]") is not None  # without the script the table is what there is


def test_the_chart_of_the_overview_equals_the_builds() -> None:
    table = tree("overview").css_first("#trend-numbers")
    assert table is not None
    heads = [text(node) for node in table.css("thead th[data-kind]")]
    failed: dict[str, dict[str, int]] = {}
    for one in BUILDS:
        if one.failed and one.build.time:
            day = failed.setdefault(f"{one.build.time.astimezone(ZONE):%m-%d}", {})
            day[one.tag] = day.get(one.tag, 0) + 1
    for row in table.css("tbody tr"):
        found = dict(zip(heads, (text(cell) for cell in row.css("td")), strict=True))
        day = failed.get(text(row.css_first("th")), {})
        assert {tag: int(found[tag]) for tag in heads if tag != "explained"} == {
            tag: day.get(tag, 0) for tag in heads if tag != "explained"
        }


def test_overview_says_what_is_broken_and_what_is_silent() -> None:
    page = tree("overview")
    assert "96 builds" in text(page.css_first(".totals"))
    assert "explained 79 % (59–91)" in text(page.css_first(".totals"))
    red = text(page.css_first("#red"))
    assert "5 jobs whose newest run failed" in red
    assert "DNS: could not resolve mirror.regionone.example.org" in red
    assert "ERROR volume stuck in state attaching <b>for ever</b>" in red
    assert "index_pages could not be reached" in text(page.css_first(".warn"))
    assert "gerrit newest 14 h old" in text(page.css_first("footer"))
    assert "not reached" in text(page.css_first("#sources"))
    silent = tree("overview", at=desk([plain(1, JOB, "SUCCESS", hours=14)]))
    assert "0 new builds, newest 14 h old" in text(silent.css_first("#now"))
    quiet = tree("overview", at=desk([plain(1, JOB, "SUCCESS", hours=40)]), span="today")
    assert "0 builds today, newest 40 h old" in text(quiet.css_first("#now"))
    assert "no builds yet" in text(tree("overview", at=desk([], sources=False)).css_first("#now"))


def test_reasons_are_sentences_with_what_to_do() -> None:
    row = next(row for row in tree("overview").css(".sentence-row") if "DNS" in row.text())
    words = text(row)
    assert words.startswith("6 I infra DNS: could not resolve mirror.regionone.example.org recheck bug 1234 infra-root")
    assert "2 jobs, since 11-20 10:27" in words
    assert [node.attributes["href"] for node in row.css("a")][-1] == "https://bugs.example.org/1234"


def test_shares_say_how_far_they_can_be_trusted() -> None:
    share = tree("overview").css_first('.totals a[href*="verdict=known"]')
    assert share is not None
    title = share.css_first("[title]")
    assert title is not None
    assert title.attributes["title"] == "19 of 24; 95 % interval 59–91 %"
    assert "19 of 24, 95 % interval 59–91 %" in text(share.css_first(".visually-hidden"))


def test_numbers_lead_to_the_builds_behind_them() -> None:
    search = Search(query=Query(pipeline=("gate", "check")))
    page = tree("overview", search=search)
    (failed,) = [node for node in page.css(".totals a") if "failed" in node.text()]
    asked = parse_qs(urlsplit(failed.attributes["href"] or "").query)
    assert asked == {"range": ["7d"], "pipeline": ["gate", "check"], "failed": ["yes"]}
    infra = next(node for node in page.css(".shares a") if "infra" in node.text())
    assert parse_qs(urlsplit(infra.attributes["href"] or "").query)["tag"] == ["infra"]


def test_the_range_is_links_on_a_server_and_words_on_disk() -> None:
    search = Search(query=Query(project=("openstack/nova",)))
    page = tree("jobs", search=search)
    chosen = page.css(".ranges a[aria-current]")
    assert [text(node) for node in chosen] == ["7 d"]
    (today,) = [node for node in page.css(".ranges a") if text(node) == "today"]
    assert today.attributes["href"] == "?project=openstack%2Fnova&range=today"
    kept = {node.attributes["name"]: node.attributes["value"] for node in page.css(".from-to input")}
    assert kept == {"project": "openstack/nova", "since": "2026-11-16", "until": "2026-11-23"}
    assert text(tree("jobs", DISK).css_first(".ranges")) == "last 7 days 2026-11-16 – 11-22"


def test_late_sources_are_told_at_the_foot() -> None:
    source = SourceRun("nightly", samples.NOW, 3, samples.NOW - dt.timedelta(hours=30))
    foot = dataclasses.replace(FOOT, sources=(source,))
    page = Pages(LIVE, title="t").render(jobs(the_desk(), days(), Search()), foot)
    assert text(LexborHTMLParser(page).css_first("footer .late")) == "newest 30 h old, late"


def test_a_cell_is_a_letter_with_words() -> None:
    page = tree("jobs")
    rows = {text(row.css_first("th a")): row for row in page.css("tr[data-row]")}
    cells = rows[JOB].css("a.cell")
    assert "".join(text(cell) for cell in cells) == "IIII··I·····"
    newest = next(one for one in BUILDS if one.build.job_name == JOB)
    assert cells[0].attributes["href"] == f"/builds/{build_slug(newest.build.key)}"
    title = cells[0].attributes["title"] or ""
    assert title == cells[0].attributes["aria-label"]
    for wanted in ("11-22 10:27", "901190,1", "30 m", "infra: DNS: could not resolve"):
        assert wanted in title
    assert ["data-failed" in cell.attributes for cell in cells] == [letter == "I" for letter in "IIII··I·····"]


def test_job_page_shows_what_the_seed_showed() -> None:
    page = tree("job", Links("../"))
    mine = [one for one in BUILDS if one.build.job_name == JOB]
    rows = page.css("table.builds-table tbody tr")
    assert len(rows) == len(mine)
    first, newest = rows[0], mine[0]
    primary = newest.primary
    assert primary
    for wanted in (
        *("11-22 10:27", "30 m", primary.message, "A command ended with 1"),
        f"job-output.txt:{primary.hits[0].line_number}",
        *("curl: (6) Could not resolve host", newest.build.change.subject, "901190,1", "Zoë Müller"),
        *("topic frobnication", "openstack/nova", "stable/2026.1", "gate"),
        " ".join(newest.build.change.commit_message.split()),
    ):
        assert wanted in text(first)
    hrefs = {node.attributes["href"] for node in first.css("a[href]")}
    assert {
        *(newest.build.log_url, newest.build.change.url, primary.bug, primary.log_search),
        f"{newest.build.url}/log/job-output.txt.gz#{primary.hits[0].line_number}",
        f"../builds/{build_slug(newest.build.key)}.html",
    } <= hrefs


def test_successes_of_a_job_are_hidden_until_asked_for() -> None:
    page = tree("job")
    box = page.css_first("#show-passed")
    assert box is not None
    assert "checked" not in box.attributes
    assert len(page.css("tr.fine")) == sum(not one.failed for one in BUILDS if one.build.job_name == JOB)


def test_statistics_define_every_word_they_count() -> None:
    page = tree("statistics")
    defined = {text(node) for node in page.css("#definitions dt")}
    counted = {text(node) for node in page.css('thead a[href="#definitions"]')}
    assert counted <= defined
    assert {"failed", "pass rate", "explained", "lost", "±"} <= counted
    assert {"new", "came back", "flaky", "circle"} <= defined
    said = [text(node) for node in page.css("#definitions dd")]
    assert any(f"the last {CIRCLE} runs passed" in one for one in said)
    names = [text(node) for node in page.css('section[aria-label="Periods"] tbody th')]
    assert names == ["today", "yesterday", "last 7 days"]
    row = next(row for row in page.css("#by-job tbody tr") if "openstack-tox-py312" in row.text())
    assert "58 % (31–81)" in text(row)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None, phases=WITHOUT_SHRINKING)
@given(diagnoses)
def test_no_text_from_outside_becomes_markup(diagnosis: Diagnosis) -> None:
    near = dataclasses.replace(diagnosis.build, end_time=samples.NOW - dt.timedelta(hours=2))
    at = desk([dataclasses.replace(diagnosis, build=near)], sources=False)
    name = at.store.names()["job"][0]
    search = Search(query=Query(project=(near.change.project,) if near.change.project else ()))
    views = (
        overview(at, days(), Search()),
        jobs(at, days(), search),
        job(at, name, days(), Search()),
        statistics_view(at, days(), search),
    )
    for links in (LIVE, DISK):
        for view in views:
            page = Pages(links, title="<i>title", security="").render(view, FOOT)
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
            found = LexborHTMLParser(page)
            assert not found.css("img, style, [style], i, script:not([src])")
            for node in found.css("*"):
                assert not [key for key in node.attributes if key.startswith("on") or key == "srcdoc"]
                href = node.attributes.get("href")
                assert href is None or re.match(r"https?://|[#?/]|\w[\w-]*(\.html|/)", href), href
                assert not (href or "").lower().startswith("javascript:")
