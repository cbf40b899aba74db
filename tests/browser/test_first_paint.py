"""What a browser with nothing kept has to load for the first paint of a page: under 300 kB, compressed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.crawl import Found, longest
from tests.browser.places import Place

Say = Callable[[str], None]
pytestmark = pytest.mark.browser

MOST = 300_000


def loaded(browser: Browser, address: str) -> dict[str, int]:
    """What the page loads and how many bytes each took on the way; on disk, where nothing is packed, how many it would
    take from a server that packs."""
    context = browser.new_context()
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    network.on("Network.requestWillBeSent", lambda sent: names.update({sent["requestId"]: sent["request"]["url"]}))
    network.on(
        "Network.loadingFinished",
        lambda done: sizes.update({names[done["requestId"]]: int(done["encodedDataLength"])}),
    )
    page.goto(address, wait_until="load")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")
    context.close()
    if address.startswith("file:"):
        files = {url: Path(unquote(urlsplit(url).path)) for url in sizes if url.startswith("file:")}
        return {url: len(gzip.compress(path.read_bytes())) for url, path in files.items()}
    return sizes


def test_the_first_paint_of_every_kind_of_page_takes_little(
    browser: Browser, place: Place, pages: list[Found], say: Say
) -> None:
    found = {page: loaded(browser, page.address) for page in longest(pages)}
    sums = {page: sum(sizes.values()) for page, sizes in found.items()}
    page = max(sums, key=sums.__getitem__)
    parts = ", ".join(f"{urlsplit(url).path[-30:]} {size}" for url, size in found[page].items() if size > 999)
    say(f"{place.name}: the largest first paint is that of a page of the kind {page.kind}, {sums[page]} bytes: {parts}")
    assert all(found.values()), "nothing was counted"
    assert not [f"{page.address}: {size}" for page, size in sums.items() if size >= MOST]
