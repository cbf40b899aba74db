"""Where pages are: a server or a site on disk, and what is to be seen there beside what links lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.browser.crawl import Found, crawl, fetched

__all__ = ["Place", "pages_of"]

_ERRORS = (("no/such/page", 404), ("builds/0123456789abcdef", 404), ("builds?range=8d", 400), ("jobs?jbo=x", 400))
_IN_A_LOG = {
    "found": "?find=e&after=0",
    "found before": "?find=%5Ba-e%5D&re=yes&case=yes&before=9",
    "not found": "?find=no+such+words",
    "range": "?line=2&last=4#L2-L4",
    "after its end": "?line=123456789",
    "one line": "?whole=1",
}


@dataclass(frozen=True, slots=True)
class Place:
    """`root` is the address of the first page, `logs` whether there are log views of logs that can be had, `more` are
    pages that no link leads to, `hostile` whether every text means harm."""

    name: str
    root: str
    logs: bool = False
    more: tuple[str, ...] = ()
    hostile: bool = False

    @property
    def live(self) -> bool:
        return self.root.startswith("http")


def pages_of(place: Place) -> list[Found]:
    """Every page that links lead to, then those that none leads to: errors, searches in a log, what stands alone."""
    pages = crawl(place.root, logs=place.logs)
    return pages + list(_unlinked(place, pages))


def _unlinked(place: Place, pages: list[Found]) -> Iterator[Found]:
    for address in place.more:
        yield Found("alone", address, fetched(address)[1])
    if place.live:
        yield from (_found(f"error {status}", f"{place.root}{path}", status) for path, status in _ERRORS)
    if place.logs:
        logs = (page for page in pages if page.kind == "log" and "?" not in page.address)
        log = min(logs, key=lambda page: len(page.html)).address
        yield from (_found(f"log, {what}", f"{log}{query}", 200) for what, query in _IN_A_LOG.items())
        yield _found("log, gone", f"{log}.gone", 404)


def _found(kind: str, address: str, status: int) -> Found:
    answered, html = fetched(address)
    assert answered == status, f"{address}: status {answered}"
    return Found(kind, address, html, status)
