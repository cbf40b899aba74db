"""Finds the pages of a place by their links, as a reader without a browser would, and keeps their HTML."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urldefrag, urljoin, urlsplit

import urllib3
from selectolax.lexbor import LexborHTMLParser

__all__ = ["Found", "crawl", "fetched", "kind_of", "links_of", "longest"]

_FILTERED = 8
_HTTP = urllib3.PoolManager()
_KINDS = (
    (r"builds/[0-9a-f]{16}/log/.+", "log"),
    (r"builds/[0-9a-f]{16}(\.html)?", "build"),
    (r"reasons/[0-9a-f]{16}(\.html)?", "reason"),
    (r"changes/[^/]+/\d+(\.html)?", "change"),
    (r"jobs/[^/]+", "job"),
    (r"days/[^/]+", "day"),
    (r"(jobs|builds|reasons|changes|unknown|patterns|statistics)(\.html)?", ""),
    (r"(index\.html)?", "overview"),
)
_ID = re.compile(r"(?<=/)[0-9a-f]{16}(?=/|$)")


@dataclass(frozen=True, slots=True)
class Found:
    """A page: its kind, where it is, its text, and the status of the answer."""

    kind: str
    address: str
    html: str
    status: int = 200


def kind_of(address: str, folder: str) -> str:
    """What kind of page stands at an address in the folder of the first page; "" for what is no page of ours."""
    path = re.sub(r"[?#].*", "", address.removeprefix(folder))
    for pattern, kind in _KINDS:
        if found := re.fullmatch(pattern, path):
            return kind or found[1]
    return ""


def crawl(root: str, *, logs: bool) -> list[Found]:
    """Every page that can be reached from `root` by links of its own place, in the order of finding.

    Fails where such a link leads to nothing; only log views may say that a log is gone, without `logs`. Addresses with
    filters have no end: of those that ask with the same words for the same, one is followed, and of these some of each
    kind; so it is with what is no page.
    """
    found: list[Found] = []
    shapes: set[object] = set()
    filtered: Counter[str] = Counter()
    folder = root.rpartition("/")[0] + "/"
    waiting, known = deque([root]), {root}
    while waiting:
        address = waiting.popleft()
        kind = kind_of(address, folder)
        status, html = fetched(address)
        assert status == 200 or (kind == "log" and not logs), f"{address}: status {status}"
        if kind:
            found.append(Found(kind, address, html, status))
        for link in links_of(html, address) if kind else ():
            if link in known or not link.startswith(folder):
                continue
            known.add(link)
            kind = kind_of(link, folder)
            what = kind or _ID.sub("*", urlsplit(link).path)
            shape = what, _words(link)
            if kind and "?" not in link:
                waiting.append(link)
            elif shape not in shapes and filtered[what] < _FILTERED:
                shapes.add(shape)
                filtered[what] += 1
                waiting.append(link)
    return found


def longest(pages: Iterable[Found]) -> list[Found]:
    """The longest page of every kind, whatever it shows of it."""
    in_order = sorted(pages, key=lambda page: len(page.html))
    return list({page.kind.partition(",")[0]: page for page in in_order}.values())


def links_of(html: str, address: str) -> Iterator[str]:
    """Where the links of a page lead, and what it loads; without the places in pages."""
    for node in LexborHTMLParser(html).css("a[href], link[href], script[src]"):
        target = node.attributes.get("href") or node.attributes.get("src") or ""
        yield urldefrag(urljoin(address, target)).url


def fetched(address: str) -> tuple[int, str]:
    """Status and text at an address of a live place or of one on disk."""
    if address.startswith("file:"):
        return 200, Path(unquote(urlsplit(address).path)).read_text(encoding="utf-8")
    answer = _HTTP.request("GET", address, redirect=False)
    return answer.status, answer.data.decode()


def _words(address: str) -> frozenset[str]:
    """What is asked by, alike for the same list with other values."""
    return frozenset(name for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True))
