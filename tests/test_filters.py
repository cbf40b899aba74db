"""Which builds a query asks for: each filter alone, all of them together, and the seed's ways."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.config import Config
from sova.filters import Query, accepts, make_query, select
from sova.model import Build, Change
from sova.testing import build
from tests.queries import builds, queries

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CONFIG = Config(
    jobs=("tempest-*", "unit"),
    aliases={"ha": ("*-ha", "*-ha-*"), "unit": ("unit",)},
    timezone=BERLIN,
)


def on(
    change: int | None = 7, branch: str = "master", project: str = "nova", result: str = "FAILURE", **fields: object
) -> Build:
    return build(result, change=Change(number=change, branch=branch, project=project), pipeline="check", **fields)


def ended(year: int, month: int, day: int, hour: int) -> Build:
    return on(end_time=dt.datetime(year, month, day, hour, tzinfo=dt.UTC))


@pytest.mark.parametrize(
    ("query", "taken", "left"),
    [
        (Query(jobs=("unit", "tox-*")), on(), on(job_name="tempest")),
        (Query(short=("un*",)), on(), on(job_name="tempest")),
        (Query(job_type=("unit", "pep8")), on(), on(job_name="unit2")),
        (Query(exclude=("pep8",)), on(), on(job_name="pep8")),
        (Query(fail=True), on(result="FAILURE"), on(result="SUCCESS")),
        (Query(periodic=True), on(change=None), on()),
        (Query(periodic=False), on(), on(change=None)),
        (Query(pipeline=("check*",)), on(), build(pipeline="gate")),
        (Query(branch=("stable/*",)), on(branch="stable/2026.2"), on()),
        (Query(project=("nova",)), on(), on(project="nova-specs")),
        (Query(change=(7, 8)), on(), on(change=9)),
        (Query(result=("retry_limit",)), on(result="RETRY_LIMIT"), on(result="FAILURE")),
        (Query(voting=False), on(voting=False), on()),
        (Query(since=NOW), on(end_time=NOW), on(end_time=NOW - dt.timedelta(microseconds=1))),
        (Query(until=NOW), on(end_time=NOW - dt.timedelta(microseconds=1)), on(end_time=NOW)),
        (Query(dates=((None, 11, 20),)), ended(2020, 11, 20, 1), ended(2026, 11, 21, 1)),
        (Query(dates=((2026, 11, 20),)), ended(2026, 11, 20, 1), ended(2025, 11, 20, 1)),
        (Query(dates=((2026, 11, 20),), timezone=BERLIN), ended(2026, 11, 19, 23), ended(2026, 11, 20, 23)),
    ],
    ids=str,
)
def test_each_filter_alone(query: Query, taken: Build, left: Build) -> None:
    assert accepts(taken, query)
    assert not accepts(left, query)
    assert accepts(left, Query())


@pytest.mark.parametrize("result", ["RETRY_LIMIT", "TIMED_OUT", "POST_FAILURE", "NODE_FAILURE", "ABORTED", "ODD"])
def test_fail_asks_for_what_the_seed_parsed_and_dropped(result: str) -> None:
    assert accepts(on(result=result), Query(fail=True))


@pytest.mark.parametrize("result", ["SUCCESS", "SKIPPED", "", "RETRY"])
def test_fail_leaves_out_success_skipped_and_running(result: str) -> None:
    assert not accepts(on(result=result), Query(fail=True))


def test_a_build_without_a_time_lies_in_no_stretch_of_time() -> None:
    timeless = on(end_time=None)
    assert accepts(timeless, Query())
    assert not any(accepts(timeless, q) for q in (Query(since=NOW), Query(until=NOW), Query(dates=((None, 1, 1),))))


@given(st.lists(builds, max_size=12), queries)
def test_any_query_keeps_what_each_of_its_filters_keeps(found: list[Build], query: Query) -> None:
    wanted = [build for build in found if reference(build, query)]
    assert [build for build in found if accepts(build, query)] == wanted


def test_a_name_with_brackets_is_a_name_as_well_as_a_glob() -> None:
    query = Query(jobs=("unit [3.11]",))
    assert accepts(on(job_name="unit [3.11]"), query)
    assert accepts(on(job_name="unit 3"), query)
    assert not accepts(on(job_name="unit"), query)


@given(st.lists(builds, max_size=12), st.integers(1, 12))
def test_the_limit_takes_the_newest(found: list[Build], limit: int) -> None:
    chosen = select(found, Query(limit=limit))
    left = [build for build in found if build not in chosen]
    assert len(chosen) == min(limit, len(found))
    dated = [build.time for build in chosen if build.time]
    assert all(build.time is None or (len(dated) == limit and build.time <= min(dated)) for build in left)


@given(st.lists(builds, max_size=12), queries)
def test_select_gives_the_newest_and_limits_last(found: list[Build], query: Query) -> None:
    chosen = select(found, query)
    everything = select(found, replace(query, limit=None))
    assert chosen == everything[: query.limit]
    assert sorted(everything, key=repr) == sorted((build for build in found if accepts(build, query)), key=repr)
    times = [build.time for build in everything]
    known = [time for time in times if time]
    assert known == sorted(known, reverse=True)
    assert times[len(known) :] == [None] * (len(times) - len(known))


def reference(build: Build, query: Query) -> bool:
    """The filters once more, in the plainest way: by local calendar days, names and globs."""
    local = build.time.astimezone(query.timezone) if build.time else None
    days = [(local.year, local.month, local.day), (None, local.month, local.day)] if local else []
    timed = bool(query.since or query.until or query.dates)
    checks = [
        local is not None or not timed,
        not (query.since and build.time) or build.time >= query.since,
        not (query.until and build.time) or build.time < query.until,
        not query.dates or any(day in query.dates for day in days),
        named(build.job_name, query.jobs),
        named(build.job_name, query.short),
        named(build.pipeline, query.pipeline),
        named(build.change.branch, query.branch),
        named(build.change.project, query.project),
        build.job_name in (query.job_type or (build.job_name,)),
        build.job_name not in query.exclude,
        build.failed or not query.fail,
        query.periodic in (None, build.change.number is None),
        query.voting in (None, build.voting),
        not query.change or build.change.number in query.change,
        not query.result or build.result.lower() in [word.lower() for word in query.result],
    ]
    return all(checks)


def named(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or name in globs or any(fnmatchcase(name, glob) for glob in globs)


def test_days_count_today_in_the_configured_zone() -> None:
    query = make_query(CONFIG, NOW, days=2)
    assert query.since == dt.datetime(2026, 11, 20, 23, tzinfo=dt.UTC)
    assert query.timezone == BERLIN


def test_the_later_of_days_and_since_holds() -> None:
    assert make_query(CONFIG, NOW, days=7, since="2h").since == NOW - dt.timedelta(hours=2)
    assert make_query(CONFIG, NOW, days=1, since="3d").since == dt.datetime(2026, 11, 21, 23, tzinfo=dt.UTC)


def test_tracked_jobs_are_asked_for_but_not_of_periodic_builds() -> None:
    assert make_query(CONFIG, NOW).jobs == CONFIG.jobs
    assert make_query(CONFIG, NOW, periodic=False).jobs == CONFIG.jobs
    assert make_query(CONFIG, NOW, periodic=True).jobs == ()
    assert make_query(CONFIG, NOW, job_type=("rare",)).jobs == ()


def test_an_alias_stands_for_its_jobs_and_any_other_name_for_itself() -> None:
    assert make_query(CONFIG, NOW, short=("ha", "pep8")).short == ("*-ha", "*-ha-*", "pep8")


def test_texts_become_values() -> None:
    query = make_query(CONFIG, NOW, dates=("04-15", "2026-05-02"), until="today", change=(1,), result=("FAILURE",))
    assert query.dates == ((None, 4, 15), (2026, 5, 2))
    assert query.until == dt.datetime(2026, 11, 21, 23, tzinfo=dt.UTC)
    assert (query.change, query.result) == ((1,), ("FAILURE",))


@pytest.mark.parametrize(
    ("given", "said"),
    [({"days": 0}, "days"), ({"limit": -1}, "limit"), ({"dates": ("x",)}, "11-20"), ({"until": "x"}, "allowed")],
)
def test_a_bad_parameter_is_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make_query(CONFIG, NOW, **given)  # type: ignore[arg-type]  # wrong on purpose or by its type only
