"""What servers are asked for: never less than the filters may accept."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.filters import Query, matches, select
from sova.model import Build
from sova.sources.push_down import Horizon, earliest, narrowed

NOW = dt.datetime(2025, 11, 21, 8, tzinfo=dt.UTC)
BERLIN = dt.timezone(dt.timedelta(hours=1))


@pytest.mark.parametrize(
    ("query", "moment"),
    [
        (Query(), None),
        (Query(since=NOW), NOW),
        (Query(dates=((2025, 11, 20), (2025, 11, 3))), dt.datetime(2025, 11, 3, tzinfo=dt.UTC)),
        (Query(dates=((None, 11, 20),), timezone=BERLIN), dt.datetime(2025, 11, 19, 23, tzinfo=dt.UTC)),
        (Query(dates=((None, 12, 24),)), dt.datetime(2024, 12, 24, tzinfo=dt.UTC)),
        (Query(dates=((None, 2, 29),)), dt.datetime(2024, 2, 29, tzinfo=dt.UTC)),
        (Query(since=NOW, dates=((2025, 11, 3),)), NOW),
        (Query(dates=((2025, 2, 30),)), None),
    ],
)
def test_the_moment_before_which_nothing_is_wanted(query: Query, moment: dt.datetime | None) -> None:
    assert earliest(query, NOW) == moment


names = st.lists(st.sampled_from(["a", "ab", "b", "a*", "?", "*"]), max_size=3)


@given(names, names, st.sampled_from(["a", "ab", "b", "c"]))
def test_a_wanted_name_is_always_asked_for(configured: list[str], asked: list[str], name: str) -> None:
    if matches(name, tuple(configured)) and matches(name, tuple(asked)):
        pushed = narrowed(configured, asked)
        assert pushed is not None
        assert pushed == () or name in pushed


def test_names_that_cannot_meet_mean_nothing() -> None:
    assert narrowed(["a", "b"], ["c"]) is None
    assert narrowed(["a*"], ["b"]) is None


times = st.lists(st.integers(0, 1000), max_size=20)


@given(times, times, st.integers(1, 5) | st.none())
def test_what_lies_behind_the_horizon_is_never_among_the_newest(
    seen: list[int], later: list[int], limit: int | None
) -> None:
    query = Query(since=NOW, limit=limit)
    builds = [Build(f"b{n}", "j", end_time=NOW + dt.timedelta(seconds=time)) for n, time in enumerate([*seen, *later])]
    horizon = Horizon(query, NOW)
    for build in builds[: len(seen)]:
        horizon.saw(build)
    skipped = {build.key for build in builds[len(seen) :] if horizon.passed(build.time)}
    assert skipped.isdisjoint(build.key for build in select(builds, query))


def test_a_build_without_a_time_is_never_behind_the_horizon() -> None:
    assert not Horizon(Query(since=NOW), NOW).passed(None)
