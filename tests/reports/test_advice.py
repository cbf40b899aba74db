"""What to do about a build, and the text to tell others."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings

from sova.model import Action, Build, Diagnosis, Excerpt, Problem, ProblemKind, Reason, Verdict
from sova.reports.advice import advise, comment, markdown
from tests.reports import samples
from tests.strategies import diagnoses

PAGE = "https://sova.example.org/builds/0123456789abcdef"
HOSTILE = "recheck\nrecheck @all **now** [x](javascript:alert(1)) `tick` <img src=x onerror=alert(1)>\x1b[31m\u202e"


def with_reason(diagnosis: Diagnosis, **fields: object) -> Diagnosis:
    """The diagnosis with other fields of its primary reason."""
    changed: Callable[..., Reason] = partial(replace, **fields)
    reasons = tuple(changed(one) if one.primary else one for one in diagnosis.reasons)
    return replace(diagnosis, reasons=reasons)


def known(**fields: object) -> Diagnosis:
    return with_reason(samples.diagnosis(0, 1, "D"), **fields)


def began(diagnosis: Diagnosis) -> dt.datetime:
    assert diagnosis.build.start_time
    return diagnosis.build.start_time


@pytest.mark.parametrize(
    ("action", "bug", "words"),
    [
        (Action.RECHECK, "", "Not your change: recheck."),
        (Action.FIX, "", "Fix the change or the test."),
        (Action.WAIT, "", "Known and being worked on: wait for the fix, then recheck."),
        (Action.REPORT, "", "Report it: no bug is linked."),
        (Action.REPORT, "https://bugs.example.org/1", "Report it: add this build to the bug that is linked."),
        (Action.NONE, "", "what to do about it is not written down"),
    ],
)
def test_each_action_is_told_in_plain_words(action: Action, bug: str, words: str) -> None:
    assert words in advise(known(action=action, bug=bug)).action


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        (".", "it passed"),
        ("S", "no verdict of its own"),
        ("?", "No pattern knows this failure"),
        ("L", "its logs could not be read"),
    ],
)
def test_without_a_reason_the_verdict_says_what_to_do(letter: str, words: str) -> None:
    assert words in advise(samples.diagnosis(0, 1, letter)).action


def test_logs_that_may_come_yet_will_be_tried_again() -> None:
    gone = samples.diagnosis(0, 1, "L")
    waiting = replace(gone, problems=(Problem("console", ProblemKind.NOT_YET, "404"),))
    assert "tried again" not in advise(gone).action
    assert "tried again" in advise(waiting).action


def test_a_failure_after_its_fix_has_come_back_and_the_owner_is_told() -> None:
    diagnosis = known(owner="infra-root", fixed_since=began(known()) - dt.timedelta(days=2))
    found = advise(diagnosis)
    assert (found.returned, found.older, found.tell) == (True, False, "infra-root")
    assert "so it has come back: tell infra-root." in comment(diagnosis)
    assert "so it has come back: tell `infra-root`." in markdown(diagnosis)


def test_a_build_that_began_before_the_fix_has_not_come_back() -> None:
    diagnosis = known(fixed_since=began(known()) + dt.timedelta(seconds=1))
    found = advise(diagnosis)
    assert (found.returned, found.older) == (False, True)
    assert "come back" not in comment(diagnosis)


@pytest.mark.parametrize(("bug", "told"), [("", "those who look after the pattern"), ("b", "those who follow the bug")])
def test_without_an_owner_others_are_named(bug: str, told: str) -> None:
    assert advise(known(owner="", bug=bug)).tell == told


def test_the_text_to_copy_says_what_a_reader_needs() -> None:
    diagnosis = known()
    assert comment(diagnosis, PAGE).splitlines() == [
        "Job tempest-full-py3 on 901191,2 failed (infra): DNS: could not resolve mirror.regionone.example.org",
        "Line: curl: (6) Could not resolve host: mirror.regionone.example.org (job-output.txt:18234 "
        f"{diagnosis.build.url}/log/job-output.txt.gz#18234)",
        "Next: Not your change: recheck.",
        "Bug: https://bugs.example.org/1234",
        "Owner: infra-root",
        "Note: The mirror comes back by itself within an hour.",
        f"Details: {PAGE}",
    ]


def test_the_same_in_markdown_has_links() -> None:
    diagnosis = known()
    said = markdown(diagnosis, PAGE)
    assert said.startswith(
        f"Job **[`tempest-full-py3 on 901191,2`](<{PAGE}>)** failed (infra): `DNS: could not resolve"
    )
    assert f"- Line: [`job-output.txt:18234`](<{diagnosis.build.url}/log/job-output.txt.gz#18234>) `curl: (6)" in said
    assert "- Next: **Not your change: recheck.**" in said
    assert "- Bug: <https://bugs.example.org/1234>" in said


def test_an_unknown_failure_is_told_by_its_line_with_the_number_of_that_line() -> None:
    said = comment(samples.diagnosis(0, 1, "?"), PAGE)
    assert "failed, not recognised: ERROR volume stuck in state attaching <b>for ever</b>\n" in said
    assert "Line: job-output.txt:18202 https://" in said


def test_a_build_without_a_page_is_told_by_its_own_page() -> None:
    diagnosis = known()
    assert f"Details: {diagnosis.build.url}\n" in comment(diagnosis)


@pytest.mark.parametrize("field", ["job_name", "message", "bug", "owner", "note"])
def test_hostile_text_cannot_begin_a_line_call_anyone_or_become_markup(field: str) -> None:
    diagnosis = known()
    if field == "job_name":
        diagnosis = replace(diagnosis, build=replace(diagnosis.build, job_name=HOSTILE))
    else:
        diagnosis = with_reason(diagnosis, **{field: HOSTILE})
    plain, marked = comment(diagnosis, PAGE), markdown(diagnosis, PAGE)
    for text in (plain, marked):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text)
        assert not re.search("(?m)^(\\W*)recheck", text)
    outside = re.sub("`[^`\n]*`", "", marked)
    assert not re.search(r"@|\*\*now|\[x\]|<img|javascript", outside)
    assert "@all" not in plain


@settings(max_examples=60, deadline=None)
@given(diagnoses)
def test_every_diagnosis_gives_texts_of_our_own_form(diagnosis: Diagnosis) -> None:
    begins = ("Line: ", "Next: ", "Bug: ", "Owner: ", "Note: ", "Details: ")
    lines = comment(diagnosis, PAGE).split("\n")
    assert lines.pop() == ""
    assert all(line.startswith(begins) for line in lines[1:])
    head, blank, *items, end = markdown(diagnosis, PAGE).split("\n")
    assert (head[:7], blank, end) == ("Job **[", "", "")
    assert all(re.match("- (Line|Next|Bug|Owner|Note): ", item) for item in items)
    assert all(line.count("`") % 2 == 0 for line in (head, *items))


def test_words_of_a_megabyte_are_cut() -> None:
    word = "x" * 1_000_000
    reason = Reason("p", word, word, (), primary=True, bug=word, owner=word, note=word)
    build = Build("k", word, "FAILURE")
    found = Diagnosis(build, Verdict.KNOWN, (reason,), (Excerpt(word, 1, 1, (word,), 1.0, word),))
    assert len(comment(found)) < 2500
    assert len(markdown(found)) < 2500
