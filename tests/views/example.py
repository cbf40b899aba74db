"""A desk over the made-up CI of `tests.reports.samples`, and more builds where a test needs them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from sova.model import Build, Change, Diagnosis, Verdict
from sova.views.desk import Desk, Span, span_of
from tests.reports import samples
from tests.reports.samples import BUILDS
from tests.views.desks import ZONE, desk_of

GROUPS = {name: group for group, name, _ in samples.JOBS}
SHORT = {name: short or name for _, name, short in samples.JOBS}


@cache
def the_desk() -> Desk:
    """The desk over BUILDS; no test writes to its store."""
    return desk(BUILDS)


def desk(builds: Iterable[Diagnosis], *, sources: bool = True) -> Desk:
    """A desk with these builds; ten o'clock in Berlin on 22 November."""
    bare = desk_of(builds)
    if sources:
        bare.store.record_run(samples.SOURCES)
    return replace(
        bare,
        groups=("Integration", "Unit and style", "Periodic"),
        group_of=lambda name: GROUPS.get(name, ""),
        short_of=lambda name: SHORT.get(name, name),
    )


def days(name: str = "7d") -> Span:
    return span_of(name, samples.NOW, ZONE)


def plain(number: int, job: str, result: str, *, hours: float, length: float | None = 60.0) -> Diagnosis:
    """A build without logs, so many hours before now; the same change, a patch set a build."""
    end = samples.NOW - dt.timedelta(hours=hours)
    build = Build(
        key=f"plain/{job}/{number}",
        job_name=job,
        result=result,
        end_time=end,
        duration=length,
        change=Change(project="p", branch="main", number=7, patchset=str(number)),
    )
    verdict = {"SUCCESS": Verdict.PASSED, "SKIPPED": Verdict.SKIPPED}.get(result, Verdict.UNKNOWN)
    return Diagnosis(build, verdict)
