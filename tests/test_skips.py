"""The list of allowed skips does what it says: tried on small suites of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ALLOWED
from tests.skips import CONDITIONS, Rule, read_rules, unexpected

ROOT = Path(__file__).resolve().parents[1]
ABSENT = dict.fromkeys(CONDITIONS, lambda: True)
PRESENT = {name: (lambda held=(name == "any"): held) for name in CONDITIONS}


def test_the_shipped_list_is_well_formed() -> None:
    assert read_rules(ALLOWED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", ["sometimes for a reason", "any", "any   "])
def test_a_line_that_is_no_rule_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_rules(f"# a comment\n{line}\n")


def test_a_listed_reason_is_allowed_only_where_its_condition_holds() -> None:
    rules = [Rule("no-shared", "../shared/* is not there")]
    skip = ("tests/x.py::test_y", "../shared/logs is not there")
    assert unexpected([skip], rules, ABSENT) == []
    assert unexpected([skip], rules, PRESENT) == [skip]


def test_an_unlisted_reason_is_never_allowed() -> None:
    skip = ("tests/x.py::test_y", "it was Tuesday")
    assert unexpected([skip], read_rules(ALLOWED.read_text(encoding="utf-8")), ABSENT) == [skip]


SUITE = """
import pytest

@pytest.mark.skip(reason="it was Tuesday")
def test_skipped(): ...

def test_passes(say):
    say("the sky is blue")

@pytest.mark.real
def test_real(): raise AssertionError
"""


def run(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_suite.py").write_text(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "/dev/null"]
    markers = ["-o", "markers=real: needs real servers"]
    command += [*markers, *options, str(directory)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(params=["-n0", "-n2"])
def processes(request: pytest.FixtureRequest) -> str:
    """Tests run in this process or in several."""
    option: str = request.param
    return option


def test_skips_are_printed_with_their_reasons_and_what_tests_say(tmp_path: Path, processes: str) -> None:
    result = run(tmp_path, processes)
    assert result.returncode == 0
    assert result.stdout.count("test_suite.py::test_skipped: it was Tuesday\n") == 1
    assert result.stdout.count("\nthe sky is blue\n") == 1


def test_strict_skips_fails_on_a_reason_that_is_not_listed(tmp_path: Path, processes: str) -> None:
    result = run(tmp_path, processes, "--strict-skips")
    assert result.returncode == 1
    assert result.stdout.count("NOT ALLOWED") == 1


def test_real_tests_are_deselected_unless_asked_for(tmp_path: Path) -> None:
    assert "1 deselected" in run(tmp_path).stdout
    assert "1 failed" in run(tmp_path, "--real").stdout
