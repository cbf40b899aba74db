"""Statistics as JSON, version 1: one document, or one line of JSON a number of lines of a table.

The form is fixed by `schema/statistics-1.json`, a JSON Schema (draft 2020-12) that ships with the package. Times are
ISO 8601 in UTC with a `Z`, days calendar days of the time zone that is named, lengths seconds, shares between 0 and 1.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sova.reports.as_json import Json, Row, dumps
from sova.stats import Compared, DayCount, JobHealth, Part, ReasonCount, Share, Statistics, Totals
from sova.store import Run

__all__ = ["SCHEMA", "VERSION", "document", "json_lines", "json_text", "schema"]

VERSION = 1
SCHEMA = Path(__file__).with_name("schema") / f"statistics-{VERSION}.json"
"""The file of the JSON Schema."""


def json_text(statistics: Statistics) -> Iterator[str]:
    """The document as text."""
    yield dumps(document(statistics), indent=2) + "\n"


def json_lines(statistics: Statistics) -> Iterator[str]:
    """A line for each period, day, part, reason and job; `kind` says what it is."""
    for kind, row in _rows(statistics):
        yield dumps({"kind": kind, **row}) + "\n"


def schema() -> Row:
    """The JSON Schema of `document`; `$defs/line` in it is the schema of a line."""
    return cast(Row, json.loads(SCHEMA.read_text(encoding="utf-8")))


def document(statistics: Statistics) -> Row:
    """Everything, as plain JSON values."""
    return {
        "version": VERSION,
        "now": _time(statistics.now),
        "timezone": statistics.timezone,
        "newest": None if statistics.newest is None else _time(statistics.newest),
        "range": _compared(statistics.range),
        "compared": [_compared(one) for one in statistics.compared],
        "days": [_day(day) for day in statistics.days],
        "parts": [{"by": by, "parts": [_part(part) for part in parts]} for by, parts in statistics.parts.items()],
        "reasons": [_reason(reason) for reason in statistics.reasons],
        "jobs": [_job(job) for job in statistics.jobs],
    }


def _rows(statistics: Statistics) -> Iterator[tuple[str, Row]]:
    for one in (*statistics.compared, statistics.range):
        yield "period", _compared(one)
    for day in statistics.days:
        yield "day", _day(day)
    for by, parts in statistics.parts.items():
        for part in parts:
            yield "part", {"by": by, **_part(part)}
    for reason in statistics.reasons:
        yield "reason", _reason(reason)
    for job in statistics.jobs:
        yield "job", _job(job)


def _compared(one: Compared) -> Row:
    return {
        "name": one.name,
        "since": _time(one.since),
        "until": _time(one.until),
        "totals": _totals(one.totals),
        "before": _totals(one.before),
    }


def _day(day: DayCount) -> Row:
    return {
        "date": day.date.isoformat(),
        "since": _time(day.since),
        "until": _time(day.until),
        "totals": _totals(day.totals),
    }


def _part(part: Part) -> Row:
    return {
        "name": part.name,
        "slug": part.slug,
        "tag": part.tag,
        "totals": _totals(part.totals),
        "before": _totals(part.before),
        "median": part.median,
        "p90": part.p90,
    }


def _reason(reason: ReasonCount) -> Row:
    return {
        "slug": reason.slug,
        "tag": reason.tag,
        "message": reason.message,
        "pattern": reason.pattern,
        "bug": reason.bug,
        "owner": reason.owner,
        "action": reason.action.value,
        "note": reason.note,
        "fixed_since": None if reason.fixed_since is None else _time(reason.fixed_since),
        "builds": reason.builds,
        "jobs": reason.jobs,
        "changes": reason.changes,
        "projects": reason.projects,
        "first_seen": _time(reason.first_seen),
        "last_seen": _time(reason.last_seen),
        "lost": reason.lost,
        "new": reason.new,
        "returned": reason.returned,
        "before": reason.before,
    }


def _job(job: JobHealth) -> Row:
    streak, flaky = job.streak, job.flaky
    return {
        "name": job.name,
        "circle": job.circle.value,
        "streak": None
        if streak is None
        else {
            "failed": streak.failed,
            "length": streak.length,
            "since": None if streak.since is None else _time(streak.since),
        },
        "flaky": None if flaky is None else {"rule": flaky.rule, "cases": flaky.cases, "words": flaky.words},
        "runs": [_run(run) for run in job.runs],
    }


def _run(run: Run) -> Row:
    return {
        "key": run.key,
        "time": None if run.time is None else _time(run.time),
        "outcome": run.outcome,
        "verdict": run.verdict.value,
        "tag": run.tag,
        "message": run.message,
        "passed": run.passed,
        "failed": run.failed,
        "change": run.change,
        "duration": run.duration,
    }


def _totals(totals: Totals) -> Row:
    return {
        "builds": totals.builds,
        "passed": totals.passed,
        "failed": totals.failed,
        "other": totals.other,
        "explained": totals.explained,
        "unreadable": totals.unreadable,
        "by_tag": cast(Json, dict(totals.by_tag)),
        "by_outcome": cast(Json, dict(totals.by_outcome)),
        "seconds": totals.seconds,
        "lost": totals.lost,
        "pass_rate": _share(totals.pass_rate),
        "known": _share(totals.known),
    }


def _share(share: Share) -> Row:
    return {"part": share.part, "whole": share.whole, "value": share.value, "low": share.low, "high": share.high}


def _time(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
