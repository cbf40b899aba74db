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
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sova.filters import Query, Search
from sova.model import Verdict
from sova.reports.clean import shorten
from sova.times import days_back, parse_time
from sova.views.desk import RANGES, Span, span_of

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

_LONGEST_NAME, _LONGEST_TEXT, _LONGEST_CURSOR, _MOST_VALUES = 300, 200, 200, 100
_MOST_NUMBER = 2**63 - 1
_SLUG = re.compile(r"[0-9a-f]{16}")
_YES_NO = {"yes": True, "no": False}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

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
        after=reader.one("after", _cursor) or "",
        order=reader.one("order", _one_of(orders)) or "",
        by=reader.one("by", _one_of(dimensions)) or "",
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
        jobs=reader.many("job", _name),
        project=reader.many("project", _name),
        branch=reader.many("branch", _name),
        pipeline=reader.many("pipeline", _name),
        change=reader.many("change", _number),
        result=reader.many("result", _name),
        voting=reader.one("voting", _yes_no),
        periodic=reader.one("periodic", _yes_no),
        timezone=timezone,
    )
    return Search(
        query=query,
        failed=reader.one("failed", _yes_no),
        tag=reader.many("tag", _name),
        verdict=reader.many("verdict", _verdict),
        reason=reader.one("reason", _slug) or "",
        pattern=reader.one("pattern", _name) or "",
        text=reader.one("text", _text) or "",
    )


def _span(reader: _Reader, now: dt.datetime, timezone: ZoneInfo) -> Span:
    def moment(text: str) -> dt.datetime:
        if len(text) > 60:
            raise ValueError("a time of at most 60 characters")
        return parse_time(text, now, timezone)

    name = reader.one("range", _one_of(RANGES)) or DEFAULT_RANGE
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


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(", ".join(words) or "nothing")
        return text

    return parse


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME or _CONTROL.search(text) or not _is_unicode(text):
        raise ValueError(f"a name of at most {_LONGEST_NAME} characters, without control characters")
    return text


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT or "\0" in text or not _is_unicode(text):
        raise ValueError(f"words of at most {_LONGEST_TEXT} characters in all")
    return text


def _cursor(text: str) -> str:
    if len(text) > _LONGEST_CURSOR or not text.isascii() or not text.isprintable():
        raise ValueError("the end of a page, as its link to the next one has it")
    return text


def _is_unicode(text: str) -> bool:
    """Whether the text can be written as UTF-8: single surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > _MOST_NUMBER:
        raise ValueError(f"a whole number from 0 to {_MOST_NUMBER}")
    return int(text)


def _yes_no(text: str) -> bool:
    if text not in _YES_NO:
        raise ValueError("yes or no")
    return _YES_NO[text]


def _verdict(text: str) -> Verdict:
    try:
        return Verdict(text)
    except ValueError:
        raise ValueError(", ".join(Verdict)) from None


def _slug(text: str) -> str:
    if not _SLUG.fullmatch(text):
        raise ValueError("16 hexadecimal digits, as in the address of a reason's page")
    return text
