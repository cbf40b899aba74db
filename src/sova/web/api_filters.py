"""The parameters of the API as types: the filters of every page, told to the OpenAPI.

FastAPI checks their form; what they mean is read by `sova.web.params`, so that pages and API understand them alike.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, Field
from pydantic.json_schema import SkipJsonSchema

from sova.model import Verdict
from sova.stats import DIMENSIONS, ORDERS
from sova.views.desk import RANGES

__all__ = ["By", "DiagnosisFilters", "Filters", "PagedFilters", "RangeFilters", "ReasonFilters"]

_MOST = 100
_NAME = r"^[^\x00-\x1f\x7f]*$"
_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_TIME = rf"^(now|today|yesterday|[0-9]{{1,4}}[mhdw]|{_DAY}([T ]{_CLOCK})?|{_DAY}T{_CLOCK}(Z|[+-]{_CLOCK}))$"

Name = Annotated[str, Field(max_length=300, pattern=_NAME)]
Names: TypeAlias = Annotated[list[Name], Field(max_length=_MOST)]
Time = Annotated[str, Field(max_length=60, pattern=_TIME)]
YesNo = Literal["yes", "no"]
By = Literal[DIMENSIONS]  # type: ignore[valid-type]  # the words stand in one place
_Range = Literal[RANGES]  # type: ignore[valid-type]  # likewise
_Order = Literal[ORDERS]  # type: ignore[valid-type]  # likewise
Unset: TypeAlias = SkipJsonSchema[None]  # not given; nothing that could be sent


class RangeFilters(BaseModel):
    """A stretch of time."""

    range: _Range | Unset = Field(None, description="A stretch of time by its name; `7d` where nothing is said.")
    since: Time | Unset = Field(
        None,
        description="Its beginning, inclusive: a moment (ISO 8601), a day, `yesterday`, or a time ago such as `6h`. "
        "With `since` or `until`, `range` does not count. Without a zone it is one of the configured zone.",
        examples=["2026-11-20", "6h"],
    )
    until: Time | Unset = Field(None, description="Its end, exclusive, in the same forms; three years later at most.")


class Filters(RangeFilters):
    """Which builds are asked for."""

    job: Names = Field([], description="Name or glob of the job; may be repeated.")
    project: Names = Field([], description="Name or glob of the project; may be repeated.")
    branch: Names = Field([], description="Name or glob of the branch; may be repeated.")
    pipeline: Names = Field([], description="Name or glob of the pipeline; may be repeated.")
    change: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(max_length=_MOST)] = Field(
        [], description="Number of the change; may be repeated."
    )
    result: Names = Field([], description="Raw result word, such as RETRY_LIMIT; may be repeated.")
    tag: Names = Field([], description="Tag that failures are counted by, `unknown` too; may be repeated.")
    verdict: Annotated[list[Verdict], Field(max_length=_MOST)] = Field([], description="Verdict; may be repeated.")
    reason: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | Unset = Field(
        None, description="Name of the primary reason, as `/reasons` gives it."
    )
    pattern: Name | Unset = Field(None, description="Id of a pattern that hit, for the primary reason or another one.")
    text: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | Unset = Field(
        None, description="Words, all of which stand in messages, subject or log lines; the last may be a beginning."
    )
    failed: YesNo | Unset = Field(None, description="Only failures, or all but failures.")
    voting: YesNo | Unset = Field(None, description="Only voting, or only non-voting builds.")
    periodic: YesNo | Unset = Field(None, description="Only builds without a change, or only builds of changes.")


class _After(Filters):
    after: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{23}$")] | Unset = Field(
        None, description="Go on after a page: what it gave as `after`."
    )


class PagedFilters(_After):
    """Which builds are asked for, and how many at a time."""

    limit: int = Field(50, ge=1, le=500, description="Most builds in one answer.")


class DiagnosisFilters(_After):
    """Which builds are asked for, and how many at a time."""

    limit: int = Field(20, ge=1, le=100, description="Most diagnoses in one answer.")


class ReasonFilters(Filters):
    """Which failures count, and how many reasons."""

    limit: int = Field(50, ge=1, le=500, description="Most reasons in one answer.")
    order: _Order | Unset = Field(None, description="Most builds first, most hours lost, or seen last.")
