"""The Atom feed (RFC 4287) of failures, newest first, with the filters that pages take."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request, Response

from sova.model import Diagnosis
from sova.reports.advice import advise, comment
from sova.reports.clean import http_url, shorten, shown
from sova.reports.links import Links
from sova.reports.wording import iso
from sova.slugs import build_slug
from sova.web.caching import Kept
from sova.web.params import RANGE
from sova.web.questions import answered, ask

__all__ = ["ENTRIES", "feed_of", "router", "xml_text"]

router = APIRouter(include_in_schema=False)

ENTRIES = 50
"""How many failures a feed holds."""

_ATOM = "http://www.w3.org/2005/Atom"
_TYPE = "application/atom+xml; charset=utf-8"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONG_AGO = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@router.get("/feed.atom")
def feed(request: Request) -> Response:
    """The newest failures that the filters ask for; `failed=no` asks for everything else. Without a range, whatever
    their age."""
    question = ask(request)
    serving, desk, asked = question.serving, question.desk, question.asked

    def made() -> Kept:
        search = asked.search if asked.search.failed is not None else replace(asked.search, failed=True)
        within = desk.within(search, asked.span if asked.given & RANGE else None)
        found = desk.store.page(within, limit=ENTRIES).diagnoses
        links = serving.links(base=serving.address(request))
        filters = urlencode(sorted(pair for pair in request.query_params.multi_items() if pair[1]))
        return Kept.of(feed_of(found, links, serving.config.title, filters, failed=bool(search.failed)), _TYPE)

    return answered(question, made)


def feed_of(diagnoses: Sequence[Diagnosis], links: Links, title: str, filters: str, *, failed: bool = True) -> bytes:
    """The feed as XML. `links.base` is the address of the first page, `filters` the query string that was asked: one
    question is one feed, wherever and whenever it is asked."""
    query = f"?{filters}" if filters else ""
    name = shorten(title, 100)
    parts = (
        _tag("id", f"urn:sova:feed:{hashlib.sha256(filters.encode()).hexdigest()[:16]}"),
        _tag("title", f"{name}: {'failures' if failed else 'builds'}"),
        _tag("updated", iso(max((_updated(one) for one in diagnoses), default=_LONG_AGO), "seconds")),
        f"<author>{_tag('name', name or 'Sova')}</author>",
        _tag("generator", "Sova"),
        _tag("link", rel="self", type="application/atom+xml", href=f"{links.base}feed.atom{query}"),
        _tag("link", rel="alternate", type="text/html", href=f"{links.base}builds{query}"),
        *(f"<entry>{''.join(_entry(diagnosis, links))}</entry>" for diagnosis in diagnoses),
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="{_ATOM}">{"".join(parts)}</feed>'.encode()


def _entry(diagnosis: Diagnosis, links: Links) -> Iterator[str]:
    build, slug = diagnosis.build, build_slug(diagnosis.build.key)
    page = f"{links.base}builds/{slug}"
    yield _tag("id", f"urn:sova:build:{slug}")
    yield _tag("title", _title(diagnosis))
    yield _tag("updated", iso(_updated(diagnosis), "seconds"))
    yield _tag("link", rel="alternate", type="text/html", href=page)
    for url in filter(None, (http_url(build.url), http_url(build.change.url))):
        yield _tag("link", rel="related", href=url)
    for name in filter(None, (diagnosis.tag, build.job_name, build.change.project)):
        yield _tag("category", term=shorten(name, 100))
    yield _tag("summary", comment(diagnosis, page))


def _title(diagnosis: Diagnosis) -> str:
    build = diagnosis.build
    sentence = shorten(advise(diagnosis).sentence, 200) or diagnosis.verdict.value
    where = " ".join(filter(None, (shorten(build.job_name, 100), shorten(build.change.name, 40))))
    return f"{where}: {sentence}"


def _updated(diagnosis: Diagnosis) -> dt.datetime:
    return diagnosis.build.time or _LONG_AGO


def _tag(name: str, text: str = "", **attributes: str) -> str:
    """One element. ElementTree takes as long to write a feed as the database to find its builds."""
    given = "".join(f" {key}={quoteattr(xml_text(value))}" for key, value in attributes.items())
    return f"<{name}{given}>{escape(xml_text(text))}</{name}>"


def xml_text(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("", shown(text))
