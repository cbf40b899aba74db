"""Text made fit to be shown, numbers in words, names of pages and links."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.model import Build, Diagnosis, Excerpt, FileRead, Verdict
from sova.reports.clean import http_url, one_line, shorten, shown
from sova.reports.links import Links, line_url
from sova.reports.overview import best_line, headline, red_job
from sova.reports.parameters import Asked
from sova.reports.wording import age, count, length, share, size
from sova.slugs import build_slug, name_slug
from tests.reports.samples import diagnosis
from tests.strategies import texts

UUID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[1;31mred\x1b[0m \x1b[2K\x1b[?25l", "red "),
        ("\x1b]8;;https://evil.example/\x07link\x1b]8;;\x1b\\!", "link!"),
        ("\x1b]0;title without an end", ""),
        ("\x1b(Bcharset \x1bMup", "charset up"),
        ("a\x00b\x07c\x08d\x7fe\x9bf", "abcdef"),
        ("one\r\ntwo\rthree\n\tfour", "one\ntwo\nthree\n\tfour"),
        ("\u202egnp.\u2066exe\u200f", "gnp.exe"),
        ("lone \ud800", "lone \ufffd"),
        ("Größe 試験 🔥", "Größe 試験 🔥"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


@given(texts)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert shown(shown(text)) == shown(text)


@given(texts, st.integers(min_value=1, max_value=50))
def test_shortened_text_is_one_line_within_its_length(text: str, longest: int) -> None:
    short = shorten(text, longest)
    assert len(short) <= longest
    assert "\n" not in short
    if len(one_line(text)) <= longest:
        assert short == one_line(text)


def test_a_megabyte_is_shortened_with_an_ellipsis() -> None:
    assert shorten("x" * 1_000_000, 5) == "xxxx…"


def test_text_that_is_longer_in_bytes_of_colour_than_shown_is_not_lost() -> None:
    assert shorten("\x1b[31mab\x1b[0m" * 3, 4) == "aba…"


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://[::1]:8000/", True),
        ("HTTPS://example.org/", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org", False),
        ("https://", False),
        ("https://example.org/a b", False),
        ('https://example.org/"onmouseover=alert(1)', False),
        ("https://example.org/\n", False),
        (" https://example.org/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_http_urls_become_links(text: str, linked: bool) -> None:
    assert http_url(text) == (text if linked else "")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (9_949, "9.9 kB"),
        (9_951, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (41_234_567, "41 MB"),
        (5_000_000_000, "5.0 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_size(value: int, words: str) -> None:
    assert size(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (0.0, "0.0 s"),
        (0.31, "0.3 s"),
        (9.96, "10 s"),
        (59.6, "1 m"),
        (185.0, "3 m 5 s"),
        (3599.6, "1 h"),
        (3725.0, "1 h 2 m"),
    ],
)
def test_length(seconds: float | None, words: str) -> None:
    assert length(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-5, "0 m"), (59, "0 m"), (3599, "59 m"), (50_400, "14 h"), (172_800, "2 d")]
)
def test_age(seconds: int, words: str) -> None:
    now = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    assert age(now - dt.timedelta(seconds=seconds), now) == words


@pytest.mark.parametrize(
    ("part", "whole", "words"),
    [(0, 0, "–"), (0, 7, "0 %"), (7, 7, "100 %"), (1, 1000, "1 %"), (999, 1000, "99 %"), (1, 3, "33 %")],
)
def test_share_is_never_rounded_to_none_or_all(part: int, whole: int, words: str) -> None:
    assert share(part, whole) == words


def test_count() -> None:
    assert (count(1, "build"), count(1204, "build"), count(0, "reply", "replies")) == (
        "1 build",
        "1,204 builds",
        "0 replies",
    )


def test_names_of_build_pages_never_change() -> None:
    assert build_slug("zuul.opendev.org/t/openstack/abc") == "2c49eba1e68cbfcc"


@pytest.mark.parametrize("name", ["tempest-full-py3", "a.b_c-1"])
def test_a_safe_job_name_is_its_pages_name(name: str) -> None:
    assert name_slug(name) == name


@given(st.sets(texts | st.sampled_from(["Job", "job", "jOB", "..", "../../etc", "a/b", "a b", "x" * 300, "con", ".x"])))
def test_job_pages_have_safe_and_different_names_even_where_case_does_not_count(names: set[str]) -> None:
    made = {name: name_slug(name) for name in names}
    assert len({page.lower() for page in made.values()}) == len(names)
    for page in made.values():
        assert len(page) <= 90
        assert page == page.strip(".")
        assert not set(page) - set("abcdefghijklmnopqrstuvwxyz0123456789._-")


def test_links_of_a_server_have_neither_suffix_nor_parents() -> None:
    links = Links("/", "")
    assert (links.overview(), links.job("j"), links.asset("sova.css")) == ("/", "/jobs/j", "/static/sova.css")
    assert links.build("k") == f"/builds/{build_slug('k')}"


@pytest.mark.parametrize("name", ["\x00\x08", "a\nb", "x" * 301, "half \ud800"])
def test_names_that_no_filter_takes_are_not_linked(name: str) -> None:
    links = Links("/", "")
    page = Asked(links, None, None)
    assert page.builds(job=name) == page.here(tag=name) == links.builds(tag=["infra", name]) == ""
    assert links.feed(project=name, change=7) == ""
    assert "job=a%2Fb" in page.builds(job="a/b")


def test_only_log_files_that_were_read_and_can_be_addressed_are_linked() -> None:
    names = ("job-output.txt", "a.tar//b.log", "../up", "/etc/passwd", "back\\slash", "new\nline", "")
    build = Build("k", "job", "FAILURE", log_url="https://logs.example/1/")
    found = Diagnosis(build, Verdict.KNOWN, files_read=tuple(FileRead(name, "", 1, 1) for name in names))
    links, slug = Links("/", ""), build_slug("k")
    assert links.log(found, "job-output.txt", 3) == f"/builds/{slug}/log/job-output.txt?line=3#L3"
    assert links.log(found, "a.tar//b.log") == f"/builds/{slug}/log/a.tar//b.log"
    assert [links.log(found, name) for name in (*names[2:], "result")] == [""] * 6
    assert links.log(replace(found, build=replace(build, log_url="")), "job-output.txt") == ""
    assert Links().log(found, "job-output.txt") == ""


@pytest.mark.parametrize(
    ("url", "log_url", "name", "location", "expected"),
    [
        (
            f"https://zuul.example/t/x/build/{UUID}",
            "https://logs.example/1/",
            "job-output.txt",
            "https://logs.example/1/job-output.txt.gz",
            f"https://zuul.example/t/x/build/{UUID}/log/job-output.txt.gz#7",
        ),
        (
            f"https://zuul.example/t/x/build/{UUID}/",
            "https://old.example/1/",
            "logs/a b.txt",
            "https://new.example/1/logs/a%20b.txt",
            f"https://zuul.example/t/x/build/{UUID}/log/logs/a%20b.txt#7",
        ),
        ("https://jenkins.example/job/x/12/", "", "consoleText", "https://j.example/consoleText", "https://j.example/consoleText"),
        ("", "", "job.log", "/home/me/job.log", ""),
        (f"javascript:/build/{UUID}", "", "job.log", "/home/me/job.log", ""),
        (f"https://zuul.example/t/x/build/{UUID}", "", "a.tar.xz//b.log", "https://l.example/a.tar.xz", "https://l.example/a.tar.xz"),
    ],
)  # fmt: skip
def test_a_line_is_linked_in_zuuls_log_view_or_in_its_file(
    url: str, log_url: str, name: str, location: str, expected: str
) -> None:
    build = Build(key="k", job_name="j", url=url, log_url=log_url)
    found = Diagnosis(build, Verdict.KNOWN, files_read=(FileRead(name, location, 1, 1),))
    assert line_url(found, name, 7) == expected
    assert line_url(found, "result", 1) == ""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("2026-11-22 06:10:41.1 | primary | ERROR: no such host", "giving up", ""), "ERROR: no such host"),
        (("py312: error, no module", "2026-11-22 06:10:41.1 | node-1 | ERROR", "{ a b c }"), "py312: error, no module"),
        (("quorum 2/3 is gone", "2026-11-22 06:10:41.1 | node-1 | ERROR", "{ a b c }"), "quorum 2/3 is gone"),
        (("ERROR",), "ERROR"),
        (("the third try gave up", "ok=3 failed=0 errors: 0"), "ok=3 failed=0 errors: 0"),
        (("fatal: no quorum left", "ok=3 changed=1 failed=0"), "fatal: no quorum left"),
        (("OSError: no such device", "Setting up liberror-perl (0.17029-2) ..."), "OSError: no such device"),
        (("first", "2026-11-22T06:10:41Z last", "  "), "last"),
        (("", " "), ""),
    ],
)
def test_best_line(lines: tuple[str, ...], expected: str) -> None:
    assert best_line(Excerpt("f", 1, len(lines), lines, 1.0, "")) == expected


def test_headline_is_the_best_that_is_known() -> None:
    known, unknown, no_logs = (diagnosis(0, 0, letter) for letter in "D?L")
    assert headline(known) == ("DNS: could not resolve mirror.regionone.example.org", False)
    assert headline(unknown) == ("\x1b[31mERROR\x1b[0m volume stuck in state attaching <b>for ever</b>", True)
    assert headline(no_logs) == (f"gone: {no_logs.build.log_url}", False)
    consequence = replace(known.reasons[1], message="exit code 1")
    assert headline(replace(unknown, excerpts=(), reasons=(consequence,))) == ("exit code 1", False)
    assert headline(replace(unknown, excerpts=(), problems=())) == ("", False)
    end = Excerpt("f", 1, 1, ("PLAY RECAP ok=5 failed=0", "POST-RUN END RESULT_NORMAL: [x]"), 0.0, "the last 2 lines")
    assert headline(replace(unknown, excerpts=(end,), reasons=(consequence,))) == ("exit code 1", False)
    assert headline(replace(unknown, excerpts=(end,))) == ("POST-RUN END RESULT_NORMAL: [x]", True)


@pytest.mark.parametrize(
    ("letters", "failures"), [("DDX.D", 3), ("SRDD.", 2), ("D", 1), (".DD", None), ("SR", None), ("", None)]
)
def test_a_job_is_red_while_its_newest_verdict_is_a_failure(letters: str, failures: int | None) -> None:
    runs = [diagnosis(0, run, letter) for run, letter in enumerate(letters)]
    red = red_job("job", runs)
    assert (red.failures if red else None) == failures
    if red:
        last = [run for run in runs if run.build.failed][red.failures - 1]
        assert red.since == last.build.time
