"""Which builds are asked for: one `Query`, the same for every source, the store and the command line.

`make_query` turns what a person wrote into a `Query`, `accepts` holds one build against it, `select` many of them.
A build is dated by its end, else by its start; one without a time lies in no stretch of time.
"""

from __future__ import annotations

import datetime as dt
import heapq
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from sova.model import Build, Outcome, Verdict
from sova.times import Day, day_span, days_back, parse_date, parse_time

if TYPE_CHECKING:
    from sova.config import Config

__all__ = ["LONGEST_NAME", "Query", "Search", "accepts", "is_name", "make_query", "matches", "newest_first", "select"]

LONGEST_NAME = 300
"""Characters of a name that an address may ask for."""

_NO_NAME = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked for. An empty field asks for everything.

    `since` (inclusive) and `until` (exclusive) are aware times; `dates` are days (year or None, month, day) in
    `timezone`; `limit` is applied last, newest first. `jobs` are tracked names or globs, `short` the names or globs
    of the aliases asked for, `job_type` and `exclude` exact names; `pipeline`, `branch` and `project` are names or
    globs; `result` holds raw result words, case does not count. `fail` asks for `Build.failed` only. `periodic` True
    asks for builds without a change only, False for builds of changes only.
    """

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    dates: tuple[Day, ...] = ()
    limit: int | None = None
    jobs: tuple[str, ...] = ()
    job_type: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fail: bool = False
    periodic: bool | None = None
    pipeline: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    project: tuple[str, ...] = ()
    change: tuple[int, ...] = ()
    result: tuple[str, ...] = ()
    voting: bool | None = None
    timezone: dt.tzinfo = dt.UTC


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of the store: a `Query`, and what only a diagnosis can answer. An empty field asks for everything.

    `failed` asks for failures (`Diagnosis.failed`), or with False for everything else; `tag` holds tags that failures
    are counted by ("unknown" too); `reason` is the slug of the primary reason (`sova.slugs.reason_slug`); `pattern` is
    the id of a pattern that hit, as primary reason or not; `text` holds words, all of which stand in the messages, the
    subject or the log lines shown, case does not count, the last may be the beginning of a word.
    """

    query: Query = field(default_factory=Query)
    failed: bool | None = None
    tag: tuple[str, ...] = ()
    verdict: tuple[Verdict, ...] = ()
    outcome: tuple[Outcome, ...] = ()
    reason: str = ""
    pattern: str = ""
    text: str = ""


def make_query(  # noqa: PLR0913 - one parameter for each filter that a person can name
    config: Config,
    now: dt.datetime,
    *,
    days: int | None = None,
    dates: Sequence[str] = (),
    since: str = "",
    until: str = "",
    limit: int | None = None,
    short: Sequence[str] = (),
    fail: bool = False,
    exclude: Sequence[str] = (),
    job_type: Sequence[str] = (),
    periodic: bool | None = None,
    pipeline: Sequence[str] = (),
    branch: Sequence[str] = (),
    project: Sequence[str] = (),
    change: Sequence[int] = (),
    result: Sequence[str] = (),
    voting: bool | None = None,
) -> Query:
    """The query for what a person wrote. Raises ValueError that says what is allowed.

    `days` counts today as one; with `since` too, the later of both holds. The tracked jobs of the configuration are
    asked for, except with `periodic=True` (as in the seed) or when `job_type` names jobs. A name in `short` that is
    no alias is a job name.
    """
    for name, number in (("days", days), ("limit", limit)):
        if number is not None and number < 1:
            raise ValueError(f"{name} should be 1 or more, got {number}")
    zone = config.timezone
    begins = [parse_time(since, now, zone)] if since else []
    if days:
        begins.append(days_back(now, days, zone))
    return Query(
        since=max(begins, default=None),
        until=parse_time(until, now, zone) if until else None,
        dates=tuple(map(parse_date, dates)),
        limit=limit,
        jobs=() if periodic or job_type else config.jobs,
        job_type=tuple(job_type),
        short=tuple(glob for name in short for glob in config.aliases.get(name, (name,))),
        exclude=tuple(exclude),
        fail=fail,
        periodic=periodic,
        pipeline=tuple(pipeline),
        branch=tuple(branch),
        project=tuple(project),
        change=tuple(change),
        result=tuple(result),
        voting=voting,
        timezone=zone,
    )


def accepts(build: Build, query: Query) -> bool:
    """Whether the build is asked for; `limit` is not looked at."""
    return _accepts_time(build.time, query) and _accepts_job(build, query) and _accepts_change(build, query)


def _accepts_time(time: dt.datetime | None, query: Query) -> bool:
    if query.since is None and query.until is None and not query.dates:
        return True
    if time is None or (query.since and time < query.since) or (query.until and time >= query.until):
        return False
    return not query.dates or any(_on_day(time, day, query.timezone) for day in query.dates)


def _on_day(time: dt.datetime, day: Day, timezone: dt.tzinfo) -> bool:
    year, month, number = day
    span = day_span(year or time.astimezone(timezone).year, month, number, timezone)
    return span is not None and span[0] <= time < span[1]


def _accepts_job(build: Build, query: Query) -> bool:
    name = build.job_name
    return (
        matches(name, query.jobs)
        and matches(name, query.short)
        and (not query.job_type or name in query.job_type)
        and name not in query.exclude
        and (not query.fail or build.failed)
        and (query.voting is None or build.voting is query.voting)
        and (not query.result or build.result.upper() in {word.upper() for word in query.result})
    )


def _accepts_change(build: Build, query: Query) -> bool:
    return (
        (query.periodic is None or build.periodic is query.periodic)
        and matches(build.pipeline, query.pipeline)
        and matches(build.change.branch, query.branch)
        and matches(build.change.project, query.project)
        and (not query.change or build.change.number in query.change)
    )


def is_name(text: str) -> bool:
    """Whether an address may ask for this name. Builds from outside can have others, too long or with control
    characters in them: those are shown, and nothing links to a list of them."""
    return len(text) <= LONGEST_NAME and not _NO_NAME.search(text)


def matches(name: str, globs: tuple[str, ...]) -> bool:
    """Whether the name is one of the names or globs; without any, every name is."""
    return not globs or any(name == glob or fnmatchcase(name, glob) for glob in globs)


def newest_first(build: Build) -> tuple[bool, dt.datetime, str]:
    """The order of builds everywhere, for `sorted(..., reverse=True)`: newest first, those without a time last."""
    return build.time is not None, build.time or dt.datetime.min.replace(tzinfo=dt.UTC), build.key


def select(builds: Iterable[Build], query: Query) -> list[Build]:
    """The builds asked for, newest first, at most `limit` of them."""
    accepted = (build for build in builds if accepts(build, query))
    if query.limit is None:
        return sorted(accepted, key=newest_first, reverse=True)
    return heapq.nlargest(query.limit, accepted, key=newest_first)
