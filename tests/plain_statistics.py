"""Statistics counted in plain Python over diagnoses, apart from `sova.stats` and its SQL, to hold those against."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from sova.model import Diagnosis
from sova.stats import Totals

__all__ = [
    "as_counts",
    "count",
    "failed",
    "flaky_words",
    "newest_first",
    "of_days",
    "percentile",
    "reasons",
    "value_of",
]

Counts = dict[str, object]


def failed(one: Diagnosis) -> bool:
    bare = one.build.result == "" and one.verdict in ("known", "unknown", "no logs")
    return bare or one.build.outcome in ("failure", "infra", "aborted", "unknown")


def passed(one: Diagnosis) -> bool:
    return not failed(one) and (one.build.outcome == "success" or one.verdict == "passed")


def tag(one: Diagnosis) -> str:
    return next((reason.tag for reason in one.reasons if reason.primary), "") or "unknown"


def moment(one: Diagnosis) -> dt.datetime:
    """Its time, in whole seconds as the store compares them."""
    time = one.build.end_time or one.build.start_time
    assert time
    return time.replace(microsecond=0)


def of_days(diagnoses: Iterable[Diagnosis], first: dt.date, last: dt.date, zone: ZoneInfo) -> list[Diagnosis]:
    """The builds of these calendar days, both ends included."""
    timed = (one for one in diagnoses if one.build.end_time or one.build.start_time)
    return [one for one in timed if first <= moment(one).astimezone(zone).date() <= last]


def count(diagnoses: Iterable[Diagnosis]) -> Counts:
    """What `as_counts` gives for the totals of the same builds."""
    every = list(diagnoses)
    broken = [one for one in every if failed(one)]
    return {
        "builds": len(every),
        "passed": sum(passed(one) for one in every),
        "failed": len(broken),
        "other": sum(not passed(one) and not failed(one) for one in every),
        "explained": sum(one.verdict == "known" for one in broken),
        "unreadable": sum(one.verdict == "no logs" for one in broken),
        "by_tag": dict(Counter(tag(one) for one in broken)),
        "by_outcome": dict(Counter(one.build.outcome.value for one in every)),
        "seconds": sum(one.build.duration or 0 for one in every),
        "lost": sum(one.build.duration or 0 for one in broken),
    }


def as_counts(totals: Totals) -> Counts:
    names = ("builds", "passed", "failed", "other", "explained", "unreadable", "seconds", "lost")
    numbers: Counts = {name: getattr(totals, name) for name in names}
    return numbers | {"by_tag": dict(totals.by_tag), "by_outcome": dict(totals.by_outcome)}


def value_of(one: Diagnosis, by: str) -> str | None:
    """What the build is counted by in this dimension; None where it is not counted."""
    change = one.build.change
    primary = next((reason for reason in one.reasons if reason.primary), None)
    if by == "change":
        return None if change.number is None else f"{change.project} {change.number}".strip()
    if by == "tag":
        return tag(one) if failed(one) else None
    if by == "reason":
        return primary.message if primary and failed(one) else None
    named = {
        "job": one.build.job_name,
        "branch": change.branch,
        "project": change.project,
        "pipeline": one.build.pipeline,
    }
    return named[by]


def percentile(numbers: Iterable[float], percent: int) -> float | None:
    """The smallest number that so many percent of all do not exceed, found by trying each."""
    every = list(numbers)
    return min((one for one in every if 100 * sum(n <= one for n in every) >= percent * len(every)), default=None)


def reasons(every: Sequence[Diagnosis], shown: Sequence[Diagnosis], earlier: Sequence[Diagnosis]) -> dict[str, Counts]:
    """Each reason of the failures `shown`, by message and tag; `every` is all that is stored, `earlier` are the builds
    of the stretch before."""

    def seen(builds: Iterable[Diagnosis]) -> dict[str, list[Diagnosis]]:
        found: dict[str, list[Diagnosis]] = {}
        for one in builds:
            if failed(one) and (primary := next((reason for reason in one.reasons if reason.primary), None)):
                found.setdefault(f"{primary.tag}: {primary.message}", []).append(one)
        return found

    ever, before = seen(one for one in every if one.build.end_time or one.build.start_time), seen(earlier)
    return {
        name: {
            "builds": len(builds),
            "jobs": len({one.build.job_name for one in builds}),
            "projects": len({one.build.change.project for one in builds}),
            "changes": len(
                {(one.build.change.project, one.build.change.number) for one in builds if one.build.change.number}
            ),
            "lost": sum(one.build.duration or 0 for one in builds),
            "last_seen": max(map(moment, builds)),
            "first_seen": min(map(moment, ever[name])),
            "before": len(before.get(name, [])),
        }
        for name, builds in seen(shown).items()
    }


def newest_first(diagnoses: Iterable[Diagnosis], job: str) -> list[Diagnosis]:
    """The runs of a job that passed or failed."""
    runs = (one for one in diagnoses if one.build.job_name == job and (failed(one) or passed(one)))
    return sorted(runs, key=moment, reverse=True)


def flaky_words(diagnoses: Sequence[Diagnosis], job: str) -> str:
    """What is said of the job, by these builds; "" where it is not flaky."""
    runs = newest_first(diagnoses, job)
    ends: dict[tuple[str, int, str], set[bool]] = {}
    for one in runs:
        change = one.build.change
        if change.number is not None and change.patchset:
            ends.setdefault((change.project, change.number, change.patchset), set()).add(failed(one))
    both = sum(len(found) == 2 for found in ends.values())
    if both:
        return f"{both} patch set{'s' if both > 1 else ''} both failed and passed it"
    periodic = [failed(one) for one in runs if one.build.change.number is None][:10]
    switches = sum(one != other for one, other in pairwise(periodic))
    said = f"{switches} switches between passed and failed in its last {len(periodic)} runs without a change"
    return said if switches >= 4 else ""
