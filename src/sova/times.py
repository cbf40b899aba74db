"""Days and moments: what a person writes as a time, and where days begin in a time zone.

Days are calendar days of the zone, 23 to 25 hours long; the moments given back are aware and in UTC.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Day", "Span", "day_span", "day_start", "days_back", "parse_date", "parse_time"]

Day: TypeAlias = "tuple[int | None, int, int]"
"""Year (None for every year), month and day."""

Span: TypeAlias = "tuple[dt.datetime, dt.datetime]"
"""A stretch of time between two aware moments, the first inclusive, the second exclusive."""

_DAY = r"(?:(?P<year>\d{4})-)?(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
_DATE = re.compile(_DAY, re.ASCII)
_WALL_TIME = re.compile(rf"(?:{_DAY}(?:[ T]+{_CLOCK})?|(?P<only>{_CLOCK.replace('P<', 'P<only_')}))", re.ASCII)
_AGO = re.compile(r"(?P<count>\d{1,9})(?P<unit>[mhdw])", re.ASCII)
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DATE_FORMS = "a date such as 11-20 or 2026-11-20"
_TIME_FORMS = (
    'now, today, yesterday, a time ago (30m, 2h, 3d, 1w), a date (2026-11-20, 11-20), a time (14:00, "11-20 14:00"), '
    "or ISO 8601 with a zone (2026-11-20T14:00:00Z)"
)


def day_start(day: dt.date, timezone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) at which a day begins in the zone; where midnight comes twice the first, where it is left
    out the moment of the change. Raises OverflowError at the ends of the calendar."""
    return dt.datetime.combine(day, dt.time(), timezone).astimezone(dt.UTC)


def day_span(year: int, month: int, day: int, timezone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime] | None:
    """Beginning and end (UTC) of a day in the zone, 23 to 25 hours apart; None where there is no such day."""
    try:
        date = dt.date(year, month, day)
        return day_start(date, timezone), day_start(date + dt.timedelta(days=1), timezone)
    except (ValueError, OverflowError):
        return None


def days_back(now: dt.datetime, days: int, timezone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) at which the last `days` days begin; today is one of them. Raises ValueError."""
    try:
        return day_start(now.astimezone(timezone).date() - dt.timedelta(days=days - 1), timezone)
    except OverflowError as error:
        raise ValueError(f"{days} days ago lies before the calendar begins") from error


def parse_date(text: str) -> Day:
    """A day, `%m-%d` (of every year) or `%Y-%m-%d`. Raises ValueError that says what is allowed."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} should be {_DATE_FORMS}")
    return _day(found, text)


def _day(found: re.Match[str], text: str) -> Day:
    year, month, day = (int(part) if part else None for part in found.group("year", "month", "day"))
    try:
        date = dt.date(2000 if year is None else year, month or 0, day or 0)  # 2000 had a 29 February
    except ValueError as error:
        raise ValueError(f"{text!r} is no day of the calendar; it should be {_DATE_FORMS}") from error
    return year, date.month, date.day


def parse_time(text: str, now: dt.datetime, timezone: dt.tzinfo) -> dt.datetime:
    """The moment (UTC) that a text means; a day means its beginning, "3d" is 72 hours before `now`.

    A time without a zone is one of `timezone`, a date without a year the last such day that is not in the future.
    Raises ValueError that says what is allowed.
    """
    text = text.strip()
    try:
        time = _parse_time(text, now, timezone)
        if time is not None:
            return time.astimezone(dt.UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} lies outside the calendar") from error
    raise ValueError(f"{text!r} is not a time; allowed: {_TIME_FORMS}")


def _parse_time(text: str, now: dt.datetime, timezone: dt.tzinfo) -> dt.datetime | None:
    words: dict[str, Callable[[], dt.datetime]] = {
        "now": lambda: now,
        "today": lambda: days_back(now, 1, timezone),
        "yesterday": lambda: days_back(now, 2, timezone),
    }
    if text.lower() in words:
        return words[text.lower()]()
    if ago := _AGO.fullmatch(text):
        return now - dt.timedelta(seconds=int(ago["count"]) * _UNITS[ago["unit"]])
    if wall := _WALL_TIME.fullmatch(text):
        return _wall_time(wall, text, now, timezone)
    try:
        time = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _wall_time(found: re.Match[str], text: str, now: dt.datetime, timezone: dt.tzinfo) -> dt.datetime:
    today = now.astimezone(timezone).date()
    prefix = "only_" if found["only"] else ""
    hour, minute, second = (int(found[f"{prefix}{unit}"] or 0) for unit in ("hour", "minute", "second"))
    try:
        clock = dt.time(hour, minute, second)
        date = today if found["only"] else _last_such_day(_day(found, text), today)
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}; allowed: {_TIME_FORMS}") from error
    return dt.datetime.combine(date, clock, timezone)


def _last_such_day(day: Day, today: dt.date) -> dt.date:
    year, month, number = day
    if year is not None:
        return dt.date(year, month, number)
    for candidate in range(today.year, today.year - 9, -1):  # leap years are at most eight years apart
        try:
            date = dt.date(candidate, month, number)
        except ValueError:
            continue
        if date <= today:
            return date
    raise ValueError("there is no such day")
