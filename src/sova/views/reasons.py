"""Reasons: the list of a stretch of time, and one of them with its days, its jobs and its builds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Diagnosis, Pattern
from sova.slugs import reason_slug
from sova.stats import DayCount, Part, ReasonCount, Totals, compare, daily, days_of, parts, top_reasons_of
from sova.store.lookups import ReasonEver, days_of_reasons, nodesets, reason_ever
from sova.views.builds import known_names
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
class ReasonView:
    """One reason. `count` is None where it was not seen in the stretch of time; `ever` is all that is stored of it;
    `parts` hold its builds by job, branch and project; `nodesets` the kinds of machines, of the newest builds;
    `pattern` is the one that knows it now; `examples` are the newest builds whose lines are still kept."""

    slug: str
    tag: str
    message: str
    span: Span
    search: Search
    count: ReasonCount | None
    ever: ReasonEver
    days: tuple[DayCount, ...]
    parts: Mapping[str, tuple[Part, ...]]
    nodesets: tuple[tuple[str, int], ...]
    pattern: Pattern | None
    examples: tuple[Diagnosis, ...]
    diagnoses: tuple[Diagnosis, ...]
    after: str = ""
    more: str = ""


def reasons(desk: Desk, span: Span, search: Search, *, order: str = "builds") -> ReasonsView:
    """The list. Raises StoreError, and ValueError for another order."""
    asked = desk.within(search, span)
    found = top_reasons_of(
        desk.store, asked, span.since, span.until, limit=MOST, order=order or "builds", zone=desk.timezone
    )
    days = days_of(span.since, span.until, desk.timezone)[-BAR_DAYS:]
    slugs = [one.slug for one in found]
    by_day = days_of_reasons(desk.store, slugs, desk.within(search), [day[1] for day in days])
    return ReasonsView(
        span=span,
        search=search,
        order=order or "builds",
        tallies=tuple(Tally(one, by_day[one.slug]) for one in found),
        days=tuple(date for date, _ in days),
        totals=compare(desk.store, asked, span.since, span.until, desk.timezone).totals,
        names=known_names(desk.store),
    )


def reason(desk: Desk, slug: str, span: Span, search: Search, *, after: str = "") -> ReasonView | None:
    """The reason with this slug, None where there never was one. Raises StoreError, and ValueError for a cursor that is
    none."""
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
        days=daily(desk.store, asked, since, until, zone),
        parts={by: parts(desk.store, asked, since, until, by, limit=PARTS, zone=zone) for by in _BY} if counts else {},
        nodesets=nodesets(desk.store, asked),
        pattern=_pattern(desk, newest, slug),
        examples=tuple(one for one in newest if one.primary and one.primary.hits)[:EXAMPLES],
        diagnoses=page.diagnoses,
        after=after,
        more=page.after,
    )


def _pattern(desk: Desk, newest: tuple[Diagnosis, ...], slug: str) -> Pattern | None:
    """The pattern, as it stands now, that made this reason last."""
    found = (reason for one in newest for reason in one.reasons if reason_slug(reason.tag, reason.message) == slug)
    made_by = next((reason.pattern for reason in found), "")
    return next((pattern for pattern in desk.patterns if pattern.id == made_by), None)
