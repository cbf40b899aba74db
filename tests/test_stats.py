"""Numbers that people trust: each against a plain count made here, apart from `sova.stats`."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.model import Diagnosis, Outcome, Reason, Verdict
from sova.stats import Summary, periods, summarise, top_reasons, totals
from sova.store import SourceRun
from sova.testing import build
from tests import queries

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 3, 30, 10, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

reasons = st.builds(
    Reason,
    pattern=st.sampled_from("pq"),
    message=st.sampled_from(("dns", "disk full")),
    tag=st.sampled_from(("infra", "code", "unknown", "")),
    hits=st.just(()),
    primary=st.booleans(),
)
several = st.lists(
    st.builds(
        Diagnosis,
        build=queries.builds,
        verdict=st.sampled_from(Verdict),
        reasons=st.lists(reasons, max_size=2).map(tuple),
    ),
    max_size=12,
)


def because(message: str, tag: str = "infra", bug: str = "", **fields: object) -> Diagnosis:
    reason = Reason(f"{message}-id", message, tag, (), primary=True, bug=bug)
    return Diagnosis(build("FAILURE", **fields), Verdict.KNOWN, (reason,))


def passed(key: str, **fields: object) -> Diagnosis:
    return Diagnosis(build("SUCCESS", key=key, **fields), Verdict.PASSED)


def sum_up(diagnoses: list[Diagnosis], timezone: ZoneInfo = UTC) -> Summary:
    return summarise(diagnoses, now=NOW, timezone=timezone)


@pytest.mark.parametrize(
    ("result", "verdict", "counts"),
    [
        ("FAILURE", Verdict.KNOWN, True),
        ("FAILURE", Verdict.NO_LOGS, True),
        ("RETRY_LIMIT", Verdict.UNKNOWN, True),
        ("ABORTED", Verdict.UNKNOWN, True),
        ("SUCCESS", Verdict.PASSED, False),
        ("SKIPPED", Verdict.SKIPPED, False),
        ("RUNNING", Verdict.UNKNOWN, False),
        ("", Verdict.SKIPPED, False),
        ("", Verdict.KNOWN, True),  # a bare log
        ("", Verdict.UNKNOWN, True),
        ("", Verdict.NO_FAILURE_SEEN, False),
    ],
)
def test_what_counts_as_a_failure(result: str, verdict: Verdict, counts: bool) -> None:
    assert Diagnosis(build(result), verdict).failed is counts


@given(several)
def test_the_totals_of_anything_add_up(diagnoses: list[Diagnosis]) -> None:
    found = totals(diagnoses)
    assert found.builds == len(diagnoses) == found.passed + found.failed + found.other
    assert sum(number for _, number in found.by_tag) == found.failed
    assert found.explained + found.unreadable <= found.failed
    numbers = [number for _, number in found.by_tag]
    assert numbers == sorted(numbers, reverse=True)


@given(several)
def test_the_totals_equal_a_plain_count(diagnoses: list[Diagnosis]) -> None:
    counts: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for diagnosis in diagnoses:
        bare = diagnosis.build.result == "" and diagnosis.verdict in ("known", "unknown", "no logs")
        if diagnosis.build.outcome in ("failure", "infra", "aborted", "unknown") or bare:
            counts["failed"] += 1
            counts[f"failed: {diagnosis.verdict}"] += 1
            primary = [reason.tag for reason in diagnosis.reasons if reason.primary]
            tags[(primary or ["unknown"])[0] or "unknown"] += 1
        elif diagnosis.build.outcome is Outcome.SUCCESS or diagnosis.verdict == "passed":
            counts["passed"] += 1
    found = totals(diagnoses)
    assert (found.failed, found.passed) == (counts["failed"], counts["passed"])
    assert (found.explained, found.unreadable) == (counts["failed: known"], counts["failed: no logs"])
    assert dict(found.by_tag) == dict(tags)
    assert all(found.tagged(tag) == number for tag, number in tags.items())


@given(several)
def test_lengths_are_added_up(diagnoses: list[Diagnosis]) -> None:
    given_lengths = [replace(one, build=replace(one.build, duration=float(n))) for n, one in enumerate(diagnoses)]
    found = totals(given_lengths)
    assert found.seconds == sum(range(len(diagnoses)))
    assert found.lost == sum(n for n, one in enumerate(diagnoses) if one.failed)
    assert dict(found.by_outcome) == Counter(one.build.outcome.value for one in diagnoses)


def test_tags_come_biggest_first_then_by_name() -> None:
    known = [because("a", "code", key="1"), because("b", "infra", key="2"), because("c", "infra", key="3")]
    found = totals([*known, Diagnosis(build(key="4"), Verdict.UNKNOWN)])
    assert found.by_tag == (("infra", 2), ("code", 1), ("unknown", 1))
    assert found.tagged("test") == 0


def test_a_build_given_twice_counts_once() -> None:
    first = because("disk full", key="a")
    found = sum_up([first, replace(first, reasons=()), passed("b"), first])
    assert (found.totals.builds, found.totals.failed, found.totals.explained) == (2, 1, 1)
    assert [top.builds for top in found.top_reasons] == [1]
    assert sum(len(job.diagnoses) for group in found.groups for job in group.jobs) == 2


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kathmandu"])
def test_periods_are_days_of_the_zone_across_a_clock_change(zone: str) -> None:
    timezone = ZoneInfo(zone)  # the clocks of Berlin went forward the day before NOW
    times = [NOW - number * HOUR for number in range(-20, 24 * 9)]
    days = [time.astimezone(timezone).date() for time in times]
    today = NOW.astimezone(timezone).date()
    found = {name: sum(since <= time < until for time in times) for name, since, until in periods(NOW, timezone)}
    assert found == {
        "today": days.count(today),
        "yesterday": days.count(today - dt.timedelta(days=1)),
        "last 7 days": sum(today - dt.timedelta(days=7) < day <= today for day in days),
    }


def test_a_day_with_a_clock_change_has_its_23_hours() -> None:
    (_, today, tomorrow), (_, yesterday, _), (_, week, _) = periods(NOW, BERLIN)
    assert (today - yesterday, tomorrow - today) == (23 * HOUR, 24 * HOUR)
    assert week == dt.datetime(2026, 3, 23, 23, tzinfo=dt.UTC)


def test_a_reason_that_was_seen_before_is_not_new() -> None:
    shown = because("a", key="1", end_time=NOW)
    seen = {("infra", "a"): NOW - dt.timedelta(days=5)}
    (found,) = summarise([shown], first_seen=seen, now=NOW, timezone=UTC).top_reasons
    assert (found.builds, found.first_seen, found.last_seen) == (1, NOW - dt.timedelta(days=5), NOW)


def test_top_reasons_count_builds_and_jobs() -> None:
    diagnoses = [
        because("dns", key="1", job_name="a", end_time=NOW - 3 * HOUR),
        because("dns", key="2", job_name="b", end_time=NOW - HOUR, bug="https://bug/1"),
        because("dns", key="3", job_name="a", end_time=NOW - 2 * HOUR),
        because("dns", key="4", job_name="a", end_time=None),
        because("dns", "code", key="5", end_time=NOW),
        because("disk", key="6", end_time=NOW - 4 * HOUR),
    ]
    dns, code, disk = top_reasons(diagnoses)
    assert (dns.builds, dns.jobs) == (4, 2)
    assert (dns.first_seen, dns.last_seen) == (NOW - 3 * HOUR, NOW - HOUR)
    assert (dns.bug, dns.tag) == ("https://bug/1", "infra")
    assert [(top.message, top.tag) for top in (code, disk)] == [("dns", "code"), ("disk", "infra")]


def test_only_the_primary_reason_of_a_failure_counts() -> None:
    first, second = because("first").reasons[0], replace(because("second").reasons[0], primary=False)
    diagnoses = [
        Diagnosis(build(key="a"), Verdict.KNOWN, (second, first)),
        Diagnosis(build("SUCCESS", key="b"), Verdict.PASSED, (first,)),
    ]
    assert [(top.message, top.builds) for top in top_reasons(diagnoses)] == [("first", 1)]


@given(several)
def test_top_reasons_share_out_the_failures_with_a_primary_reason(diagnoses: list[Diagnosis]) -> None:
    found = top_reasons(diagnoses)
    assert sum(top.builds for top in found) == sum(one.failed and one.primary is not None for one in diagnoses)
    assert [top.builds for top in found] == sorted((top.builds for top in found), reverse=True)
    assert top_reasons(list(reversed(diagnoses))) == found


def test_groups_come_as_configured_and_jobs_with_most_failures_first() -> None:
    groups = {"unit-a": "Unit", "unit-b": "Unit", "unit-c": "Unit", "int": "Integration"}
    jobs = ["unit-a", "unit-b", "unit-b", "unit-c", "int", "rest"]
    diagnoses = [because("x", key=str(n), job_name=name, end_time=NOW - n * HOUR) for n, name in enumerate(jobs)]
    found = summarise(
        diagnoses,
        now=NOW,
        timezone=UTC,
        group_of=lambda name: groups.get(name, ""),
        groups=("Integration", "Empty", "Unit"),
    )
    assert [(group.title, [job.name for job in group.jobs]) for group in found.groups] == [
        ("Integration", ["int"]),
        ("Unit", ["unit-b", "unit-a", "unit-c"]),
        ("", ["rest"]),
    ]
    unit_b = found.groups[1].jobs[0]
    assert unit_b.totals.failed == 2
    assert [one.build.key for one in unit_b.diagnoses] == ["1", "2"]  # newest first


def test_a_summary_says_how_fresh_it_is() -> None:
    source = SourceRun("zuul", NOW, 3, NOW)
    old = passed("a", end_time=NOW - 14 * HOUR)
    found = summarise([old], now=NOW, timezone=BERLIN, sources=[source])
    assert (found.new_builds, found.newest, found.sources) == (0, NOW - 14 * HOUR, (source,))
    assert found.timezone == "Europe/Berlin"
    assert summarise([old], now=NOW, timezone=UTC, newest=NOW).newest == NOW
    assert summarise([], now=NOW, timezone=UTC).newest is None


def test_builds_without_a_time_are_counted() -> None:
    assert sum_up([Diagnosis(build(key="a", end_time=None), Verdict.UNKNOWN)]).totals.failed == 1
