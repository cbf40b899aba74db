"""The pages: each address, the parameters that it takes, and the view that it shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import perf_counter

from fastapi import APIRouter, HTTPException, Request, Response

from sova.stats import DIMENSIONS
from sova.stats import ORDERS as REASON_ORDERS
from sova.views.builds import build, builds
from sova.views.changes import change, changes
from sova.views.desk import Desk, foot_of
from sova.views.jobs import ORDERS, job, jobs
from sova.views.overview import overview
from sova.views.patterns import patterns
from sova.views.reasons import reason, reasons
from sova.views.statistics import statistics_view
from sova.views.unknown import unknown
from sova.web.caching import Kept
from sova.web.params import FILTERS, RANGE, Asked
from sova.web.questions import LIST, Takes, answered, ask

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_SLUG = re.compile(r"[a-z0-9._-]{1,100}")
_NUMBER = re.compile(r"[0-9]{1,18}")
_HTML = "text/html; charset=utf-8"


_PAGED = Takes(FILTERS | {"after"})


def _page(request: Request, takes: Takes, make: Callable[[Desk, Asked], object | None]) -> Response:
    """The page with the view that `make` gives; 404 where it gives None."""
    question = ask(request, takes)
    serving, desk, asked = question.serving, question.desk, question.asked

    def rendered() -> Kept | None:
        begun = perf_counter()
        view = make(desk, asked)
        if view is None:
            return None
        foot = foot_of(desk, perf_counter() - begun)
        pages = serving.pages(asked.query_string, serving.address(request))
        return Kept.of(pages.render(view, foot).encode("utf-8", "replace"), _HTML)

    return answered(question, rendered, desk.now)


def _known(text: str, form: re.Pattern[str]) -> str:
    """The part of an address where it can name something; else there is no such page."""
    if not form.fullmatch(text):
        raise HTTPException(404)
    return text


@router.get("/")
def show_overview(request: Request) -> Response:
    return _page(request, LIST, lambda desk, asked: overview(desk, asked.span, asked.search))


@router.get("/jobs")
def show_jobs(request: Request) -> Response:
    takes = Takes(FILTERS | {"after", "order"}, orders=ORDERS)
    return _page(
        request,
        takes,
        lambda desk, asked: jobs(desk, asked.span, asked.search, after=asked.after, order=asked.order or ORDERS[0]),
    )


@router.get("/jobs/{slug}")
def show_job(request: Request, slug: str) -> Response:
    _known(slug, _SLUG)

    def view(desk: Desk, asked: Asked) -> object | None:
        name = desk.store.name_of("job", slug)
        return None if name is None else job(desk, name, asked.span, asked.search)

    return _page(request, LIST, view)


@router.get("/statistics")
def show_statistics(request: Request) -> Response:
    takes = Takes(FILTERS | {"by"}, dimensions=DIMENSIONS)
    return _page(
        request, takes, lambda desk, asked: statistics_view(desk, asked.span, asked.search, asked.by or DIMENSIONS[0])
    )


@router.get("/builds")
def show_builds(request: Request) -> Response:
    return _page(request, _PAGED, lambda desk, asked: builds(desk, asked.span, asked.search, asked.after))


@router.get("/builds/{slug}")
def show_build(request: Request, slug: str) -> Response:
    _known(slug, _SLUG)
    return _page(request, Takes(RANGE), lambda desk, _asked: build(desk, slug))


@router.get("/reasons")
def show_reasons(request: Request) -> Response:
    takes = Takes(FILTERS | {"order"}, orders=REASON_ORDERS)
    return _page(
        request,
        takes,
        lambda desk, asked: reasons(desk, asked.span, asked.search, order=asked.order or REASON_ORDERS[0]),
    )


@router.get("/reasons/{slug}")
def show_reason(request: Request, slug: str) -> Response:
    _known(slug, _SLUG)
    return _page(request, _PAGED, lambda desk, asked: reason(desk, slug, asked.span, asked.search, after=asked.after))


@router.get("/changes")
def show_changes(request: Request) -> Response:
    return _page(request, _PAGED, lambda desk, asked: changes(desk, asked.span, asked.search, asked.after))


@router.get("/changes/{project}/{number}")
def show_change(request: Request, project: str, number: str) -> Response:
    _known(project, _SLUG)
    _known(number, _NUMBER)
    takes = Takes(RANGE | {"after"})
    return _page(request, takes, lambda desk, asked: change(desk, project, int(number), after=asked.after))


@router.get("/unknown")
def show_unknown(request: Request) -> Response:
    return _page(request, _PAGED, lambda desk, asked: unknown(desk, asked.span, asked.search, asked.after))


@router.get("/patterns")
def show_patterns(request: Request) -> Response:
    takes = Takes(RANGE | {"tag", "text"})
    return _page(request, takes, lambda desk, asked: patterns(desk, asked.span, asked.search))
