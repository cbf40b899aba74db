"""How the API answers: what a model holds is kept as JSON, and pages are linked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from urllib.parse import urlencode

from fastapi import Request, Response
from pydantic import BaseModel

from sova.store import Page
from sova.web.caching import Kept
from sova.web.questions import Question, Takes, answered, ask

__all__ = ["JSON", "answer", "asking", "is_slug", "page_of"]

JSON = "application/json"
_SLUG = re.compile(r"[0-9a-f]{16}")


def asking(takes: Takes) -> Callable[[Request], Question]:
    """A dependency that reads the parameters of an address before FastAPI looks at their form: its words are the better
    ones. It raises ParameterError."""

    def question(request: Request) -> Question:
        return ask(request, takes)

    return question


def answer(
    question: Question, make: Callable[[], BaseModel | None], *moments: dt.datetime, unknown: str = ""
) -> Response:
    """What `make` gives, as JSON; all else as in `answered`."""

    def made() -> Kept | None:
        found = make()
        if found is None:
            return None
        link = _next(question, getattr(found, "after", ""))
        return Kept.of(found.model_dump_json().encode(), JSON, link=link)

    return answered(question, made, *moments, unknown=unknown)


def _next(question: Question, after: str) -> str:
    """The Link header that leads to the next page, as readers reach it; "" on the last one."""
    if not after:
        return ""
    request = question.request
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "after"]
    page = f"{question.serving.address(request)}{request.url.path.lstrip('/')}"
    return f'<{page}?{urlencode([*pairs, ("after", after)])}>; rel="next"'


def page_of(question: Question, limit: int) -> Page:
    """The page of builds that is asked for. Raises CursorError."""
    desk, asked = question.desk, question.asked
    return desk.store.page(desk.within(asked.search, asked.span), after=asked.after, limit=limit)


def is_slug(text: str) -> bool:
    """Whether the part of an address can name a build or a reason."""
    return _SLUG.fullmatch(text) is not None
