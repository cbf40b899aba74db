"""What of the site is to be written: everything at first, then what changed since."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sova.filters import Search
from sova.model import Verdict
from sova.reports.site.making import LISTS, Name, Settings, Task
from sova.reports.site.state import State, digest, looks_of
from sova.slugs import build_slug, name_slug, reason_slug
from sova.stats import days_of
from sova.store import ChangedBuild
from sova.store.counting import counting
from sova.store.seen import changes_seen, days_seen, jobs_seen, keys_seen, reasons_seen
from sova.times import days_back
from sova.views.desk import Desk, Span

__all__ = ["Plan", "plan", "span_of_days"]

_CHUNK = 50  # builds or changes of one task: they are loaded together
_FAILED = Search(failed=True)


@dataclass(frozen=True, slots=True)
class Plan:
    """`there` are all pages of single things that exist afterwards, `wanted` the slugs of the builds to be written,
    `days` those with a page, `state` what the site is then made from."""

    span: Span
    tasks: tuple[Task, ...]
    there: frozenset[str]
    wanted: frozenset[str]
    days: tuple[dt.date, ...]
    state: State


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of many builds: where it is, what it depends on, and the task that makes it."""

    path: str
    mark: str
    task: Task


def span_of_days(desk: Desk, days: int) -> Span:
    """The last days of the desk's zone, today is one of them."""
    first, tomorrow = (days_back(desk.now, back, desk.timezone) for back in (days, 0))
    return Span("today" if days == 1 else f"{days}d", first, tomorrow)


def plan(desk: Desk, settings: Settings, before: State | None, on_disk: Collection[str]) -> Plan:
    """What is to be done about a site that was made from `before` and has these pages. Raises StoreError.

    The version of the store is asked for first: what comes in meanwhile is written again by the next update.
    """
    version = desk.store.version()
    span = span_of_days(desk, settings.days)
    looks = looks_of(settings, desk.timezone.key, replace(desk.query, since=None, until=None))
    known = before if before and before.looks == looks else None
    builds = _builds_with_page(desk, settings, span)
    days = _days(desk, span, on_disk)
    changed = list(desk.store.keys_changed_since(known.version)) if known else []
    pages = [*_of_things(desk, settings, span), *_of_days(days), *_of_changed(changed, on_disk)]
    touched = set(_touched(changed, desk))
    due = {
        page.path: page.task
        for page in pages
        if known is None
        or page.path not in on_disk
        or page.path in touched
        or (page.mark and known.marks.get(page.path) != page.mark)
    }
    keys = {key for key in builds if known is None or f"builds/{build_slug(key)}" not in on_disk}
    keys |= {one.key for one in changed if one.key in builds or f"builds/{build_slug(one.key)}" in on_disk}
    marks = {page.path: page.mark for page in pages if page.mark}
    for name in LISTS:
        # the statistics take as long as all other lists together: they follow once an hour
        news = desk.now.strftime("%H") if name == "statistics" else version
        marks[name] = digest(news, span, desk.patterns_version, desk.groups)
        if known is None or known.marks.get(name) != marks[name]:
            due[name] = Task("list", ((name,),), 5)
    return Plan(
        span=span,
        tasks=tuple(sorted(_tasks(due, keys, builds), key=lambda task: -task.weight)),
        there=frozenset({*on_disk, *(page.path for page in pages), *(f"builds/{build_slug(key)}" for key in builds)}),
        wanted=frozenset(map(build_slug, keys)),
        days=tuple(days),
        state=State(looks, version, marks),
    )


def _builds_with_page(desk: Desk, settings: Settings, span: Span) -> dict[str, str]:
    """The builds that have a page, with their day: failures of the last days, and every unknown one."""
    recent = _recent(desk, settings, span)
    unknown = replace(_FAILED, verdict=(Verdict.UNKNOWN,))
    found = [*keys_seen(desk.store, desk.within(_FAILED, recent)), *keys_seen(desk.store, desk.within(unknown, span))]
    return {key: time.astimezone(desk.timezone).date().isoformat() for key, time in found if time}


