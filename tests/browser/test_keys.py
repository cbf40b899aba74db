"""The keyboard, the theme and the charts, as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Place
from tests.browser.walk import Look, open_context

pytestmark = pytest.mark.browser


@pytest.fixture(params=["live", "on_disk"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    place: Place = request.getfixturevalue(request.param)
    context = open_context(browser, Look())
    opened = context.new_page()
    opened.goto(place.root)
    yield opened
    context.close()


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.bsTheme || ''"))


def test_question_mark_opens_the_help_and_escape_closes_it(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_slash_goes_to_the_search_and_letters_are_then_text(page: Page) -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("jkt?")
    assert page.evaluate("document.activeElement.value") == "jkt?"


def test_t_changes_the_theme_and_it_is_kept(page: Page) -> None:
    seen = [theme(page)]
    for _ in range(3):
        page.keyboard.press("t")
        seen.append(theme(page))
    assert {"light", "dark"} <= set(seen)
    page.keyboard.press("t")
    now = theme(page)
    page.reload()
    assert theme(page) == now


def test_j_and_k_walk_the_rows_and_enter_opens(page: Page) -> None:
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.outerHTML")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.outerHTML")
    assert first != second
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.outerHTML") == first
    before = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)


def test_charts_are_drawn_beside_their_tables(page: Page) -> None:
    canvas = page.locator("canvas[data-chart]").first
    expect(canvas).to_be_visible()
    drawn = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v)"
    page.wait_for_function(f"() => ({drawn})(document.querySelector('canvas[data-chart]'))")
    expect(page.locator("canvas[data-chart] ~ details table, figure:has(canvas) table").first).to_be_attached()


def test_n_and_p_lead_from_failure_to_failure(page: Page) -> None:
    page.locator("a[href*='builds/']:visible").first.click()
    page.wait_for_load_state()
    links = page.locator("a[rel~=next], a[rel~=prev]")
    if links.count():
        before = page.url
        page.keyboard.press("n" if page.locator("a[rel~=next]").count() else "p")
        page.wait_for_url(lambda url: url != before)
