"""The builds that a page shows, as CSV."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from sova.filters import Search
from sova.model import Diagnosis
from sova.reports.as_csv import csv_text
from sova.store import Page, Store
from sova.web.questions import ask

__all__ = ["MOST", "router"]

router = APIRouter(include_in_schema=False)

MOST = 10_000
"""Builds in one file, the newest; the API gives any number, page by page."""

_PAGE = 500


@router.get("/builds.csv")
def builds_csv(request: Request) -> Response:
    """The builds that the filters ask for, newest first, with the range that pages have."""
    question = ask(request)
    desk, search = question.desk, question.desk.within(question.asked.search, question.asked.span)
    first = desk.store.page(search, limit=_PAGE)  # asked before anything is sent, so that trouble is still told
    return StreamingResponse(
        csv_text(_all(desk.store, search, first)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="builds.csv"', "Cache-Control": "no-cache"},
    )


def _all(store: Store, search: Search, page: Page) -> Iterator[Diagnosis]:
    yield from page.diagnoses
    for _ in range(MOST // _PAGE - 1):
        if not page.after:
            return
        page = store.page(search, after=page.after, limit=_PAGE)
        yield from page.diagnoses
