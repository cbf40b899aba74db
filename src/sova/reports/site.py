"""The static site: pages on disk that open by a double click, without a server, a CDN or JavaScript.

Every file is written beside its place and renamed into it, assets first and the first page last, so that a reader never
meets a half-written page or a link that leads nowhere. A file whose content is the same is left alone. Pages of builds
stay for ever; pages of jobs that are no longer shown go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from sova.errors import SovaError
from sova.reports.links import Links
from sova.reports.overview import diagnoses_of
from sova.reports.pages import Pages
from sova.slugs import build_slug, name_slug
from sova.stats import Summary

__all__ = ["write"]

SECURITY = (
    "default-src 'none'; style-src 'self' file:; img-src 'self' file: data:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may load: its own files. `file:` because 'self' means nothing to some browsers for a page on disk."""

_TEMPORARY = ".sova-part"
_OURS = '<meta name="generator" content="sova">'


def write(summary: Summary, directory: Path, *, title: str = "CI failures") -> Path:
    """Write the site and return the path of its first page. Raises SovaError where it cannot be written."""
    try:
        _clear(directory)
        for path, content in _assets():
            _put(directory / path, content)
        for path, page in _pages(summary, title):
            _put(directory / path, page.encode("utf-8", "replace"))
        _forget_jobs(directory / "jobs", {name_slug(job.name) for group in summary.groups for job in group.jobs})
    except OSError as error:
        raise SovaError(f"cannot write the site in {directory}: {error.strerror or error}") from error
    return directory / "index.html"


def _pages(summary: Summary, title: str) -> Iterator[tuple[str, str]]:
    below = Pages(Links("../"), title=title, timezone=summary.timezone, security=SECURITY)
    for diagnosis in diagnoses_of(summary):
        yield f"builds/{build_slug(diagnosis.build.key)}.html", below.build(diagnosis)
    for group in summary.groups:
        for job in group.jobs:
            yield f"jobs/{name_slug(job.name)}.html", below.job(summary, job)
    top = Pages(Links(), title=title, timezone=summary.timezone, security=SECURITY)
    yield "index.html", top.overview(summary)


def _assets() -> Iterator[tuple[str, bytes]]:
    yield from _files(files("sova.reports") / "static", "static")


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}", entry.read_bytes()


def _put(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}{_TEMPORARY}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _clear(directory: Path) -> None:
    """Remove what a killed run left behind."""
    for folder in (directory, directory / "builds", directory / "jobs"):
        for part in folder.glob(f"*{_TEMPORARY}"):
            part.unlink(missing_ok=True)


def _forget_jobs(directory: Path, wanted: set[str]) -> None:
    """Remove the pages of jobs that are not shown any more, and only pages that Sova made."""
    for page in directory.glob("*.html"):
        if page.stem not in wanted and _OURS in page.read_text(encoding="utf-8", errors="replace"):
            page.unlink()
