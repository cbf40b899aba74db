"""Changes: the newest ones with how their newest patch set fared, and one with every patch set and build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sova.filters import Query, Search
from sova.model import Change, Diagnosis
from sova.store.patchsets import FoundChange, Named, WholeChange, changes_page, whole_changes
from sova.store.runs import FoundRun, Run
from sova.views.desk import Desk, Span

__all__ = ["ChangeRow", "ChangeView", "ChangesView", "PatchSet", "change", "changes", "several"]

PAGE = 50
_BUILDS = 200


@dataclass(frozen=True, slots=True)
class PatchSet:
    """One patch set: for each job its builds, newest first. `newest` holds what counts for each job, the newest build
    that passed or failed, failures first; `passed` and `failed` count those."""

    name: str
    jobs: Mapping[str, tuple[FoundRun, ...]]
    newest: tuple[Run, ...]
    passed: int
    failed: int

    @classmethod
    def of(cls, name: str, jobs: Mapping[str, tuple[FoundRun, ...]]) -> PatchSet:
        newest = [next((one.run for one in runs if _ended(one)), runs[0].run) for runs in jobs.values()]
        newest.sort(key=lambda run: not run.failed)
        return cls(name, jobs, tuple(newest), sum(run.passed for run in newest), sum(run.failed for run in newest))

    @property
    def outcome(self) -> str:
        """`passed` or `failed` where all jobs that ended did, `partial` where some did, "" where none ended."""
        if self.passed and self.failed:
            return "partial"
        return "passed" if self.passed else "failed" if self.failed else ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One change of a list, with its builds that were asked for by patch set, newest patch set first."""

    change: Change
    patchsets: tuple[PatchSet, ...]
    newest: FoundRun
    builds: int
    failed: int


@dataclass(frozen=True, slots=True)
class ChangesView:
    """A page of changes by their newest build, newest first."""

    span: Span | None
    search: Search
    rows: tuple[ChangeRow, ...]
    names: Mapping[str, tuple[str, ...]]
    after: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: what its newest build says of it, its patch sets (newest first) and jobs, and all builds.

    `diagnoses` are its newest builds; `more` is the cursor of the next page, "" at the end.
    """

    change: Change
    patchsets: tuple[PatchSet, ...]
    jobs: tuple[str, ...]
    builds: int
    diagnoses: tuple[Diagnosis, ...]
    after: str = ""
    more: str = ""

    def shares(self) -> tuple[tuple[str, int], ...]:
        """How many patch sets passed, failed in part, and failed."""
        outcomes = [one.outcome for one in self.patchsets]
        return tuple((word, outcomes.count(word)) for word in ("passed", "partial", "failed"))


def changes(desk: Desk, span: Span | None, search: Search, after: str = "", *, limit: int = PAGE) -> ChangesView:
    """The changes with builds that are asked for. Raises StoreError, and CursorError."""
    page = changes_page(desk.store, desk.within(search, span), after=after, limit=limit)
    return ChangesView(
        span=span,
        search=search,
        rows=tuple(_row(found) for found in page.changes),
        names=desk.store.names(),
        after=after,
        more=page.after,
    )


def change(desk: Desk, project_slug: str, number: int, *, after: str = "") -> ChangeView | None:
    """The change of this number in the project with this slug; None where there is none. Raises StoreError, and
    CursorError."""
    name = project_slug, number
    found = whole_changes(desk.store, [name], 0 if after else _BUILDS).get(name)
    if found is None:
        return None
    if not after:
        return _view(found)
    asked = Query(change=(number,), project=(found.change.project,) if found.change.project else ())
    page = desk.store.page(Search(asked), after=after, limit=_BUILDS)
    return replace(_view(found), diagnoses=page.diagnoses, after=after, more=page.after)


def several(desk: Desk, wanted: Collection[Named]) -> dict[Named, ChangeView]:
    """The changes of these names that there are: many of them are found as fast as a few. Raises StoreError."""
    return {name: _view(found) for name, found in whole_changes(desk.store, wanted, _BUILDS).items()}


def _view(found: WholeChange) -> ChangeView:
    return ChangeView(
        change=found.change,
        patchsets=_patchsets(found.builds),
        jobs=_jobs(found.builds),
        builds=len(found.builds),
        diagnoses=found.diagnoses,
        more=found.after,
    )


def _row(found: FoundChange) -> ChangeRow:
    failed = sum(one.run.failed for one in found.builds)
    return ChangeRow(found.change, _patchsets(found.builds), found.builds[0], len(found.builds), failed)


def _patchsets(found: Sequence[FoundRun]) -> tuple[PatchSet, ...]:
    """Patch sets with the highest number first, those whose names are no numbers last."""
    by_name: dict[str, dict[str, list[FoundRun]]] = {}
    for one in found:
        by_name.setdefault(one.patchset, {}).setdefault(one.job, []).append(one)
    ordered = sorted(by_name.items(), key=lambda item: _number(item[0]), reverse=True)
    return tuple(PatchSet.of(name, {job: tuple(runs) for job, runs in sorted(jobs.items())}) for name, jobs in ordered)


def _number(name: str) -> tuple[bool, int, str]:
    digits = name.isascii() and name.isdigit()
    return digits, int(name[:18]) if digits else 0, name


def _jobs(found: Iterable[FoundRun]) -> tuple[str, ...]:
    """The jobs that failed most patch sets first: they are what a person looks for."""
    failed: dict[str, set[str]] = {}
    for one in found:
        failed.setdefault(one.job, set()).update({one.patchset} if one.run.failed else ())
    return tuple(sorted(failed, key=lambda job: (-len(failed[job]), job)))


def _ended(one: FoundRun) -> bool:
    return one.run.passed or one.run.failed
