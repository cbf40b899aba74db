"""Builds as the source `local` reads them, for tests that need a whole run."""

from __future__ import annotations

import json
from pathlib import Path

DNS = b"fatal: unable to access 'https://git.example.org/': Could not resolve host: git.example.org\n"


def local_build(directory: Path, name: str, log: bytes = DNS, **fields: object) -> None:
    """A directory with a build.json and a console log."""
    place = directory / name
    place.mkdir(parents=True)
    given = {"job_name": "unit", "result": "FAILURE", "end_time": "2026-03-01T12:00:00Z", "uuid": name, **fields}
    (place / "build.json").write_text(json.dumps(given))
    (place / "job-output.txt").write_bytes(log)
