"""Makes the pages of the site from views, a task at a time, in this process or in another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from sova.filters import Search
from sova.model import Diagnosis
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.reports.site.files import put
from sova.slugs import build_slug, name_slug, reason_slug
from sova.store.lookups import diagnoses_of
from sova.views.builds import BuildView, builds, day
from sova.views.changes import changes, several
from sova.views.desk import Desk, Foot, Span
from sova.views.jobs import job, jobs
from sova.views.overview import overview
from sova.views.patterns import patterns
from sova.views.reasons import reason, reasons
from sova.views.statistics import statistics_view
from sova.views.unknown import unknown

__all__ = ["LISTS", "SECURITY", "Maker", "Name", "Settings", "Task"]

SECURITY = (
    "default-src 'none'; style-src 'self' file:; img-src 'self' file: data:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
"""What a page may load: its own files. `file:` because 'self' means nothing to some browsers for a page on disk."""

LISTS = ("jobs", "reasons", "changes", "unknown", "patterns", "statistics", "builds")
"""Pages of many things, beside the first one."""

NEWEST = 200
"""Rows of lists of builds, changes and unknown failures."""
_ALL_JOBS = 2000

_ANYTHING = Search()

Name: TypeAlias = "tuple[str, ...]"
"""What a thing is found by: of a reason tag and message, of a change project and number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`days` are shown, today is one of them; failures of the last `build_pages` days have pages of their own. `base`
    is the address under which people reach the site, where it has one."""

    title: str = "CI failures"
    days: int = 14
    build_pages: int = 3
    base: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Pages to make: of what kind, of which things (each by its name), and about how many pages that is."""

    kind: str
    names: tuple[Name, ...]
    weight: int = 1


class Maker:
    """Makes pages of one site. `there` holds all pages that exist when it is done, `wanted` the slugs of the builds
    that are to be written, `days` the days with a page."""

    def __init__(  # noqa: PLR0913 - everything that pages are made from
        self,
        desk: Desk,
        span: Span,
        foot: Foot,
        settings: Settings,
        directory: Path,
        *,
        there: Container[str],
        wanted: Container[str],
        days: Sequence[dt.date],
    ) -> None:
        self.desk = desk
        self._span = span
        self._foot = foot
        self._directory = directory
        self._wanted = wanted
        self._days = tuple(days)
        self._pages = [
            Pages(
                Links("../" * depth, base=settings.base, there=there),
                title=settings.title,
                security=SECURITY,
            )
            for depth in range(3)
        ]
        self.written = 0

    def make(self, task: Task) -> int:
        """Make the pages; gives how many files changed. Raises StoreError, OSError."""
        self.written = 0
        getattr(self, f"_make_{task.kind}")(task.names)
        return self.written

    def overview(self) -> bytes:
        """The first page, which is written last."""
        return self._rendered(0, overview(self.desk, self._span, _ANYTHING))

    def _rendered(self, depth: int, view: object) -> bytes:
        return self._pages[depth].render(view, self._foot).encode("utf-8", "replace")

    def _put(self, path: str, view: object | None, depth: int) -> None:
        if view is not None:
            self.written += put(self._directory / f"{path}.html", self._rendered(depth, view))

    def _make_day(self, names: Iterable[Name]) -> None:
        """The failures of a day, and the pages of those that are to have one."""
        for (date,) in names:
            view = day(self.desk, dt.date.fromisoformat(date), days=self._days)
            for diagnosis in view.diagnoses:
                if build_slug(diagnosis.build.key) in self._wanted:
                    self._put_build(diagnosis)
            self._put(f"days/{date}", view, 1)

    def _make_build(self, names: Iterable[Name]) -> None:
        for diagnosis in diagnoses_of(self.desk.store, [key for (key,) in names]):
            self._put_build(diagnosis)

    def _put_build(self, diagnosis: Diagnosis) -> None:
        self._put(f"builds/{build_slug(diagnosis.build.key)}", BuildView(diagnosis), 1)

    def _make_job(self, names: Iterable[Name]) -> None:
        for (name,) in names:
            self._put(f"jobs/{name_slug(name)}", job(self.desk, name, self._span, _ANYTHING), 1)

    def _make_reason(self, names: Iterable[Name]) -> None:
        for tag, message in names:
            slug = reason_slug(tag, message)
            self._put(f"reasons/{slug}", reason(self.desk, slug, self._span, _ANYTHING), 1)

    def _make_change(self, names: Iterable[Name]) -> None:
        found = several(self.desk, [(name_slug(project), int(number)) for project, number in names])
        for (project, number), view in found.items():
            self._put(f"changes/{project}/{number}", view, 2)

    def _make_list(self, names: Iterable[Name]) -> None:
        makers: dict[str, Callable[[], object]] = {
            "jobs": lambda: jobs(self.desk, self._span, _ANYTHING, most=_ALL_JOBS),
            "reasons": lambda: reasons(self.desk, self._span, _ANYTHING),
            "changes": lambda: changes(self.desk, self._span, _ANYTHING, limit=NEWEST),
            "unknown": lambda: unknown(self.desk, self._span, _ANYTHING, limit=NEWEST),
            "patterns": lambda: patterns(self.desk, self._span),
            "statistics": lambda: statistics_view(self.desk, self._span, _ANYTHING),
            "builds": lambda: builds(self.desk, self._span, _ANYTHING, limit=NEWEST, days=self._days),
        }
        for (name,) in names:
            self._put(name, makers[name](), 0)

    def elsewhere(self, desk: Desk) -> Maker:
        """The same with another desk, for another process."""
        other = object.__new__(Maker)
        other.__dict__.update(self.__dict__)
        other.desk = desk
        return other
