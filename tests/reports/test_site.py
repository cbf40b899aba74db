"""The site on disk: complete, safe, linked, quiet on the disk, repaired after what went wrong."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import urldefrag

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from selectolax.lexbor import LexborHTMLParser, LexborNode

from sova.config import Retention
from sova.errors import SovaError
from sova.model import Build, Change, Diagnosis, Verdict
from sova.reports import as_json
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.reports.site import SECURITY, Settings, Written, files, making, write
from sova.reports.site.single import write_single
from sova.reports.site.state import NAME
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store import SourceRun, Store
from sova.views.builds import BuildView
from sova.views.desk import Desk, Foot
from tests.reports import samples
from tests.reports.read_back import cleaned, rows_of_page, rows_of_site
from tests.strategies import diagnoses

FOOT = Foot(samples.NOW, "UTC")
WHOLE = Settings(title="Example CI", build_pages=14)
HARMLESS = {
    "a", "article", "b", "body", "button", "canvas", "code", "dd", "details", "dialog", "div", "dl", "dt", "figcaption",
    "figure", "footer", "form", "g", "h1", "h2", "h3", "head", "header", "html", "i", "input", "kbd", "label", "li",
    "link", "main", "meta", "nav", "ol", "output", "p", "path", "rect", "script", "section", "span", "strong",
    "summary", "svg", "table", "tbody", "td", "text", "textarea", "tfoot", "th", "thead", "time", "title", "tr",
    "ul", "em", "small",
}  # fmt: skip
FAILURES = tuple(one for one in samples.BUILDS if one.failed)


FEW = tuple(one for one in samples.BUILDS if one.build.job_name in (samples.JOBS[0][1], samples.JOBS[3][1]))
"""The builds of two jobs, for tests that write several sites."""


def fill(location: str, builds: Sequence[Diagnosis] = samples.BUILDS) -> Store:
    store = Store.open(location)
    store.save_many(builds)
    store.record_run([SourceRun("zuul", samples.NOW, 96, samples.NOW - dt.timedelta(minutes=3))])
    return store


@pytest.fixture(scope="module")
def location(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the sample CI; only for reading."""
    path = str(tmp_path_factory.mktemp("store") / "sova.db")
    fill(path).close()
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, location: str) -> Path:
    directory = tmp_path_factory.mktemp("site")
    with Store.open(location) as store:
        assert write_site(store, directory).index == directory / "index.html"
    return directory


@pytest.fixture
def store() -> Iterator[Store]:
    with fill(":memory:", FEW) as found:
        yield found


def write_site(store: Store, directory: Path, site: Settings = WHOLE, now: dt.datetime = samples.NOW) -> Written:
    return write(Desk(store, now), dataclasses.replace(FOOT, now=now), directory, site, processes=1)


def pages(directory: Path) -> Iterator[tuple[Path, LexborHTMLParser]]:
    found = sorted(directory.rglob("*.html"))
    assert found
    for page in found:
        yield page, LexborHTMLParser(page.read_text(encoding="utf-8"))


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def changed(before: dict[str, bytes], directory: Path) -> set[str]:
    """The pages that are not what they were, without their suffix."""
    after = contents(directory)
    assert set(before) <= set(after), "a page went away"
    return {name.removesuffix(".html") for name in after if before.get(name) != after[name]} - {NAME}


def text(node: LexborNode | LexborHTMLParser | None) -> str:
    assert node is not None
    return " ".join((node.text() or "").split())


def one_build(diagnosis: Diagnosis) -> str:
    return Pages(Links("../"), title="t", security=SECURITY).render(BuildView(diagnosis), FOOT)


# -- what is there -----------------------------------------------------------------------------------------------------


def test_every_failure_is_read_back_with_all_its_fields(written: Path) -> None:
    assert rows_of_site(written) == {one.build.key: cleaned(as_json.to_row(one)) for one in FAILURES}


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(diagnoses)
def test_any_diagnosis_is_read_back_with_all_its_fields(diagnosis: Diagnosis) -> None:
    assert rows_of_page(one_build(diagnosis)) == cleaned(as_json.to_row(diagnosis))


def test_every_kind_of_page_is_there(written: Path) -> None:
    names = {str(path.relative_to(written)) for path in written.rglob("*.html")}
    reason = samples.REASONS["D"]
    assert {
        "index.html", "jobs.html", "reasons.html", "changes.html", "unknown.html", "patterns.html", "statistics.html",
        "builds.html", "jobs/tempest-full-py3.html", "days/2026-11-22.html", "days/2026-11-21.html",
        f"reasons/{reason_slug('infra', reason[1])}.html", f"changes/{name_slug('openstack/nova')}/901190.html",
        f"builds/{build_slug(samples.build(0, 0, 'D').key)}.html",
    } <= names  # fmt: skip


