"""The tree of log files that the example's log server shows; made once, and again only when its recipe changed."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from examples.ci.logs import files_of, manifest
from examples.ci.plan import HERE, Plan, Run

__all__ = ["MANIFEST", "make"]

MANIFEST = "zuul-manifest.json"
_STAMP = "made-from"


def make(plan: Plan, directory: Path) -> bool:
    """Make the tree below `directory`; False when it was there already, made by the same recipe.

    A tree that was left half made carries no stamp, so that it is made again.
    """
    recipe = _recipe(plan)
    stamp = directory / _STAMP
    if stamp.is_file() and stamp.read_text() == recipe:
        return False
    shutil.rmtree(directory, ignore_errors=True)
    for run in plan.runs:
        _write(plan, run, directory / run.path)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(recipe)
    return True


def has_manifest(run: Run) -> bool:
    """Zuul's own builds have one where the size of the job is worth it."""
    return "zuul" in run.sources and len(run.job.files) > 1


def _recipe(plan: Plan) -> str:
    """A hash of everything that goes into the tree."""
    digest = hashlib.sha256(repr(plan).encode())
    for path in sorted(HERE.rglob("*")):
        if path.suffix in (".py", ".log", ".txt", ".yaml"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(plan: Plan, run: Run, root: Path) -> None:
    files = dict(files_of(plan, run))
    if not files:
        return
    if has_manifest(run):
        sizes = {path: len(content) for path, content in files.items()}
        files[MANIFEST] = manifest(sizes, run.end or run.start).encode()
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    _date(root, (run.end or run.start).timestamp())


def _date(root: Path, time: float) -> None:
    """Files and directories carry the time at which the build ended, as a listing of a log server tells it."""
    for path in (*root.rglob("*"), root):
        os.utime(path, (time, time))
