"""Filters and ranges in a URL, read to a `Span` and a `Search`. `sova.reports.links` writes them.

    range=7d                  one of RANGES; 7d where nothing is said
    since=..., until=...      as `sova.times.parse_time` reads them, and then `range` does not count
    job, project, branch, pipeline        names or globs
    change, result, tag, verdict          numbers and words
    failed, voting, periodic              yes or no
    reason, pattern, text, after, order, by

Names, numbers and words may be repeated, or stand in one parameter with commas between; where there is a "=" in it the
commas are part of a name, as in those of Jenkins' matrix jobs. An empty value is none (forms send them). What is not
known, or out of range, is a `ParameterError`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sova.filters import Query, Search
from sova.reports.clean import shorten
from sova.times import days_back, parse_time
from sova.views.desk import RANGES, Span, span_of
from sova.web.values import a_cursor, a_name, a_number, a_slug, a_text, a_verdict, one_of, yes_no

__all__ = ["FILTERS", "RANGE", "Asked", "ParameterError", "read"]

RANGE = frozenset({"range", "since", "until"})
FILTERS = RANGE | {
    *("job", "project", "branch", "pipeline", "change", "result", "tag", "verdict"),
    *("reason", "pattern", "text", "failed", "voting", "periodic"),
}
"""Filters that every list takes; `after`, `order` and `by` are for some."""

DEFAULT_RANGE = "7d"
LONGEST = dt.timedelta(days=1100)
"""Longest stretch of time that a page shows: three years, a chart has a bar a day."""

_MOST_VALUES = 100

_Value = TypeVar("_Value")


class ParameterError(ValueError):
    """A parameter that is unknown or out of range: its name, its value (made fit to be shown), what is allowed."""

    def __init__(self, name: str, value: str, allowed: str, *, unknown: bool = False) -> None:
        self.name = shorten(name, 60)
        self.shown_value = shorten(value, 80)
        self.allowed = allowed
        says = (
            f"There is no parameter “{self.name}” here"
            if unknown
            else f"{self.name}: “{self.shown_value}” is not allowed"
        )
        super().__init__(f"{says}; allowed: {allowed}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks for. `query_string` is the range as the reader chose it, to go along with links ("" where
    it is the default); `given` holds the names of the parameters that had a value."""

    span: Span
    search: Search
    after: str = ""
    order: str = ""
    by: str = ""
    query_string: str = ""
    given: frozenset[str] = field(default_factory=frozenset)


def read(  # noqa: PLR0913 - the parameters, the moment, and what this address takes
    pairs: Iterable[tuple[str, str]],
    now: dt.datetime,
    timezone: ZoneInfo,
    *,
    allowed: frozenset[str] = FILTERS,
    orders: Sequence[str] = (),
    dimensions: Sequence[str] = (),
) -> Asked:
    """What the parameters of a URL ask for. `orders` and `dimensions` are the values of `order` and `by`.

    Raises ParameterError.
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in allowed:
            raise ParameterError(name, value, ", ".join(sorted(allowed)) or "none", unknown=True)
        if value.strip():
            values.setdefault(name, []).append(value.strip())
            if len(values[name]) > _MOST_VALUES:
                raise ParameterError(name, value, f"at most {_MOST_VALUES} values")
    reader = _Reader(values)
    span = _span(reader, now, timezone)
    return Asked(
        span=span,
        search=_search(reader, timezone),
        after=reader.one("after", a_cursor) or "",
        order=reader.one("order", one_of(orders)) or "",
        by=reader.one("by", one_of(dimensions)) or "",
        query_string=_range_of(reader),
        given=frozenset(values),
    )


class _Reader:
    """Values by name. `one` takes the only value of a name, `many` all of them."""

    def __init__(self, values: dict[str, list[str]]) -> None:
        self._values = values

    def one(self, name: str, parse: Callable[[str], _Value]) -> _Value | None:
        values = self._values.get(name, [])
        if len(set(values)) > 1:
            raise ParameterError(name, ", ".join(values), "one value")
        return self._parsed(name, values[0], parse) if values else None

    def many(self, name: str, parse: Callable[[str], _Value]) -> tuple[_Value, ...]:
        values = [part for value in self._values.get(name, []) for part in _parts(value)]
        if len(values) > _MOST_VALUES:
            raise ParameterError(name, values[-1], f"at most {_MOST_VALUES} values")
        return tuple(dict.fromkeys(self._parsed(name, value, parse) for value in values))

    @staticmethod
    def _parsed(name: str, value: str, parse: Callable[[str], _Value]) -> _Value:
        try:
            return parse(value)
        except ValueError as error:
            raise ParameterError(name, value, str(error)) from error


def _search(reader: _Reader, timezone: ZoneInfo) -> Search:
    query = Query(
        jobs=reader.many("job", a_name),
        project=reader.many("project", a_name),
        branch=reader.many("branch", a_name),
        pipeline=reader.many("pipeline", a_name),
        change=reader.many("change", a_number),
        result=reader.many("result", a_name),
        voting=reader.one("voting", yes_no),
        periodic=reader.one("periodic", yes_no),
        timezone=timezone,
    )
    return Search(
        query=query,
        failed=reader.one("failed", yes_no),
        tag=reader.many("tag", a_name),
        verdict=reader.many("verdict", a_verdict),
        reason=reader.one("reason", a_slug) or "",
        pattern=reader.one("pattern", a_name) or "",
        text=reader.one("text", a_text) or "",
    )


def _span(reader: _Reader, now: dt.datetime, timezone: ZoneInfo) -> Span:
    def moment(text: str) -> dt.datetime:
        if len(text) > 60:
            raise ValueError("a time of at most 60 characters")
        try:
            return parse_time(text, now, timezone)
        except ValueError as error:  # it says what is wrong, too; that stands in our own words already
            raise ValueError(str(error).rpartition("allowed: ")[2]) from error

    name = reader.one("range", one_of(RANGES)) or DEFAULT_RANGE
    since, until = reader.one("since", moment), reader.one("until", moment)
    if since is None and until is None:
        return span_of(name, now, timezone)
    if until is None:
        until = days_back(now, 0, timezone)  # the end of today
    if since is None:
        since = _earlier(until, dt.timedelta(days=7))
    named = "since" if reader.one("since", str) else "until"
    value = reader.one(named, str) or ""
    if since >= until:
        raise ParameterError(named, value, f"a beginning before the end, {until:%Y-%m-%d %H:%M} UTC")
    if until - since > LONGEST:
        raise ParameterError(named, value, f"at most {LONGEST.days} days from beginning to end")
    return Span("", since, until)


def _earlier(moment: dt.datetime, stretch: dt.timedelta) -> dt.datetime:
    try:
        return moment - stretch
    except OverflowError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _range_of(reader: _Reader) -> str:
    since, until = reader.one("since", str), reader.one("until", str)
    if since or until:
        return urlencode([(name, value) for name, value in (("since", since), ("until", until)) if value])
    name = reader.one("range", str)
    return urlencode({"range": name}) if name and name != DEFAULT_RANGE else ""


def _parts(value: str) -> list[str]:
    if "=" in value:
        return [value]
    return [part.strip() for part in value.split(",") if part.strip()]
