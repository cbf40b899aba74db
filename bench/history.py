"""A made-up CI of any size, always the same for the same numbers: 400 jobs, 60 projects, 250 reasons, 30 % failures.

Changes come in with patch sets, and each patch set runs a handful of jobs in `check`, some later in `gate`; every
eighth build is periodic. Jobs and reasons are as uneven as in real life: a few make most of the builds and failures.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

from sova.model import (
    Action,
    Build,
    Change,
    Diagnosis,
    Excerpt,
    FileRead,
    Hit,
    Kind,
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)

JOBS, PROJECTS, REASONS, DAYS = 400, 60, 250, 90
FAILED = 0.30
UNKNOWN, UNREAD = 0.12, 0.02  # of the failures
END = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)

_KINDS = ("tempest", "grenade", "tox-py312", "tox-pep8", "functional", "devstack", "build-images", "kolla", "upgrade")
_FLAVOURS = ("full", "slow", "ipv6", "multinode", "centos-9", "debian-12", "jammy", "nightly", "postgresql", "ceph")
_PIPELINES = ("check", "gate", "periodic", "experimental")
_BRANCHES = ("master", "stable/2026.1", "stable/2025.2", "unmaintained/2024.1")
_TAGS = ("infra", "code", "test", "config")
_SENTENCES = (
    "Could not resolve host {name}",
    "{name} failed: Timeout waiting for volume to become available",
    "Cannot install package {name}",
    "No space left on device of {name}",
    "Pull rate limit of registry {name}",
    "{name}: Connection refused",
    "Migration of {name} left tables behind",
    "{name} does not import",
)
_FILLER = "2026-11-20 11:59:07.123456 | controller | ok: [node-{n}] TASK [configure {n}] => changed=0 rc=0"


def _uneven(count: int) -> list[float]:
    """Cumulated weights 1, 1/2, 1/3, ...: the first few make most of the whole."""
    return list(accumulate(1 / (place + 3) for place in range(count)))


@dataclass(frozen=True)
class History:
    """`builds` builds in the `days` days before `end`, oldest first."""

    builds: int
    days: int = DAYS
    end: dt.datetime = END
    seed: int = 7

    @cached_property
    def jobs(self) -> tuple[str, ...]:
        names = [f"{kind}-{flavour}" for kind in _KINDS for flavour in _FLAVOURS]
        return tuple(f"{names[n % len(names)]}-{n // len(names)}" if n >= len(names) else names[n] for n in range(JOBS))

    @cached_property
    def projects(self) -> tuple[str, ...]:
        return tuple(f"example/project-{number:02}" for number in range(PROJECTS))

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        return tuple(self._reason(number) for number in range(REASONS))

    def diagnoses(self) -> Iterator[Diagnosis]:
        """Every build with its diagnosis."""
        chance = random.Random(self.seed)
        step = dt.timedelta(days=self.days) / max(1, self.builds)
        moment, number = self.end - dt.timedelta(days=self.days), 0
        while number < self.builds:
            patchset = self._change(chance, number)
            periodic = chance.random() < 0.125
            size = 1 if periodic else min(self.builds - number, chance.choice((3, 5, 8, 8, 12)))
            for job in dict.fromkeys(chance.choices(self.jobs, cum_weights=_uneven(JOBS), k=size)):
                moment += step
                yield self._diagnosis(chance, job, Change(branch="master") if periodic else patchset, moment)
                number += 1

    def more(self, count: int) -> Iterator[Diagnosis]:
        """Builds that came in after the last one."""
        after = History(count, days=1, end=self.end + dt.timedelta(minutes=count), seed=self.seed + self.builds)
        return after.diagnoses()

    def _change(self, chance: random.Random, number: int) -> Change:
        project = chance.choices(self.projects, cum_weights=_uneven(PROJECTS))[0]
        name = 900_000 + number // 24
        return Change(
            project=project,
            branch=chance.choices(_BRANCHES, weights=(80, 10, 7, 3))[0],
            number=name,
            patchset=str(1 + number // 8 % 3),
            url=f"https://review.example.org/c/{project}/+/{name}",
            subject=f"Make the frobnicator of part {number % 977} answer in time",
            owner=f"Author {number % 211}",
        )

    def _diagnosis(self, chance: random.Random, job: str, change: Change, moment: dt.datetime) -> Diagnosis:
        uuid = f"{chance.getrandbits(128):032x}"
        failed = chance.random() < FAILED
        length = chance.lognormvariate(7.2, 0.8)
        build = Build(
            key=f"zuul.example.org/example/{uuid}",
            job_name=job,
            result=chance.choices(("FAILURE", "TIMED_OUT", "NODE_FAILURE"), (90, 8, 2))[0] if failed else "SUCCESS",
            seen_by=("zuul",),
            uuid=uuid,
            pipeline=chance.choices(_PIPELINES[:2], (75, 25))[0] if change.number else "periodic",
            change=change,
            voting=chance.random() > 0.1,
            start_time=moment - dt.timedelta(seconds=length),
            end_time=moment,
            duration=length,
            log_url=f"https://logs.example.org/{uuid[:2]}/{uuid}/",
            url=f"https://zuul.example.org/t/example/build/{uuid}",
            tenant="example",
        )
        return self._failure(chance, build) if failed else Diagnosis(build, Verdict.PASSED, patterns_version="bench")

    def _failure(self, chance: random.Random, build: Build) -> Diagnosis:
        read = (FileRead("job-output.txt", f"{build.log_url}job-output.txt", chance.randrange(10**5, 10**8), 10**5),)
        luck = chance.random()
        if luck < UNREAD:
            gone = Problem(f"{build.log_url}job-output.txt", ProblemKind.GONE, "HTTP 404")
            return Diagnosis(build, Verdict.NO_LOGS, problems=(gone,), patterns_version="bench")
        if luck < UNREAD + UNKNOWN:
            first = chance.randrange(1, 10**5)
            lines = (*self._lines(chance, 6), f"ERROR: component {chance.randrange(5000)} did not answer in time")
            excerpt = Excerpt("job-output.txt", first, first + 6, lines, 3.0, "error-like lines near the end")
            return Diagnosis(
                build,
                Verdict.UNKNOWN,
                excerpts=(excerpt,),
                files_wanted=("console",),
                files_read=read,
                patterns_tried=310,
                patterns_version="bench",
            )
        several = chance.choices(range(REASONS), cum_weights=_uneven(REASONS), k=chance.choice((1, 1, 2, 3)))
        first_reason, *others = [self._hit(chance, self.reasons[place]) for place in dict.fromkeys(several)]
        return Diagnosis(
            build,
            Verdict.KNOWN,
            reasons=(replace(first_reason, primary=True), *others),
            why="the only cause that was found",
            files_wanted=("console",),
            files_read=read,
            patterns_tried=310,
            patterns_version="bench",
        )

    def _reason(self, number: int) -> Reason:
        sentence = _SENTENCES[number % len(_SENTENCES)].format(name=f"part-{number}.example.org")
        return Reason(
            pattern=f"bench-{number}",
            message=sentence,
            tag=_TAGS[number % len(_TAGS)],
            hits=(),
            kind=Kind.CAUSE,
            action=(Action.RECHECK, Action.FIX, Action.WAIT, Action.REPORT)[number % 4],
            bug=f"https://bugs.example.org/{number}" if number % 3 else "",
            owner=f"team-{number % 9}",
            count=1,
        )

    def _hit(self, chance: random.Random, reason: Reason) -> Reason:
        line = f"2026-11-20 11:59:08.000001 | controller | fatal: {reason.message} (attempt {chance.randrange(9)})"
        before, after = self._lines(chance, 4), self._lines(chance, 3)
        hit = Hit(reason.pattern, "job-output.txt", chance.randrange(5, 10**5), line, (), before, after)
        return replace(reason, hits=(hit,))

    def _lines(self, chance: random.Random, count: int) -> tuple[str, ...]:
        return tuple(_FILLER.format(n=chance.randrange(100)) for _ in range(count))
