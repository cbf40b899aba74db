"""Counts made in SQL equal counts made in plain Python, for any builds, filters, stretches of time and time zones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sova.filters import Query, Search, accepts
from sova.model import Action, Build, Change, Diagnosis, Reason, Verdict
from sova.slugs import reason_slug
from sova.stats import (
    DIMENSIONS,
    ORDERS,
    Share,
    compare,
    daily,
    health,
    parts,
    red_or_flaky,
    top_reasons_of,
)
from sova.store import Store
from sova.store.counting import counting
from sova.store.streaks import streaks
from sova.testing import build
from sova.times import day_start
from tests import plain_statistics as plain
from tests.store.databases import Database

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)  # clocks change on 8 March in New York, on 29 March in Berlin
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)

times = st.integers(0, 31 * 24 * 4).map(lambda quarters: BEGIN + quarters * HOUR / 4)
reasons = st.builds(
    Reason,
    pattern=st.sampled_from("pq"),
    message=st.sampled_from(("dns", "disk full", "Übergröße")),
    tag=st.sampled_from(("infra", "code", "")),
    hits=st.just(()),
    primary=st.just(True),
)
diagnoses = st.builds(
    Diagnosis,
    build=st.builds(
        Build,
        key=st.uuids().map(str),
        job_name=st.sampled_from(("unit", "tempest", "docs")),
        result=st.sampled_from(("", "SUCCESS", "success", "FAILURE", "TIMED_OUT", "NODE_FAILURE", "SKIPPED", "ODD")),
        pipeline=st.sampled_from(("check", "gate", "")),
        change=st.builds(
            Change,
            project=st.sampled_from(("nova", "neutron", "")),
            branch=st.sampled_from(("master", "stable/1")),
            number=st.none() | st.integers(1, 3),
            patchset=st.sampled_from(("1", "2", "")),
        ),
        voting=st.booleans(),
        end_time=times | st.none(),
        duration=st.none() | st.integers(0, 9000).map(float),
    ),
    verdict=st.sampled_from(Verdict),
    reasons=st.lists(reasons, max_size=1).map(tuple),
)
several = st.lists(diagnoses, max_size=25)
searches = st.builds(
    Search,
    query=st.builds(
        Query,
        job_type=st.lists(st.sampled_from(("unit", "tempest", "never")), max_size=2).map(tuple),
        pipeline=st.sampled_from(((), ("g*",), ("check", "gate"))),
        periodic=st.none() | st.booleans(),
        voting=st.none() | st.booleans(),
        since=st.none() | times,  # not looked at
    ),
    tag=st.sampled_from(((), ("infra",), ("unknown", "code"))),
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
days = st.tuples(st.integers(0, 31), st.integers(0, 20)).map(
    lambda pair: (dt.date(2026, 3, 1) + pair[0] * DAY, dt.date(2026, 3, 1) + (pair[0] + pair[1]) * DAY)
)
"""First and last day of a stretch."""

slow = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def asked(every: Iterable[Diagnosis], search: Search) -> list[Diagnosis]:
    timeless = Query(**{name: getattr(search.query, name) for name in ("job_type", "pipeline", "periodic", "voting")})
    accepted = (one for one in every if accepts(one.build, timeless))
    return [one for one in accepted if not search.tag or (plain.failed(one) and plain.tag(one) in search.tag)]


def ends(first: dt.date, last: dt.date, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    return day_start(first, zone), day_start(last + DAY, zone)


def before(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    return first - (last - first) - DAY, first - DAY


def filled(store: Store, every: list[Diagnosis]) -> Store:
    store.save_many(every)
    return store


@slow
@given(every=several, search=searches, zone=zones, stretch=days)
def test_totals_of_days_and_those_before(
    database: Database, every: list[Diagnosis], search: Search, zone: ZoneInfo, stretch: tuple[dt.date, dt.date]
) -> None:
    wanted = asked(every, search)
    with database.store() as store:
        found = compare(filled(store, every), search, *ends(*stretch, zone), zone)
        counted = daily(store, search, *ends(*stretch, zone), zone)
    assert plain.as_counts(found.totals) == plain.count(plain.of_days(wanted, *stretch, zone))
    assert plain.as_counts(found.before) == plain.count(plain.of_days(wanted, *before(*stretch), zone))
    assert {one.date: plain.as_counts(one.totals) for one in counted} == {
        stretch[0] + n * DAY: plain.count(plain.of_days(wanted, stretch[0] + n * DAY, stretch[0] + n * DAY, zone))
        for n in range((stretch[1] - stretch[0]).days + 1)
    }


@slow
@given(every=several, search=searches, zone=zones, stretch=days, by=st.sampled_from(DIMENSIONS))
def test_parts_of_every_dimension(  # noqa: PLR0917 - hypothesis gives them by name
    database: Database,
    every: list[Diagnosis],
    search: Search,
    zone: ZoneInfo,
    stretch: tuple[dt.date, dt.date],
    by: str,
) -> None:
    def split(builds: Iterable[Diagnosis]) -> dict[tuple[str, str], list[Diagnosis]]:
        found: dict[tuple[str, str], list[Diagnosis]] = {}
        for one in builds:
            if (value := plain.value_of(one, by)) is not None:
                primary = next((reason for reason in one.reasons), None)
                found.setdefault((value, primary.tag if by == "reason" and primary else ""), []).append(one)
        return found

    wanted = asked(every, search)
    now = split(plain.of_days(wanted, *stretch, zone))
    then = split(plain.of_days(wanted, *before(*stretch), zone))
    with database.store() as store:
        found = parts(filled(store, every), search, *ends(*stretch, zone), by, zone=zone)
    assert {(part.name, part.tag): plain.as_counts(part.totals) for part in found} == {
        name: plain.count(builds) for name, builds in now.items()
    }
    assert [plain.as_counts(part.before) for part in found] == [
        plain.count(then.get((part.name, part.tag), [])) for part in found
    ]
    order = [(-part.totals.failed, -part.totals.builds, part.name) for part in found]
    assert order == sorted(order)
    for part in found:
        ended = [one for one in now[part.name, part.tag] if plain.failed(one) or plain.passed(one)]
        lengths = [one.build.duration for one in ended if one.build.duration is not None]
        assert (part.median, part.p90) == (plain.percentile(lengths, 50), plain.percentile(lengths, 90))


@slow
@given(every=several, search=searches, zone=zones, stretch=days)
def test_reasons(
    database: Database, every: list[Diagnosis], search: Search, zone: ZoneInfo, stretch: tuple[dt.date, dt.date]
) -> None:
    wanted = asked(every, search)
    shown, earlier = plain.of_days(wanted, *stretch, zone), plain.of_days(wanted, *before(*stretch), zone)
    with database.store() as store:
        found = top_reasons_of(filled(store, every), search, *ends(*stretch, zone), zone=zone)
    expected = plain.reasons(every, shown, earlier)
    names = ("builds", "jobs", "projects", "changes", "lost", "last_seen", "first_seen", "before")
    assert {f"{one.tag}: {one.message}": {name: getattr(one, name) for name in names} for one in found} == expected
    assert [one.builds for one in found] == sorted((one.builds for one in found), reverse=True)
    for one in found:
        assert one.slug == reason_slug(one.tag, one.message)
        assert one.new is (one.first_seen >= ends(*stretch, zone)[0])
        assert not (one.new and one.returned)


@slow
@given(every=several, search=st.just(Search()) | searches, zone=zones, stretch=days)
def test_health_of_jobs(
    database: Database, every: list[Diagnosis], search: Search, zone: ZoneInfo, stretch: tuple[dt.date, dt.date]
) -> None:
    timed = [one for number, one in enumerate(every) if one.build.end_time]
    every = [  # no two at the same moment: which of these is newer is the store's own business
        Diagnosis(build_at(one.build, number), one.verdict, one.reasons) for number, one in enumerate(timed)
    ]
    since, until = ends(*stretch, zone)
    earlier = [one for one in asked(every, search) if plain.moment(one) < until]
    jobs = ("unit", "tempest", "docs", "never")
    with database.store() as store:
        found = health(filled(store, every), jobs, search, since=since, until=until, runs=4)
    assert set(found) == set(jobs)
    for name, job in found.items():
        ended = [plain.failed(one) for one in plain.newest_first(earlier, name)]
        shown = [run.failed for run in job.runs if run.failed or run.passed]
        assert shown == ended[: len(shown)]
        same = next((n for n, failed in enumerate(ended) if failed is not ended[0]), len(ended))
        if shown:
            assert job.streak
            assert (job.streak.failed, job.streak.length) == (ended[0], same)
            assert job.streak.since == plain.moment(plain.newest_first(earlier, name)[same - 1])
        else:
            assert job.streak is None
        words = plain.flaky_words([one for one in earlier if plain.moment(one) >= since], name)
        assert (job.flaky.words if job.flaky else "") == words


def build_at(one: Build, seconds: int) -> Build:
    assert one.end_time
    return build(
        one.result,
        key=one.key,
        job_name=one.job_name,
        change=one.change,
        log_url="",  # builds of the same logs are one
        end_time=one.end_time + dt.timedelta(seconds=seconds),
    )


def because(message: str, key: str, end_time: dt.datetime, **fields: object) -> Diagnosis:
    """A failure of a job of the same name as its key, with a reason."""
    about = {name: fields.pop(name) for name in ("bug", "owner", "action", "note", "fixed_since") if name in fields}
    reason = Reason(f"{message}-id", message, "infra", (), primary=True, **about)  # type: ignore[arg-type]  # fields of several types by name
    given = {"job_name": key, "log_url": "", **fields}
    return Diagnosis(build("FAILURE", key=key, end_time=end_time, **given), Verdict.KNOWN, (reason,))


SINCE, UNTIL = BEGIN + 20 * DAY, BEGIN + 27 * DAY


def returned(store: Store, *found: Diagnosis) -> tuple[bool, bool]:
    """Whether the one reason is new in the range, and whether it came back."""
    store.save_many(found)
    (reason,) = top_reasons_of(store, Search(), SINCE, UNTIL)
    return reason.new, reason.returned


def test_a_reason_that_was_never_seen_before_is_new(store: Store) -> None:
    assert returned(store, because("dns", "a", SINCE), because("dns", "b", UNTIL - HOUR)) == (True, False)


def test_a_reason_that_was_seen_a_moment_before_is_neither_new_nor_back(store: Store) -> None:
    assert returned(store, because("dns", "a", SINCE - dt.timedelta(seconds=1)), because("dns", "b", SINCE)) == (
        False,
        False,
    )


@pytest.mark.parametrize(("silence", "back"), [(7 * DAY, True), (7 * DAY - dt.timedelta(seconds=1), False)])
def test_a_reason_comes_back_after_seven_silent_days(store: Store, silence: dt.timedelta, back: bool) -> None:
    seen = SINCE + DAY
    assert returned(store, because("dns", "a", seen - silence), because("dns", "b", seen)) == (False, back)


@pytest.mark.parametrize(("fixed", "back"), [(0, True), (1, False)])
def test_a_reason_comes_back_after_it_was_expected_to_be_fixed(store: Store, fixed: int, back: bool) -> None:
    fixed_since = SINCE + dt.timedelta(seconds=fixed)
    old = because("dns", "a", SINCE - HOUR)
    assert returned(store, old, because("dns", "b", SINCE, fixed_since=fixed_since)) == (False, back)


def test_old_sightings_count_whatever_is_asked_for(store: Store) -> None:
    store.save_many([because("dns", "a", SINCE - HOUR), because("dns", "b", SINCE)])
    (reason,) = top_reasons_of(store, Search(Query(job_type=("b",))), SINCE, UNTIL)
    assert (reason.builds, reason.before, reason.new, reason.first_seen) == (1, 0, False, SINCE - HOUR)


def test_the_newest_failure_says_what_to_do_about_a_reason(store: Store) -> None:
    old = because("dns", "a", SINCE, bug="https://bugs.example.org/1", owner="then", action=Action.WAIT)
    new = because("dns", "b", SINCE + HOUR, bug="https://bugs.example.org/2", owner="now", note="call them")
    later = because("dns", "c", UNTIL, bug="https://bugs.example.org/3")
    store.save_many([old, new, later])
    (reason,) = top_reasons_of(store, Search(), SINCE, UNTIL)
    assert (reason.bug, reason.owner, reason.action, reason.note) == (
        *("https://bugs.example.org/2", "now"),
        *(Action.NONE, "call them"),
    )


def test_reasons_are_sorted_as_asked(store: Store) -> None:
    store.save_many(
        [
            because("often", "1", SINCE, duration=1.0),
            because("often", "2", SINCE, duration=1.0),
            because("dear", "3", SINCE + HOUR, duration=9000.0),
            because("late", "4", SINCE + 2 * HOUR, duration=2.0),
        ]
    )
    first = {order: top_reasons_of(store, Search(), SINCE, UNTIL, order=order, limit=1)[0].message for order in ORDERS}
    assert first == {"builds": "often", "lost": "dear", "last_seen": "late"}
    with pytest.raises(ValueError, match="builds, lost, last_seen"):
        top_reasons_of(store, Search(), SINCE, UNTIL, order="colour")


def test_a_dimension_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="allowed: job, branch"):
        parts(store, Search(), SINCE, UNTIL, "colour")


def test_only_the_leading_parts_are_given_ties_by_name(store: Store) -> None:
    names = [f"job-{number:02}" for number in range(30)]
    store.save_many([because("dns", name, SINCE) for name in reversed(names)])
    store.save(because("dns", "worst", SINCE))
    store.save(because("dns", "w2", SINCE, job_name="worst"))
    found = parts(store, Search(), SINCE, UNTIL, "job", limit=3)
    assert [part.name for part in found] == ["worst", "job-00", "job-01"]


def test_a_streak_goes_on_before_the_runs_that_are_shown(store: Store) -> None:
    store.save_many([because("dns", str(n), SINCE + n * HOUR, job_name="unit") for n in range(25)])
    store.save(Diagnosis(build("SUCCESS", key="good", log_url="", end_time=SINCE - HOUR), Verdict.PASSED))
    job = health(store, ["unit"], Search(), since=SINCE, runs=3)["unit"]
    assert len(job.runs) == 3
    assert job.streak
    assert (job.streak.length, job.streak.since) == (25, SINCE)
    with counting(store, Search()) as counts:
        assert streaks(counts, SINCE + 5 * HOUR, ["unit", "never"]) == {"unit": (True, 5, SINCE)}


def test_red_jobs_come_first_then_flaky_ones(store: Store) -> None:
    def run(job: str, hour: int, failed: bool, change: Change) -> Diagnosis:
        fields: dict[str, object] = {"job_name": job, "change": change, "log_url": "", "end_time": SINCE + hour * HOUR}
        made = build("FAILURE" if failed else "SUCCESS", key=f"{job}{hour}", **fields)
        return Diagnosis(made, Verdict.UNKNOWN if failed else Verdict.PASSED)

    ours = Change(project="nova", number=1, patchset="3")
    store.save_many([run("green", hour, False, ours) for hour in range(3)])
    store.save_many([run("mended", 0, True, Change(branch="master")), run("mended", 1, False, Change(branch="master"))])
    store.save_many([run("flaky", 0, True, ours), run("flaky", 1, False, ours)])
    store.save_many([run("red", hour, True, Change(branch="master")) for hour in range(2)])
    store.save_many([run("redder", hour, True, Change(branch="master")) for hour in range(3)])
    found = red_or_flaky(store, Search(), SINCE, UNTIL, limit=10)
    assert [job.name for job in found] == ["redder", "red", "flaky"]
    assert found[2].flaky
    assert found[2].flaky.words == "1 patch set both failed and passed it"
    assert [job.name for job in red_or_flaky(store, Search(), SINCE, UNTIL, limit=1)] == ["redder"]


def test_nothing_is_counted_in_an_empty_store(store: Store) -> None:
    found = compare(store, Search(), SINCE, UNTIL, ZoneInfo("UTC"))
    assert found.totals == found.before
    assert (found.totals.builds, found.totals.pass_rate) == (0, Share(0, 0))
    assert parts(store, Search(), SINCE, UNTIL, "job") == ()
    assert top_reasons_of(store, Search(), SINCE, UNTIL) == ()
    assert red_or_flaky(store, Search(), SINCE, UNTIL, limit=5) == ()
