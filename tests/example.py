"""The example CI as `make run` leaves it: run once, and looked at by every test that asks what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sova.model import Diagnosis
from sova.reports.as_json import from_row

__all__ = ["Example"]

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Example:
    """What a run left in a directory, and what it printed: JSON in place of the table, and the path of the site."""

    config: Path
    site: Path
    document: str
    last_line: str

    @classmethod
    def run(cls, directory: Path) -> Example:
        """What a run in this directory gives; it runs only where that was not done before."""
        keep, site, printed = (directory / name for name in ("keep", "site", "printed"))
        if not printed.is_file():
            places = ["--keep", str(keep), "--site", str(site)]
            command = [sys.executable, "-m", "examples.ci.run", *places, "--", "-o", "json"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            printed.write_text(done.stdout, encoding="utf-8")
        document, _, last_line = printed.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
        return cls(keep / "sova.yaml", site, document, last_line)

    @property
    def rows(self) -> Sequence[dict[str, Any]]:  # Any: JSON
        rows: Sequence[dict[str, Any]] = json.loads(self.document)["diagnoses"]  # Any: as said
        return rows

    @property
    def diagnoses(self) -> Sequence[Diagnosis]:
        return [from_row(row) for row in self.rows]