def test_only_recent_and_unknown_failures_have_a_page_of_their_own(store: Store, tmp_path: Path) -> None:
    long_ago = samples.NOW - dt.timedelta(days=8)
    builds = [
        dataclasses.replace(one.build, key=f"old {place}", uuid="", log_url="", start_time=None, end_time=long_ago)
        for place, one in enumerate(FAILURES[:12])
    ]
    old = [dataclasses.replace(one, build=build) for one, build in zip(FAILURES, builds, strict=False)]
    store.save_many(old)
    write_site(store, tmp_path, Settings(build_pages=3))
    there = {page.stem for page in (tmp_path / "builds").iterdir()}
    unknown = {build_slug(one.build.key) for one in old if one.verdict is Verdict.UNKNOWN}
    assert 0 < len(unknown) < len(old)
    assert {build_slug(one.build.key) for one in old} & there == unknown
    recent = samples.NOW.replace(hour=0, minute=0) - dt.timedelta(days=2)
    assert {build_slug(one.build.key) for one in FEW if one.failed and one.build.end_time} >= there - unknown
    assert {build_slug(one.build.key) for one in FEW if one.failed and (one.build.time or recent) > recent} <= there


def test_job_page_shows_what_the_seed_showed(written: Path) -> None:
    newest = samples.BUILDS[0]
    tree = LexborHTMLParser((written / "jobs" / "tempest-full-py3.html").read_text(encoding="utf-8"))
    rows = tree.css("table.builds-table tbody tr")
    assert len(rows) == 12
    primary = newest.primary
    assert primary
    row = text(rows[0])
    for wanted in (
        "11-22 09:27",
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
        assert wanted in row
    hrefs = {node.attributes.get("href") for node in rows[0].css("a")}
    assert {
        newest.build.log_url,
        newest.build.change.url,
        primary.bug,
        primary.log_search,
        f"{newest.build.url}/log/job-output.txt.gz#{primary.hits[0].line_number}",
        f"../builds/{build_slug(newest.build.key)}.html",
    } <= hrefs


def test_every_failure_stands_on_the_page_of_its_day(written: Path) -> None:
    linked = {
        node.attributes.get("href")
        for page in (written / "days").iterdir()
        for node in LexborHTMLParser(page.read_text(encoding="utf-8")).css("tbody a")
    }
    assert {f"../builds/{build_slug(one.build.key)}.html" for one in FAILURES} <= linked


def test_an_unknown_failure_shows_its_lines_before_what_explains_nothing() -> None:
    unknown = samples.diagnosis(1, 0, "?")
    consequence = dataclasses.replace(samples.reason("E", 7, primary=False))
    html = one_build(dataclasses.replace(unknown, reasons=(consequence,)))
    assert html.index('data-list="excerpts"') < html.index('data-list="reasons"')
    known = one_build(dataclasses.replace(samples.diagnosis(1, 0, "D"), excerpts=unknown.excerpts))
    assert known.index('data-list="reasons"') < known.index('data-list="excerpts"')


def test_a_store_without_builds_says_so(tmp_path: Path) -> None:
    with Store.open(":memory:") as empty:
        html = write_site(empty, tmp_path).index.read_text(encoding="utf-8")
    assert "0 builds" in html
    assert "no builds yet" in html


# -- links, policy, markup ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build_pages", [14, 1])
def test_links_on_disk_lead_somewhere(store: Store, tmp_path: Path, build_pages: int) -> None:
    late = dt.timedelta(days=3)
    write_site(store, tmp_path, Settings(build_pages=build_pages), samples.NOW + late)
    trees = dict(pages(tmp_path))
    ids = {page: {node.attributes.get("id") for node in tree.css("[id]")} for page, tree in trees.items()}
    checked = 0
    for page, tree in trees.items():
        for node in tree.css("[href], [src]"):
            href, fragment = urldefrag(node.attributes.get("href") or node.attributes.get("src") or "")
            if href.startswith(("http://", "https://")):
                continue
            assert href or fragment, f"{page}: an empty link, {node.html}"
            target = (page.parent / href).resolve() if href else page
            assert target.is_file(), f"{page}: {href}"
            if fragment:
                assert fragment in ids[target], f"{page}: {href}#{fragment}"
            checked += 1
    assert checked > 300


def test_a_build_without_a_page_is_no_dead_link(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path, Settings(build_pages=1), samples.NOW + dt.timedelta(days=3))
    newest = samples.BUILDS[0]
    assert not (tmp_path / "builds" / f"{build_slug(newest.build.key)}.html").exists()
    tree = LexborHTMLParser((tmp_path / "jobs" / "tempest-full-py3.html").read_text(encoding="utf-8"))
    assert newest.build.url in {node.attributes.get("href") for node in tree.css("tbody tr:first-child a")}
    assert tree.css("span.cell[role=img]")


def test_pages_forbid_everything_but_their_own_files(written: Path) -> None:
    for page, tree in pages(written):
        meta = tree.css_first('meta[http-equiv="Content-Security-Policy"]')
        assert meta is not None, page
        policy = meta.attributes["content"]
        assert policy
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert not tree.css("style, [style], iframe, object, embed, script:not([src]), script[type=module]")
    assert not re.search(r"\bfetch\(|XMLHttpRequest", (written / "static" / "sova.js").read_text(encoding="utf-8"))


def test_pages_are_sound_html_with_unique_ids(written: Path) -> None:
    for page, tree in pages(written):
        ids = [node.attributes["id"] for node in tree.css("[id]")]
        assert len(ids) == len(set(ids)), page
        assert len(tree.css("h1")) == 1, page
        assert tree.css("html[lang=en]"), page


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(diagnosis=diagnoses)
def test_no_text_from_outside_becomes_markup(tmp_path_factory: pytest.TempPathFactory, diagnosis: Diagnosis) -> None:
    directory = tmp_path_factory.mktemp("hostile")
    build = dataclasses.replace(diagnosis.build, end_time=samples.NOW, result="FAILURE")
    with Store.open(":memory:") as store:
        store.save(dataclasses.replace(diagnosis, build=build))
        write_site(store, directory)
    for page, tree in pages(directory):
        html = page.read_text(encoding="utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)
        for node in tree.css("*"):
            assert node.tag in HARMLESS, (page, node.tag)
            assert not [name for name in node.attributes if name.startswith("on") or name in ("style", "srcdoc")]
            href = node.attributes.get("href")
            assert href is None or re.match(r"https?://|#|(\.\./)*[a-z]+(/|\.html)", href), href


def test_a_word_of_a_megabyte_does_not_swell_the_lists(tmp_path: Path) -> None:
    word = "<script>" * 125_000
    change = Change(number=1, subject=word, owner=word, topic=word, project="p")
    build = Build("k", word, "FAILURE", change=change, end_time=samples.NOW)
    with Store.open(":memory:") as store:
        store.save(Diagnosis(build, Verdict.UNKNOWN, why=word))
        write_site(store, tmp_path)
    large = [page.name for page, _ in pages(tmp_path) if page.stat().st_size > 100_000 and page.parent.name != "builds"]
    assert large == []
    assert len(list((tmp_path / "builds").iterdir())) == 1


def test_lone_surrogates_are_shown_as_unknown_letters(tmp_path: Path) -> None:
    build = Build("k\ud800", "j\udfff", "FAILURE", end_time=samples.NOW)
    with Store.open(":memory:") as store:
        store.save(Diagnosis(build, Verdict.UNKNOWN))
        write_site(store, tmp_path)
    (row,) = rows_of_site(tmp_path).values()
    found = row["build"]
    assert isinstance(found, dict)
    assert (found["key"], found["job_name"]) == ("k\ufffd", "j\ufffd")


# -- updates -----------------------------------------------------------------------------------------------------------


def test_a_second_run_writes_nothing(store: Store, tmp_path: Path) -> None:
    assert write_site(store, tmp_path).files > 40
    inodes = {path: path.stat().st_ino for path in tmp_path.rglob("*") if path.is_file()}
    assert write_site(store, tmp_path).files == 0
    assert {path: path.stat().st_ino for path in inodes if path.name != NAME} == {
        path: inode for path, inode in inodes.items() if path.name != NAME
    }


def test_an_update_writes_what_a_new_build_changes_and_no_more(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    before = contents(tmp_path)
    made = samples.diagnosis(0, 0, "T")
    build = dataclasses.replace(
        made.build, key="new", uuid="f" * 32, log_url="https://logs.example.org/new/", end_time=samples.NOW
    )
    store.save(dataclasses.replace(made, build=build))
    write_site(store, tmp_path)
    reason = made.primary
    assert reason
    single = {
        f"builds/{build_slug('new')}",
        f"jobs/{name_slug(build.job_name)}",
        f"reasons/{reason_slug(reason.tag, reason.message)}",
        "days/2026-11-22",
        f"changes/{name_slug(build.change.project)}/{build.change.number}",
    }
    lists = {"index", "jobs", "reasons", "builds", "patterns", "changes", "unknown"}
    found = changed(before, tmp_path)
    assert single <= found
    assert found <= single | lists
    assert {"index", "jobs", "reasons", "builds"} <= found
    write_site(store, tmp_path, now=samples.NOW + dt.timedelta(hours=1))
    assert "statistics" in changed(before, tmp_path)


def test_a_build_that_is_explained_another_way_changes_both_reasons(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    before = contents(tmp_path)
    old, other = samples.BUILDS[0], samples.reason("P", 7)
    assert old.primary
    store.save(dataclasses.replace(old, reasons=(other,), patterns_version="next"))
    write_site(store, tmp_path)
    assert {
        f"builds/{build_slug(old.build.key)}",
        f"reasons/{reason_slug(old.primary.tag, old.primary.message)}",
        f"reasons/{reason_slug(other.tag, other.message)}",
    } <= changed(before, tmp_path)


def test_an_updated_site_is_the_one_that_is_made_anew(store: Store, tmp_path: Path) -> None:
    once, twice = tmp_path / "once", tmp_path / "twice"
    later = samples.NOW + dt.timedelta(days=1, hours=2)
    write_site(store, twice)
    build = dataclasses.replace(FEW[5].build, key="new", uuid="e" * 32, end_time=later, log_url="")
    store.save(dataclasses.replace(FEW[0], build=dataclasses.replace(build, result="FAILURE")))
    write_site(store, twice, now=later)
    write_site(store, once, now=later)
    one, other = contents(once), contents(twice)
    assert {name for name in one if not name.startswith(("builds/", "days/", "changes/"))} - {NAME} == {
        name for name in other if not name.startswith(("builds/", "days/", "changes/"))
    } - {NAME}
    for name in one:
        if name.startswith(("jobs", "reasons", "index", "statistics", "unknown", "builds.html")):
            assert one[name] == other[name], name


def test_another_day_leaves_pages_of_builds_alone(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    before = contents(tmp_path)
    write_site(store, tmp_path, now=samples.NOW + dt.timedelta(days=1))
    found = changed(before, tmp_path)
    assert not [name for name in found if name.startswith(("builds/", "days/", "changes/"))]
    assert {"index", "jobs/tempest-full-py3", "statistics"} <= found


def test_pages_of_builds_stay_and_so_does_what_is_not_ours(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    (tmp_path / "jobs" / "mine.html").write_text("<p>not Sova's", encoding="utf-8")
    builds = {page.name for page in (tmp_path / "builds").iterdir()}
    write_site(store, tmp_path, now=samples.NOW + dt.timedelta(days=100))
    assert {page.name for page in (tmp_path / "builds").iterdir()} == builds
    assert (tmp_path / "jobs" / "mine.html").read_text(encoding="utf-8") == "<p>not Sova's"


def test_pages_keep_lines_that_the_store_has_dropped(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    before = contents(tmp_path)
    assert store.prune(Retention(log_texts=1), samples.NOW + dt.timedelta(days=30)).log_texts
    write_site(store, tmp_path)
    assert not any(page.startswith("builds/") for page in changed(before, tmp_path))
    page = tmp_path / "builds" / f"{build_slug(samples.build(0, 0, 'D').key)}.html"
    assert "no longer kept here" not in page.read_text(encoding="utf-8")
    page.unlink()
    write_site(store, tmp_path)
    assert "no longer kept here" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [1, 20])
def test_what_a_killed_run_left_is_repaired_by_the_next(
    store: Store, tmp_path: Path, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    write_site(store, whole)
    count = 0

    def put_some(path: Path, content: bytes) -> bool:
        nonlocal count
        count += 1
        if count == page:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(f"{path.name}.1.sova-part").write_bytes(content[:100])
            raise KeyboardInterrupt
        return files.put(path, content)

    monkeypatch.setattr(making, "put", put_some)
    with pytest.raises(KeyboardInterrupt):
        write_site(store, broken)
    assert not (broken / "index.html").exists()
    assert not (broken / NAME).exists()
    monkeypatch.undo()
    write_site(store, broken)
    assert contents(broken) == contents(whole)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the processes of a process")
def test_a_site_whose_writers_are_killed_is_repaired_and_leaves_no_process(
    location: str, written: Path, tmp_path: Path
) -> None:
    for attempt in range(10):
        site = tmp_path / f"site-{attempt}"
        with subprocess.Popen([sys.executable, "-c", _WRITES, location, site], cwd=Path(__file__).parents[2]) as parent:
            while not any((site / "builds").glob("*.html")) and parent.poll() is None:
                time.sleep(0.001)
            assert parent.poll() is None
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text(encoding="ascii").split()
            parent.kill()
        if children and not (site / "index.html").exists():
            break
    else:
        raise AssertionError("it was never killed half way")
    until = time.monotonic() + 20
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < until, "a process waits for ever"
        time.sleep(0.05)
    with Store.open(location) as store:
        write_site(store, site)
    assert contents(site) == contents(written)


_WRITES = """
import sys
from functools import partial
from pathlib import Path
from sova.reports.site import write
from sova.store import Store
from sova.views.desk import Desk
from tests.reports import samples
from tests.reports.test_site import FOOT, WHOLE

_, where, site = sys.argv
with Store.open(where) as store:
    desk = Desk(store, samples.NOW)
    write(desk, FOOT, Path(site), WHOLE, open_store=partial(Store.open, where), processes=2)
"""


def test_a_damaged_state_is_no_state(store: Store, tmp_path: Path) -> None:
    write_site(store, tmp_path)
    before = contents(tmp_path)
    for damage in ("", "{", "[]", '{"format": 1}', '{"format": 99, "looks": "", "version": 1, "marks": {}}'):
        (tmp_path / NAME).write_text(damage, encoding="utf-8")
        write_site(store, tmp_path)
        assert contents(tmp_path) == before


def test_assets_come_first_and_the_first_page_last(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    replace = Path.replace

    def note(part: Path, target: Path) -> Path:
        order.append(target.relative_to(tmp_path).parts[0])
        return replace(part, target)

    monkeypatch.setattr(Path, "replace", note)
    write_site(store, tmp_path)
    assert order[0] == "static"
    assert order[-2:] == ["index.html", NAME]
    assert "static" not in order[order.count("static") :]


def test_several_processes_write_the_same(location: str, written: Path, tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []
    with Store.open(location) as store:
        write(
            Desk(store, samples.NOW),
            FOOT,
            tmp_path,
            WHOLE,
            open_store=partial(Store.open, location),
            processes=2,
            progress=lambda done, whole: shown.append((done, whole)),
        )
    assert contents(tmp_path) == contents(written)
    assert shown[-1][0] == shown[-1][1] > 0


def test_a_site_that_cannot_be_written_is_one_clear_error(store: Store, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file", encoding="utf-8")
    with pytest.raises(SovaError, match="cannot write the site"):
        write_site(store, tmp_path / "site")


# -- one file ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory, location: str) -> Path:
    file = tmp_path_factory.mktemp("single") / "report.html"
    with Store.open(location) as store:
        assert write_single(Desk(store, samples.NOW), FOOT, file, WHOLE) == file.stat().st_size
    return file


def test_one_file_holds_all_that_matters(single: Path) -> None:
    tree = LexborHTMLParser(single.read_text(encoding="utf-8"))
    assert "96 builds" in text(tree.css_first(".totals"))
    assert "tempest-full-py3" in text(tree.css_first("#red"))
    assert samples.REASONS["D"][1] in text(tree.css_first("#reasons"))
    assert "volume stuck in state attaching" in text(tree.css_first("#unknown"))
    assert len(tree.css("#builds tbody tr")) == len(FAILURES)


def test_one_file_needs_no_other(single: Path) -> None:
    html = single.read_text(encoding="utf-8")
    tree = LexborHTMLParser(html)
    assert not tree.css("[src], link, iframe, form[action], [style]")
    assert not re.search(r"url\((?!\"?data:)", html)
    ids = {node.attributes.get("id") for node in tree.css("[id]")}
    for node in tree.css("[href]"):
        href = node.attributes["href"] or ""
        assert href.startswith(("http://", "https://")) or href.removeprefix("#") in ids, href


def test_the_policy_of_one_file_allows_its_own_styles_and_script_alone(single: Path) -> None:
    html = single.read_text(encoding="utf-8")
    meta = LexborHTMLParser(html).css_first('meta[http-equiv="Content-Security-Policy"]')
    assert meta is not None
    policy = meta.attributes["content"] or ""
    assert "unsafe" not in policy
    for element, count in (("style", 1), ("script", 2)):
        found = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        allowed = [f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in found]
        assert len(found) == count
        assert f"{element}-src {' '.join(allowed)};" in policy
