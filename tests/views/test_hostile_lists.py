"""Lists and pages over builds in which every text means harm: nothing becomes markup, nothing leads elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from hypothesis import HealthCheck, Phase, given, settings
from selectolax.lexbor import LexborHTMLParser

from sova.filters import Search
from sova.model import Change, Diagnosis, Pattern
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.slugs import build_slug, name_slug
from sova.stats import DIMENSIONS
from sova.stats import ORDERS as REASON_ORDERS
from sova.views.builds import build, builds, day
from sova.views.changes import change, changes
from sova.views.desk import Desk, Foot, span_of
from sova.views.patterns import patterns
from sova.views.reasons import reason, reasons
from sova.views.unknown import unknown
from sova.web.params import FILTERS, read
from tests.strategies import diagnoses
from tests.views.desks import DISK, LIVE, ZONE, desk_of, slug_of

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
SCRIPTS = re.compile(r"/static/|^\.\./static/")


def views_of(desk: Desk, one: Diagnosis) -> Iterator[object]:
    """Every page that shows something of this build."""
    span = span_of("7d", desk.now, desk.timezone)
    found = one.build.change
    search = Search()
    yield build(desk, build_slug(one.build.key))
    yield builds(desk, span, search)
    yield day(desk, desk.now.date())
    yield reasons(desk, span, search)
    yield reason(desk, slug_of(one), span, search) if one.failed else None
    yield changes(desk, span, search)
    yield change(desk, name_slug(found.project), found.number) if found.number is not None else None
    yield unknown(desk, span, search)
    yield patterns(desk, span)


def with_times(diagnosis: Diagnosis) -> Diagnosis:
    """The same a moment ago, as a failure of a change, so that every list has it."""
    found = diagnosis.build
    newer = replace(found.change, number=abs(found.change.number or 7) % 10**9)
    return replace(
        diagnosis, build=replace(found, result="FAILURE", change=newer, end_time=NOW, start_time=None, key=found.key)
    )


NOW = desk_of(()).now


@settings(
    max_examples=5,
    suppress_health_check=[HealthCheck.too_slow],
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an example takes too long to be made smaller
)
@given(diagnoses.map(with_times))
def test_no_text_from_outside_becomes_markup_in_any_list(one: Diagnosis) -> None:
    text = one.build.job_name
    pattern = Pattern(text, text, text=text, tag=text, owner=text, bug=text, note=text)
    desk = replace(desk_of([one]), patterns=(pattern,), patterns_version=text)
    foot = Foot(desk.now, ZONE.key, patterns_version=text)
    for links in (LIVE, DISK):
        for view in views_of(desk, one):
            if view is not None:
                harmless(Pages(links, title=text).render(view, foot), links)
    desk.store.close()


def harmless(html: str, links: Links) -> None:
    found = CONTROL.search(html)
    assert not found, html[found.start() - 200 : found.start() + 50]
    tree = LexborHTMLParser(html)
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    assert len(ids) == len(set(ids))
    assert len(tree.css("h1")) == 1
    assert not tree.css("style, iframe, object, embed, img, main script, main link")
    for node in tree.css("script"):
        assert SCRIPTS.search(node.attributes["src"] or "")
    own = "/" if links.live else "../"
    for node in tree.css("*"):
        assert not [name for name in node.attributes if name.startswith("on") or name in ("style", "srcdoc")]
        href = node.attributes.get("href")
        assert href is None or href.startswith((own, "#", "?", "http://", "https://")), href
        if links.live and href:
            our_server_takes(href)


def our_server_takes(href: str) -> None:
    """Fails where a filter in the link is one that our own server refuses."""
    parts = urlsplit(href)
    if not parts.netloc and "/log/" not in parts.path:
        asked = parse_qsl(parts.query, errors="strict", max_num_fields=20)
        allowed = FILTERS | {"after", "order", "by"}
        read(asked, NOW, ZONE, allowed=allowed, orders=REASON_ORDERS, dimensions=DIMENSIONS)


def test_words_of_a_megabyte_do_not_swell_the_lists() -> None:
    word = "<script>" * 125_000
    diagnosis = next(one for one in desk_of().store.diagnoses() if one.primary)
    long = tuple(replace(one, message=word, tag=word, note=word, owner=word, bug=word) for one in diagnosis.reasons)
    found = replace(
        diagnosis.build, job_name=word, change=Change(word, word, 7, word, subject=word, owner=word, topic=word)
    )
    one = replace(diagnosis, build=found, reasons=long, why=word)
    desk = desk_of([one])
    span = span_of("14d", desk.now, desk.timezone)
    foot = Foot(desk.now, ZONE.key)
    for view in (
        reasons(desk, span, Search()),
        changes(desk, span, Search()),
        unknown(desk, span, Search()),
        patterns(desk, span),
    ):
        assert len(Pages(DISK, title="t").render(view, foot)) < 60_000
    desk.store.close()
