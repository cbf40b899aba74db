"""The static site: complete, safe, linked, quiet on the disk."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from selectolax.lexbor import LexborHTMLParser

from sova.errors import SovaError
from sova.model import Build, Change, Diagnosis, Verdict
from sova.reports import as_json, site
from sova.reports.links import Links
from sova.reports.overview import diagnoses_of
from sova.reports.pages import Pages
from sova.slugs import build_slug, name_slug
from sova.stats import Freshness, Summary, Totals, summarise
from tests.reports import samples
from tests.reports.read_back import cleaned, rows_of_page, rows_of_site
from tests.strategies import diagnoses

HARMLESS = {
    "a", "article", "b", "body", "code", "dd", "details", "div", "dl", "dt", "footer", "g", "h1", "h2", "h3", "head",
    "header", "html", "input", "label", "li", "link", "main", "meta", "nav", "p", "rect", "section", "span", "strong",
    "summary", "svg", "table", "tbody", "td", "text", "th", "thead", "time", "title", "tr", "ul",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> Summary:
    return samples.summary()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, sample: Summary) -> Path:
    directory = tmp_path_factory.mktemp("site")
    assert site.write(sample, directory, title="Example CI") == directory / "index.html"
    return directory


def pages(directory: Path) -> Iterator[tuple[Path, LexborHTMLParser]]:
    for page in sorted(directory.rglob("*.html")):
        yield page, LexborHTMLParser(page.read_text(encoding="utf-8"))


def one_build(diagnosis: Diagnosis) -> str:
    return Pages(Links("../"), title="t", timezone="UTC", security=site.SECURITY).build(diagnosis)


def summary_of(*found: Diagnosis) -> Summary:
    return summarise(found, now=samples.NOW, timezone=ZoneInfo("UTC"))


def hostile_summary(diagnosis: Diagnosis) -> Summary:
    """A summary in which every text comes from the diagnosis."""
    text = diagnosis.build.job_name
    source = Freshness(text, 1, None, diagnosis.problems, reachable=not diagnosis.problems)
    found = summarise(
        [diagnosis], now=samples.NOW, timezone=ZoneInfo("UTC"), group_of=lambda _: text, sources=(source,)
    )
    return dataclasses.replace(found, patterns_version=diagnosis.patterns_version)


def test_every_build_is_read_back_with_all_its_fields(written: Path, sample: Summary) -> None:
    document = json.loads(as_json.dumps(as_json.document(diagnoses_of(sample))))
    assert rows_of_site(written) == {row["build"]["key"]: cleaned(row) for row in document["diagnoses"]}


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_any_diagnosis_is_read_back_with_all_its_fields(diagnosis: Diagnosis) -> None:
    assert rows_of_page(one_build(diagnosis)) == cleaned(as_json.to_row(diagnosis))


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_no_text_from_outside_becomes_markup(diagnosis: Diagnosis) -> None:
    summary = hostile_summary(diagnosis)
    make = Pages(Links(), title="t", timezone="UTC", security=site.SECURITY)
    for html in (make.build(diagnosis), make.job(summary, summary.groups[0].jobs[0]), make.overview(summary)):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
        for node in LexborHTMLParser(html).css("*"):
            assert node.tag in HARMLESS
            assert not [name for name in node.attributes if name.startswith("on") or name in ("style", "srcdoc")]
            href = node.attributes.get("href")
            assert href is None or re.match(r"https?://|#|(\.\./)?(index\.html|builds/|jobs/|static/)", href), href


def test_links_on_disk_lead_somewhere(written: Path) -> None:
    for page, tree in pages(written):
        for node in tree.css("[href]"):
            href, fragment = urldefrag(node.attributes["href"] or "")
            if href.startswith("http"):
                continue
            target = (page.parent / href).resolve() if href else page
            assert target.is_file(), f"{page}: {href}"
            if fragment:
                ids = LexborHTMLParser(target.read_text(encoding="utf-8")).css(f"[id={fragment}]")
                assert ids, f"{page}: {href}#{fragment}"


def test_pages_forbid_everything_but_their_own_files(written: Path) -> None:
    for page, tree in pages(written):
        meta = tree.css_first('meta[http-equiv="Content-Security-Policy"]')
        assert meta is not None, page
        policy = meta.attributes["content"]
        assert policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not tree.css("script, style, [style], iframe, object, embed, form")


def test_pages_are_sound_html_with_unique_ids(written: Path) -> None:
    for page, tree in pages(written):
        ids = [node.attributes["id"] for node in tree.css("[id]")]
        assert len(ids) == len(set(ids)), page
        assert len(tree.css("h1")) == 1, page
        assert tree.css("html[lang=en]"), page


def test_job_page_shows_what_the_seed_showed(written: Path, sample: Summary) -> None:
    job = sample.groups[0].jobs[0]
    tree = LexborHTMLParser((written / "jobs" / f"{name_slug(job.name)}.html").read_text(encoding="utf-8"))
    rows = tree.css("table.builds-table tbody tr")
    assert len(rows) == len(job.diagnoses)
    first, newest = rows[0], job.diagnoses[0]
    text = " ".join(first.text().split())
    primary = newest.primary
    assert primary
    for wanted in (
        "11-22 10:27",
        "30 m",
        primary.message,
        "A command ended with 1",
        f"job-output.txt:{primary.hits[0].line_number}",
        "curl: (6) Could not resolve host",
        newest.build.change.subject,
        "901190,1",
        "Zoë Müller",
        "topic frobnication",
        "openstack/nova",
        "stable/2026.1",
        "gate",
        " ".join(newest.build.change.commit_message.split()),
    ):
        assert wanted
        assert wanted in text
    hrefs = {node.attributes["href"] for node in first.css("a")}
    assert {
        newest.build.log_url,
        newest.build.change.url,
        primary.bug,
        primary.log_search,
        f"{newest.build.url}/log/job-output.txt.gz#{primary.hits[0].line_number}",
        f"../builds/{build_slug(newest.build.key)}.html",
    } <= hrefs


def test_successes_are_hidden_until_asked_for_without_javascript(written: Path, sample: Summary) -> None:
    failing, passing = sample.groups[0].jobs[0], sample.groups[0].jobs[2]
    for job, checked in ((failing, False), (passing, True)):
        tree = LexborHTMLParser((written / "jobs" / f"{name_slug(job.name)}.html").read_text(encoding="utf-8"))
        box = tree.css_first("#show-passed")
        assert box is not None
        assert ("checked" in box.attributes) is checked
        assert len(tree.css("tr.fine")) == job.totals.passed + job.totals.other
    css = (written / "static" / "sova.css").read_text(encoding="utf-8")
    assert "#show-passed:not(:checked) ~ .scroll .fine { display: none; }" in css


def test_overview_shows_numbers_reasons_sources_and_what_could_not_be_read(written: Path) -> None:
    tree = LexborHTMLParser((written / "index.html").read_text(encoding="utf-8"))

    def text(selector: str) -> str:
        node = tree.css_first(selector)
        assert node is not None
        return " ".join(node.text().split())

    totals = text(".totals")
    for wanted in ("96 builds", "24 failed", "70 passed", "79 % of failures explained", "infra 58 %", "code 21 %"):
        assert wanted in totals
    assert "No space left on device: /opt/stack" in text("#new")
    assert "No space left on device: /opt/stack" not in text("#burning")
    assert "6 I infra DNS: could not resolve" in text("#burning")
    assert "2 I infra No node: the cloud gave none" in text("#quiet")
    assert "tempest-full-py3" in text("#red")
    assert "devstack-platform" not in text("#red")
    assert "ERROR volume stuck in state attaching <b>for ever</b>" in text("#unknown")
    assert "not reached" in text("#sources")
    assert "14 h old" in text("#sources")
    assert "grenade-multinode gone" in text("#unread")
    for name in ("today", "yesterday", "last 7 days"):
        assert name in text("#periods")


def test_an_unknown_failure_shows_its_lines_before_what_explains_nothing() -> None:
    unknown = samples.diagnosis(1, 0, "?")
    consequence = dataclasses.replace(samples.reason("E", 7, primary=False))
    html = one_build(dataclasses.replace(unknown, reasons=(consequence,)))
    assert html.index("Suspicious lines") < html.index("Recognised, and no explanation")
    known = one_build(dataclasses.replace(samples.diagnosis(1, 0, "D"), excerpts=unknown.excerpts))
    assert known.index("why this one") < known.index("DNS: could not") < known.index("Suspicious lines")


def test_every_failure_of_a_reason_is_linked_from_it(written: Path, sample: Summary) -> None:
    tree = LexborHTMLParser((written / "index.html").read_text(encoding="utf-8"))
    linked = {node.attributes["href"] for node in tree.css(".reasons .builds a")}
    explained = [one for one in diagnoses_of(sample) if one.build.failed and one.primary]
    assert linked == {f"builds/{build_slug(one.build.key)}.html" for one in explained}


def test_a_summary_without_builds_says_so(tmp_path: Path, sample: Summary) -> None:
    empty = dataclasses.replace(
        sample, totals=Totals(), periods=(), groups=(), top_reasons=(), sources=(), new_builds=0, newest=None
    )
    html = site.write(empty, tmp_path).read_text(encoding="utf-8")
    assert "0 new builds" in html
    assert "0 builds" in html


def test_silence_does_not_look_like_green(tmp_path: Path, sample: Summary) -> None:
    html = site.write(dataclasses.replace(sample, new_builds=0), tmp_path).read_text(encoding="utf-8")
    assert "0 new builds, newest 3 m old" in html


def test_second_run_rewrites_nothing(tmp_path: Path, sample: Summary) -> None:
    site.write(sample, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    inodes = {path: path.stat().st_ino for path in before}
    site.write(sample, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    assert {path: path.stat().st_ino for path in before} == inodes


def test_a_later_run_keeps_build_pages_and_forgets_jobs_that_went(tmp_path: Path, sample: Summary) -> None:
    site.write(sample, tmp_path)
    (tmp_path / "jobs" / "mine.html").write_text("<p>not Sova's", encoding="utf-8")
    (tmp_path / "index.html.99.sova-part").write_text("a killed run", encoding="utf-8")
    builds = {page.name for page in (tmp_path / "builds").iterdir()}
    site.write(dataclasses.replace(sample, groups=sample.groups[:1]), tmp_path)
    assert {page.name for page in (tmp_path / "builds").iterdir()} == builds
    wanted = {f"{name_slug(job.name)}.html" for job in sample.groups[0].jobs}
    assert {page.name for page in (tmp_path / "jobs").iterdir()} == wanted | {"mine.html"}
    assert not list(tmp_path.rglob("*.sova-part"))


def test_first_page_is_written_last(tmp_path: Path, sample: Summary, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = Path.replace

    def note(part: Path, target: Path) -> Path:
        order.append(target.relative_to(tmp_path).parts[0])
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", note)
    site.write(sample, tmp_path)
    assert order[-1] == "index.html"
    assert list(dict.fromkeys(order)) == ["static", "builds", "jobs", "index.html"]


def test_a_site_that_cannot_be_written_is_one_clear_error(tmp_path: Path, sample: Summary) -> None:
    (tmp_path / "site").write_text("a file", encoding="utf-8")
    with pytest.raises(SovaError, match="cannot write the site"):
        site.write(sample, tmp_path / "site")


def test_a_word_of_a_megabyte_does_not_swell_the_lists(tmp_path: Path) -> None:
    word = "<script>" * 125_000
    build = Build(
        key="k", job_name=word, result="FAILURE", change=Change(number=1, subject=word, owner=word, topic=word)
    )
    index = site.write(summary_of(Diagnosis(build, Verdict.UNKNOWN, why=word)), tmp_path)
    assert index.stat().st_size < 100_000
    assert all(page.stat().st_size < 100_000 for page in (tmp_path / "jobs").iterdir())
    assert len(list((tmp_path / "builds").iterdir())) == 1


def test_lone_surrogates_are_shown_as_unknown_letters(tmp_path: Path) -> None:
    build = Build(key="k\ud800", job_name="j\udfff", result="FAILURE")
    site.write(summary_of(Diagnosis(build, Verdict.UNKNOWN)), tmp_path)
    (row,) = rows_of_site(tmp_path).values()
    found = row["build"]
    assert isinstance(found, dict)
    assert (found["key"], found["job_name"]) == ("k\ufffd", "j\ufffd")
