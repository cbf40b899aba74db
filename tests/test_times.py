"""Times that people write, and days in zones whose clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.times import day_span, day_start, days_back, parse_date, parse_time

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia")
NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)  # 10:30 in Berlin, a Sunday

zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(788_918_400_000_000, 2_051_222_400_000_000).map(  # 1995 to 2035
    lambda microseconds: dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=microseconds)
)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", NOW),
        ("today", utc(2026, 11, 21, 23)),
        ("Yesterday", utc(2026, 11, 20, 23)),
        ("30m", utc(2026, 11, 22, 9, 0)),
        ("2h", utc(2026, 11, 22, 7, 30)),
        ("3d", utc(2026, 11, 19, 9, 30)),
        ("1w", utc(2026, 11, 15, 9, 30)),
        ("2026-11-20", utc(2026, 11, 19, 23)),
        ("2026-07-01", utc(2026, 6, 30, 22)),
        ("11-20", utc(2026, 11, 19, 23)),
        ("11-22", utc(2026, 11, 21, 23)),
        ("11-23", utc(2025, 11, 22, 23)),
        ("12-24", utc(2025, 12, 23, 23)),
        ("02-29", utc(2024, 2, 28, 23)),
        ("11-20 14:00", utc(2026, 11, 20, 13)),
        ("2026-11-20T14:02:00", utc(2026, 11, 20, 13, 2)),
        (" 06:15 ", utc(2026, 11, 22, 5, 15)),
        ("2026-11-20T14:00:00Z", utc(2026, 11, 20, 14)),
        ("2026-11-20 14:00:00+05:30", utc(2026, 11, 20, 8, 30)),
    ],
)
def test_what_a_person_writes_means_one_moment(text: str, meant: dt.datetime) -> None:
    found = parse_time(text, NOW, BERLIN)
    assert found == meant
    assert found.tzinfo is dt.UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "02-30",
        "25:00",
        "11-20 24:61",
        "2 hours",
        "-2h",
        "99999999w",
        "0001-01-01",
        "٣d",
        "3.5h",
    ],
)
def test_what_is_no_time_is_told_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"allowed|calendar") as error:
        parse_time(text, NOW, BERLIN)
    assert repr(text) in str(error.value)


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        found = parse_time(text, NOW, BERLIN)
    except ValueError:
        return
    assert found.utcoffset() == dt.timedelta(0)


@given(moments, zones)
def test_a_moment_written_with_its_zone_is_read_back(moment: dt.datetime, zone: ZoneInfo) -> None:
    assert parse_time(moment.astimezone(zone).isoformat(), NOW, zone) == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [("04-15", (None, 4, 15)), ("4-5", (None, 4, 5)), ("2026-05-02", (2026, 5, 2)), ("02-29", (None, 2, 29))],
)
def test_dates_as_the_seed_takes_them_and_with_a_year(text: str, day: tuple[int | None, int, int]) -> None:
    assert parse_date(text) == day


@pytest.mark.parametrize("text", ["", "04/15", "2025-02-29", "13-01", "00-00", "0000-01-01", "26-05-02", "04-15 10:00"])
def test_what_is_no_date_is_told_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="11-20 or 2026-11-20"):
        parse_date(text)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), utc(2026, 3, 28, 23), 23),
        ("Europe/Berlin", (2026, 10, 25), utc(2026, 10, 24, 22), 25),
        ("America/Sao_Paulo", (2018, 11, 4), utc(2018, 11, 4, 3), 23),  # no midnight: the day begins at one o'clock
        ("America/Havana", (2026, 11, 1), utc(2026, 11, 1, 4), 25),  # midnight comes twice: the first one counts
        ("Pacific/Apia", (2011, 12, 30), utc(2011, 12, 30, 10), 0),  # the day that Samoa left out
        ("UTC", (2026, 2, 28), utc(2026, 2, 28), 24),
    ],
)
def test_days_on_which_clocks_change(zone: str, day: tuple[int, int, int], begins: dt.datetime, hours: int) -> None:
    assert day_span(*day, ZoneInfo(zone)) == (begins, begins + dt.timedelta(hours=hours))


def test_there_is_no_span_of_a_day_that_does_not_exist() -> None:
    assert day_span(2025, 2, 29, BERLIN) is None
    assert day_span(9999, 12, 31, BERLIN) is None


@given(moments, zones)
def test_every_moment_lies_in_the_span_of_its_local_day(moment: dt.datetime, zone: ZoneInfo) -> None:
    day = moment.astimezone(zone).date()
    span = day_span(day.year, day.month, day.day, zone)
    assert span is not None
    assert span[0] <= moment < span[1]


@given(moments, zones)
def test_one_day_begins_where_the_day_before_ends(moment: dt.datetime, zone: ZoneInfo) -> None:
    day = moment.date()
    next_day = day + dt.timedelta(days=1)
    span = day_span(day.year, day.month, day.day, zone)
    assert span is not None
    assert span[1] == day_start(next_day, zone)


def test_the_last_days_count_today_across_a_clock_change() -> None:
    now = utc(2026, 3, 30, 10)  # the day after the clocks went forward
    assert days_back(now, 1, BERLIN) == utc(2026, 3, 29, 22)
    assert days_back(now, 2, BERLIN) == utc(2026, 3, 28, 23)
    with pytest.raises(ValueError, match="calendar"):
        days_back(now, 10**7, BERLIN)
