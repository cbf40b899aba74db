"""What the walk looks for is found where it is: each check here sees a page that it must not let pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.crawl import Found, crawl
from tests.browser.eyes import LOOKS, Eyes

pytestmark = pytest.mark.browser

PAGE = "<!doctype html><html lang='en'><title>t</title><body><main><h1>h</h1>{}</main></body></html>"


def put(directory: Path, body: str) -> Found:
    path = directory / "index.html"
    path.write_text(PAGE.format(body), encoding="utf-8")
    return Found("overview", path.as_uri(), "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<img alt='' src='http://127.0.0.1:9/x.png'>", "asks http://127.0.0.1:9/x.png"),
        ("<script src='gone.js'></script>", "failed: file:"),
        ("<script>console.error('no')</script>", "console: no"),
        ("<script>throw new Error('thrown')</script>", "error: thrown"),
        ("<script>alert('evil')</script>", "dialog: evil"),
        ("<p style='width: 800px'>wide</p>", "light, 390 px: 8"),
        (
            "<div class='scroll' style='overflow: auto'><table class='stack' style='width: 2000px'><td></table></div>",
            "light, 1400 px: cut off",
        ),
        ("<style>@media (prefers-color-scheme: dark) { p { width: 1500px } }</style><p>wide", "dark, 1400 px: 15"),
    ],
)
def test_a_fault_is_told(browser: Browser, tmp_path: Path, body: str, told: str) -> None:
    page = put(tmp_path, body)
    with Eyes(browser) as eyes:
        assert any(fault.startswith(told) for fault in eyes.faults(page)), list(eyes.faults(page))
    assert not list(Eyes(browser).faults(put(tmp_path, "well")))


def test_a_page_that_is_too_wide_is_told_without_javascript(browser: Browser, tmp_path: Path) -> None:
    page = put(tmp_path, "<p style='width: 800px'>wide</p>")
    with Eyes(browser, javascript=False) as eyes:
        assert [fault[:20] for fault in eyes.faults(page)]


def test_words_that_only_scripts_write_are_seen(browser: Browser, tmp_path: Path) -> None:
    page = put(tmp_path, "<p>always</p><script>document.querySelector('p').after(' some' + 'times ')</script>")
    with Eyes(browser) as eyes, Eyes(browser, javascript=False) as plain:
        eyes.open(page)
        plain.open(page)
        assert eyes.words() - plain.words() >= {"sometimes"}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<input>", "light, 1400 px: axe: label"),
        (
            "<style>@media (prefers-color-scheme: dark) { p { color: #777; background: #666 } }</style><p>hard to read",
            "dark, 1400 px: axe: color-contrast",
        ),
    ],
)
def test_axe_finds_what_is_serious(browser: Browser, tmp_path: Path, body: str, rule: str) -> None:
    with Eyes(browser) as eyes:
        eyes.open(put(tmp_path, body))
        assert any(rule in fault for fault in eyes.inaccessible(LOOKS))


def test_a_link_to_nothing_is_found(tmp_path: Path) -> None:
    page = put(tmp_path, "<a href='builds.html'>gone</a>")
    with pytest.raises(FileNotFoundError):
        crawl(page.address, logs=False)
