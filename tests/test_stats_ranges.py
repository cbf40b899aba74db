"""Stretches of time: the one before, and the days in one, with days of 23 and 25 hours."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.stats import MOST_DAYS, before, days_of
from sova.times import day_start

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
zones = st.sampled_from(ZONES).map(ZoneInfo)
dates = st.dates(dt.date(2010, 1, 1), dt.date(2030, 1, 1))
moments = st.datetimes(  # hypothesis adds the zone
    dt.datetime(2010, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    dt.datetime(2030, 1, 1),  # noqa: DTZ001 - hypothesis wants it so
    timezones=st.just(dt.UTC),
)
lengths = st.integers(1, 40)


def day(text: str, zone: str) -> dt.datetime:
    return day_start(dt.date.fromisoformat(text), ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "date", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Kolkata", "2026-03-08", 24),
    ],
)
def test_a_day_has_as_many_hours_as_the_clocks_of_the_zone_give_it(zone: str, date: str, hours: float) -> None:
    start = day(date, zone)
    ((found, (since, until)),) = days_of(start, start + hours * HOUR, ZoneInfo(zone))
    assert (found.isoformat(), since, until) == (date, start, start + hours * HOUR)


def test_the_day_before_a_long_one_is_a_day_too() -> None:
    zone = ZoneInfo("America/New_York")
    since, until = day("2026-03-08", zone.key), day("2026-03-09", zone.key)
    assert until - since == 23 * HOUR
    assert before(since, until, zone) == (since - DAY, since)


def test_a_week_with_a_clock_change_stands_beside_the_seven_days_before_it() -> None:
    zone = ZoneInfo("America/New_York")
    found = before(day("2026-03-07", zone.key), day("2026-03-14", zone.key), zone)
    assert found == (day("2026-02-28", zone.key), day("2026-03-07", zone.key))


def test_a_stretch_within_days_stands_beside_one_as_long() -> None:
    now = dt.datetime(2026, 3, 13, 9, 7, tzinfo=dt.UTC)
    assert before(now - 6 * HOUR, now, ZoneInfo("Europe/Berlin")) == (now - 12 * HOUR, now - 6 * HOUR)


def test_a_day_that_the_zone_left_out_is_not_there() -> None:
    zone = ZoneInfo("Pacific/Apia")  # there was no 30 December 2011
    found = days_of(day("2011-12-29", zone.key), day("2012-01-01", zone.key), zone)
    assert [date.day for date, _ in found] == [29, 31]


@given(dates, lengths, zones)
def test_days_follow_each_other_without_gaps(first: dt.date, count: int, zone: ZoneInfo) -> None:
    since, until = day_start(first, zone), day_start(first + count * DAY, zone)
    found = days_of(since, until, zone)
    spans = [span for _, span in found]
    assert [spans[0][0], *(end for _, end in spans)] == [*(begin for begin, _ in spans), until]
    assert all(date == begin.astimezone(zone).date() for date, (begin, _) in found)


@given(moments, st.timedeltas(dt.timedelta(seconds=1), dt.timedelta(days=20)), zones)
def test_days_are_cut_to_the_stretch(since: dt.datetime, length: dt.timedelta, zone: ZoneInfo) -> None:
    found = days_of(since, since + length, zone)
    assert (found[0][1][0], found[-1][1][1]) == (since, since + length)
    assert sum((end - begin for _, (begin, end) in found), dt.timedelta()) == length


@given(dates, lengths, zones)
def test_the_stretch_before_has_as_many_days_and_ends_where_this_one_begins(
    first: dt.date, count: int, zone: ZoneInfo
) -> None:
    since, until = day_start(first, zone), day_start(first + count * DAY, zone)
    assert before(since, until, zone) == (day_start(first - count * DAY, zone), since)


def test_the_calendar_has_a_beginning() -> None:
    since = dt.datetime(1, 1, 3, tzinfo=dt.UTC)
    found = before(since, since + 30 * DAY, ZoneInfo("UTC"))
    assert found == (dt.datetime.min.replace(tzinfo=dt.UTC), since)


def test_a_range_by_day_has_an_end() -> None:
    since = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(ValueError, match="3,660 days"):
        days_of(since, since + (MOST_DAYS + 1) * DAY, ZoneInfo("UTC"))
