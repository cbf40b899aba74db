"""Reasons: the list of a stretch of time, and one of them with its days, its jobs and its builds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Diagnosis, Pattern
from sova.slugs import reason_slug
from sova.stats import ReasonCount, Totals, before, days_of, top_reasons_of
from sova.stats.counted import totals_of
from sova.store.counting import counting
from sova.store.lookups import ReasonEver, days_of_reasons, nodesets, parts_of, reason_ever
from sova.views.desk import Desk, Span

__all__ = ["ReasonView", "ReasonsView", "Tally", "reason", "reasons"]

MOST = 200
"""Reasons listed: nobody reads further, and each has its bars."""
BAR_DAYS = 14
EXAMPLES = 3
PARTS = 10
_PAGE = 50
_BY = ("job", "branch", "project")


@dataclass(frozen=True, slots=True)
class Tally:
    """One reason of a list, with the builds of each day of `ReasonsView.days`."""

    reason: ReasonCount
    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReasonsView:
    """The reasons of a stretch of time in the order of `order` (builds, lost, last_seen), at most MOST. `days` are the
    dates of the little bars, the last BAR_DAYS of the stretch; `totals` are of all builds."""

    span: Span
    search: Search
    order: str
    tallies: tuple[Tally, ...]
    days: tuple[dt.date, ...]
    totals: Totals
    names: Mapping[str, tuple[str, ...]]

    @property
    def cut(self) -> bool:
        """Whether there may be more reasons than are listed."""
        return len(self.tallies) >= MOST

    @property
    def most(self) -> int:
        """The largest number of builds of one reason on one day: the height of the bars."""
        return max((count for tally in self.tallies for count in tally.days), default=0)


@dataclass(frozen=True, slots=True)
class DayBuilds:
    """How many builds failed for a reason on a day; the day is cut to the stretch of time."""

    date: dt.date
    since: dt.datetime
    until: dt.datetime
    builds: int


@dataclass(frozen=True, slots=True)
class NamedBuilds:
    """How many builds with this name ("" for none) failed for a reason, and how many in the stretch before."""

    name: str
    builds: int
    before: int


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One reason. `count` is None where it was not seen in the stretch of time; `ever` is all that is stored of it;
    `parts` hold its builds by job, branch and project, at most PARTS of each; `nodesets` the kinds of machines, of the
    newest builds; `pattern` is the one that knows it now; `examples` are the newest builds whose lines are kept."""

    slug: str
    tag: str
    message: str
    span: Span
    search: Search
    count: ReasonCount | None
    ever: ReasonEver
    days: tuple[DayBuilds, ...]
    parts: Mapping[str, tuple[NamedBuilds, ...]]
    nodesets: tuple[tuple[str, int], ...]
    pattern: Pattern | None
    examples: tuple[Diagnosis, ...]
    diagnoses: tuple[Diagnosis, ...]
    after: str = ""
    more: str = ""


def reasons(desk: Desk, span: Span, search: Search, *, order: str = "builds") -> ReasonsView:
    """The list. Raises StoreError, and ValueError for another order."""
    asked = desk.within(search, span)
    found = top_reasons_of(desk.store, asked, span.since, span.until, limit=MOST, order=order, zone=desk.timezone)
    days = days_of(span.since, span.until, desk.timezone)[-BAR_DAYS:]
    slugs = [one.slug for one in found]
    by_day = days_of_reasons(desk.store, slugs, desk.within(search), [day[1] for day in days])
    return ReasonsView(
        span=span,
        search=search,
        order=order,
        tallies=tuple(Tally(one, by_day[one.slug]) for one in found),
        days=tuple(date for date, _ in days),
        totals=_totals(desk, replace(asked, failed=True), span),
        names=desk.store.names(),
    )


def reason(desk: Desk, slug: str, span: Span, search: Search, *, after: str = "") -> ReasonView | None:
    """The reason with this slug, None where there never was one. Raises StoreError, and CursorError."""
    named = desk.store.message_of(slug)
    if named is None:
        return None
    tag, message = named
    of_reason = replace(search, reason=slug)
    asked = desk.within(of_reason, span)
    page = desk.store.page(asked, after=after, limit=_PAGE)
    since, until, zone = span.since, span.until, desk.timezone
    counts = top_reasons_of(desk.store, asked, since, until, limit=1, zone=zone)
    newest = page.diagnoses or desk.store.page(desk.within(Search(reason=slug)), limit=EXAMPLES).diagnoses
    return ReasonView(
        slug=slug,
        tag=tag,
        message=message,
        span=span,
        search=search,
        count=counts[0] if counts else None,
        ever=reason_ever(desk.store, slug),
        days=_days(desk, slug, asked, span),
        parts=_parts(desk, asked, span) if counts else {},
        nodesets=nodesets(desk.store, asked),
        pattern=_pattern(desk, newest, slug),
        examples=tuple(one for one in newest if one.primary and one.primary.hits)[:EXAMPLES],
        diagnoses=page.diagnoses,
        after=after,
        more=page.after,
    )


def _totals(desk: Desk, asked: Search, span: Span) -> Totals:
    with counting(desk.store, asked) as counts:
        return totals_of(counts.total((span.since, span.until)))


def _days(desk: Desk, slug: str, asked: Search, span: Span) -> tuple[DayBuilds, ...]:
    days = days_of(span.since, span.until, desk.timezone)
    counts = days_of_reasons(desk.store, [slug], asked, [ends for _, ends in days])[slug]
    return tuple(DayBuilds(date, *ends, count) for (date, ends), count in zip(days, counts, strict=True))


def _parts(desk: Desk, asked: Search, span: Span) -> dict[str, tuple[NamedBuilds, ...]]:
    now = (span.since, span.until)
    found = parts_of(desk.store, asked, [now, before(*now, desk.timezone)], _BY)
    return {
        by: _most([NamedBuilds(name, *counts) for name, counts in several.items()]) for by, several in found.items()
    }


def _most(found: list[NamedBuilds]) -> tuple[NamedBuilds, ...]:
    shown = [one for one in found if one.builds]
    return tuple(sorted(shown, key=lambda one: (-one.builds, one.name))[:PARTS])


def _pattern(desk: Desk, newest: tuple[Diagnosis, ...], slug: str) -> Pattern | None:
    """The pattern, as it stands now, that made this reason last."""
    found = (reason for one in newest for reason in one.reasons if reason_slug(reason.tag, reason.message) == slug)
    made_by = next((reason.pattern for reason in found), "")
    return next((pattern for pattern in desk.patterns if pattern.id == made_by), None)
