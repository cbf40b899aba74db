"""The builds that a page shows, as CSV."""

from __future__ import annotations

from itertools import chain, islice

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from sova.reports.as_csv import csv_text
from sova.web.questions import ask

__all__ = ["MOST", "router"]

router = APIRouter(include_in_schema=False)

MOST = 10_000
"""Builds in one file, the newest; the API gives any number, page by page."""


@router.get("/builds.csv")
def builds_csv(request: Request) -> Response:
    """The builds that the filters ask for, newest first, with the range that pages have."""
    question = ask(request)
    desk, search = question.desk, question.desk.within(question.asked.search, question.asked.span)
    found = islice(desk.store.walk(search), MOST)
    first = list(islice(found, 1))  # asked for before anything is sent, so that trouble is still told
    return StreamingResponse(
        csv_text(chain(first, found)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="builds.csv"', "Cache-Control": "no-cache"},
    )
