"""When two reports are of one build, and what is known of it from both."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.model import Build, Change
from sova.slugs import build_slug
from sova.store.identity import identities, merge, merge_all
from sova.testing import build
from tests import strategies

TIME = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
UUID = "5ef9f24a" * 4
COMMENT = Build(
    key="comment:r/1",
    job_name="unit",
    result="FAILURE",
    seen_by=("gerrit",),
    uuid=UUID,
    change=Change(
        "nova", "master", 7, "3", subject="Fix it", commit_message="Fix it\n\nNow.", owner="Ada", topic="fix"
    ),
    voting=False,
    end_time=TIME,
    duration=3720.0,
    url="https://zuul/build/1",
)
ROW = Build(
    key="zuul:z/1",
    job_name="unit",
    result="FAILURE",
    seen_by=("zuul",),
    uuid=UUID,
    pipeline="check",
    change=Change("nova", "master", 7, "3", ref="refs/changes/07/7/3", url="https://review/7"),
    voting=False,
    start_time=TIME - dt.timedelta(seconds=3727),
    end_time=TIME - dt.timedelta(seconds=5),
    duration=3722.0,
    log_url="https://logs/1/",
    nodeset="noble",
    event_id="e",
)


def test_each_source_gives_what_it_knows_best() -> None:
    both = merge(COMMENT, ROW)
    assert both == merge(ROW, COMMENT)
    assert (both.key, both.seen_by) == ("zuul:z/1", ("gerrit", "zuul"))
    assert (both.start_time, both.end_time, both.duration) == (ROW.start_time, ROW.end_time, ROW.duration)
    assert (both.log_url, both.url) == ("https://logs/1/", "https://zuul/build/1")
    assert (both.change.subject, both.change.owner, both.change.ref) == ("Fix it", "Ada", "refs/changes/07/7/3")


def test_a_finished_report_wins_over_one_of_a_running_build() -> None:
    running = replace(ROW, result="RUNNING", end_time=None, duration=None, error_detail="waits")
    done = build("SUCCESS", key="log:logs/1", log_url="https://logs/1")  # knows less in all else
    assert merge(running, done).result == merge(done, running).result == "SUCCESS"
    assert merge(running, done).nodeset == "noble"


def test_of_two_reports_that_know_as_much_the_newer_holds() -> None:
    renamed = replace(COMMENT, change=replace(COMMENT.change, subject="Fix it well"))
    assert merge(COMMENT, renamed).change.subject == "Fix it well"


def test_one_build_of_two_changes_never_mixes_them() -> None:
    other = replace(COMMENT, change=Change("cinder", "master", 8, "1", ref="refs/changes/08/8/1"))
    assert merge(COMMENT, other).change == merge(other, COMMENT).change == COMMENT.change
    newer = replace(COMMENT, change=replace(COMMENT.change, patchset="4", ref="r", url="u"))
    assert merge(COMMENT, newer).change == newer.change


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"key": "a"}, {"key": "a"}, True),
        ({"key": "a"}, {"key": "b"}, False),
        ({"uuid": UUID}, {"uuid": "5EF9F24A-5ef9-f24a-5ef9-f24a5ef9f24a"}, True),
        ({"uuid": "12878"}, {"uuid": "12878"}, False),  # a run number, not unique
        ({"log_url": "http://L.org:80/1"}, {"log_url": "https://l.org/1/"}, True),
        ({"log_url": "https://l.org/1?a"}, {"log_url": "https://l.org/1?b"}, False),
        ({"log_url": "https://[bad/1"}, {"log_url": "https://[bad/1"}, True),
        ({"log_url": "https://l/1", "job_name": "a"}, {"log_url": "https://l/1", "job_name": "b"}, False),
        ({"log_url": "https://l/1", "uuid": UUID}, {"log_url": "https://l/1", "uuid": "0" * 32}, False),
        ({"log_url": ""}, {"log_url": ""}, False),
    ],
)
def test_when_two_reports_are_of_one_build(one: dict[str, str], other: dict[str, str], same: bool) -> None:
    first = build(**{"key": "1", "log_url": "", **one})
    second = build(**{"key": "2", "log_url": "", **other})
    assert (len(merge_all([first, second])) == 1) is same
    assert (len(merge_all([second, first])) == 1) is same


def test_a_third_report_can_show_that_two_were_one() -> None:
    reports = [
        build(key="a", log_url="https://l/1", seen_by=("a",)),
        build(key="b", log_url="", uuid=UUID, seen_by=("b",)),
        build(key="c", log_url="https://l/1", uuid=UUID, seen_by=("c",)),
        build(key="a", log_url="", seen_by=("d",)),
    ]
    for order in permutations(reports):
        merged = merge_all(order)
        assert len(merged) == 1
        assert merged[0].seen_by == ("a", "b", "c", "d")
    assert len(merge_all([*reports, build(key="e", log_url="https://l/2")])) == 2


@given(strategies.builds, strategies.builds)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_merging_again_what_is_merged_changes_nothing(one: Build, other: Build) -> None:
    one, other = (replace(report, seen_by=tuple(sorted(set(report.seen_by)))) for report in (one, other))
    assert merge(one, one) == one
    both = merge(one, other)
    assert merge(both, both) == both
    assert merge(both, other) == both


@given(st.lists(strategies.builds, max_size=6))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_no_report_is_lost_and_no_build_is_left_twice(reports: list[Build]) -> None:
    merged = merge_all(reports)
    assert {name for report in reports for name in report.seen_by} == {n for one in merged for n in one.seen_by}
    assert len({report.key for report in reports}) >= len(merged)
    assert merge_all(merged) == merged
    assert all(identities(report)[0] == f"page:{build_slug(report.key)}" for report in reports)
