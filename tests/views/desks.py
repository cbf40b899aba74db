"""A store with the sample CI, and what is asked of it; counted apart from the store in plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser

from sova.model import Diagnosis
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.slugs import reason_slug
from sova.store import Store
from sova.views.desk import Desk, Foot, Span, span_of
from tests.reports.samples import BUILDS, NOW

__all__ = ["DISK", "LIVE", "SAMPLE", "ZONE", "desk_of", "hrefs", "inside", "rendered", "slug_of", "span", "text_of"]

ZONE = ZoneInfo("Europe/Berlin")
SAMPLE = tuple(sorted(BUILDS, key=lambda one: one.build.time or NOW, reverse=True))
"""Every build of the sample CI, newest first."""

LIVE = Links("/", "", base="https://sova.example.org/")
DISK = Links("../")


def desk_of(diagnoses: Iterable[Diagnosis] = SAMPLE, *, now: dt.datetime = NOW) -> Desk:
    """A desk over a store of its own, in memory."""
    store = Store.open(":memory:")
    store.save_many(diagnoses)
    return Desk(store, now, ZONE)


def span(name: str = "14d") -> Span:
    return span_of(name, NOW, ZONE)


def inside(stretch: Span, diagnoses: Iterable[Diagnosis] = SAMPLE) -> list[Diagnosis]:
    """Those whose time lies in the stretch, in their order."""
    return [one for one in diagnoses if one.build.time and stretch.since <= one.build.time < stretch.until]


def slug_of(diagnosis: Diagnosis) -> str:
    """The slug of the primary reason, "" without one."""
    primary = diagnosis.primary
    return reason_slug(primary.tag, primary.message) if primary else ""


def rendered(view: object, links: Links = LIVE) -> LexborHTMLParser:
    """The page of a view."""
    return LexborHTMLParser(Pages(links, title="Example CI").render(view, Foot(NOW, ZONE.key)))


def text_of(page: LexborHTMLParser, selector: str = "main") -> str:
    """The words of the first such element, with single spaces."""
    node = page.css_first(selector)
    assert node is not None, selector
    return " ".join(node.text().split())


def hrefs(page: LexborHTMLParser, selector: str = "main") -> list[str]:
    """Where the links below all such elements lead."""
    return [node.attributes["href"] or "" for node in page.css(f"{selector} a[href]")]
