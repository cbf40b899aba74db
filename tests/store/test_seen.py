"""What plans of the site are made from: things of a stretch of time, with marks, against plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable

from sova.filters import Search
from sova.model import Diagnosis
from sova.stats import days_of
from sova.store import Store
from sova.store.counting import counting
from sova.store.seen import Seen, changes_seen, days_seen, jobs_seen, keys_seen, reasons_seen
from tests.reports.samples import BUILDS, NOW

SPAN = (NOW - dt.timedelta(days=3), NOW + dt.timedelta(days=1))


def inside() -> list[Diagnosis]:
    return [one for one in BUILDS if one.build.time and SPAN[0] <= one.build.time < SPAN[1]]


def reason_of(one: Diagnosis) -> tuple[str, str] | None:
    return (one.primary.tag, one.primary.message) if one.failed and one.primary else None


def change_of(one: Diagnosis) -> tuple[str, str] | None:
    number = one.build.change.number
    return None if number is None else (one.build.change.project, str(number))


def counts(seen: Iterable[Seen]) -> dict[tuple[str, ...], int]:
    """How many builds each mark counts."""
    return {one.name: int(one.mark.split(".")[0]) for one in seen}


def expected(name: Callable[[Diagnosis], Hashable]) -> dict[Hashable, int]:
    names = [found for one in inside() if (found := name(one))]
    return {one: names.count(one) for one in names}


def test_jobs_reasons_and_changes(store: Store) -> None:
    store.save_many(BUILDS)
    with counting(store, Search()) as found:
        assert counts(jobs_seen(found, SPAN)) == expected(lambda one: (one.build.job_name,))
        assert counts(reasons_seen(found, SPAN)) == expected(reason_of)
        assert counts(changes_seen(found, SPAN)) == expected(change_of)


def test_a_day_without_failures_is_not_seen(store: Store) -> None:
    store.save_many(BUILDS)
    days = days_of(*SPAN, dt.UTC)
    with counting(store, Search(failed=True)) as found:
        seen = days_seen(found, days)
    failures = {one.build.time.date() for one in inside() if one.failed and one.build.time}
    assert set(seen) == failures
    assert len(set(seen.values())) == len(seen)


def test_as_many_other_builds_have_another_mark(store: Store) -> None:
    store.save_many(BUILDS)
    job = inside()[0].build.job_name
    marks = set()
    for one in (each for each in inside() if each.build.job_name == job):
        assert one.build.time
        second = one.build.time.replace(microsecond=0)
        with counting(store, Search()) as found:
            marks |= {each.mark for each in jobs_seen(found, (second, second + dt.timedelta(seconds=1)))}
    assert len(marks) > 1
    assert {mark.split(".")[0] for mark in marks} == {"1"}


def test_keys_of_failures_with_their_times(store: Store) -> None:
    store.save_many(BUILDS)
    failures = {(one.build.key, one.build.time) for one in BUILDS if one.failed}
    assert set(keys_seen(store, Search(failed=True))) == failures
