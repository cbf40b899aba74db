"""Every page, live and on disk, in every look: no error, no outside request, nothing too wide, axe finds nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.crawl import Found
from tests.browser.eyes import LOOKS, Eyes
from tests.browser.places import Place

Say = Callable[[str], None]
pytestmark = pytest.mark.browser

KINDS = {"overview", "jobs", "job", "builds", "build", "reasons", "reason", "changes", "change", "unknown", "patterns"}
KINDS |= {"statistics"}


def told(problems: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{address}: {fault}" for address, fault in problems)


def test_every_page_is_reached_by_links(place: Place, pages: list[Found], say: Say) -> None:
    counted = Counter(page.kind for page in pages)
    wanted = KINDS | {"log" if place.live else "day"}
    assert wanted <= counted.keys(), f"no links lead to {wanted - counted.keys()}"
    say(f"{place.name}: {len(pages)} pages, {', '.join(f'{kind} {number}' for kind, number in counted.items())}")


def test_every_page_is_well_in_every_look_with_javascript_and_without(
    browser: Browser, place: Place, pages: list[Found]
) -> None:
    """The same text is there without JavaScript: nothing is made by scripts but charts and dialogs."""
    with Eyes(browser) as eyes, Eyes(browser, javascript=False) as plain:
        assert not (found := list(_faults(pages, eyes, plain))), told(found)


def _faults(pages: Iterable[Found], eyes: Eyes, plain: Eyes) -> Iterator[tuple[str, str]]:
    for page in pages:
        yield from ((page.address, fault) for fault in eyes.faults(page))
        yield from ((page.address, f"without JavaScript: {fault}") for fault in plain.faults(page))
        if scripted := eyes.words() - plain.words():
            yield page.address, f"only with JavaScript: {sorted(scripted)[:20]}"


def samples(pages: Iterable[Found]) -> list[Found]:
    """A page of every kind with nearly all that there is to see and not too much of it: the nearest to 60 kB."""
    in_order = sorted(pages, key=lambda page: -abs(len(page.html) - 60_000))
    return list({page.kind: page for page in in_order}.values())


def test_axe_finds_nothing_serious_on_any_kind_of_page(browser: Browser, place: Place, pages: list[Found]) -> None:
    looks = LOOKS[::2] if place.hostile else LOOKS
    with Eyes(browser) as eyes:
        found = []
        for page in samples(pages):
            eyes.open(page)
            found += [(page.address, fault) for fault in eyes.inaccessible(looks)]
        assert not found, told(found)
