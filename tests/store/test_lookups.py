"""Small questions of pages, alike on SQLite and PostgreSQL, against plain Python over the same builds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from sova.filters import Query, Search
from sova.model import Diagnosis
from sova.slugs import name_slug, reason_slug
from sova.stats import days_of
from sova.store import Store
from sova.store.around import neighbours, reason_around
from sova.store.lookups import (
    days_of_reasons,
    nodesets,
    parts_of,
    pattern_hits,
    reason_ever,
)
from sova.store.patchsets import changes_page, whole_changes
from tests.reports.samples import BUILDS, NOW

SAMPLE = tuple(sorted(BUILDS, key=lambda one: one.build.time or NOW, reverse=True))
SPAN = (NOW - dt.timedelta(hours=50), NOW - dt.timedelta(hours=2))
EARLIER = (NOW - dt.timedelta(hours=98), SPAN[0])
ALL = Search()


@pytest.fixture
def filled(store: Store) -> Store:
    store.save_many(SAMPLE)
    return store


KINDS: dict[str, Callable[[Diagnosis], str]] = {
    "job": lambda one: one.build.job_name,
    "branch": lambda one: one.build.change.branch,
    "project": lambda one: one.build.change.project,
    "pipeline": lambda one: one.build.pipeline,
}


def slug_of(one: Diagnosis) -> str:
    primary = one.primary
    return reason_slug(primary.tag, primary.message) if primary and one.failed else ""


def inside(span: tuple[dt.datetime, dt.datetime]) -> list[Diagnosis]:
    return [one for one in SAMPLE if one.build.time and span[0] <= one.build.time < span[1]]


DNS = slug_of(SAMPLE[0])


def test_of_one_reason(filled: Store) -> None:
    every = [one for one in SAMPLE if slug_of(one) == DNS]
    within = [one for one in inside(SPAN) if slug_of(one) == DNS]
    days = [span for _, span in days_of(*SPAN, ZoneInfo("Europe/Berlin"))]
    found = reason_around(filled, Search(reason=DNS), days, 3)
    assert found.days == tuple(sum(slug_of(one) == DNS for one in inside(day)) for day in days)
    assert (sum(found.days), found.jobs) == (len(within), len({one.build.job_name for one in within}))
    changes = {(one.build.change.project, one.build.change.number) for one in within}
    assert found.changes == len([change for change in changes if change[1] is not None])
    assert found.newest == tuple(one.build for one in every[:3])
    times = [one.build.time.replace(microsecond=0) for one in every if one.build.time]
    assert (found.first_seen, found.last_seen) == (min(times), max(times))
    ever = reason_ever(filled, DNS)
    assert (ever.builds, ever.secondary) == (len(every), 0)
    assert reason_ever(filled, reason_slug("infra", "never seen")).builds == 0


def test_reasons_by_day(filled: Store) -> None:
    zone = ZoneInfo("Europe/Berlin")
    days = days_of(*SPAN, zone)
    slugs = {slug_of(one) for one in SAMPLE} - {""}
    found = days_of_reasons(filled, slugs, ALL, [span for _, span in days])
    assert set(found) == slugs
    for place, (_, span) in enumerate(days):
        counted = Counter(slug_of(one) for one in inside(span))
        assert {slug: counts[place] for slug, counts in found.items()} == {slug: counted[slug] for slug in slugs}


def test_parts_of_two_stretches(filled: Store) -> None:
    found = parts_of(filled, Search(failed=True), [SPAN, EARLIER], list(KINDS))
    for kind, of in KINDS.items():
        now, then = (Counter(of(one) for one in inside(span) if one.failed) for span in (SPAN, EARLIER))
        assert found[kind] == {name: (now[name], then[name]) for name in now | then}


def test_kinds_of_machines_of_the_newest_builds(filled: Store) -> None:
    assert nodesets(filled, ALL) == (("debian-bookworm", len(SAMPLE)),)
    assert nodesets(filled, ALL, most=5) == (("debian-bookworm", 5),)


@pytest.mark.parametrize("span", [SPAN, EARLIER, (NOW, NOW + dt.timedelta(days=1))])
def test_last_hits_of_patterns(filled: Store, span: tuple[dt.datetime, dt.datetime]) -> None:
    found = pattern_hits(filled, ALL, *span)
    hits = [(reason.pattern, one) for one in SAMPLE if one.failed for reason in one.reasons]
    assert set(found) == {pattern for pattern, _ in hits}
    within = {one.build.key for one in inside(span)}
    for pattern, got in found.items():
        builds = [one for name, one in hits if name == pattern]
        assert got.builds == len({one.build.key for one in builds} & within)
        assert (got.last_key, got.last_job) == (builds[0].build.key, builds[0].build.job_name)


def test_no_pattern_hit_in_an_empty_store(store: Store) -> None:
    assert pattern_hits(store, ALL, *SPAN) == {}
    assert changes_page(store, ALL).changes == ()


def test_runs_beside_a_build(filled: Store) -> None:
    runs = [one for one in SAMPLE if one.build.job_name == "tempest-full-py3"]
    found = neighbours(filled, runs[1].build)
    assert found.previous
    assert found.previous_failure
    assert found.next_failure
    keys = (found.previous.key, found.previous_failure.key, found.next_failure.key)
    assert keys == (runs[2].build.key, runs[2].build.key, runs[0].build.key)
    assert found.previous.message == "DNS: could not resolve mirror.regionone.example.org"


def test_changes_page_by_page(filled: Store) -> None:
    search = Search(Query(since=SPAN[0], until=SPAN[1]))
    keys = [(one.build.change.project, one.build.change.number) for one in inside(SPAN)]
    expected = list(dict.fromkeys(key for key in keys if key[1] is not None))
    got, after = [], ""
    while True:
        page = changes_page(filled, search, after=after, limit=2)
        got += [(one.change.project, one.change.number) for one in page.changes]
        if not (after := page.after):
            break
    assert got == expected


@pytest.mark.parametrize("newest", [2, 100])
def test_changes_with_all_of_their_builds(filled: Store, newest: int) -> None:
    nova, gone = (name_slug("openstack/nova"), 901190), (name_slug("openstack/cinder"), 901190)
    others = {(name_slug(one.build.change.project), one.build.change.number) for one in SAMPLE}
    wanted = [nova, gone, *((project, number) for project, number in others if number is not None)]
    found = whole_changes(filled, wanted, newest)
    assert gone not in found
    assert len(found) > 1
    assert any(one.after for one in found.values()) == (newest == 2)
    for (project, number), one in found.items():
        builds = [each for each in SAMPLE if each.build.change.number == number]
        assert {name_slug(each.build.change.project) for each in builds} == {project}
        assert [each.run.key for each in one.builds] == [each.build.key for each in builds]
        assert [each.patchset for each in one.builds] == [each.build.change.patchset for each in builds]
        assert one.diagnoses == tuple(builds[:newest])
        assert one.change == builds[0].build.change
        rest = filled.page(Search(Query(change=(number,))), after=one.after).diagnoses if one.after else ()
        assert rest == tuple(builds[newest:])
