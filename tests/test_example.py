"""The example CI from end to end: the real command on it, held against the truth that it was made from."""

from __future__ import annotations

import dataclasses
import gzip
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from examples.ci.logs import files_of
from examples.ci.plan import Edit, Plan, Run
from examples.ci.run import prepare, sova_command
from examples.ci.script import Failure, steps_of
from examples.ci.server import serving
from examples.ci.tree import make

from sova.model import Diagnosis, ProblemKind, Verdict
from sova.reports.as_json import from_row
from tests.example import Example
from tests.reports.read_back import cleaned, rows_of_site

PLAN = Plan.read()


@dataclasses.dataclass(frozen=True, slots=True)
class Changed:
    """A changed plan, Sova's answers of a first and a second run, and its report on the console."""

    plan: Plan
    first: Sequence[Diagnosis]
    second: Sequence[Diagnosis]
    console: str


def parsed(output: str, logs: str) -> list[Diagnosis]:
    """The diagnoses in JSON, with the address of the log server made the same in every run."""
    document = json.loads(output.replace(logs.split("/")[2], "logs"))
    return [from_row(row) for row in document["diagnoses"]]


def sova(config: Path, *options: str) -> str:
    """What the real command says on stdout."""
    done = subprocess.run(sova_command(config, *options), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_run(diagnoses: Sequence[Diagnosis], plan: Plan) -> dict[str, Diagnosis]:
    """The diagnosis of each build of the plan, by the build's name."""
    found: dict[str, Diagnosis] = {}
    for run in plan.runs:
        own = [d for d in diagnoses if d.build.uuid == run.uuid or d.build.log_url.endswith(run.path)]
        assert len(own) <= 1, f"{run.name} is there {len(own)} times"
        found.update(zip([run.name], own, strict=False))
    return found


@pytest.fixture(scope="module")
def answer(example: Example) -> Sequence[Diagnosis]:
    found = re.search(r"http://127\.0\.0\.1:\d+/", example.document)
    assert found
    return parsed(example.document, found[0])


@pytest.fixture(scope="module")
def diagnoses(answer: Sequence[Diagnosis]) -> Mapping[str, Diagnosis]:
    return by_run(answer, PLAN)


def lines_shown(diagnosis: Diagnosis) -> Iterator[str]:
    """The lines that answer for the verdict: of the primary reason, or without one all that is shown."""
    if diagnosis.primary:
        yield from (hit.line for hit in diagnosis.primary.hits)
        return
    yield from (line for excerpt in diagnosis.excerpts for line in excerpt.lines)
    yield from (hit.line for reason in diagnosis.reasons for hit in reason.hits)


@pytest.mark.parametrize("run", PLAN.runs, ids=lambda run: f"{run.name}-{run.scenario or run.result or 'running'}")
def test_every_build_gets_the_answer_it_was_made_for(run: Run, diagnoses: Mapping[str, Diagnosis]) -> None:
    diagnosis = diagnoses[run.name]
    assert (diagnosis.verdict.value, diagnosis.tag) == (run.verdict, run.tag), diagnosis
    assert not run.line or any(run.line in line for line in lines_shown(diagnosis)), diagnosis


def test_nothing_is_found_that_never_was(answer: Sequence[Diagnosis], diagnoses: Mapping[str, Diagnosis]) -> None:
    assert len(answer) == len(diagnoses) == len(PLAN.runs)


def test_every_failure_of_the_json_stands_in_the_pages_with_all_its_fields(example: Example) -> None:
    failures = {row["build"]["key"]: cleaned(row) for row in example.rows if from_row(row).failed}
    assert len(failures) > 10
    assert rows_of_site(example.site) == failures


def test_a_build_that_gerrit_and_zuul_both_know_counts_once(
    answer: Sequence[Diagnosis], diagnoses: Mapping[str, Diagnosis]
) -> None:
    seen = {name: {source.split()[0] for source in found.build.seen_by} for name, found in diagnoses.items()}
    known = {"gerrit": "review", "gerrit-direct": "review", "zuul": "zuul", "index": "nightly"}
    assert seen == {run.name: {known[source] for source in run.sources} for run in PLAN.runs}
    told = Counter(source for found in answer for source in found.build.seen_by)
    assert told["review"] + told["zuul"] > len(answer) == len({found.build.key for found in answer})


def test_a_build_known_to_both_has_what_each_of_them_knows(diagnoses: Mapping[str, Diagnosis]) -> None:
    build = diagnoses["b41"].build
    assert build.change.subject == "Escape titles, <script>alert(1)</script> is text and not markup"
    assert "Security-Impact: yes" in build.change.commit_message
    assert (build.change.owner, build.change.topic, build.nodeset) == ("Tomas Lind", "escape-titles", "ubuntu-noble")


def test_the_plain_facts_of_builds_are_right(diagnoses: Mapping[str, Diagnosis]) -> None:
    for run in PLAN.runs:
        build = diagnoses[run.name].build
        assert (build.job_name, build.result, build.pipeline) == (run.job.name, run.result, run.pipeline), run.name
        assert build.voting == run.job.voting, run.name
        assert build.change.number == (run.change.number if run.change else None), run.name
        assert build.change.branch == run.branch, run.name


def test_attempts_before_the_last_one_are_counted(diagnoses: Mapping[str, Diagnosis]) -> None:
    assert diagnoses["b58"].build.attempts == diagnoses["b24"].build.attempts == 3
    assert not diagnoses["b56"].build.final


def test_what_could_not_be_read_is_a_problem_and_not_an_unknown_failure(diagnoses: Mapping[str, Diagnosis]) -> None:
    assert {problem.kind for problem in diagnoses["b50"].problems} == {ProblemKind.GONE}
    cut = diagnoses["b59"]
    assert cut.verdict is Verdict.KNOWN
    assert ProblemKind.TRUNCATED in {problem.kind for problem in cut.problems}


def test_make_run_ends_with_the_path_of_the_site(example: Example) -> None:
    assert example.last_line == str(example.site / "index.html")
    assert "mirror.iad3.example.net" in Path(example.last_line).read_text(encoding="utf-8")


def test_markup_in_a_subject_stays_text_in_the_pages(example: Example) -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in example.site.rglob("*.html"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in pages
    assert "<script>alert(1)" not in pages


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Changed:
    """A copy of the example with one build less, one failing line less and one message changed, collected twice."""
    directory = tmp_path_factory.mktemp("changed")
    plan = (
        PLAN.without("b52")
        .edited(Edit("b41", "schema drift: table beacon_route"))
        .edited(Edit("b36", "beacon_quorum_hosts", "beacon_ring_hosts"))
    )
    make(plan, directory / "logs")
    with serving(directory / "logs") as logs:
        config = prepare(plan, directory, logs)
        first = parsed(sova(config, "-o", "json"), logs)
        for console in (directory / "logs").rglob("job-output.txt*"):
            console.unlink()
        second = parsed(sova(config, "-o", "json"), logs)
        return Changed(plan, first, second, sova(config))


def test_one_build_less_one_failing_line_less_and_another_message_are_three_differences(
    diagnoses: Mapping[str, Diagnosis], changed: Changed
) -> None:
    after = by_run(changed.first, changed.plan)
    assert {name for name in diagnoses if _timeless(diagnoses[name]) != _timeless(after.get(name))} == {
        "b52",
        "b41",
        "b36",
    }
    assert "b52" not in after
    assert any("schema drift" in line for line in lines_shown(diagnoses["b41"]))
    assert not any("schema drift" in line for line in lines_shown(after["b41"]))
    messages = [found.primary.message for found in (diagnoses["b36"], after["b36"]) if found.primary]
    assert messages[0].replace("beacon_quorum_hosts", "beacon_ring_hosts") == messages[1] != messages[0]


def test_a_second_run_reads_nothing_anew_and_says_the_same(changed: Changed) -> None:
    assert changed.second == changed.first


def test_the_console_says_first_how_much_failed_and_why(changed: Changed) -> None:
    failed = sum(diagnosis.build.failed for diagnosis in changed.first)
    assert changed.console.startswith(f"{len(changed.first)} builds, {failed} failed")
    assert "0 new builds" in changed.console


def _timeless(diagnosis: Diagnosis | None) -> Diagnosis | None:
    """Without the time that the work took."""
    return diagnosis and dataclasses.replace(diagnosis, seconds=0.0)


# -- the generator ---------------------------------------------------------------------------------------------------


def test_logs_are_the_same_each_time() -> None:
    for name in ("b07", "b25", "b45", "b59", "b68"):
        run = PLAN.run(name)
        assert dict(files_of(PLAN, run)) == dict(files_of(PLAN, run))


def test_an_edit_touches_one_build_only() -> None:
    edited = PLAN.edited(Edit("b54", "Temporary failure resolving"))
    own, other = PLAN.run("b54"), PLAN.run("b55")
    assert dict(files_of(edited, own)) != dict(files_of(PLAN, own))
    assert dict(files_of(edited, other)) == dict(files_of(PLAN, other))


def test_some_logs_have_the_size_of_real_ones_and_the_odd_bytes_of_real_ones() -> None:
    files = dict(files_of(PLAN, PLAN.run("b42")))
    assert len(gzip.decompress(files["job-output.txt.gz"])) > 5_000_000
    assert len(gzip.decompress(files["controller/logs/syslog.txt.gz"])) > 5_000_000
    colours = gzip.decompress(dict(files_of(PLAN, PLAN.run("b31")))["job-output.txt.gz"])
    assert b"\x1b[31m" in colours
    assert "länge".encode() in colours
    assert b"\0\0\0" in gzip.decompress(dict(files_of(PLAN, PLAN.run("b51")))["controller/logs/syslog.txt.gz"])


def test_the_console_tells_the_times_of_the_build() -> None:
    for name in ("b01", "b18", "b47"):
        run = PLAN.run(name)
        assert run.end
        text = gzip.decompress(dict(files_of(PLAN, run))["job-output.txt.gz"]).decode()
        times = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d)", text, re.MULTILINE)
        assert times == sorted(times)
        assert times[0] == f"{run.start:%Y-%m-%d %H:%M}"
        assert times[-1][:13] == f"{run.end:%Y-%m-%d %H}"


def test_a_failure_leaves_out_the_rest_of_its_phase_but_not_the_clean_up() -> None:
    steps = steps_of("tox-pep8", Failure.read("dns"))
    phases = [step.words for step in steps if step.verb == "phase"]
    assert [words.split()[0] for words in phases] == ["PRE-RUN", "RUN", "POST-RUN", "POST-RUN"]
    assert not any(step.words.startswith("pep8:") for step in steps)


def test_a_failure_at_a_point_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="docs has no point tests"):
        steps_of("docs", Failure.read("pytest-assert"))
