"""How every address that tells what is stored is answered: its parameters are read, its answer is kept and not sent
twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import HTTPException, Request, Response

from sova.filters import Search
from sova.views.desk import Desk
from sova.web.caching import Kept, etag_of, sent, unchanged
from sova.web.params import FILTERS, Asked, read
from sova.web.serving import Serving, serving_of

__all__ = ["LIST", "Question", "Takes", "answered", "ask"]


@dataclass(frozen=True, slots=True)
class Takes:
    """The parameters of an address, and the words that `order` and `by` may be."""

    names: frozenset[str] = frozenset()
    orders: Sequence[str] = ()
    dimensions: Sequence[str] = ()


LIST = Takes(FILTERS)


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


def ask(request: Request, takes: Takes = LIST) -> Question:
    """The question at an address. Raises ParameterError."""
    serving = serving_of(request)
    desk = serving.desk()
    pairs = request.query_params.multi_items()
    asked = read(pairs, desk.now, desk.timezone, allowed=takes.names, orders=takes.orders, dimensions=takes.dimensions)
    return Question(request, serving, desk, asked)


def answered(
    question: Question, make: Callable[[], Kept | None], *moments: dt.datetime, unknown: str | None = None
) -> Response:
    """What `make` gives; 404, with the words `unknown`, where it gives None. Raises StoreError.

    It is kept until something changes; a reader who has it already is told so. `moments` are those that it tells of
    beside the ends of its range.
    """
    span = question.asked.span
    etag = etag_of(question.request, question.serving, span.since, span.until, *moments)
    if known := unchanged(question.request, etag):
        return known
    kept = question.serving.kept.get(etag, make)
    if kept is None:
        raise HTTPException(404, unknown)
    return sent(question.request, etag, kept)
