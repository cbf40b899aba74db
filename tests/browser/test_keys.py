"""The keyboard, the theme and the charts, as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.crawl import Found
from tests.browser.places import Place

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("place", ["live", "on_disk"], indirect=True)]


@pytest.fixture
def page(place: Place, browser: Browser) -> Iterator[Page]:
    """The first page of a place, as a reader has it who comes for the first time."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.goto(place.root)
    yield opened
    context.close()


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.bsTheme || ''"))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.outerHTML"))


def first(pages: list[Found], kind: str, holds: str = "") -> str:
    """The address of the first page of this kind with this text in it."""
    return next(page.address for page in pages if page.kind == kind and holds in page.html)


def test_question_mark_opens_the_help_and_escape_closes_it(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("kind", ["overview", "builds", "log"])
def test_slash_goes_to_the_search_and_letters_are_then_text(
    page: Page, place: Place, pages: list[Found], kind: str
) -> None:
    if kind == "log" and not place.logs:
        kind = "build"
    page.goto(first(pages, kind))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("jkt?")
    assert page.evaluate("document.activeElement.value") == "jkt?"


def test_t_changes_the_theme_and_it_is_kept(page: Page) -> None:
    seen = [theme(page)]
    for _ in range(3):
        page.keyboard.press("t")
        seen.append(theme(page))
    assert seen == ["", "light", "dark", ""]
    page.keyboard.press("t")
    page.reload()
    assert theme(page) == "light"


def test_j_and_k_walk_the_rows_and_enter_opens(page: Page) -> None:
    page.keyboard.press("j")
    before = focused(page)
    page.keyboard.press("j")
    assert focused(page) != before
    page.keyboard.press("k")
    assert focused(page) == before
    address = page.url
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != address)


def test_n_and_p_walk_the_failures_of_a_list(page: Page, pages: list[Found]) -> None:
    page.goto(first(pages, "builds"))
    failed = page.locator("[data-row][data-failed]")
    page.keyboard.press("n")
    expect(failed.first).to_be_focused()
    page.keyboard.press("n")
    expect(failed.nth(1)).to_be_focused()
    page.keyboard.press("p")
    expect(failed.first).to_be_focused()


def test_n_and_p_lead_from_failure_to_failure(page: Page, place: Place, pages: list[Found]) -> None:
    """Live to those of the same job; on disk, where a page knows of no later builds, along the list that was left."""
    if place.live:
        page.goto(first(pages, "build", 'rel="next"'))
    else:
        page.goto(first(pages, "builds"))
        page.keyboard.press("n")
        page.keyboard.press("Enter")
        page.wait_for_url("**/builds/*")
    start = page.url
    page.keyboard.press("n")
    page.wait_for_url(lambda url: url != start)
    assert page.locator("[data-build]").count()
    page.keyboard.press("p")
    page.wait_for_url(start)


def test_g_and_a_letter_open_a_page(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/jobs*")


def test_the_live_part_of_the_overview_comes_again_each_minute(page: Page, place: Place) -> None:
    if place.live:
        page.clock.install()
        page.goto(place.root)
        page.evaluate("document.querySelector('#red').remove()")
        chart = page.locator("#trend canvas")
        before = chart.element_handle()
        page.clock.fast_forward(61_000)
        expect(page.locator("#red")).to_be_visible()
        assert drawn(chart)
        assert chart.evaluate("(now, before) => now === before", before), "the chart stays as it is"
    else:
        assert not page.locator("[hx-get]").count(), "a file has nowhere to ask"


def drawn(canvas: Locator) -> bool:
    """Whether there is anything on it."""
    pixels = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(value => value)"
    return bool(canvas.evaluate(pixels))


@pytest.mark.parametrize("kind", ["overview", "job", "reason", "statistics"])
def test_charts_are_drawn_beside_their_tables(page: Page, pages: list[Found], kind: str) -> None:
    page.goto(first(pages, kind))
    charts = page.locator("canvas[data-chart]")
    assert charts.count()
    for chart in charts.all():
        expect(chart).to_be_visible()
        assert drawn(chart)
        numbers = page.locator(f"table[id='{chart.get_attribute('data-chart')}'] tbody tr")
        assert numbers.count()
