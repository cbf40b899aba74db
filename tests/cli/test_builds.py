"""`sova builds` and `sova build`, through the command line, on a store with the sample CI."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from sova.model import Build, Diagnosis, Hit, Reason, Verdict
from sova.reports.as_json import to_row
from sova.reports.console_builds import PLAIN_COLUMNS, plain_lines, render_builds
from sova.slugs import build_slug, reason_slug
from sova.store import Store
from tests.reports.samples import BUILDS, NOW, REASONS
from tests.strategies import HOSTILE

from .conftest import Ran

Sova = Callable[..., Ran]
FIRST = next(one for one in BUILDS if one.build.uuid == "00000000" + "ab" * 12)
SLUG = build_slug(FIRST.build.key)


@pytest.fixture(scope="session")
def sample_database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    location = tmp_path_factory.mktemp("store") / "sova.db"
    with Store.open(str(location)) as store:
        store.save_many(BUILDS)
    return location.read_bytes()


@pytest.fixture
def stored(sample_database: bytes, tmp_path: Path) -> None:
    """The sample CI in the directory in which commands run."""
    (tmp_path / "sova.db").write_bytes(sample_database)
    (tmp_path / "sova.yaml").write_text("store: sova.db\n")


def keys(ran: Ran) -> list[str]:
    assert ran.status == 0, ran.err
    return [json.loads(line)["build"]["key"] for line in ran.out.splitlines()]


@pytest.mark.usefixtures("stored")
def test_the_newest_come_first_and_not_all_at_once(sova: Sova) -> None:
    times = [one.build.time for one in BUILDS if one.build.time]
    lines = [line.split("\t") for line in sova("builds").out.splitlines()]
    assert (len(lines), {len(line) for line in lines}) == (50, {len(PLAIN_COLUMNS)})
    assert [line[1] for line in lines] == [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in sorted(times, reverse=True)[:50]]
    assert lines[0] == [
        SLUG,
        "2026-11-22T09:27:00Z",
        "tempest-full-py3",
        "901190,1",
        "known",
        "infra",
        REASONS["D"][1],
        FIRST.build.log_url,
    ]


@pytest.mark.usefixtures("stored")
def test_all_and_limit(sova: Sova) -> None:
    assert sorted(keys(sova("builds", "--all", "-o", "jsonl"))) == sorted(one.build.key for one in BUILDS)
    assert keys(sova("builds", "--limit", "3", "-o", "jsonl")) == keys(sova("builds", "-o", "jsonl"))[:3]


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (["--fail"], lambda one: one.failed),
        (["--search", "PULL rate lim"], lambda one: one.primary and "pull rate limit" in one.primary.message),
        (["--search", "nothing of the kind"], lambda one: False),
        (["--tag", "code", "--tag", "unknown"], lambda one: one.failed and one.tag in ("code", "unknown")),
        (["--verdict", "no logs"], lambda one: one.verdict is Verdict.NO_LOGS),
        (["--reason", reason_slug("infra", REASONS["D"][1])], lambda one: one.tag and one.primary == FIRST.primary),
        (["--pattern", "exit-code"], lambda one: len(one.reasons) == 2),
        (["--job", "openstack-tox-pep8"], lambda one: one.build.job_name == "openstack-tox-pep8"),
        (["--branch", "stable/*", "--pipeline", "gate"], lambda one: stable_gate(one.build)),
        (["--as-of", "2026-11-22T09:30Z", "--days", "1"], lambda one: one.build.time.date() == NOW.date()),
        (["--periodic"], lambda one: one.build.periodic),
    ],
)
def test_filters(sova: Sova, options: list[str], wanted: Callable[[Diagnosis], bool]) -> None:
    found = keys(sova("builds", "--all", "-o", "jsonl", *options))
    if "--reason" in options:
        assert set(found) == {one.build.key for one in BUILDS if one.primary and one.primary.message == REASONS["D"][1]}
    else:
        assert sorted(found) == sorted(one.build.key for one in BUILDS if wanted(one))


def stable_gate(build: Build) -> bool:
    return build.change.branch.startswith("stable/") and build.pipeline == "gate"


@pytest.mark.usefixtures("stored")
def test_every_form(sova: Sova) -> None:
    document = json.loads(sova("builds", "--limit", "2", "-o", "json").out)
    assert [row["build"]["job_name"] for row in document["diagnoses"]] == ["tempest-full-py3", "grenade-multinode"]
    rows = list(csv.DictReader(io.StringIO(sova("builds", "--fail", "--limit", "2", "-o", "csv").out)))
    assert [row["reason"] for row in rows] == [REASONS["D"][1], REASONS["T"][1]]
    assert sova("builds", "--fail", "--limit", "2", "-o", "markdown").out.startswith("**2 builds, 2 failed**")


@pytest.mark.usefixtures("stored")
def test_nothing_found_does_not_look_like_nothing_stored(sova: Sova) -> None:
    ran = sova("builds", "--job", "no-such-job")
    assert (ran.status, ran.out, ran.err) == (0, "", "none of 96 builds is asked for; leave out a filter\n")


def test_an_empty_store(sova: Sova) -> None:
    assert "`sova run` collects them" in sova("builds").err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "options", [["--limit", "0"], ["--verdict", "good"], ["--since", "soon"], ["-o", "pdf"], ["--search", "!?"]]
)
def test_an_option_that_is_wrong(sova: Sova, options: list[str]) -> None:
    ran = sova("builds", *options)
    assert (ran.status, ran.out) == (2, "")
    assert options[1] in ran.err


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, form: str) -> None:
    """As `sova builds | head -1` leaves it."""
    command = [sys.executable, "-m", "sova", "builds", "--all", "-o", form]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (0, b"")


# -- one build ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "name",
    [
        SLUG,
        SLUG[:6],
        FIRST.build.uuid,
        FIRST.build.uuid[:9],
        FIRST.build.key,
        f"  {SLUG}\n",
        FIRST.build.url,
        FIRST.build.log_url,
        FIRST.build.log_url.rstrip("/"),
        f"{FIRST.build.log_url}controller/logs/syslog.txt",
        f"http://sova.example.org/ci/builds/{SLUG}",
        f"https://sova.example.org/builds/{SLUG}/log/job-output.txt?line=7#L7",
        f"file:///srv/site/builds/{SLUG}.html",
    ],
)
def test_a_build_by_whatever_a_person_has_of_it(sova: Sova, name: str) -> None:
    ran = sova("build", name, "-o", "json")
    assert ran.status == 0, ran.err
    assert json.loads(ran.out)["diagnoses"] == [to_row(FIRST)]


@pytest.mark.usefixtures("stored")
def test_a_zuul_build_by_its_page(sova: Sova, tmp_path: Path) -> None:
    uuid = "9594e23724f044dc9c1c06d85085a367"
    build = Build(key=f"zuul:zuul.example.org/t/main/{uuid}", job_name="unit", result="SUCCESS")
    with Store.open(str(tmp_path / "sova.db")) as store:
        store.save(Diagnosis(build, Verdict.PASSED))
    ran = sova("build", f"https://zuul.example.org/t/main/build/{uuid}", "-o", "jsonl")
    assert keys(ran) == [build.key]


@pytest.mark.usefixtures("stored")
def test_the_whole_diagnosis_is_shown(sova: Sova) -> None:
    out = sova("build", SLUG).out
    for part in ("KNOWN infra", REASONS["D"][1], "job-output.txt:18233", "next: recheck", "and 12 more places"):
        assert part in out
    assert "recheck" in sova("build", SLUG, "-o", "markdown").out


@pytest.mark.usefixtures("stored")
def test_the_beginning_of_several(sova: Sova) -> None:
    ran = sova("build", "0000")
    assert ran.status == 2
    assert "0000 may be several builds:" in ran.err
    assert len(re.findall(r"^  [0-9a-f]{16}  2026-", ran.err, re.MULTILINE)) == 5


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("name", ["nonsense", "0", "zuul:nowhere/t/x/1", "%", "' OR 1=1 --", "\x00", "é", "https://["])
def test_a_build_that_is_not_stored(sova: Sova, name: str) -> None:
    ran = sova("build", name)
    assert (ran.status, ran.out) == (2, "")
    assert "`sova builds --search WORDS`" in ran.err


@pytest.mark.usefixtures("stored")
def test_a_digit_that_is_wrong_leads_to_what_is_near(sova: Sova) -> None:
    other = "0" if SLUG[8] != "0" else "1"
    ran = sova("build", SLUG[:8] + other)
    assert "near it are" in ran.err
    assert SLUG in ran.err


# -- the table ---------------------------------------------------------------------------------------------------------

ESCAPES = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")


def on_a_terminal(diagnoses: Sequence[Diagnosis], width: int) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, color_system="truecolor", _environ={})
    render_builds(diagnoses, console, NOW.tzinfo)  # type: ignore[arg-type]  # UTC, as any zone
    return ESCAPES.sub("", out.getvalue()).splitlines()


@pytest.mark.parametrize("width", [60, 80, 100, 160, 300])
def test_a_row_is_a_line_within_the_width(width: int) -> None:
    lines = on_a_terminal(BUILDS, width)
    assert len(lines) == len(BUILDS) + 1
    assert max(cell_len(line) for line in lines) <= width


def test_what_a_wide_terminal_shows() -> None:
    head, first, *_ = on_a_terminal(BUILDS[:1], 160)
    assert head.split() == ["ID", "TIME", "JOB", "CHANGE", "WHY", "REASON"]
    assert first.split("  ")[0] == SLUG[:10]
    for part in ("11-22 09:27", "tempest-full-py3", "901190,1", "I infra", REASONS["D"][1]):
        assert part in first


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 1_000_000])
def test_hostile_text_neither_breaks_lines_nor_columns(text: str) -> None:
    hit = Hit("p", text, 1, text)
    build = Build(key="k", job_name=text, result=text or "FAILURE", log_url=text)
    value = Diagnosis(build, Verdict.KNOWN, (Reason("p", text, text, (hit,), primary=True),))
    lines = on_a_terminal([value, BUILDS[0]], 100)
    assert len(lines) == 3
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202e\u2066]", "".join(lines))
    (line,) = plain_lines([value])
    assert (line.count("\n"), line.count("\t")) == (1, len(PLAIN_COLUMNS) - 1)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("command", "form"), [(["builds"], "csv"), (["build", SLUG], "json"), (["stats", "--range", "90d"], "json")]
)
@pytest.mark.parametrize("table", [True, False])
def test_what_a_command_does_not_need_is_not_loaded(tmp_path: Path, command: list[str], form: str, table: bool) -> None:
    code = (
        "import sys\nfrom sova.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    words = [*command, *([] if table else ["-o", form])]
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, cwd=tmp_path)
    heavy = {"fastapi", "alembic", "jinja2", "uvicorn", "psycopg", "hyperscan", "regex", "urllib3", "selectolax"}
    heavy |= {"sqlalchemy.dialects.postgresql"} | (set() if table else {"rich"})
    assert heavy & set(ran.stderr.split()) == set()
    assert len(ran.stdout) > 200
