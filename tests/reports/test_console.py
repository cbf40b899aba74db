"""The console reports: widths, colours, links, and nothing from outside that steers a terminal."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from sova.model import Build, Diagnosis, FileRead, Problem, ProblemKind, Verdict
from sova.reports.console import render
from sova.reports.console_diagnosis import render_diagnoses, render_diagnosis
from sova.reports.overview import diagnoses_of
from sova.stats import Summary, summarise
from sova.store import SourceRun
from tests.reports import samples
from tests.strategies import diagnoses

ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def terminal(width: int = 100, *, no_color: bool = False) -> Console:
    out = io.StringIO()
    return Console(file=out, force_terminal=True, width=width, color_system="truecolor", no_color=no_color, _environ={})


def pipe() -> Console:
    return Console(file=io.StringIO(), _environ={"COLUMNS": "60"})


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.fixture(scope="module")
def sample() -> Summary:
    return samples.summary()


def test_first_line_holds_the_totals(sample: Summary) -> None:
    console = pipe()
    render(sample, console)
    first = printed(console).splitlines()[0]
    assert first == "96 builds, 24 failed  infra 58 %  code 21 %  other 0 %  unknown 21 %  known reason 79 %"


def test_tags_of_pattern_authors_count_as_other(sample: Summary) -> None:
    totals = dataclasses.replace(sample.totals, by_tag=(("infra", 14), ("our-own", 5), ("unknown", 5)))
    console = pipe()
    render(dataclasses.replace(sample, totals=totals), console)
    assert "infra 58 %  code 0 %  other 21 %  unknown 21 %" in printed(console).splitlines()[0]


def test_silence_and_sources_that_were_not_reached_come_before_everything_else(sample: Summary) -> None:
    console = pipe()
    render(dataclasses.replace(sample, new_builds=0, newest=samples.NOW.replace(hour=0)), console)
    assert printed(console).splitlines()[1:4] == [
        "0 new builds, newest 9 h old",
        "! gerrit: the answer was cut at 200 changes; raise limit",
        "! index_pages could not be reached: https://periodic.example.org/: connection refused",
    ]


def test_builds_whose_logs_could_not_be_read_are_listed_with_what_was_in_the_way(sample: Summary) -> None:
    console = pipe()
    render(sample, console)
    part = printed(console).partition("\nCould not read all logs of 1 build\n")[2].partition("\n\n")[0]
    (unread,) = [one for one in diagnoses_of(sample) if one.verdict is Verdict.NO_LOGS]
    assert part.split() == [unread.build.job_name, "11-19", "17:20", "gone:", unread.build.log_url]


def test_a_pipe_gets_one_whole_line_a_failure_without_colour(sample: Summary) -> None:
    console = pipe()
    render(sample, console)
    text = printed(console)
    assert "\x1b" not in text
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
    lines = [line for line in text.splitlines() if re.match(r"  11-\d\d \d\d:\d\d  ", line)]
    failed = [one for group in sample.groups for job in group.jobs for one in job.diagnoses if one.build.failed]
    assert len(lines) == len(failed) == 24
    for line, diagnosis in zip(lines, failed, strict=True):
        assert diagnosis.build.job_name in line
        assert (diagnosis.build.log_url or diagnosis.build.url) in line
        for reason in diagnosis.reasons:
            assert reason.message in line


def test_columns_stand_below_each_other_in_a_pipe(sample: Summary) -> None:
    console = pipe()
    render(sample, console)
    group = printed(console).split("Integration: 8 of 36 builds failed\n")[1].split("\n\n")[0].splitlines()
    assert len(group) == 8
    assert {line.index("https://logs") for line in group if "no logs" not in line} == {group[0].index("https://logs")}


def test_builds_that_passed_have_no_lines(sample: Summary) -> None:
    console = pipe()
    render(sample, console)
    assert any(job.name == "devstack-platform-debian-bookworm" for group in sample.groups for job in group.jobs)
    assert "devstack-platform-debian-bookworm" not in printed(console)


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(sample: Summary, width: int) -> None:
    console = terminal(width)
    render(sample, console)
    render_diagnoses([one for job in sample.groups[0].jobs for one in job.diagnoses], console)
    assert max(cell_len(line) for line in ESCAPES.sub("", printed(console)).splitlines()) <= width


def test_a_terminal_gets_links_and_the_hue_of_each_tag(sample: Summary) -> None:
    console = terminal()
    render(sample, console)
    text = printed(console)
    log_url = sample.groups[0].jobs[0].diagnoses[0].build.log_url
    assert re.search(rf"\x1b\]8;id=\d+;{re.escape(log_url)}\x1b\\log\x1b\]8;;\x1b\\", text)
    assert "38;2;47;143;208mI infra" in text


def test_no_color_leaves_the_letters(sample: Summary) -> None:
    console = terminal(no_color=True)
    render(sample, console)
    text = printed(console)
    assert "38;2" not in text
    assert "I infra" in text


def test_diagnosis_shows_verdict_reason_line_with_context_and_what_was_read(sample: Summary) -> None:
    console = pipe()
    render_diagnosis(sample.groups[0].jobs[0].diagnoses[0], console)
    text = printed(console)
    assert text.splitlines()[1] == "KNOWN infra  DNS: could not resolve mirror.regionone.example.org"
    for wanted in (
        "✗ tempest-full-py3 · gate · openstack/nova stable/2026.1 · 901190,1 Größere",
        "  why: A cause, in the failed task's own output",
        "  job-output.txt:18233\n",
        "\n  18230 | 2026-11-22 06:10:11.123456 | primary | TASK [configure-mirrors",
        "\n▶ 18233 | 2026-11-22 06:10:11.123456 | primary | curl: (6) Could not resolve host",
        '\n  18234 | 2026-11-22 06:10:11.123456 | primary | fatal: [primary]: FAILED! => {"rc": 100}',
        "and 12 more places",
        "  next: recheck",
        "  bug: https://bugs.example.org/1234",
        "also: A command ended with 1 (2)",
        "read: 1 file (job-output.txt), 41 MB, 203,111 lines in 0.3 s, 116 patterns",
    ):
        assert wanted in text


def test_unknown_failure_shows_excerpts_and_problems(sample: Summary) -> None:
    console = pipe()
    render_diagnosis(sample.groups[0].jobs[1].diagnoses[5], console)
    text = printed(console)
    assert "\nUNKNOWN\n" in text
    assert "job-output.txt:18205-18207  around the last line that looks like an error" in text
    assert (
        "18206 | 2026-11-22 06:10:41.120000 | primary | ERROR volume stuck in state attaching <b>for ever</b>" in text
    )
    assert "! syslog.txt: missing – not in the log tree" in text


def test_several_targets_are_grouped_by_reason_the_biggest_group_first(sample: Summary) -> None:
    runs = [one for group in sample.groups for job in group.jobs for one in job.diagnoses if one.build.failed]
    console = pipe()
    render_diagnoses(runs, console)
    headings = re.findall(r"^(\d+) builds?: (.*)$", printed(console), re.MULTILINE)
    assert headings[0] == ("6", "DNS: could not resolve mirror.regionone.example.org")
    assert [int(number) for number, _ in headings] == sorted((int(number) for number, _ in headings), reverse=True)
    assert sum(int(number) for number, _ in headings) == len(runs)
    assert ("1", "no logs") in headings


def test_one_target_has_no_heading(sample: Summary) -> None:
    one, several = pipe(), pipe()
    render_diagnosis(sample.groups[0].jobs[0].diagnoses[0], one)
    render_diagnoses(sample.groups[0].jobs[0].diagnoses[:1], several)
    assert printed(several) == printed(one)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(diagnoses, min_size=1, max_size=2))
def test_nothing_from_outside_steers_the_terminal(found: list[Diagnosis]) -> None:
    console = terminal(80)
    render_diagnoses(found, console)
    text_of = found[0].build.job_name
    source = SourceRun(text_of, samples.NOW, 1, None, reachable=False, problems=found[0].problems)
    zone = ZoneInfo("UTC")
    render(summarise(found, now=samples.NOW, timezone=zone, group_of=lambda _: text_of, sources=(source,)), console)
    text = ESCAPES.sub("", printed(console))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text.replace("\t", " "))
    links = re.findall(r"\x1b\]8;id=\d+;([^\x1b]*)\x1b", printed(console))
    assert all(re.match(r"https?://", link) for link in links)


def test_rich_markup_in_a_log_is_only_text() -> None:
    build = Build(key="k", job_name="[link=https://evil.example]job[/link]", result="FAILURE")
    problem = Problem("[red]a", ProblemKind.GONE, "[/] :smile:")
    console = terminal()
    render_diagnosis(Diagnosis(build, Verdict.NO_LOGS, problems=(problem,)), console)
    text = ESCAPES.sub("", printed(console))
    assert "[link=https://evil.example]job[/link]" in text
    assert "[red]a: gone – [/] :smile:" in text


def test_a_diagnosis_that_read_nothing_says_so() -> None:
    console = pipe()
    render_diagnosis(Diagnosis(Build(key="k", job_name="j", result="FAILURE"), Verdict.NO_LOGS), console)
    assert "read: nothing" in printed(console)


def test_a_file_of_a_gigabyte_is_told_in_words() -> None:
    read = (FileRead("job.log", "/tmp/job.log", 1_250_000_000, 9_000_000),)  # noqa: S108 - a text, no file
    console = pipe()
    render_diagnosis(Diagnosis(Build(key="k", job_name="j"), Verdict.NO_FAILURE_SEEN, files_read=read), console)
    assert "read: 1 file (job.log), 1.2 GB, 9,000,000 lines in 0.0 s" in printed(console)


def test_console_report_loads_neither_templates_nor_database() -> None:
    code = (
        "import sys, sova.reports.console, sova.reports.as_json;"
        "print(sorted(set(sys.modules) & {'jinja2', 'sqlalchemy', 'alembic', 'fastapi', 'pydantic', 'numpy'}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
