"""Failures that no pattern explains, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Diagnosis, Verdict
from sova.stats import Part
from sova.stats.counted import parts_in
from sova.store.counting import counting
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
    page = desk.store.page(asked, after=after, limit=limit)
    failed = desk.within(replace(search, failed=True), span)
    total, unread, jobs = _ever(desk, asked, failed) if span is None else _counts(desk, asked, failed, span)
    return UnknownView(
        span=span,
        search=search,
        diagnoses=page.diagnoses,
        total=min(total, COUNTED),
        unread=min(unread, COUNTED),
        jobs=jobs,
        names=desk.store.names(),
        after=after,
        more=page.after,
    )


def _counts(desk: Desk, asked: Search, failed: Search, span: Span) -> tuple[int, int, tuple[Part, ...]]:
    ends = span.since, span.until
    with counting(desk.store, asked) as counts:
        total, jobs = counts.total(ends).builds, parts_in(counts, ends, desk.timezone, "job", JOBS)
    with counting(desk.store, failed) as counts:
        return total, counts.total(ends).unreadable, jobs


def _ever(desk: Desk, asked: Search, failed: Search) -> tuple[int, int, tuple[Part, ...]]:
    unread = replace(failed, verdict=(Verdict.NO_LOGS,))
    return desk.store.count_of(asked, COUNTED), desk.store.count_of(unread, COUNTED), ()
