"""Walks pages with a real browser and says what is wrong with each."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import urllib3
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page
from selectolax.lexbor import LexborHTMLParser

HERE = Path(__file__).resolve().parent
AXE = HERE / "node_modules/axe-core/axe.min.js"
WIDE, NARROW = 1400, 390
FILTERED = 8
_HTTP = urllib3.PoolManager()
SERIOUS = ("serious", "critical")
# without `preload`, which would ask for the style sheets again: no page on disk may
_RUN_AXE = """() => axe.run(document, {preload: false,
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})
    .then(found => found.violations.map(v => ({id: v.id, impact: v.impact,
        where: v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.failureSummary || '').slice(0, 160))})))"""
_WIDTH = "() => document.documentElement.scrollWidth"
_NO_PAGE = re.compile(r"/(static|api|feed\.atom|badge\.svg|metrics|builds\.csv)")
_KINDS = (
    (r"/builds/[0-9a-f]{16}/log/", "log"),
    (r"/builds/[0-9a-f]{16}", "build"),
    (r"/reasons/[0-9a-f]{16}", "reason"),
    (r"/changes/[^/]+/\d+", "change"),
    (r"/jobs/.", "job"),
    (r"/days/.", "day"),
    (r"/(jobs|builds|reasons|changes|unknown|patterns|statistics)(?![\w/])", ""),
    (r"/(?:index\.html)?(?:\?|$)", "overview"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """How pages are looked at."""

    scheme: Literal["light", "dark"] = "light"
    width: int = WIDE
    javascript: bool = True

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}{'' if self.javascript else '-no-js'}"


EVERY_LOOK = tuple(
    Look(scheme, width, javascript)
    for scheme in ("light", "dark")
    for width in (WIDE, NARROW)
    for javascript in (True, False)
)


def open_context(browser: Browser, look: Look) -> BrowserContext:
    """A fresh browser that looks at pages in this way."""
    return browser.new_context(
        viewport={"width": look.width, "height": 900}, color_scheme=look.scheme, java_script_enabled=look.javascript
    )


def kind_of(address: str) -> str:
    """What kind of page an address leads to; "" for none of ours."""
    path = urlsplit(address).path
    for pattern, kind in _KINDS:
        if found := re.search(pattern, path):
            return kind or found[1]
    return ""


def crawl(root: str, most: int = 400) -> dict[str, list[str]]:
    """Every page that can be reached from `root` by links of its own place, by kind, in the order of finding.

    Of the addresses with filters, which have no end, only a few of each kind are followed.
    """
    found: dict[str, list[str]] = {}
    filtered: Counter[str] = Counter()
    waiting, known = deque([root]), {root}
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address)
        filtered[kind] += "?" in address
        if len(found.get(kind, ())) >= most or ("?" in address and filtered[kind] > FILTERED):
            continue
        page = _fetched(address)
        found.setdefault(kind, []).append(address)
        for link in page.css("a[href]"):
            target = urldefrag(urljoin(address, link.attributes["href"] or "")).url
            if _inside(target, root) and target not in known and kind_of(target):
                known.add(target)
                waiting.append(target)
    return found


def _fetched(address: str) -> LexborHTMLParser:
    if address.startswith("file:"):
        return LexborHTMLParser(Path(unquote(urlsplit(address).path)).read_text(encoding="utf-8"))
    answer = _HTTP.request("GET", address)
    assert answer.status == 200, f"{address}: status {answer.status}"
    return LexborHTMLParser(answer.data.decode())


def _inside(target: str, root: str) -> bool:
    folder = root.rsplit("/", 1)[0] + "/"
    return target.startswith(folder) and not re.search(
        r"/(static|api|feed\.atom|badge\.svg|metrics|builds\.csv)", target
    )


def faults(context: BrowserContext, address: str, look: Look, *, axe: bool = True) -> Iterator[str]:
    """What is wrong with one page: errors on the console, requests that leave the place or fail, too wide, axe."""
    page = context.new_page()
    try:
        said = _listen(page, address)
        answer = page.goto(address, wait_until="load")
        if answer is not None and answer.status >= 400:
            yield f"status {answer.status}"
        wide = page.evaluate(_WIDTH) if look.javascript else None
        if wide is not None and wide > look.width:
            yield f"{wide} pixels wide, the window has {look.width}"
        if axe and look.javascript:
            yield from _axe(page)
        yield from said
    finally:
        page.close()


def _listen(page: Page, address: str) -> list[str]:
    said: list[str] = []
    own = urlsplit(address)

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            said.append(f"asks {url}")

    def spoke(message: ConsoleMessage) -> None:
        if message.type == "error":
            said.append(f"console: {message.text}")

    def asked_something(dialog: Dialog) -> None:
        said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("request", lambda request: asked(request.url))
    page.on("console", spoke)
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("requestfailed", lambda request: said.append(f"failed: {request.url}"))
    page.on("dialog", asked_something)
    return said


def _axe(page: Page) -> Iterator[str]:
    # evaluated from outside the page, so the page's own policy for scripts stays as it is
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for one in page.evaluate(_RUN_AXE):
        if one["impact"] in SERIOUS:
            yield f"axe: {one['id']} ({one['impact']}): {json.dumps(one['where'])[:500]}"


def some_of_each(pages: dict[str, list[str]], most: int) -> Iterator[str]:
    """The first and the last few pages of every kind: those found first are the ones people see first."""
    for addresses in pages.values():
        yield from dict.fromkeys([*addresses[: most - most // 2], *addresses[len(addresses) - most // 2 :]])


def told(problems: Iterable[tuple[str, str]]) -> str:
    """Problems as text for a failed test."""
    return "\n".join(f"{address}: {fault}" for address, fault in problems)
