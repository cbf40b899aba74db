"""Looks at pages with a real browser, and says what is wrong with each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

from tests.browser.crawl import Found

__all__ = ["LOOKS", "Eyes", "Look"]

AXE = Path(__file__).resolve().parent / "node_modules/axe-core/axe.min.js"
_WIDE, _NARROW = 1400, 390
_HEIGHT = 300  # nothing depends on it, and less is painted
_SERIOUS = ("serious", "critical")
_FRAMES = 20
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
# without `preload`, which would ask for the style sheets again: no page on disk may
_RUN_AXE = """only => axe.run(document, {preload: false, resultTypes: ['violations'], runOnly: only})
    .then(found => found.violations.map(v => ({id: v.id, impact: v.impact,
        where: v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.failureSummary || '').slice(0, 160))})))"""
# what is wider than the window, or a table that is cut off by its box though it is made to fit
_TOO_WIDE = """() => {
    const page = document.documentElement, room = page.clientWidth;
    const told = elements => elements.slice(-3).map(e => e.outerHTML.slice(0, 120)).join(' | ');
    const boxes = [...document.querySelectorAll('.scroll:has(> .stack, > .log)')];
    const cut = boxes.filter(e => e.scrollWidth > e.clientWidth);
    if (cut.length) return 'cut off: ' + told(cut.map(e => e.firstElementChild));
    if (page.scrollWidth <= room) return null;
    const out = [...document.body.querySelectorAll('*')].filter(
        e => e.getBoundingClientRect().right > room + 0.5 && !e.parentElement.closest('.scroll'));
    return page.scrollWidth + ' pixels wide, the window has ' + room + ': ' + told(out);
}"""
_FRAME = "() => new Promise(done => requestAnimationFrame(() => done()))"


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at."""

    scheme: Literal["light", "dark"] = "light"
    width: int = _WIDE

    def __str__(self) -> str:
        return f"{self.scheme}, {self.width} px"


LOOKS = (Look("light"), Look("light", _NARROW), Look("dark", _NARROW), Look("dark"))
"""Every look; from one to the next either the colours change or the width."""


class Eyes:
    """One page of a browser that goes from address to address, with JavaScript or without."""

    def __init__(self, browser: Browser, *, javascript: bool = True) -> None:
        self.javascript = javascript
        self._context = browser.new_context(java_script_enabled=javascript)
        self.page: Page = self._context.new_page()
        self._look: Look | None = None
        self._looks: Sequence[Look] = LOOKS
        self._own = ("", "")
        self._said: list[str] = []
        self.page.on("request", self._asked)
        self.page.on("requestfailed", lambda request: self._said.append(f"failed: {request.url}"))
        self.page.on("console", self._spoke)
        self.page.on("pageerror", lambda error: self._said.append(f"error: {error}"))
        self.page.on("dialog", self._opened)
        self.take(LOOKS[0])

    def __enter__(self) -> Eyes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._context.close()

    def take(self, look: Look) -> None:
        """Look at the page like this from now on."""
        if self._look is None or self._look.width != look.width:
            self.page.set_viewport_size({"width": look.width, "height": _HEIGHT})
        if self._look is None or self._look.scheme != look.scheme:
            self.page.emulate_media(color_scheme=look.scheme)
        self._look = look

    def open(self, page: Found) -> None:
        """Go there."""
        parts = urlsplit(page.address)
        self._own = (parts.scheme, parts.netloc)
        self._said.clear()
        self.page.goto(page.address, wait_until="load")
        if page.status != 200:  # which is what the console says then
            self._said[:] = [said for said in self._said if f"status of {page.status} " not in said]

    def faults(self, page: Found) -> Iterator[str]:
        """What is wrong with a page in any look: errors on the console, requests that fail or leave the place, too
        wide. Pages are loaded in one look after the other. Without JavaScript, where little can go wrong, each is seen
        in two looks, which have both colours and both widths."""
        self.open(page)
        for look in self._looks if self.javascript else self._looks[::2]:
            self.take(look)
            if wide := self._too_wide():
                yield f"{look}: {wide}"
        self._looks = (*self._looks[-1:], *self._looks[:-1])
        yield from self._said

    def words(self) -> set[str]:
        """What the page says, whether it can be seen or not."""
        text: str = self.page.evaluate("document.querySelector('main').textContent")
        return set(text.split())

    def inaccessible(self, looks: Sequence[Look]) -> Iterator[str]:
        """What axe finds serious in these looks. Dark colours change nothing but contrasts."""
        # evaluated from outside the page, so the page's own policy for scripts stays as it is
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        for look in looks:
            self.take(look)
            only = _RULES if look.scheme == "light" else ["color-contrast"]
            for one in self.page.evaluate(_RUN_AXE, only):
                if one["impact"] in _SERIOUS:
                    yield f"{look}: axe: {one['id']} ({one['impact']}): {json.dumps(one['where'])[:500]}"

    def _too_wide(self) -> str | None:
        """What is too wide; charts get some frames to follow the window."""
        wide: str | None = self.page.evaluate(_TOO_WIDE)
        for _ in range(_FRAMES if self.javascript else 0):
            if not wide:
                return None
            self.page.evaluate(_FRAME)
            wide = self.page.evaluate(_TOO_WIDE)
        return wide

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and (parts.scheme, parts.netloc) != self._own:
            self._said.append(f"asks {request.url}")

    def _spoke(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._said.append(f"console: {message.text}")

    def _opened(self, dialog: Dialog) -> None:
        self._said.append(f"dialog: {dialog.message}")
        dialog.dismiss()
