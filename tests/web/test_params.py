"""Filters and ranges in a URL."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.filters import Query, Search
from sova.model import Verdict
from sova.reports.clean import shown
from sova.reports.parameters import fields_of, span_fields
from sova.times import day_start
from sova.views.desk import RANGES
from sova.web.params import FILTERS, LONGEST, Asked, ParameterError, read

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ALL = FILTERS | {"after", "order", "by"}


def asked(*pairs: tuple[str, str]) -> Asked:
    return read(pairs, NOW, BERLIN, allowed=ALL, orders=("failed", "name"), dimensions=("job", "tag"))


def refused(*pairs: tuple[str, str]) -> ParameterError:
    with pytest.raises(ParameterError) as error:
        asked(*pairs)
    return error.value


def test_nothing_asked_is_the_last_seven_days_of_everything() -> None:
    found = asked()
    assert found.span.name == "7d"
    assert found.span.since == day_start(dt.date(2026, 11, 16), BERLIN)
    assert found.span.until == day_start(dt.date(2026, 11, 23), BERLIN)
    assert (found.search, found.query_string) == (Search(Query(timezone=BERLIN)), "")


def test_every_filter_reaches_the_search() -> None:
    found = asked(
        ("job", "tempest-*"),
        ("project", "openstack/nova"),
        ("branch", "master"),
        ("pipeline", "gate"),
        ("change", "901190,901191"),
        ("result", "TIMED_OUT"),
        ("tag", "infra"),
        ("tag", "unknown"),
        ("verdict", "no logs,known"),
        ("reason", "0123456789abcdef"),
        ("pattern", "dns-resolve"),
        ("text", "could not  resolve"),
        ("failed", "yes"),
        ("voting", "no"),
        ("periodic", "no"),
    )
    assert found.search == Search(
        Query(
            jobs=("tempest-*",),
            project=("openstack/nova",),
            branch=("master",),
            pipeline=("gate",),
            change=(901190, 901191),
            result=("TIMED_OUT",),
            voting=False,
            periodic=False,
            timezone=BERLIN,
        ),
        failed=True,
        tag=("infra", "unknown"),
        verdict=(Verdict.NO_LOGS, Verdict.KNOWN),
        reason="0123456789abcdef",
        pattern="dns-resolve",
        text="could not  resolve",
    )


def test_names_may_be_repeated_or_stand_in_one_with_commas() -> None:
    assert asked(("job", "a"), ("job", "b, c"), ("job", "a")).search.query.jobs == ("a", "b", "c")


def test_a_comma_of_a_matrix_job_is_part_of_its_name() -> None:
    assert asked(("job", "build/PY=3.12,OS=debian")).search.query.jobs == ("build/PY=3.12,OS=debian",)


def test_an_empty_value_is_none_as_forms_send_them() -> None:
    assert asked(("job", ""), ("range", ""), ("failed", " ")) == asked()


@pytest.mark.parametrize("name", RANGES)
def test_a_range_goes_along_with_links(name: str) -> None:
    found = asked(("range", name))
    assert found.span.name == name
    assert found.query_string == ("" if name == "7d" else f"range={name}")


def test_beginning_and_end_go_before_the_range() -> None:
    found = asked(("range", "90d"), ("since", "2026-11-20"), ("until", "2026-11-21 12:00"))
    assert found.span.since == day_start(dt.date(2026, 11, 20), BERLIN)
    assert found.span.until == dt.datetime(2026, 11, 21, 11, tzinfo=dt.UTC)
    assert (found.span.name, found.query_string) == ("", "since=2026-11-20&until=2026-11-21+12%3A00")


def test_a_beginning_alone_goes_up_to_the_end_of_today() -> None:
    assert asked(("since", "3d")).span.until == day_start(dt.date(2026, 11, 23), BERLIN)


def test_an_end_alone_shows_the_seven_days_before_it() -> None:
    span = asked(("until", "2026-11-10")).span
    assert span.until - span.since == dt.timedelta(days=7)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("range", "8d", "today, yesterday, 7d"),
        ("failed", "true", "yes or no"),
        ("change", "-1", "whole number from 0"),
        ("change", str(2**63), "whole number from 0"),
        ("change", "٣", "whole number from 0"),
        ("verdict", "dead", "passed, known"),
        ("reason", "xyz", "16 hexadecimal digits"),
        ("text", "x" * 201, "at most 200 characters"),
        ("after", "x" * 201, "link to the next"),
        ("after", "é", "link to the next"),
        ("job", "x" * 301, "at most 300 characters"),
        ("job", "a\x00b", "without control characters"),
        ("job", "\ud800", "at most 300 characters"),
        ("since", "next tuesday", "a date"),
        ("since", "tomorrow" * 10, "at most 60 characters"),
        ("since", "2027-01-01", "a beginning before the end"),
        ("since", "2001-01-01", f"at most {LONGEST.days} days"),
        ("until", "0001-01-01T00:00:00Z", "before the end"),
        ("order", "size", "failed, name"),
        ("by", "moon", "job, tag"),
    ],
)
def test_what_is_out_of_range_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    error = refused((name, value))
    assert error.name == name
    assert allowed in error.allowed
    assert name in str(error)
    assert error.allowed in str(error)


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    error = refused(("jbo", "x"))
    assert "no parameter “jbo”" in str(error)
    assert "branch, by, change" in error.allowed


def test_two_values_of_what_takes_one_are_refused() -> None:
    assert refused(("text", "a"), ("text", "b")).allowed == "one value"
    assert asked(("text", "a"), ("text", "a")).search.text == "a"


def test_a_long_or_hostile_value_is_made_fit_to_be_shown() -> None:
    error = refused(("range", "\x1b[31m\u202e" + "x" * 10_000))
    assert len(str(error)) < 400
    assert str(error).isprintable()


def test_more_values_than_anyone_means_are_refused() -> None:
    assert "at most 100 values" in refused(*(("job", f"job-{number}") for number in range(101))).allowed
    assert "at most 100 values" in refused(("tag", ",".join(f"t{number}" for number in range(101)))).allowed


_NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters=",="), min_size=1)
_NAMES = _NAMES.filter(lambda name: len(name) <= 300 and name.strip() == name)


@given(
    st.lists(_NAMES, max_size=3, unique=True),
    st.lists(st.integers(0, 2**63 - 1), max_size=3, unique=True),
    st.lists(st.sampled_from(list(Verdict)), unique=True),
    st.sampled_from([None, True, False]),
    st.sampled_from(RANGES),
)
def test_what_pages_write_into_links_is_read_back(
    jobs: list[str], changes: list[int], verdicts: list[Verdict], failed: bool | None, name: str
) -> None:
    query = Query(jobs=tuple(jobs), change=tuple(changes), timezone=BERLIN)
    search = Search(query, failed=failed, verdict=tuple(verdicts))
    first = asked(("range", name))
    found = asked(*fields_of(search), *span_fields(first.span))
    assert (found.search, found.span) == (search, first.span)


@given(st.lists(st.tuples(st.sampled_from(sorted(ALL)) | st.text(), st.text(st.characters())), max_size=6))
def test_whatever_is_asked_is_read_or_refused_in_words(pairs: list[tuple[str, str]]) -> None:
    try:
        found = asked(*pairs)
    except ParameterError as error:
        words = str(error)
    else:
        words = found.query_string
        assert found.span.since < found.span.until
    assert shown(words) == words
