"""Periodic builds below index pages, as OpenStack's log server had them: JOB/HASH/job-output.txt, and the truth."""

from __future__ import annotations

import datetime as dt
import gzip
import os
from dataclasses import dataclass
from pathlib import Path

from tests.real.tree import Stored

PIPELINE = "openstack-periodic"
JOBS = ("periodic-tripleo-ci-9-standalone", "periodic-puppet-beaker-9", "periodic-tempest-all")
_EACH = 15
_NEWEST = dt.datetime(2026, 1, 20, 5, 30, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Periodic:
    """One build as its console tells it; `branch` and times are "" and None where there is no console."""

    job: str
    name: str
    result: str
    branch: str
    start: dt.datetime | None
    end: dt.datetime

    @property
    def path(self) -> str:
        return f"{PIPELINE}/{self.job}/{self.name}"


def plant_periodic(root: Path) -> tuple[list[Periodic], list[Stored]]:
    """Write the builds below `root`; gives them, and the files that are there now."""
    builds: list[Periodic] = []
    files: list[Stored] = []
    for number in range(_EACH * len(JOBS)):
        job = JOBS[number % len(JOBS)]
        end = _NEWEST - dt.timedelta(hours=7 * number)
        result = ("SUCCESS", "FAILURE", "POST_FAILURE", "TIMED_OUT")[number % 4]
        start = end - dt.timedelta(minutes=61 + number, seconds=7)
        build = Periodic(
            job, f"{number * 7919 + 0xABC1234:07x}", result, ("master", "stable/2024.1")[number % 2], start, end
        )
        if number % 10 == 9:  # nothing of the build was kept
            build = Periodic(job, build.name, "UNKNOWN", "", None, end)
        else:
            files.append(_write(root, build, number))
        _date(root / build.path, end)
        builds.append(build)
    return builds, files


def _write(root: Path, build: Periodic, number: int) -> Stored:
    text = _console(build, 40_000 if number % 7 == 0 else 100)  # some are longer than what is read of their beginning
    packed = number % 3 == 0
    path = f"{build.path}/job-output.txt{'.gz' if packed else ''}"
    (root / path).parent.mkdir(parents=True)
    (root / path).write_bytes(gzip.compress(text) if packed else text)
    return Stored(path, text)


def _date(directory: Path, moment: dt.datetime) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    os.utime(directory, (moment.timestamp(), moment.timestamp()))


def _console(build: Periodic, tests: int) -> bytes:
    playbook = f"review.example.org/openstack/tripleo-ci/playbooks/run.yaml@{build.branch}"
    base = "review.example.org/common-config/playbooks/base.yaml@master"
    failed = int(build.result == "FAILURE")
    ended = "RESULT_TIMED_OUT" if build.result == "TIMED_OUT" else "RESULT_NORMAL"
    lost = int(build.result == "POST_FAILURE")
    lines = [
        "Job console starting...",
        "Updating repositories",
        f"PRE-RUN START: [trusted : {base}]",
        "localhost | ok: 3 changed: 1 unreachable: 0 failed: 0",
        f"PRE-RUN END RESULT_NORMAL: [trusted : {base}]",
        f"RUN START: [untrusted : {playbook}]",
        "TASK [run the tests]",
        *(f"primary | {{{number}}} tempest.api.test_{number} [0.1s] ... ok" for number in range(tests)),
        *(["primary | naïve test ... FAILED", "primary | ERROR"] if failed else []),
        "PLAY RECAP",
        f"primary | ok: 5 changed: 1 unreachable: 0 failed: {failed} skipped: 0 rescued: 0 ignored: 0",
        f"RUN END {ended}: [untrusted : {playbook}]",
        f"POST-RUN START: [trusted : {base}]",
        f"localhost | ok: 5 changed: 1 unreachable: 0 failed: {lost}",
        f"POST-RUN END RESULT_NORMAL: [trusted : {base}]",
    ]
    assert build.start is not None
    step = (build.end - build.start) / (len(lines) - 1)
    times = [build.start + step * number for number in range(len(lines) - 1)] + [build.end]
    stamped = (f"{time:%Y-%m-%d %H:%M:%S.%f} | {line}" for time, line in zip(times, lines, strict=True))
    return ("\n".join(stamped) + "\n").encode()
