"""The grid of jobs, and the page of one job."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.errors import CursorError
from sova.filters import Query, Search
from sova.stats import Circle
from sova.views.jobs import ORDERS, JobsView, JobView, job, jobs
from sova.views.lengths import lengths
from tests.reports import samples
from tests.reports.samples import BUILDS
from tests.views.desks import ZONE
from tests.views.example import GROUPS, days, desk, plain, the_desk


def grid(order: str = "failed") -> JobsView:
    return jobs(the_desk(), days(), Search(), order=order)


def one_job(name: str) -> JobView:
    view = job(the_desk(), name, days(), Search())
    assert view is not None
    return view


def test_jobs_stand_in_their_groups_most_failures_first() -> None:
    view = grid()
    assert [title for title, _ in view.groups] == ["Integration", "Unit and style", "Periodic", ""]
    for title, rows in view.groups:
        assert {row.name for row in rows} == {name for name, group in GROUPS.items() if group == title}
        failures = [row.totals.failed for row in rows]
        assert failures == sorted(failures, reverse=True)
    assert view.total == len(samples.JOBS)


def test_runs_are_newest_first_and_have_all_that_a_cell_shows() -> None:
    rows = {row.name: row for _, several in grid().groups for row in several}
    for name, row in rows.items():
        found = [one for one in BUILDS if one.build.job_name == name and one.build.time]
        found.sort(key=lambda one: one.build.time or samples.NOW, reverse=True)
        assert [run.key for run in row.health.runs] == [one.build.key for one in found]
        first, newest = row.health.runs[0], found[0]
        assert (first.time, first.change, first.duration) == (
            *(newest.build.time, newest.build.change.name, newest.build.duration),
        )
        assert first.message == (newest.primary.message if newest.primary and newest.failed else "")
    assert rows["devstack-platform-debian-bookworm"].health.circle is Circle.PASSED


def test_orders() -> None:
    names = [row.name for _, rows in grid("name").groups for row in rows if row.group == "Integration"]
    assert names == sorted(names)
    flaky = [
        row.health.flaky is not None for _, rows in grid("flaky").groups for row in rows if row.group == "Periodic"
    ]
    assert flaky == sorted(flaky, reverse=True)
    assert any(flaky)
    with pytest.raises(ValueError, match=", ".join(ORDERS)):
        grid("colour")


def test_a_page_of_the_grid_leads_to_the_next() -> None:
    many = desk([plain(number, f"job-{number:03}", "FAILURE", hours=number % 9) for number in range(73)])
    seen: list[str] = []
    after = ""
    for size in (30, 30, 13):
        view = jobs(many, days(), Search(), after=after, order="name", most=30)
        assert view.total == 73
        rows = [row.name for _, several in view.groups for row in several]
        assert len(rows) == size
        seen, after = seen + rows, view.after
    assert seen == [f"job-{number:03}" for number in range(73)]
    assert after == ""
    for bad in ("x", "-1", "1e3", "٣", "9" * 30):
        with pytest.raises(CursorError, match="no place in the grid"):
            jobs(many, days(), Search(), after=bad)
    assert jobs(many, days(), Search(), after="999").groups == ()


def test_the_grid_takes_names_and_globs() -> None:
    view = jobs(the_desk(), days(), Search(query=Query(jobs=("*tox*",))))
    assert {row.name for _, rows in view.groups for row in rows} == {"openstack-tox-py312", "openstack-tox-pep8"}


def test_the_stretch_before_is_beside() -> None:
    builds = [
        plain(1, "job", "FAILURE", hours=1),
        *(plain(2 + n, "job", "SUCCESS", hours=24 * 7 + n) for n in range(3)),
    ]
    ((_, (row,)),) = jobs(desk(builds), days(), Search()).groups
    assert (row.totals.builds, row.totals.failed) == (1, 1)
    assert (row.before.builds, row.before.passed) == (3, 3)


def test_a_job_that_never_ran_has_no_page() -> None:
    assert job(the_desk(), "no-such-job", days(), Search()) is None


def test_a_job_has_its_numbers_days_and_builds() -> None:
    name = "periodic-container-images-build-and-push-with-a-very-long-name"
    view = one_job(name)
    mine = [one for one in BUILDS if one.build.job_name == name]
    assert (view.group, view.short) == ("Periodic", name)
    assert view.compared.totals.builds == len(mine)
    assert sum(day.totals.failed for day in view.days) == sum(one.failed for one in mine)
    assert [one.build.key for one in view.diagnoses] == [one.build.key for one in mine]
    assert {one.message for one in view.reasons} == {one.primary.message for one in mine if one.primary}
    assert view.health.flaky is not None
    assert view.median == mine[0].build.duration


def test_lengths_of_a_job_leave_out_what_neither_passed_nor_failed() -> None:
    builds = [
        *(plain(n, "job", "SUCCESS", hours=1, length=float(length)) for n, length in enumerate((60, 600, 120))),
        plain(8, "job", "SKIPPED", hours=1, length=9000.0),
        plain(9, "job", "SUCCESS", hours=1, length=None),
    ]
    view = job(desk(builds), "job", days(), Search())
    assert view is not None
    (day,) = view.lengths
    assert (day.builds, day.median, day.p90, day.longest) == (3, 120.0, 600.0, 600.0)


START = dt.datetime(2026, 3, 20, tzinfo=dt.UTC)  # the clocks change on the 29th
moments = st.floats(0, 16 * 86400).map(lambda seconds: START + dt.timedelta(seconds=seconds))


@given(st.lists(st.tuples(moments, st.floats(0, 1e6))))
def test_any_lengths_by_day(builds: list[tuple[dt.datetime, float]]) -> None:
    found = lengths(builds, ZONE)
    assert [day.date for day in found] == sorted({time.astimezone(ZONE).date() for time, _ in builds})
    for day in found:
        mine = [length for time, length in builds if time.astimezone(ZONE).date() == day.date]
        for part, value in ((0.5, day.median), (0.9, day.p90)):
            assert value in mine
            assert sum(length <= value for length in mine) >= math.floor(part * len(mine))
            assert sum(length < value for length in mine) < max(1, math.ceil(part * len(mine)))
        assert day.longest == max(mine)
        assert day.builds == len(mine)


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        grid().order = "name"  # type: ignore[misc]  # this is what must fail
