"""What stands out on the first page, held against plain counting over the same builds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace

from sova.filters import Query, Search
from sova.model import Diagnosis, Reason, Verdict
from sova.views.overview import OverviewView, overview
from tests.reports import samples
from tests.reports.samples import BUILDS
from tests.views.example import days, desk, plain, the_desk


def seen(span: str = "7d", search: Search | None = None) -> OverviewView:
    return overview(the_desk(), days(span), search or Search())


def ended(job: str) -> list[Diagnosis]:
    """The builds of a job that passed or failed, newest first."""
    found = [one for one in BUILDS if one.build.job_name == job and (one.passed or one.failed)]
    return sorted(found, key=lambda one: one.build.time or samples.NOW, reverse=True)


def test_red_jobs_are_those_whose_newest_run_failed() -> None:
    view = seen()
    names = {name for _, name, _ in samples.JOBS}
    assert {job.name for job in view.red} == {name for name in names if ended(name)[0].failed}
    assert view.red_jobs == len(view.red)
    for job in view.red:
        runs = ended(job.name)
        length = next(place for place, run in enumerate(runs) if run.passed)
        assert job.health.streak is not None
        assert job.health.streak.length == length
        assert job.health.streak.since == runs[length - 1].build.time
        assert job.key == runs[0].build.key


def test_a_red_job_without_a_known_reason_brings_its_diagnosis() -> None:
    by_name = {job.name: job for job in seen().red}
    unknown = by_name["third-party-storage"]
    assert unknown.message == ""
    assert unknown.diagnosis is not None
    assert unknown.diagnosis.excerpts
    assert by_name["tempest-full-py3"].diagnosis is None


def test_a_red_job_whose_later_runs_were_all_skipped_brings_the_run_that_failed() -> None:
    failed = plain(1, "slow", "FAILURE", hours=30)
    skipped = [plain(number, "slow", "SKIPPED", hours=number) for number in range(2, 14)]
    (job,) = overview(desk([failed, *skipped]), days(), Search()).red
    assert (job.key, job.diagnosis) == (failed.build.key, failed)


def test_jobs_are_red_whatever_the_range() -> None:
    assert [job.name for job in seen("today").red] == [job.name for job in seen().red]


def test_more_red_jobs_than_fit_are_counted() -> None:
    broken = [plain(number, f"job-{number}", "FAILURE", hours=1) for number in range(33)]
    view = overview(desk(broken), days(), Search())
    assert view.red_jobs == 33
    assert len(view.red) < 33


def test_each_reason_stands_in_one_list() -> None:
    for span in ("today", "7d"):
        view = seen(span)
        since = days(span).since
        slugs = [one.slug for one in (*view.new, *view.returned, *view.burning)]
        assert len(slugs) == len(set(slugs))
        first: dict[str, dt.datetime] = {}
        for one in BUILDS:
            if one.failed and one.primary and one.build.time:
                message = one.primary.message
                first[message] = min(first.get(message, one.build.time), one.build.time)
        assert {one.message for one in view.new} == {
            one.message for one in (*view.new, *view.returned, *view.burning) if first[one.message] >= since
        }
    assert [one.message for one in seen("today").burning]


def test_numbers_of_the_range() -> None:
    view = seen()
    shown = [one for one in BUILDS if one.build.time and one.build.time >= days().since]
    verdicts = Counter(one.verdict for one in shown)
    failed = sum(one.build.failed for one in shown)
    now = view.compared.totals
    assert (now.builds, now.failed) == (len(shown), failed)
    assert (now.passed, now.explained) == (verdicts[Verdict.PASSED], verdicts[Verdict.KNOWN])
    assert view.without_reason == sum(one.verdict is Verdict.UNKNOWN for one in BUILDS)
    assert len(view.days) == 14
    assert sum(day.totals.failed for day in view.days) == failed


def test_unknown_and_unread_failures_newest_first() -> None:
    view = seen()
    assert {one.verdict for one in view.unknown} == {Verdict.UNKNOWN}
    assert {one.verdict for one in view.unread} == {Verdict.NO_LOGS}
    times = [one.build.time for one in view.unknown if one.build.time]
    assert times == sorted(times, reverse=True)


def test_reasons_that_cost_most_come_first() -> None:
    lost = [one.lost for one in seen().lost]
    assert lost
    assert lost == sorted(lost, reverse=True)


def test_a_rare_reason_that_costs_most_is_told_among_many() -> None:
    often = [failure(f"often {n}", f"{n}-{again}", 60.0) for n in range(250) for again in range(2)]
    view = overview(desk([*often, failure("rare", "rare", 9e5)]), days(), Search())
    assert view.lost[0].message == "rare"


def failure(message: str, key: str, length: float) -> Diagnosis:
    made = plain(0, key, "FAILURE", hours=1, length=length)
    return replace(made, verdict=Verdict.KNOWN, reasons=(Reason("id", message, "infra", (), primary=True),))


def test_silence_is_told_by_the_newest_build() -> None:
    assert not seen().silent
    late = overview(desk([plain(1, "job", "SUCCESS", hours=14)]), days(), Search())
    assert late.silent
    assert late.newest == samples.NOW - dt.timedelta(hours=14)
    empty = overview(desk([], sources=False), days(), Search())
    assert empty.silent
    assert empty.newest is None


def test_filters_hold_for_every_part() -> None:
    view = seen(search=Search(query=Query(pipeline=("periodic",))))
    assert {job.name.split("-")[0] for job in view.red} == {"periodic"}
    assert view.unknown == ()
    assert view.compared.totals.builds == sum(one.build.pipeline == "periodic" for one in BUILDS)
    assert sum(day.totals.builds for day in view.days) == view.compared.totals.builds
