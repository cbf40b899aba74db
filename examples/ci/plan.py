"""What happened in the example CI: changes, jobs and builds, and for each build the answer Sova should give."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml
from pydantic import TypeAdapter

__all__ = [
    "AS_OF",
    "HERE",
    "TENANT",
    "ZUUL",
    "Account",
    "Change",
    "Comment",
    "Edit",
    "Job",
    "JobFile",
    "Plan",
    "Run",
    "hex_of",
]

HERE = Path(__file__).parent
ZUUL = "https://zuul.example.org"
TENANT = "beacon"
AS_OF = dt.datetime(2026, 3, 13, 9, 0, tzinfo=dt.UTC)
"""The moment that counts as now: the morning after the last build that ended."""

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"{ZUUL}/t/{TENANT}")


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    email: str
    username: str


@dataclass(frozen=True, slots=True)
class Comment:
    """What a person wrote on a change."""

    time: dt.datetime
    patchset: int
    username: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change under review; `merged` is None while it is open."""

    key: str
    number: int
    project: str
    branch: str
    topic: str
    subject: str
    body: str
    owner: Account
    created: dt.datetime
    merged: dt.datetime | None = None
    comments: tuple[Comment, ...] = ()

    @property
    def url(self) -> str:
        return f"https://review.example.org/c/{self.project}/+/{self.number}"

    @property
    def change_id(self) -> str:
        return "I" + hex_of(f"change-id {self.number}", 40)

    @property
    def commit_message(self) -> str:
        return f"{self.subject}\n\n{self.body}\nChange-Id: {self.change_id}\n"

    def ref(self, patchset: int) -> str:
        return f"refs/changes/{self.number % 100:02d}/{self.number}/{patchset}"


@dataclass(frozen=True, slots=True)
class JobFile:
    """A log file beside the console: its path (`archive//member` for one in an archive), noise and length."""

    path: str
    noise: str
    lines: int


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    script: str
    nodeset: str
    voting: bool
    files: tuple[JobFile, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One build, and its truth: verdict, tag, and text that the line behind the primary reason holds.

    `sources` says who knows it: gerrit, zuul, gerrit-direct (a comment of another CI with log URLs), index.
    `size` is a factor on the length of its logs, `console` the file name of the console log, "" for no logs.
    """

    name: str
    start: dt.datetime
    minutes: int | None
    job: Job
    change: Change | None
    patchset: int
    project: str
    branch: str
    pipeline: str
    result: str
    scenario: str
    sources: tuple[str, ...]
    size: int
    console: str
    cut: bool
    verdict: str
    tag: str
    line: str

    @property
    def uuid(self) -> str:
        return uuid.uuid5(_NAMESPACE, self.name).hex

    @property
    def end(self) -> dt.datetime | None:
        return None if self.minutes is None else self.start + dt.timedelta(seconds=self.duration)

    @property
    def duration(self) -> int:
        """Seconds; not a round number of minutes."""
        return self.minutes * 60 + int(self.uuid[:4], 16) % 60 if self.minutes else 0

    @property
    def path(self) -> str:
        """Where its logs are, below the root of the log server."""
        short = self.uuid[:7]
        if "index" in self.sources:
            return f"periodic/{self.job.name}/{short}/"
        root = "starlight" if "gerrit-direct" in self.sources else "logs"
        if not self.change:
            return f"{root}/{self.pipeline}/{self.project}/{self.branch}/{self.job.name}/{short}/"
        number = self.change.number
        return f"{root}/{number % 100:02d}/{number}/{self.patchset}/{self.pipeline}/{self.job.name}/{short}/"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to the failing lines of one build: `old` becomes `new`, or with `new` "" the lines go."""

    build: str
    old: str
    new: str = ""

    def apply(self, lines: Iterable[str]) -> list[str]:
        if not self.new:
            return [line for line in lines if self.old not in line]
        return [line.replace(self.old, self.new) for line in lines]


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes and builds, and edits to failing lines."""

    changes: tuple[Change, ...]
    runs: tuple[Run, ...]
    edits: tuple[Edit, ...] = ()

    @classmethod
    def read(cls, directory: Path = HERE) -> Plan:
        """The plan as it is written in `changes.yaml`, `jobs.yaml` and `builds.csv`."""
        changes = {change.key: change for change in _CHANGES.validate_python(_yaml(directory / "changes.yaml"))}
        jobs = {job.name: job for job in _JOBS.validate_python(_yaml(directory / "jobs.yaml"))}
        with (directory / "builds.csv").open(encoding="utf-8", newline="") as file:
            runs = tuple(_run(row, changes, jobs) for row in csv.DictReader(file))
        return cls(tuple(changes.values()), runs)

    def without(self, name: str) -> Plan:
        """The same, but the build `name` never was."""
        return replace(self, runs=tuple(run for run in self.runs if run.name != name))

    def edited(self, edit: Edit) -> Plan:
        """The same, but with other failing lines in one build."""
        return replace(self, edits=(*self.edits, edit))

    def run(self, name: str) -> Run:
        return next(run for run in self.runs if run.name == name)

    def edits_of(self, run: Run) -> tuple[Edit, ...]:
        return tuple(edit for edit in self.edits if edit.build == run.name)


_CHANGES = TypeAdapter(list[Change])
_JOBS = TypeAdapter(list[Job])


def _yaml(path: Path) -> object:
    found: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def _run(row: Mapping[str, str], changes: Mapping[str, Change], jobs: Mapping[str, Job]) -> Run:
    """One row of `builds.csv`; its column change is `KEY,PATCHSET` or `BRANCH:PROJECT`."""
    key, _, patchset = row["change"].partition(",")
    change = changes[key] if patchset else None
    branch, _, project = ("", "", "") if change else key.partition(":")
    console, _, cut = row["console"].partition(" ")
    return Run(
        name=row["name"],
        start=dt.datetime.fromisoformat(row["start"]).replace(tzinfo=dt.UTC),
        minutes=int(row["minutes"]) if row["minutes"] else None,
        job=jobs[row["job"]],
        change=change,
        patchset=int(patchset or 0),
        project=change.project if change else project,
        branch=change.branch if change else branch,
        pipeline=row["pipeline"],
        result=row["result"],
        scenario=row["scenario"],
        sources=tuple(row["sources"].split()),
        size=int(row["size"]),
        console=console,
        cut=bool(cut),
        verdict=row["verdict"],
        tag=row["tag"],
        line=row["line"],
    )


def hex_of(text: str, length: int) -> str:
    """A made-up but fixed hash."""
    return hashlib.sha256(text.encode()).hexdigest()[:length]
