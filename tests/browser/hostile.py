"""A CI in which every text that comes from outside means harm."""

from __future__ import annotations

import datetime as dt
from itertools import product
from pathlib import Path

from examples.ci.plan import AS_OF

from sova.model import (
    Action,
    Artifact,
    Build,
    Change,
    Diagnosis,
    Excerpt,
    FileRead,
    Hit,
    Problem,
    ProblemKind,
    Reason,
    Verdict,
)
from sova.store import Store

SCRIPT = "<script>alert('x')</script>"
EVIL = (
    SCRIPT,
    "\"'><img src=x onerror=alert(1)>",
    "</textarea></title></style><svg onload=alert(2)>",
    "\x1b[31mred\x1b[0m\x1b]8;;javascript:alert(3)\x07link\x1b]8;;\x07\x1b[2J",
    "\u202eexe.gpj\u202c \u2066\u200f left",
    "{{ 7 * 7 }} {% raw %} ${7*7} %s %n",
    "x" * 1_000_000,
    "\x00\x08\x7f\ufffd\ud800".encode("utf-8", "replace").decode(),
)
_VERDICTS = (Verdict.KNOWN, Verdict.UNKNOWN, Verdict.NO_LOGS, Verdict.PASSED)
LINKS = (
    "javascript:alert(4)",
    "data:text/html,<script>alert(5)</script>",
    "//evil.example.org/x",
    "file:///etc/passwd",
)


def _build(number: int, text: str, link: str, result: str) -> Build:
    ended = AS_OF - dt.timedelta(hours=number + 1)
    return Build(
        key=f"{text[:200]}-{number}",
        job_name=text[:5000],
        result=result,
        seen_by=(text[:100],),
        uuid=text[:100],
        pipeline=text[:300],
        change=Change(
            project=text[:300],
            branch=text[:300],
            number=number // len(_VERDICTS) + 1,
            patchset=text[:50],
            ref=text[:200],
            url=link,
            subject=text,
            commit_message=text,
            owner=text[:3000],
            topic=text[:3000],
        ),
        start_time=ended - dt.timedelta(minutes=20),
        end_time=ended,
        duration=1200.0,
        log_url=link,
        url=link,
        artifacts=(Artifact(text[:500], link, text[:100]),),
        nodeset=text[:300],
        tenant=text[:100],
        event_id=text[:100],
        error_detail=text[:5000],
    )


def _hit(text: str) -> Hit:
    lines = (text[:20_000], text[:100])
    return Hit(f"evil-{len(text) % 7}", text[:300] or "f", 7, text[:60_000], (("name", text[:2000]),), lines, lines)


def _diagnosis(number: int, text: str, verdict: Verdict, link: str) -> Diagnosis:
    build = _build(number, text, link, "SUCCESS" if verdict is Verdict.PASSED else "FAILURE")
    if not build.failed:
        return Diagnosis(build, verdict)
    read = (FileRead(text[:300], link, 10**6, 10**4),)
    problems = (Problem(text[:3000], ProblemKind.NETWORK, text[:5000]),)
    excerpts = (Excerpt(text[:300], 5, 6, (text[:60_000], text[:80]), 3.0, text[:500]),)
    if verdict is not Verdict.KNOWN:
        return Diagnosis(build, verdict, (), excerpts, problems, text[:500], (text[:100],), read)
    reason = Reason(
        f"evil-{number % 7}",
        text[:9000],
        text[:40] or "t",
        (_hit(text),),
        primary=True,
        action=list(Action)[number % 5],
        bug=link,
        owner=text[:500],
        log_search=link,
        note=text[:5000],
        count=3,
        fixed_since=AS_OF - dt.timedelta(days=9),
    )
    return Diagnosis(build, verdict, (reason,), (), problems, text[:500], (text[:100],), read)


def hostile_store(path: Path) -> None:
    """Fill a store with builds of which every text is hostile."""
    with Store.open(str(path)) as store:
        for number, (text, verdict) in enumerate(product(EVIL, _VERDICTS)):
            link = LINKS[(number + number // len(_VERDICTS)) % len(LINKS)]  # each verdict has every link
            store.save(_diagnosis(number, text, verdict, link))
