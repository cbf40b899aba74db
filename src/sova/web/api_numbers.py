"""The part of the API that counts: reasons and statistics."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from sova.reports.statistics_json import document
from sova.stats import DIMENSIONS, ORDERS, daily, parts, statistics, top_reasons_of
from sova.web.api_answers import answer, asking, is_slug
from sova.web.api_counts import DayCount, Part, Reason, ReasonCount, Reasons, Statistics
from sova.web.api_filters import By, Filters, ReasonFilters, Unset
from sova.web.api_schema import responses
from sova.web.params import FILTERS
from sova.web.questions import LIST, Question, Takes

__all__ = ["router"]

router = APIRouter()

_PARTS_OF_A_REASON = 20

OfReasons = Annotated[Question, Depends(asking(Takes(FILTERS | {"limit", "order"}, orders=ORDERS)))]
OfAReason = Annotated[Question, Depends(asking(LIST))]
OfNumbers = Annotated[Question, Depends(asking(Takes(FILTERS | {"by"}, dimensions=DIMENSIONS)))]


@router.get(
    "/reasons",
    operation_id="listReasons",
    response_model=Reasons,
    responses=responses(400),
    summary="Why builds failed, most frequent reason first",
    tags=["reasons"],
)
def list_reasons(question: OfReasons, filters: Annotated[ReasonFilters, Query()]) -> Response:
    """Each failure counts for its primary reason only."""

    def found() -> Reasons:
        desk, span = question.desk, question.asked.span
        where = (desk.store, question.search, span.since, span.until)
        order = filters.order or ORDERS[0]
        top = top_reasons_of(*where, limit=filters.limit, order=order, zone=desk.timezone)
        reasons = [ReasonCount.model_validate(one) for one in top]
        return Reasons(version=1, since=span.since, until=span.until, reasons=reasons)

    return answer(question, found)


@router.get(
    "/reasons/{slug}",
    operation_id="getReason",
    response_model=Reason,
    responses=responses(400, 404),
    summary="One reason: when, where, how often",
    tags=["reasons"],
)
def get_reason(
    question: OfAReason,
    slug: Annotated[str, Path(description="Its name, 16 hexadecimal digits.", examples=["80b25b5d2767ec62"])],
    _filters: Annotated[Filters, Query()],
) -> Response:
    """Its builds are at `/builds?reason={slug}`."""

    def found() -> Reason | None:
        known = question.desk.store.message_of(slug) if is_slug(slug) else None
        return _reason(question, slug, *known) if known else None

    return answer(question, found, unknown="No failure was ever counted by a reason of this name.")


def _reason(question: Question, slug: str, tag: str, message: str) -> Reason:
    desk, span = question.desk, question.asked.span
    where = (desk.store, replace(question.search, reason=slug), span.since, span.until)
    top = top_reasons_of(*where, limit=1, zone=desk.timezone)

    def by(dimension: str) -> list[Part]:
        return [Part.model_validate(one) for one in parts(*where, dimension, limit=_PARTS_OF_A_REASON)]

    return Reason(
        version=1,
        slug=slug,
        tag=tag,
        message=message,
        since=span.since,
        until=span.until,
        counted=ReasonCount.model_validate(top[0]) if top else None,
        days=[DayCount.model_validate(day) for day in daily(*where, desk.timezone)],
        by_job=by("job"),
        by_branch=by("branch"),
        by_project=by("project"),
    )


@router.get(
    "/statistics",
    operation_id="getStatistics",
    response_model=Statistics,
    responses=responses(400),
    summary="Numbers of a stretch of time",
    tags=["statistics"],
)
def get_statistics(
    question: OfNumbers,
    _filters: Annotated[Filters, Query()],
    by: Annotated[By | Unset, Query(description="The dimension of `parts`; `job` where nothing is said.")] = None,
) -> Response:
    """Counts and shares, each beside the stretch before; by day; by job, branch and so on; top reasons; jobs that are
    red or flaky: what `sova stats -o json` has."""

    def found() -> Statistics:
        desk, span = question.desk, question.asked.span
        where = (desk.store, question.search, span.since, span.until, desk.now, desk.timezone)
        counted = statistics(*where, name=span.words, by=(by or DIMENSIONS[0],))
        return Statistics.model_validate(document(counted))

    return answer(question, found, question.desk.now)
