"""What stands out in a summary: what is new, what burns, which jobs are red, what could not be read. No I/O."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sova.model import Diagnosis, Excerpt, Outcome, ProblemKind, Verdict
from sova.stats import Summary, TopReason
from sova.times import days_back
from sova.unknown.excerpts import error_like

__all__ = [
    "BurningReason",
    "Overview",
    "RedJob",
    "bare",
    "best_line",
    "diagnoses_of",
    "overview",
    "place_of",
    "red_job",
    "verdicts",
]

_PREFIX = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,\d]*Z?(?: \|)?\s+(?:[\w.-]+ \|\s+)?")
_TELLING = 3  # words: a line that is only "ERROR" tells nothing


@dataclass(frozen=True, slots=True)
class RedJob:
    """A job whose newest verdict is a failure: since when without a success, how often, and the newest failure."""

    name: str
    runs: tuple[Diagnosis, ...]
    since: dt.datetime | None
    failures: int
    newest: Diagnosis


@dataclass(frozen=True, slots=True)
class BurningReason:
    """A reason and the builds that failed for it, newest first. `new` was not seen before yesterday, `burning` was
    seen since then."""

    reason: TopReason
    builds: tuple[Diagnosis, ...]
    new: bool
    burning: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """What the report of a run shows besides the summary itself."""

    reasons: tuple[BurningReason, ...]
    red: tuple[RedJob, ...]
    unreadable: tuple[Diagnosis, ...]

    @property
    def new(self) -> tuple[BurningReason, ...]:
        return tuple(one for one in self.reasons if one.new)

    @property
    def burning(self) -> tuple[BurningReason, ...]:
        """Those seen before yesterday and again since."""
        return tuple(one for one in self.reasons if one.burning and not one.new)

    @property
    def quiet(self) -> tuple[BurningReason, ...]:
        """Those not seen since yesterday began."""
        return tuple(one for one in self.reasons if not one.burning)


def diagnoses_of(summary: Summary) -> Iterator[Diagnosis]:
    """Every diagnosis of the summary, by group and job."""
    for group in summary.groups:
        for job in group.jobs:
            yield from job.diagnoses


def overview(summary: Summary) -> Overview:
    """What stands out. Yesterday begins at midnight of the configured zone."""
    every = sorted(diagnoses_of(summary), key=_moment, reverse=True)
    failures = [one for one in every if one.failed]
    return Overview(
        reasons=tuple(_burning(failures, summary)),
        red=tuple(sorted(_red(summary), key=lambda job: -job.failures)),
        unreadable=tuple(one for one in failures if one.verdict is Verdict.NO_LOGS or _cut(one)),
    )


def verdicts(runs: Iterable[Diagnosis]) -> Iterator[Diagnosis]:
    """The runs that say something about their job: not skipped, not running."""
    return (run for run in runs if run.failed or run.build.outcome not in (Outcome.SKIPPED, Outcome.RUNNING))


def red_job(name: str, runs: Sequence[Diagnosis]) -> RedJob | None:
    """The job as a red one, or None where its newest verdict is no failure. `runs` are newest first."""
    failures = []
    for run in verdicts(runs):
        if not run.failed:
            break
        failures.append(run)
    if not failures:
        return None
    return RedJob(name, tuple(runs), failures[-1].build.time, len(failures), failures[0])


def bare(line: str) -> str:
    """A line of a log without time and host before it."""
    return _PREFIX.sub("", line, count=1)


def best_line(excerpt: Excerpt) -> str:
    """The one line to show of an excerpt, without time and host: the last that looks like an error and tells more than
    that, else the last that tells something before such a line, else the last that is not blank."""
    lines = [bare(line) for line in excerpt.lines]
    lines = [line for line in lines if line.strip()]
    errors = [place for place, line in enumerate(lines) if error_like(line.encode())]
    telling = [place for place, line in enumerate(lines) if len(line.split()) >= _TELLING]
    if both := [place for place in errors if place in telling]:
        return lines[both[-1]]
    before = [place for place in telling if not errors or place < errors[-1]]
    return lines[before[-1]] if before else "".join(lines[-1:])


def place_of(excerpt: Excerpt, best: str) -> int:
    """The place of that line of `best_line` among the lines of the excerpt, from 0."""
    return next((place for place, line in enumerate(excerpt.lines) if bare(line) == best), 0)


def headline(diagnosis: Diagnosis) -> tuple[str, bool]:
    """A failure as one line, and whether it is a line of a log: the primary reason, else the best line of an excerpt
    with an error-like line, else what was recognised all the same, else the best line of any excerpt, else what could
    not be read; "" where nothing is known."""
    if diagnosis.primary:
        return diagnosis.primary.message, False
    suspicious = [excerpt for excerpt in diagnosis.excerpts if excerpt.score > 0]
    excerpts = suspicious if diagnosis.reasons else [*suspicious, *diagnosis.excerpts]
    if line := next((line for excerpt in excerpts if (line := best_line(excerpt))), ""):
        said = (reason for reason in diagnosis.reasons if any(line in hit.line for hit in reason.hits))
        same = next(said, None)  # a line that was recognised is better told in the pattern's words
        return (same.message, False) if same else (line, True)
    if diagnosis.reasons:
        return diagnosis.reasons[0].message, False
    if diagnosis.problems:
        problem = min(diagnosis.problems, key=lambda problem: problem.kind is ProblemKind.MISSING)
        return f"{problem.kind.value}: {problem.where}", False
    return "", False


def _red(summary: Summary) -> Iterator[RedJob]:
    for group in summary.groups:
        for job in group.jobs:
            if red := red_job(job.name, job.diagnoses):
                yield red


def _burning(failures: Iterable[Diagnosis], summary: Summary) -> Iterator[BurningReason]:
    builds: dict[tuple[str, str], list[Diagnosis]] = {}
    for one in failures:
        if one.primary:
            builds.setdefault((one.primary.message, one.primary.tag), []).append(one)
    yesterday = days_back(summary.now, 2, ZoneInfo(summary.timezone))
    for reason in summary.top_reasons:
        members = tuple(builds.get((reason.message, reason.tag), ()))
        new, burning = _since(reason.first_seen, yesterday), _since(reason.last_seen, yesterday)
        yield BurningReason(reason, members, new, burning)


def _since(moment: dt.datetime | None, yesterday: dt.datetime) -> bool:
    return moment is not None and moment >= yesterday


def _cut(diagnosis: Diagnosis) -> bool:
    """Whether some of the logs are there and could not be read (a file that is not there is no trouble by itself)."""
    return any(problem.kind is not ProblemKind.MISSING for problem in diagnosis.problems)


def _moment(diagnosis: Diagnosis) -> dt.datetime:
    return diagnosis.build.time or dt.datetime.min.replace(tzinfo=dt.UTC)
