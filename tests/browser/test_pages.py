"""Every page, live and on disk, in every look: no error, no outside request, nothing too wide, axe finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Place
from tests.browser.walk import EVERY_LOOK, Look, crawl, faults, open_context, some_of_each, told

Say = Callable[[str], None]
pytestmark = pytest.mark.browser

KINDS = {"overview", "jobs", "job", "builds", "build", "reasons", "reason", "changes", "change", "unknown", "patterns"}
KINDS |= {"statistics"}
_CRAWLED: dict[str, dict[str, list[str]]] = {}


@pytest.fixture(params=["live", "on_disk", "hostile_live", "hostile_on_disk"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


@pytest.fixture
def pages(place: Place) -> dict[str, list[str]]:
    """The pages of a place by kind; each place is walked once."""
    if place.name not in _CRAWLED:
        _CRAWLED[place.name] = crawl(place.root)
    return _CRAWLED[place.name]


def all_faults(
    browser: Browser, addresses: Iterable[str], look: Look, *, axe: bool = True
) -> tuple[int, list[tuple[str, str]]]:
    context = open_context(browser, look)
    addresses = list(addresses)
    found = [(address, fault) for address in addresses for fault in faults(context, address, look, axe=axe)]
    context.close()
    return len(addresses), found


def test_every_page_is_reached_by_links_and_is_well(
    browser: Browser, place: Place, pages: dict[str, list[str]], say: Say
) -> None:
    wanted = KINDS | ({"log"} if place.name == "live" else set())
    assert wanted <= pages.keys(), f"no links lead to {wanted - pages.keys()}"
    number, found = all_faults(browser, [one for kind in pages.values() for one in kind], Look(), axe=False)
    say(f"{place.name}: {number} pages walked, {', '.join(f'{kind} {len(of)}' for kind, of in pages.items())}")
    assert not found, told(found)


@pytest.mark.parametrize("look", EVERY_LOOK, ids=str)
def test_pages_of_every_kind_are_well_in_every_look(
    browser: Browser, place: Place, pages: dict[str, list[str]], look: Look
) -> None:
    most = 3 if place.name in ("live", "on_disk") else 2
    _, found = all_faults(browser, some_of_each(pages, most), look)
    assert not found, told(found)


def test_pages_can_be_read_without_javascript(browser: Browser, place: Place, pages: dict[str, list[str]]) -> None:
    """The same text is there with JavaScript and without: nothing is made by scripts but charts and dialogs."""
    off, on = open_context(browser, Look(javascript=False)), open_context(browser, Look())
    for address in some_of_each(pages, 1):
        with_script, without = on.new_page(), off.new_page()
        with_script.goto(address)
        without.goto(address)
        words = [set((page.locator("main").text_content() or "").split()) for page in (with_script, without)]
        assert len(words[0] - words[1]) <= 20, f"{address}: only with scripts: {sorted(words[0] - words[1])[:40]}"
        assert without.locator("main").inner_text().strip()
        with_script.close()
        without.close()
    off.close()
    on.close()
