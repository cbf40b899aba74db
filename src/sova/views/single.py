"""Everything that matters of a stretch of time on one page, to be sent around as one file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Diagnosis, Verdict
from sova.views.desk import Desk, Span
from sova.views.overview import OverviewView, overview
from sova.views.reasons import ReasonsView, reasons

__all__ = ["SingleView", "single"]

FAILURES = 500
UNKNOWN = 50


@dataclass(frozen=True, slots=True)
class SingleView:
    """The overview, the reasons, unknown failures with their lines, and the failures, newest first; `failed` counts
    them all, also those that are left out."""

    span: Span
    search: Search
    overview: OverviewView
    reasons: ReasonsView
    unknown: tuple[Diagnosis, ...]
    failures: tuple[Diagnosis, ...]
    failed: int


def single(desk: Desk, span: Span, search: Search) -> SingleView:
    """The page for a stretch of time. Raises StoreError."""
    wanted = replace(desk.within(search, span), failed=True)
    seen = overview(desk, span, search)
    return SingleView(
        span=span,
        search=search,
        overview=seen,
        reasons=reasons(desk, span, search),
        unknown=desk.store.page(replace(wanted, verdict=(Verdict.UNKNOWN,)), limit=UNKNOWN).diagnoses,
        failures=desk.store.page(wanted, limit=FAILURES).diagnoses,
        failed=seen.compared.totals.failed,
    )
