"""The API, `/api/v1`: what pages show, for programs. Fields and parameters are described by its OpenAPI."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from sova.store.lookups import PatternHits, pattern_hits
from sova.web import api_diagnose, api_numbers
from sova.web.api_answers import JSON, answer, asking, is_slug, page_of
from sova.web.api_filters import DiagnosisFilters, PagedFilters, RangeFilters
from sova.web.api_models import Builds, Diagnoses, Pattern, Patterns, Source, Sources, pattern_row, summary_of
from sova.web.api_rows import DiagnosisRow, row_of
from sova.web.api_schema import described, responses
from sova.web.caching import Kept
from sova.web.params import FILTERS, RANGE
from sova.web.questions import Question, Takes, answered

__all__ = ["openapi", "router"]

router = APIRouter(prefix="/api/v1")

Plain = Annotated[Question, Depends(asking(Takes()))]
OfHits = Annotated[Question, Depends(asking(Takes(RANGE)))]
Paged = Annotated[Question, Depends(asking(Takes(FILTERS | {"after", "limit"})))]


@router.get(
    "/builds",
    operation_id="listBuilds",
    response_model=Builds,
    responses=responses(400, paged=True),
    summary="Builds, newest first",
    tags=["builds"],
)
def list_builds(question: Paged, filters: Annotated[PagedFilters, Query()]) -> Response:
    """One flat row a build. The next page is named by `after`, and by the header `Link`."""

    def found() -> Builds:
        page = page_of(question, filters.limit)
        return Builds(version=1, builds=[summary_of(one) for one in page.diagnoses], after=page.after)

    return answer(question, found)


@router.get(
    "/builds/{id}",
    operation_id="getBuild",
    response_model=DiagnosisRow,
    responses=responses(400, 404),
    summary="One build with its whole diagnosis",
    tags=["builds"],
)
def get_build(
    question: Plain,
    id: Annotated[  # noqa: A002 - the name in the address
        str,
        Path(description="Its name, 16 hexadecimal digits; it never changes.", examples=["4de23ca7647458e9"]),
    ],
) -> Response:
    """Verdict, reasons with their lines, excerpts, problems: a row of `sova run -o jsonl`."""

    def found() -> DiagnosisRow | None:
        diagnosis = question.desk.store.by_slug(id) if is_slug(id) else None
        return row_of(diagnosis) if diagnosis else None

    return answer(question, found, unknown="No build of this name is stored. Names are 16 hexadecimal digits.")


@router.get(
    "/diagnoses",
    operation_id="listDiagnoses",
    response_model=Diagnoses,
    responses=responses(400, paged=True),
    summary="Whole diagnoses, newest build first",
    tags=["builds"],
)
def list_diagnoses(question: Paged, filters: Annotated[DiagnosisFilters, Query()]) -> Response:
    """As `/builds`, with everything that `/builds/{id}` gives."""

    def found() -> Diagnoses:
        page = page_of(question, filters.limit)
        return Diagnoses(version=1, diagnoses=[row_of(one) for one in page.diagnoses], after=page.after)

    return answer(question, found)


@router.get(
    "/patterns",
    operation_id="listPatterns",
    response_model=Patterns,
    responses=responses(400),
    summary="Every failure that is recognised",
    tags=["patterns"],
)
def list_patterns(question: OfHits, _range: Annotated[RangeFilters, Query()]) -> Response:
    """The patterns that come with Sova and those of the configuration, with how often they hit."""

    def found() -> Patterns:
        desk, span = question.desk, question.asked.span
        hits = _hits(question)
        rows = [pattern_row(one, hits.get(one.id)) for one in desk.patterns]
        return Patterns(
            version=1, since=span.since, until=span.until, patterns_version=desk.patterns_version, patterns=rows
        )

    return answer(question, found)


def _hits(question: Question) -> dict[str, PatternHits]:
    span = question.asked.span
    return pattern_hits(question.desk.store, question.search, span.since, span.until)


@router.get(
    "/patterns/{id}",
    operation_id="getPattern",
    response_model=Pattern,
    responses=responses(400, 404),
    summary="One pattern",
    tags=["patterns"],
)
def get_pattern(
    question: OfHits,
    id: Annotated[str, Path(description="Its id.", examples=["disk-full"])],  # noqa: A002 - the name in the address
    _range: Annotated[RangeFilters, Query()],
) -> Response:
    """The builds in which it hit are at `/builds?pattern={id}`."""

    def found() -> Pattern | None:
        pattern = next((one for one in question.desk.patterns if one.id == id), None)
        return pattern_row(pattern, _hits(question).get(id)) if pattern else None

    return answer(question, found, unknown="No pattern has this id; /api/v1/patterns lists them.")


@router.get(
    "/sources",
    operation_id="listSources",
    response_model=Sources,
    responses=responses(400),
    summary="Where builds come from, and how fresh they are",
    tags=["sources"],
)
def list_sources(question: Plain) -> Response:
    """The last answer of every source."""

    def found() -> Sources:
        rows = [Source.model_validate(one) for one in question.desk.store.last_runs()]
        return Sources(version=1, now=question.desk.now, sources=rows)

    return answer(question, found, question.desk.now)


for _part in (api_numbers, api_diagnose):
    router.include_router(_part.router)


def openapi() -> str:
    """The OpenAPI document of the API."""
    return json.dumps(described(router.routes), indent=1)


@router.get("/openapi.json", include_in_schema=False)
def get_openapi(question: Plain) -> Response:
    """The OpenAPI document."""
    return answered(question, lambda: Kept.of(openapi().encode(), JSON))
