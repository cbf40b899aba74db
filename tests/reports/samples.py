"""A CI of four days, made up: 96 builds of eight jobs, with every verdict and with text that means harm."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from sova.model import (
    Action,
    Artifact,
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
from sova.stats import Summary, summarise
from sova.store import SourceRun

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)
LOGS = "https://logs.example.org"
HOSTILE_SUBJECT = "<script>alert('subject')</script> \x1b[31mred\x1b[0m \u202eexe.gpj\u202c & \"quotes\" \x00"

JOBS = (
    ("Integration", "tempest-full-py3", "tempest"),
    ("Integration", "grenade-multinode", "grenade"),
    ("Integration", "devstack-platform-debian-bookworm", "debian"),
    ("Unit and style", "openstack-tox-py312", "py312"),
    ("Unit and style", "openstack-tox-pep8", "pep8"),
    ("Periodic", "periodic-container-images-build-and-push-with-a-very-long-name", ""),
    ("Periodic", "periodic-mirror-sync", "mirror"),
    ("", "third-party-storage", ""),
)
OUTCOMES = (
    "DDDD..D.....",
    "..X..?..L...",
    "............",
    "TT?.T....T..",
    ".....T......",
    "PP.PN..P.P..",
    "D.S....R....",
    "??..N.......",
)
"""Per job the newest run first: . passed, D dns, X disk, T test, P registry, N node failure, L no logs, ? unknown,
S skipped, R running."""

SUBJECTS = (
    "Fix the frobnicator so that it no longer frobs twice",
    HOSTILE_SUBJECT,
    "Größere Übertragung: zweiter Versuch 試験",
    "Remove deprecated option",
)
CONSOLE = "job-output.txt"


def hit(pattern: str, message: str, number: int) -> Hit:
    prefix = "2026-11-22 06:10:11.123456 | primary | "
    return Hit(
        pattern=pattern,
        file=CONSOLE,
        line_number=number,
        line=prefix + message,
        captures=(("0", message),),
        before=(prefix + "TASK [configure-mirrors : Update the apt cache]", prefix + "*" * 60, ""),
        after=(prefix + 'fatal: [primary]: FAILED! => {"rc": 100}', "", prefix + "PLAY RECAP"),
    )


def reason(code: str, number: int, *, primary: bool = True) -> Reason:
    """A reason of one of the sample patterns."""
    pattern, message, tag, kind, action, line = REASONS[code]
    return Reason(
        pattern=pattern,
        message=message,
        tag=tag,
        hits=(hit(pattern, line, number), hit(pattern, line, number + 12)),
        primary=primary,
        kind=kind,
        action=action,
        bug="https://bugs.example.org/1234" if code == "D" else "",
        owner="infra-root" if tag == "infra" else "",
        log_search="https://search.example.org/?q=could+not+resolve" if code == "D" else "",
        note="The mirror comes back by itself within an hour." if code == "D" else "",
        count=2 if code != "D" else 14,
    )


REASONS = {
    "D": (
        "dns-resolve",
        "DNS: could not resolve mirror.regionone.example.org",
        "infra",
        Kind.CAUSE,
        Action.RECHECK,
        "curl: (6) Could not resolve host: mirror.regionone.example.org",
    ),
    "X": (
        "disk-full",
        "No space left on device: /opt/stack",
        "infra",
        Kind.CAUSE,
        Action.REPORT,
        "OSError: [Errno 28] No space left on device: '/opt/stack/data'",
    ),
    "T": (
        "unittest-failed",
        "Test failed: nova.tests.unit.test_server.TestServer.test_resize",
        "code",
        Kind.CAUSE,
        Action.FIX,
        "FAIL: nova.tests.unit.test_server.TestServer.test_resize",
    ),
    "P": (
        "registry-rate-limit",
        "Container registry: pull rate limit reached",
        "infra",
        Kind.CAUSE,
        Action.WAIT,
        "toomanyrequests: You have reached your pull rate limit",
    ),
    "N": ("zuul-node-failure", "No node: the cloud gave none", "infra", Kind.CAUSE, Action.RECHECK, "NODE_FAILURE"),
    "E": ("exit-code", "A command ended with 1", "code", Kind.CONSEQUENCE, Action.NONE, "non-zero return code: 1"),
}
_RESULTS = {".": "SUCCESS", "S": "SKIPPED", "R": "", "N": "NODE_FAILURE", "L": "POST_FAILURE"}


def build(job: int, run: int, code: str) -> Build:
    """The build of a job; runs count from the newest."""
    _, name, _ = JOBS[job]
    end = NOW - dt.timedelta(hours=8 * run + job, minutes=7 * job + 3)
    uuid = f"{job:04x}{run:04x}" + "ab" * 12
    running = code == "R"
    return Build(
        key=f"zuul.example.org/t/example/{uuid}",
        job_name=name,
        result=_RESULTS.get(code, "FAILURE"),
        seen_by=("zuul", "gerrit") if run % 2 else ("zuul",),
        uuid=uuid,
        pipeline="periodic" if name.startswith("periodic") else ("gate", "check")[run % 2],
        change=change(job, run) if not name.startswith("periodic") else Change("openstack/images", "stable/2026.1"),
        voting=job != 7,
        start_time=end - dt.timedelta(seconds=1800 + 211 * job),
        end_time=None if running else end,
        duration=None if running else 1800 + 211.5 * job,
        log_url=f"{LOGS}/{uuid}/" if code != "N" else "",
        url=f"https://zuul.example.org/t/example/build/{uuid}",
        artifacts=(Artifact("Zuul Manifest", f"{LOGS}/{uuid}/zuul-manifest.json", "zuul_manifest"),),
        attempts=2 if run == 3 else 1,
        nodeset="debian-bookworm",
        tenant="example",
        event_id=f"event-{run}",
        error_detail="Node request 300-0001 failed" if code == "N" else "",
        final=not running,
    )


def change(job: int, run: int) -> Change:
    number = 901190 + (job * 3 + run) % 11
    subject = SUBJECTS[number % len(SUBJECTS)]
    return Change(
        project=("openstack/nova", "openstack/cinder")[number % 2],
        branch="master" if run % 3 else "stable/2026.1",
        number=number,
        patchset=str(1 + run % 3),
        ref=f"refs/changes/{number % 100:02}/{number}/{1 + run % 3}",
        url=f"https://review.example.org/c/{number}",
        subject=subject,
        commit_message=f"{subject}\n\nIt was wrong before.\n\nChange-Id: I{number:040x}\n",
        owner="Zoë Müller",
        topic="frobnication",
    )


def diagnosis(job: int, run: int, code: str) -> Diagnosis:
    """The diagnosis of one run, by the letters of OUTCOMES."""
    found = _diagnosis(build(job, run, code), run, code)
    return replace(found, files_wanted=("console", "syslog"), patterns_version="5d1f0c2a9b3e", seconds=0.31)


def _diagnosis(found: Build, run: int, code: str) -> Diagnosis:
    read = (FileRead(CONSOLE, f"{found.log_url}{CONSOLE}.gz", 41_234_567, 203_111),)
    if code in "SR":
        return Diagnosis(found, Verdict.SKIPPED, why="The build has no verdict of its own.")
    if code == ".":
        return Diagnosis(found, Verdict.PASSED)
    if code == "L":
        gone = Problem(found.log_url, ProblemKind.GONE, "404 Not Found")
        return Diagnosis(found, Verdict.NO_LOGS, problems=(gone,), why="Wanted console, syslog; read nothing.")
    if code == "?":
        return Diagnosis(
            found,
            Verdict.UNKNOWN,
            excerpts=(_excerpt(18_200 + run), _tail()),
            problems=(Problem("syslog.txt", ProblemKind.MISSING, "not in the log tree"),),
            why="203,111 lines of 1 file read, 116 patterns tried, none matched.",
            files_read=read,
            patterns_tried=116,
        )
    reasons = (reason(code, 18_233 + run), reason("E", 18_240 + run, primary=False))
    return Diagnosis(
        found,
        Verdict.KNOWN,
        reasons=reasons if code != "N" else reasons[:1],
        why="A cause, in the failed task's own output; the others are its consequences.",
        files_read=read if code != "N" else (),
        patterns_tried=116,
    )


def _excerpt(first: int) -> Excerpt:
    lines = (
        "2026-11-22 06:10:11.120000 | primary | cinder-volume: attach volume-1f",
        "2026-11-22 06:10:41.120000 | primary | \x1b[31mERROR\x1b[0m volume stuck in state attaching <b>for ever</b>",
        "2026-11-22 06:10:41.130000 | primary | giving up",
    )
    return Excerpt(CONSOLE, first, first + 2, lines, 4.5, "around the last line that looks like an error")


def _tail() -> Excerpt:
    lines = tuple(f"2026-11-22 06:11:{second:02}.000000 | POST-RUN: step {second}" for second in range(20))
    return Excerpt(CONSOLE, 203_092, 203_111, lines, 1.0, "the last 20 lines")


BUILDS = tuple(
    diagnosis(job, run, letter) for job, letters in enumerate(OUTCOMES) for run, letter in enumerate(letters)
)
"""The diagnoses of all builds, job by job."""
SOURCES = (
    SourceRun("zuul", NOW, 96, NOW - dt.timedelta(minutes=3)),
    SourceRun(
        "gerrit",
        NOW,
        44,
        NOW - dt.timedelta(hours=14),
        problems=(Problem("gerrit", ProblemKind.SOURCE, "the answer was cut at 200 changes; raise limit"),),
    ),
    SourceRun(
        "index_pages",
        NOW,
        0,
        None,
        reachable=False,
        problems=(Problem("https://periodic.example.org/", ProblemKind.NETWORK, "connection refused"),),
    ),
)


def summary() -> Summary:
    """The whole sample."""
    groups = {name: group for group, name, _ in JOBS}
    return summarise(
        BUILDS,
        now=NOW,
        timezone=ZoneInfo("Europe/Berlin"),
        group_of=lambda name: groups[name],
        groups=("Integration", "Unit and style", "Periodic"),
        sources=SOURCES,
        new_builds=31,
        newest=NOW - dt.timedelta(minutes=3),
    )
