"""Which builds are worked on again, and how often."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sova.filters import Query
from sova.model import Build, Diagnosis, Problem, ProblemKind, Reason, Verdict
from sova.store import MOST_TRIES, Plan, Saved, Store
from sova.testing import build
from tests.store.answers import NOW, known, no_logs, not_yet, rows, unknown

HOUR = dt.timedelta(hours=1)


def plan_of(store: Store, one: Build, now: dt.datetime = NOW) -> str:
    plan = store.plan([one], now)
    return next(name for name in ("new", "again", "known") if getattr(plan, name))


def test_what_was_never_seen_is_new(store: Store) -> None:
    assert store.plan([build(key="a")], NOW) == Plan(new=(build(key="a"),))
    assert store.plan([], NOW) == Plan()


@pytest.mark.parametrize(
    "diagnosis",
    [
        known(build()),
        unknown(build()),
        no_logs(build(), ProblemKind.GONE),
        no_logs(build(), ProblemKind.DENIED),
        no_logs(build(), ProblemKind.CRASHED),
        Diagnosis(build(), Verdict.PASSED, problems=(Problem("x", ProblemKind.NETWORK, "cut"),)),
        replace(known(build()), problems=(Problem("x", ProblemKind.NETWORK, "cut"),)),
    ],
    ids=lambda diagnosis: f"{diagnosis.verdict} {[problem.kind.value for problem in diagnosis.problems]}",
)
def test_what_has_its_answer_is_left_alone(store: Store, diagnosis: Diagnosis) -> None:
    store.save(diagnosis, tried_at=NOW)
    assert store.plan([diagnosis.build], NOW + HOUR) == Plan(known=(diagnosis.build,))


@pytest.mark.parametrize(
    "diagnosis",
    [
        no_logs(build()),
        not_yet(build()),
        replace(unknown(build()), problems=(Problem("x", ProblemKind.NETWORK, "cut"),)),
        replace(
            no_logs(build()), verdict=Verdict.KNOWN, reasons=(Reason("r", "timed out", "infra", (), primary=True),)
        ),
    ],
    ids=["no logs", "not yet", "unknown", "reason without logs"],
)
def test_what_met_only_a_problem_that_may_pass_is_tried_again(store: Store, diagnosis: Diagnosis) -> None:
    store.save(diagnosis, tried_at=NOW)
    assert plan_of(store, diagnosis.build) == "again"


def test_five_tries_in_any_day_and_no_more(store: Store) -> None:
    one = build(key="a")
    times = []
    for hour in range(72):
        now = NOW + hour * HOUR
        if plan_of(store, one, now) == "known":
            continue
        store.save(no_logs(one), tried_at=now)
        times.append(hour)
    assert MOST_TRIES == 5
    assert times == [0, 1, 2, 3, 4, 24, 25, 26, 27, 28, 48, 49, 50, 51, 52]


def test_an_answer_ends_the_tries_and_later_trouble_begins_anew(store: Store) -> None:
    one = build(key="a")
    for hour in range(5):
        store.save(no_logs(one), tried_at=NOW + hour * HOUR)
    assert plan_of(store, one, NOW + 5 * HOUR) == "known"
    store.save(unknown(one), tried_at=NOW + 5 * HOUR)
    store.save(replace(unknown(one), problems=not_yet(one).problems), tried_at=NOW + 6 * HOUR)
    assert plan_of(store, one, NOW + 7 * HOUR) == "again"


def test_a_try_that_read_less_than_the_kept_answer_counts_too(store: Store) -> None:
    one = build(key="a")
    partly = replace(unknown(one), problems=no_logs(one).problems)
    store.save(partly, tried_at=NOW)
    for hour in range(1, 5):
        assert plan_of(store, one, NOW + hour * HOUR) == "again"
        store.save(no_logs(one), tried_at=NOW + hour * HOUR)
    assert plan_of(store, one, NOW + 5 * HOUR) == "known"
    assert store.get("a") == partly


def test_a_build_that_was_running_is_worked_on_when_it_ends_however_often_it_was_tried(store: Store) -> None:
    running = build("", key="a", end_time=None)
    for minute in range(9):
        store.save(Diagnosis(running, Verdict.SKIPPED), tried_at=NOW + dt.timedelta(minutes=minute))
    assert plan_of(store, running) == "known"
    assert store.plan([build("FAILURE", key="a")], NOW).again == (build("FAILURE", key="a"),)


def test_an_attempt_that_becomes_final_is_worked_on_again(store: Store) -> None:
    store.save(known(build(key="a", final=False)), tried_at=NOW)
    assert plan_of(store, build(key="a", final=True)) == "again"


def test_a_failure_whose_logs_are_found_later_is_worked_on_again(store: Store) -> None:
    without = build(key="a", log_url="")
    store.save(no_logs(without, ProblemKind.GONE), tried_at=NOW)
    assert plan_of(store, without) == "known"
    assert plan_of(store, build(key="a")) == "again"
    passed = build("SUCCESS", key="b", log_url="")
    store.save(Diagnosis(passed, Verdict.PASSED), tried_at=NOW)
    assert plan_of(store, build("SUCCESS", key="b", log_url="https://l/b")) == "known"


def test_what_another_source_adds_is_told_and_kept_without_work(store: Store) -> None:
    row = build(key="zuul:z/1", seen_by=("zuul",), nodeset="noble")
    comment = build(key="log:l/1", seen_by=("gerrit",), change=replace(row.change, subject="Fix it", number=7))
    store.save(known(row), tried_at=NOW)
    plan = store.plan([comment], NOW)
    assert (plan.new, plan.again) == ((), ())
    assert plan.known == plan.changed
    store.update_builds(plan.changed)
    stored = store.get("zuul:z/1")
    assert stored is not None
    assert (stored.build.change.subject, stored.build.nodeset) == ("Fix it", "noble")
    assert stored.build.seen_by == ("gerrit", "zuul")
    assert store.plan([comment], NOW).changed == ()
    assert store.plan([row], NOW).changed == ()


def test_a_result_that_is_added_changes_what_the_build_is_counted_by(store: Store, location: str) -> None:
    store.save(Diagnosis(build("", key="a", log_url=""), Verdict.SKIPPED))
    assert rows(location, "SELECT tag FROM diagnoses") == [("",)]
    store.update_builds([build("FAILURE", key="a", log_url="")])
    assert rows(location, "SELECT tag FROM diagnoses") == [("unknown",)]


def test_update_adds_no_build_that_is_not_stored(store: Store) -> None:
    store.update_builds([build(key="a")])
    assert store.count() == 0


def test_a_plan_of_thousands_keeps_the_order(store: Store) -> None:
    seen = [build("SUCCESS", key=str(number), log_url="") for number in range(1200)]
    for one in seen[:100]:
        store.save(Diagnosis(one, Verdict.PASSED), tried_at=NOW)
    plan = store.plan(seen, NOW)
    assert plan.known == tuple(seen[:100])
    assert plan.new == tuple(seen[100:])


def of_set(diagnosis: Diagnosis, version: str) -> Diagnosis:
    return replace(diagnosis, patterns_version=version)


def test_each_pattern_set_is_tried_once_on_what_is_stored(store: Store) -> None:
    store.save(of_set(unknown(build(key="a")), "old"))
    assert store.outdated(Query(), "old") == []
    assert store.outdated(Query(), "new") == [build(key="a")]
    store.save(of_set(known(build(key="a")), "new"))
    assert store.outdated(Query(), "new") == []
    assert store.outdated(Query(), "old") == [build(key="a")]


def test_an_answer_that_read_less_stays_out_and_counts_as_tried(store: Store) -> None:
    store.save(of_set(known(build(key="a"), size=1000), "old"))
    assert store.save(of_set(unknown(build(key="a"), size=10), "new")) is Saved.KEPT
    assert store.outdated(Query(), "new") == []
    stored = store.get("a")
    assert stored is not None
    assert (stored.verdict, stored.patterns_version) == (Verdict.KNOWN, "old")


@pytest.mark.parametrize(
    ("diagnosis", "outdated"),
    [
        (Diagnosis(build("SUCCESS"), Verdict.PASSED), False),
        (Diagnosis(build("SKIPPED"), Verdict.SKIPPED), False),
        (no_logs(build(), ProblemKind.GONE), False),  # there is nothing in the cache either
        (no_logs(build()), False),  # tried again anyway, and then by the new set
        (no_logs(build("NODE_FAILURE", log_url=""), ProblemKind.GONE), True),  # patterns may know the result word
        (replace(unknown(build()), problems=(Problem("x", ProblemKind.NETWORK, "cut"),)), False),
        (known(build()), True),
    ],
)
def test_only_what_could_be_judged_is_judged_by_a_new_set(store: Store, diagnosis: Diagnosis, outdated: bool) -> None:
    store.save(of_set(diagnosis, "old"), tried_at=NOW)
    assert store.outdated(Query(), "new") == ([diagnosis.build] if outdated else [])


def test_a_new_set_is_applied_to_the_builds_asked_for(store: Store) -> None:
    for number in range(4):
        store.save(
            of_set(unknown(build(key=str(number), log_url=f"https://l/{number}", end_time=NOW - number * HOUR)), "old")
        )
    assert [one.key for one in store.outdated(Query(since=NOW - HOUR), "new")] == ["0", "1"]
