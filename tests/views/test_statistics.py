"""The page of statistics: which questions it asks."""

from __future__ import annotations

import pytest

from sova.filters import Query, Search
from sova.stats import DIMENSIONS
from sova.views.statistics import statistics_view
from tests.reports.samples import BUILDS
from tests.views.example import days, the_desk


def test_every_dimension_unless_one_is_asked_for() -> None:
    every = statistics_view(the_desk(), days(), Search())
    assert tuple(every.statistics.parts) == DIMENSIONS
    assert every.asked == ()
    one = statistics_view(the_desk(), days(), Search(), "branch")
    assert tuple(one.statistics.parts) == ("branch",)
    assert one.asked == (("by", "branch"),)
    assert {part.name for part in one.statistics.parts["branch"]} == {one.build.change.branch for one in BUILDS}


def test_a_dimension_that_is_none() -> None:
    with pytest.raises(ValueError, match="job, branch, project"):
        statistics_view(the_desk(), days(), Search(), "colour")


def test_lost_time_is_that_of_failed_builds_by_reason() -> None:
    view = statistics_view(the_desk(), days(), Search())
    expected: dict[str, float] = {}
    for one in BUILDS:
        if one.failed and one.primary and one.build.duration:
            expected[one.primary.message] = expected.get(one.primary.message, 0) + one.build.duration
    assert {one.message: one.lost for one in view.lost} == pytest.approx(expected)
    assert [one.lost for one in view.lost] == sorted((one.lost for one in view.lost), reverse=True)


def test_filters_hold_for_all_numbers() -> None:
    search = Search(query=Query(project=("openstack/nova",)))
    view = statistics_view(the_desk(), days(), search)
    mine = [one for one in BUILDS if one.build.change.project == "openstack/nova"]
    assert view.statistics.range.totals.builds == len(mine)
    assert [part.name for part in view.statistics.parts["project"]] == ["openstack/nova"]
    assert sum(one.builds for one in view.lost) == sum(one.failed and one.primary is not None for one in mine)
