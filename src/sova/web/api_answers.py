"""How every question to the API is answered: parameters are read, answers are kept and not sent twice, pages linked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import HTTPException, Request, Response
from pydantic import BaseModel

from sova.filters import Search
from sova.stats import ORDERS
from sova.store import Page
from sova.views.desk import Desk
from sova.web.caching import Kept, etag_of, sent, unchanged
from sova.web.params import Asked, ParameterError, read
from sova.web.serving import Serving, serving_of

__all__ = ["Question", "answer", "asking", "is_slug", "page_of", "put"]

_JSON = "application/json"
_OF_A_CURSOR = "the end of a page, as `after` of the answer before has it"
_SLUG = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and of what."""

    request: Request
    serving: Serving
    desk: Desk
    asked: Asked

    @property
    def search(self) -> Search:
        """The filters, without a stretch of time; of the builds that this server shows."""
        return self.desk.within(self.asked.search)


def asking(takes: frozenset[str] = frozenset(), dimensions: Sequence[str] = ()) -> Callable[[Request], Question]:
    """A dependency that reads the parameters of an address, which may be those in `takes` and no others, before
    FastAPI looks at their form: its words are the better ones. It raises ParameterError."""

    def question(request: Request) -> Question:
        serving = serving_of(request)
        desk = serving.desk()
        pairs = request.query_params.multi_items()
        asked = read(pairs, desk.now, desk.timezone, allowed=takes, orders=ORDERS, dimensions=dimensions)
        return Question(request, serving, desk, asked)

    return question


def answer(
    question: Question, make: Callable[[], BaseModel | None], *moments: dt.datetime, unknown: str = ""
) -> Response:
    """What `make` gives; 404 with the words `unknown` where it gives None. Raises StoreError.

    It is kept until something changes; a reader who has it already is told so. `moments` are those that it tells of
    beside the ends of its range.
    """

    def made() -> Kept | None:
        found = make()
        if found is None:
            return None
        link = _next(question, getattr(found, "after", ""))
        return Kept.of(found.model_dump_json().encode(), _JSON, link=link)

    return _kept(question, made, unknown, *moments)


def put(question: Question, make: Callable[[], bytes], media_type: str) -> Response:
    """The text that `make` gives, kept likewise."""
    return _kept(question, lambda: Kept.of(make(), media_type), "")


def _kept(question: Question, made: Callable[[], Kept | None], unknown: str, *moments: dt.datetime) -> Response:
    request, serving, span = question.request, question.serving, question.asked.span
    etag = etag_of(request, serving, span.since, span.until, *moments)
    if known := unchanged(request, etag):
        return known
    kept = serving.kept.get(etag, made)
    if kept is None:
        raise HTTPException(404, unknown)
    return sent(request, etag, kept)


def _next(question: Question, after: str) -> str:
    """The Link header that leads to the next page, as readers reach it; "" on the last one."""
    if not after:
        return ""
    request = question.request
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    page = f"{question.serving.address(request)}{request.url.path.lstrip('/')}"
    return f'<{page}?{urlencode([*pairs, ("after", after)])}>; rel="next"'


def page_of(question: Question, limit: int) -> Page:
    """The page of builds that is asked for. Raises ParameterError for a cursor that is none."""
    desk, asked = question.desk, question.asked
    try:
        return desk.store.page(desk.within(asked.search, asked.span), after=asked.after, limit=limit)
    except ValueError as error:
        raise ParameterError("after", asked.after, _OF_A_CURSOR) from error


def is_slug(text: str) -> bool:
    """Whether the part of an address can name a build or a reason."""
    return _SLUG.fullmatch(text) is not None
