"""The summary of a run: frozen values that its reports show, and the functions that make them.

Shares are counts of whole, never rounded here. Each build counts once, by its key.

A *failure* is a build whose outcome is not success, skipped or running, or a bare log (no result is known of it) in
which a reason, or something suspicious, was found. *Explained* is a failure with a known reason, *unreadable* one
whose logs could not be had.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sova.filters import newest_first
from sova.model import Diagnosis, Reason
from sova.stats.counts import Totals, biggest_first

if TYPE_CHECKING:
    from sova.store import SourceRun

__all__ = [
    "Group",
    "JobSummary",
    "Summary",
    "TopReason",
    "summarise",
    "top_reasons",
    "totals",
]


@dataclass(frozen=True, slots=True)
class TopReason:
    """A failure as a sentence, and how much it cost. `builds` counts builds where it is the primary reason."""

    message: str
    tag: str
    bug: str
    builds: int
    jobs: int
    first_seen: dt.datetime | None
    last_seen: dt.datetime | None


@dataclass(frozen=True, slots=True)
class JobSummary:
    """One job with its diagnoses, newest first."""

    name: str
    totals: Totals
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs of one configured group ("" for the rest), those with most failures first."""

    title: str
    jobs: tuple[JobSummary, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the report of a run shows."""

    now: dt.datetime
    timezone: str
    totals: Totals
    groups: tuple[Group, ...]
    top_reasons: tuple[TopReason, ...]
    sources: tuple[SourceRun, ...] = ()
    new_builds: int = 0
    newest: dt.datetime | None = None


def totals(diagnoses: Iterable[Diagnosis]) -> Totals:
    """Counts over builds that are each given once."""
    diagnoses = list(diagnoses)
    failures = [diagnosis for diagnosis in diagnoses if diagnosis.failed]
    passed = sum(diagnosis.passed for diagnosis in diagnoses)
    tags = Counter(diagnosis.tag or "unknown" for diagnosis in failures)
    return Totals(
        builds=len(diagnoses),
        passed=passed,
        failed=len(failures),
        other=len(diagnoses) - passed - len(failures),
        explained=sum(diagnosis.explained for diagnosis in failures),
        unreadable=sum(diagnosis.unreadable for diagnosis in failures),
        by_tag=biggest_first(tags),
        seconds=_seconds(diagnoses),
        lost=_seconds(failures),
        by_outcome=biggest_first(Counter(diagnosis.build.outcome.value for diagnosis in diagnoses)),
    )


def _seconds(diagnoses: Iterable[Diagnosis]) -> float:
    return sum(diagnosis.build.duration or 0.0 for diagnosis in diagnoses)


def top_reasons(
    diagnoses: Iterable[Diagnosis], first_seen: Mapping[tuple[str, str], dt.datetime] | None = None
) -> tuple[TopReason, ...]:
    """The primary reasons, those of most builds first, then the latest. Equal messages of one tag are one reason.

    `first_seen` says when each tag and message was seen before: what is old must not look new because few days are
    shown.
    """
    groups: dict[tuple[str, str], list[tuple[Diagnosis, Reason]]] = {}
    for diagnosis in sorted(diagnoses, key=lambda diagnosis: newest_first(diagnosis.build), reverse=True):
        if diagnosis.failed and (reason := diagnosis.primary):
            groups.setdefault((reason.tag, reason.message), []).append((diagnosis, reason))
    found = [_top_reason(group, (first_seen or {}).get(key)) for key, group in groups.items()]
    return tuple(sorted(sorted(found, key=lambda top: top.message), key=_weight, reverse=True))


def _weight(top: TopReason) -> tuple[int, bool, dt.datetime]:
    return top.builds, top.last_seen is not None, top.last_seen or dt.datetime.min.replace(tzinfo=dt.UTC)


def _top_reason(group: Sequence[tuple[Diagnosis, Reason]], first: dt.datetime | None) -> TopReason:
    """One reason and the builds it is primary in, newest first; the newest says which pattern and bug it is."""
    reason = group[0][1]
    hit = [diagnosis.build for diagnosis, _ in group]
    times = [build.time for build in hit if build.time]
    before = [first] if first else []
    return TopReason(
        message=reason.message,
        tag=reason.tag,
        bug=next((reason.bug for _, reason in group if reason.bug), ""),
        builds=len(hit),
        jobs=len({build.job_name for build in hit}),
        first_seen=min([*times, *before], default=None),
        last_seen=max(times, default=None),
    )


def _no_group(_name: str) -> str:
    return ""


def summarise(  # noqa: PLR0913 - a summary says everything about a run, each thing by its name
    diagnoses: Iterable[Diagnosis],
    *,
    now: dt.datetime,
    timezone: ZoneInfo,
    first_seen: Mapping[tuple[str, str], dt.datetime] | None = None,
    group_of: Callable[[str], str] = _no_group,
    groups: Sequence[str] = (),
    sources: Sequence[SourceRun] = (),
    new_builds: int = 0,
    newest: dt.datetime | None = None,
) -> Summary:
    """Sum up diagnoses. Groups come in the order of `groups`, then the jobs of no group; empty ones are left out.

    `first_seen` says when each reason (tag and message) was first seen of all. `newest` is the time of the newest build
    there is, by default of those given.
    """
    shown = _once(diagnoses)
    times = [diagnosis.build.time for diagnosis in shown if diagnosis.build.time]
    return Summary(
        now=now,
        timezone=timezone.key,
        totals=totals(shown),
        groups=_groups(shown, group_of, groups),
        top_reasons=top_reasons(shown, first_seen),
        sources=tuple(sources),
        new_builds=new_builds,
        newest=newest or max(times, default=None),
    )


def _once(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    first: dict[str, Diagnosis] = {}
    for diagnosis in diagnoses:
        first.setdefault(diagnosis.build.key, diagnosis)
    return sorted(first.values(), key=lambda diagnosis: newest_first(diagnosis.build), reverse=True)


def _groups(diagnoses: Iterable[Diagnosis], group_of: Callable[[str], str], order: Sequence[str]) -> tuple[Group, ...]:
    by_job: dict[str, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        by_job.setdefault(diagnosis.build.job_name, []).append(diagnosis)
    found: dict[str, list[JobSummary]] = {title: [] for title in (*order, "")}
    for name, several in by_job.items():
        found.setdefault(group_of(name), []).append(JobSummary(name, totals(several), tuple(several)))
    rest = found.pop("")
    return tuple(
        Group(title, tuple(sorted(jobs, key=lambda job: (-job.totals.failed, job.name))))
        for title, jobs in (*found.items(), ("", rest))
        if jobs
    )