def _of_things(desk: Desk, settings: Settings, span: Span) -> Iterator[_Page]:
    """The pages of jobs, reasons and changes."""
    ends, recent = (span.since, span.until), (_recent(desk, settings, span).since, span.until)
    with counting(desk.store, desk.within(Search())) as counts:
        for one in jobs_seen(counts, ends):
            name = one.name[0]
            mark = digest(one.mark, span, desk.group_of(name), desk.short_of(name))
            yield _Page(f"jobs/{name_slug(name)}", mark, Task("job", (one.name,), 4))
        for one in reasons_seen(counts, ends):
            mark = digest(one.mark, span, desk.patterns_version)
            yield _Page(f"reasons/{reason_slug(*one.name)}", mark, Task("reason", (one.name,), 4))
        for one in changes_seen(counts, recent):
            yield _change_page(one.name[0], one.name[1], digest(one.mark))


def _recent(desk: Desk, settings: Settings, span: Span) -> Span:
    """The days whose failures and changes have a page each."""
    return replace(span, since=max(span.since, days_back(desk.now, settings.build_pages, desk.timezone)))


def _change_page(project: str, number: str, mark: str) -> _Page:
    return _Page(f"changes/{name_slug(project)}/{number}", mark, Task("change", ((project, number),)))


def _days(desk: Desk, span: Span, on_disk: Collection[str]) -> dict[dt.date, str]:
    """The days that have a page, with a mark; "" for those before the range: their pages stay as they are."""
    found = dict.fromkeys(_dates(on_disk), "")
    with counting(desk.store, desk.within(_FAILED)) as counts:
        found.update(days_seen(counts, days_of(span.since, span.until, desk.timezone)))
    return dict(sorted(found.items()))


def _dates(on_disk: Collection[str]) -> Iterator[dt.date]:
    for path in on_disk:
        if path.startswith("days/"):
            try:
                yield dt.date.fromisoformat(path.removeprefix("days/"))
            except ValueError:  # a page that is not ours
                continue


def _of_days(days: Mapping[dt.date, str]) -> Iterator[_Page]:
    """The pages of days; each leads to the day before and after."""
    dates = list(days)
    for place, date in enumerate(dates):
        if days[date]:
            mark = digest(days[date], dates[max(0, place - 1) : place + 2])
            yield _Page(f"days/{date}", mark, Task("day", ((date.isoformat(),),), 20))


def _of_changed(changed: Collection[ChangedBuild], on_disk: Collection[str]) -> Iterator[_Page]:
    """The pages of changes that are no longer in the range, and have a new build after all."""
    for one in changed:
        if one.change_number is not None:
            page = _change_page(one.project, str(one.change_number), "")
            if page.path in on_disk:
                yield page


def _touched(changed: Collection[ChangedBuild], desk: Desk) -> Iterator[str]:
    """The pages on which a changed build stands."""
    for one in changed:
        yield f"jobs/{name_slug(one.job)}"
        if one.message:
            yield f"reasons/{reason_slug(one.tag, one.message)}"
        if one.change_number is not None:
            yield f"changes/{name_slug(one.project)}/{one.change_number}"
        if one.time:
            yield f"days/{one.time.astimezone(desk.timezone).date()}"


def _tasks(due: Mapping[str, Task], keys: Collection[str], builds: Mapping[str, str]) -> Iterator[Task]:
    """The tasks; builds of a day whose page is made are made with it, as they are loaded then."""
    of_day = Counter(builds.get(key, "") for key in keys)
    days = {task.names[0][0] for task in due.values() if task.kind == "day"}
    for task in due.values():
        if task.kind == "day":
            yield replace(task, weight=task.weight + of_day[task.names[0][0]])
        elif task.kind != "change":
            yield task
    yield from _chunks("change", [task.names[0] for task in due.values() if task.kind == "change"])
    yield from _chunks("build", [(key,) for key in sorted(keys) if builds.get(key, "") not in days])


def _chunks(kind: str, names: Sequence[Name]) -> Iterator[Task]:
    for start in range(0, len(names), _CHUNK):
        chunk = tuple(names[start : start + _CHUNK])
        yield Task(kind, chunk, len(chunk))
