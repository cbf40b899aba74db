"""The reference pages say what the code says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_reference_is_what_the_code_says() -> None:
    ran = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout


def test_every_key_of_the_configuration_says_what_it_means() -> None:
    page = (ROOT / "docs/reference/configuration.md").read_text()
    bare = [line for line in page.splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert bare == []
