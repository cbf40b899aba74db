"""Failures that no pattern explains, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Diagnosis, Verdict
from sova.stats import Part, parts
from sova.views.builds import COUNTED
from sova.views.desk import Desk, Span

__all__ = ["UnknownView", "unknown"]

PAGE = 30
JOBS = 20


@dataclass(frozen=True, slots=True)
class UnknownView:
    """A page of failures whose verdict is unknown. `jobs` counts them by job; `unread` counts failures whose logs could
    not be read, which are no unknown ones; counts stop at COUNTED."""

    span: Span | None
    search: Search
    diagnoses: tuple[Diagnosis, ...]
    total: int
    unread: int
    jobs: tuple[Part, ...]
    names: Mapping[str, tuple[str, ...]]
    after: str = ""
    more: str = ""


def unknown(desk: Desk, span: Span | None, search: Search, after: str = "", *, limit: int = PAGE) -> UnknownView:
    """The unknown failures asked for, ever without a span. Raises StoreError, and CursorError."""
    asked = desk.within(replace(search, failed=True, verdict=(Verdict.UNKNOWN,)), span)
    unread = desk.within(replace(search, failed=True, verdict=(Verdict.NO_LOGS,)), span)
    page = desk.store.page(asked, after=after, limit=limit, counted=COUNTED)
    return UnknownView(
        span=span,
        search=search,
        diagnoses=page.diagnoses,
        total=page.total,
        unread=desk.store.count_of(unread, COUNTED),
        jobs=_jobs(desk, asked, span),
        names=desk.store.names(),
        after=after,
        more=page.after,
    )


def _jobs(desk: Desk, asked: Search, span: Span | None) -> tuple[Part, ...]:
    if span is None:
        return ()
    return parts(desk.store, asked, span.since, span.until, "job", limit=JOBS, zone=desk.timezone)
