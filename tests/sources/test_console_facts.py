"""Result, times, branch and pipeline from console logs of every era."""

from __future__ import annotations

import datetime as dt
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.logs.html_console import without_markup
from sova.sources.console_facts import ConsoleFacts, console_facts
from tests.skips import SHARED

SAMPLES = SHARED / "samples"


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def facts(text: str) -> ConsoleFacts:
    return console_facts(text, text)


def v3(*phases: tuple[str, str, int], branch: str = "stable/queens") -> str:
    """A console of Zuul since version 3: of each phase its name, how it ended, and how many tasks failed."""
    lines = ["Job console starting...", "Pipeline: periodic-stable", "Job: nightly"]
    for phase, ended, failed in phases:
        where = f"[untrusted : git.example.org/org/ci/playbooks/x.yaml@{branch}]"
        lines += [f"{phase} START: {where}", "PLAY RECAP"]
        lines += [f"node | ok: 5 changed: 1 unreachable: 0 failed: {failed} skipped: 0 rescued: 0 ignored: 3"]
        lines += [f"{phase} END RESULT_{ended}: {where}"]
    return "".join(f"2024-02-29 23:59:{second:02}.123456 | {line}\n" for second, line in enumerate(lines))


@pytest.mark.parametrize(
    ("phases", "result"),
    [
        ([("PRE-RUN", "NORMAL", 0), ("RUN", "NORMAL", 0), ("POST-RUN", "NORMAL", 0)], "SUCCESS"),
        ([("RUN", "NORMAL", 2), ("POST-RUN", "NORMAL", 0)], "FAILURE"),
        ([("RUN", "NORMAL", 1), ("POST-RUN", "NORMAL", 1)], "FAILURE"),
        ([("RUN", "NORMAL", 0), ("RUN", "NORMAL", 1)], "FAILURE"),
        ([("RUN", "NORMAL", 0), ("POST-RUN", "NORMAL", 1), ("CLEANUP-RUN", "NORMAL", 0)], "POST_FAILURE"),
        ([("RUN", "NORMAL", 0), ("POST-RUN", "NORMAL", 0), ("CLEANUP-RUN", "NORMAL", 1)], "SUCCESS"),
        ([("RUN", "TIMED_OUT", 0), ("POST-RUN", "NORMAL", 0)], "TIMED_OUT"),
        ([("RUN", "DISK_FULL", 0)], "DISK_FULL"),
        ([("PRE-RUN", "NORMAL", 1), ("POST-RUN", "NORMAL", 0)], "RETRY_LIMIT"),
        ([("PRE-RUN", "NORMAL", 0), ("RUN", "UNREACHABLE", 0)], "UNREACHABLE"),
        ([("PRE-RUN", "NORMAL", 0)], ""),
    ],
)
def test_the_phases_of_zuul_tell_the_result(phases: list[tuple[str, str, int]], result: str) -> None:
    assert facts(v3(*phases)).result == result


def test_a_console_of_zuul_tells_branch_pipeline_and_times() -> None:
    found = facts(v3(("RUN", "NORMAL", 0)))
    assert (found.branch, found.pipeline) == ("stable/queens", "periodic-stable")
    assert found.start_time == moment("2024-02-29 23:59:00")
    assert found.end_time == moment("2024-02-29 23:59:06")


def test_the_branch_is_that_of_the_jobs_own_playbook() -> None:
    text = "2024-01-01 00:00:00.1 | PRE-RUN START: [trusted : git.example.org/base/pre.yaml@main]\n"
    assert facts(text).branch == "main"
    assert facts(text + v3(("RUN", "NORMAL", 0))).branch == "stable/queens"


def test_ansible_within_the_job_does_not_count() -> None:
    text = v3(("RUN", "NORMAL", 0)).replace(
        "2024-02-29 23:59:03.123456 | RUN START",
        "2024-02-29 23:59:03.1 | inner | ok=1 failed=1\n2024-02-29 23:59:03.1 | RUN START",
    )
    assert facts(text).result == "SUCCESS"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("2013-09-27 18:49:31.824999 | Finished: FAILURE", "FAILURE"),
        ("2013-09-27 18:49:31.824 | Finished: UNSTABLE", "UNSTABLE"),
        ("2017-11-10 02:44:09.124582 | [Zuul] Job complete, result: ABORTED", "ABORTED"),
        ("2018-01-01 00:00:00.1 |  SUCCESSFULLY FINISHED", "SUCCESS"),
        ("2018-01-01 00:00:00.1 |  *** FAILED", "FAILURE"),
        ("2018-01-01 00:00:00.1 | Build step 'Execute shell' marked build as failure", "FAILURE"),
        ("2018-01-01 00:00:00.1 | + dlrnapi --url https://x report --success false --job-id 1", "FAILURE"),
        ("2018-01-01 00:00:00.1 | localhost | Finished: SUCCESS", ""),
        ("Finished: SUCCESS", "SUCCESS"),
    ],
)
def test_the_last_words_of_older_consoles(line: str, result: str) -> None:
    assert facts(f"2013-01-01 00:00:00.1 | Started by user x\n{line}\r\n").result == result


def test_the_branch_of_an_older_console_is_a_variable() -> None:
    text = (
        "2016-01-01 00:00:00.1 | export ZUUL_BRANCH='stable/newton'\n2016-01-01 00:00:01.1 | ZUUL_PIPELINE=periodic\n"
    )
    assert (facts(text).branch, facts(text).pipeline) == ("stable/newton", "periodic")


def test_times_may_go_backwards_and_the_last_line_needs_none() -> None:
    text = "2024-01-01 10:00:00 | a\n2024-01-03 12:00:00.5 | b\n2024-01-03 11:59:59 | c\n9999-99-99 10:00:00 | d\nend"
    found = facts(text)
    assert (found.start_time, found.end_time) == (moment("2024-01-01 10:00:00"), moment("2024-01-03 12:00:00"))


@given(st.text() | st.lists(st.sampled_from(v3(("RUN", "NORMAL", 1), ("POST-RUN", "X", 0)).split("\n"))).map("\n".join))
def test_no_text_does_harm(text: str) -> None:
    assert facts(text).result in ("", "FAILURE", "SUCCESS", "POST_FAILURE")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared/samples is not there")
@pytest.mark.shared
@pytest.mark.parametrize(
    ("sample", "result", "minutes", "pipeline"),
    [
        ("jenkins_console_2013.html.gz", "FAILURE", 42, "gate"),
        ("zuul25_console_2017_fail.txt", "FAILURE", 66, ""),
        ("zuul_job-output_2018.txt", "", 0, "post"),
        ("zuul-live/logs/e2290cdbc6374f7d98c48fe7efeb203f/job-output.txt", "SUCCESS", 0, ""),
        ("zuul-live/logs/f8eed6c8d92043a78aedf295553ed520/job-output.txt", "FAILURE", 0, ""),
    ],
)
def test_real_consoles(sample: str, result: str, minutes: int, pipeline: str) -> None:
    raw = (SAMPLES / sample).read_bytes()
    raw = b"".join(without_markup([gzip.decompress(raw)])) if sample.endswith(".html.gz") else raw
    text = raw.decode()
    found = console_facts(text[:100_000], text[-100_000:])
    assert (found.result, found.pipeline) == (result, pipeline)
    assert found.start_time is not None
    assert found.end_time is not None
    assert (found.end_time - found.start_time).total_seconds() // 60 == minutes
