"""Builds of periodic jobs from directory listings: below each index URL one directory a build, with a console log."""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import quote, unquote, urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from sova.config import Names, SourceSettings, Zone
from sova.errors import LogError, SourceError
from sova.filters import Query, accepts
from sova.http_client import HttpError
from sova.logs.listing import parse_listing
from sova.model import Build, Change, Problem, ProblemKind
from sova.sources import SourceContext
from sova.sources.console_facts import ConsoleFacts
from sova.sources.console_reader import ConsoleReader
from sova.sources.keys import log_key
from sova.sources.push_down import Horizon

__all__ = ["IndexPagesSettings", "IndexPagesSource"]

_MINUTE = dt.timedelta(minutes=1)
"""Listings tell the time to the minute."""
_UNFINISHED = dt.timedelta(days=1)
"""A console without an end whose directory was changed this lately may still be written."""
_SIDE_BY_SIDE = 6
_UUID = re.compile(r"[0-9a-f]{32}\Z")


def _web(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or not parts.path.strip("/"):
            raise ValueError(f"should be an address such as https://logs.example.org/periodic/JOB/, got {url!r}")
    return urls


class IndexPagesSettings(SourceSettings):
    """Keys of a source of type `index_pages`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    urls: Annotated[Names, AfterValidator(_web)] = Field(
        min_length=1, description="Listing of each job; the last part of its path is the name of the job."
    )
    timezone: Zone | None = Field(
        None, description="Zone of the dates in the listings; by default that of the configuration."
    )


@dataclass(frozen=True, slots=True)
class _Directory:
    """One build in a listing."""

    job_name: str
    pipeline: str
    name: str
    url: str
    mtime: dt.datetime | None


class IndexPagesSource:
    """The builds below the index URLs, newest first by the dates in the listings."""

    Settings = IndexPagesSettings

    def __init__(self, settings: IndexPagesSettings, context: SourceContext) -> None:
        self.settings = settings
        self.context = context
        self.name = settings.name or f"index pages {urlsplit(settings.urls[0]).netloc}"

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        """See `Source.builds`. A directory last changed before the wanted time is not looked into."""
        if query.periodic is False or query.change:
            return
        directories: list[_Directory] = []
        errors: list[str] = []
        for url in dict.fromkeys(url.rstrip("/") + "/" for url in self.settings.urls):
            self.context.http.trust(url)
            try:
                directories += self._listed(url)
            except SourceError as error:
                errors.append(str(error))
                yield Problem(self.name, ProblemKind.SOURCE, str(error))
        yield from self._read(directories, query)
        if errors:  # each was told; after what the others gave, the source counts as one that was not reached
            raise SourceError(errors[-1])

    def _listed(self, url: str) -> Iterator[_Directory]:
        """The directories in one listing. Raises SourceError."""
        try:
            response = self.context.http.get(url, headers={"Accept": "text/html"})
        except HttpError as error:
            raise SourceError(str(error)) from error
        entries = parse_listing(response.body, response.url, self.settings.timezone or self.context.timezone)
        if entries is None:
            raise SourceError(f"{url}: is no directory listing")
        parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
        pipeline = parts[-2] if len(parts) > 1 and "periodic" in parts[-2] else ""
        for entry in entries:
            if entry.is_dir:
                yield _Directory(parts[-1], pipeline, entry.name, f"{url}{quote(entry.name)}/", entry.mtime)

    def _read(self, directories: list[_Directory], query: Query) -> Iterator[Build | Problem]:
        """Builds of the directories that may be wanted, newest first; consoles are read some builds ahead."""
        reader = ConsoleReader(self.context.http)
        horizon = Horizon(query, self.context.now)
        wanted = (
            directory
            for directory in sorted(directories, key=_newest_first, reverse=True)
            if accepts(self._stub(directory), _by_job(query)) and not horizon.passed(_last_change(directory))
        )
        for directory, facts in _ahead(reader, wanted):
            if isinstance(facts, Problem):
                yield facts
                continue
            build = self._build(self._stub(directory), facts, directory)
            horizon.saw(build)
            yield build

    def _stub(self, directory: _Directory) -> Build:
        return Build(
            key=log_key(directory.url),
            job_name=directory.job_name,
            seen_by=(self.name,),
            uuid=directory.name if _UUID.match(directory.name) else "",
            pipeline=directory.pipeline,
            end_time=directory.mtime,
            log_url=directory.url,
        )

    def _build(self, stub: Build, facts: ConsoleFacts, directory: _Directory) -> Build:
        changed = directory.mtime or facts.end_time
        over = changed is None or changed < self.context.now - _UNFINISHED
        start, end = facts.start_time, facts.end_time or directory.mtime
        return replace(
            stub,
            result=facts.result or ("UNKNOWN" if over else ""),
            pipeline=facts.pipeline or stub.pipeline,
            change=Change(branch=facts.branch),
            start_time=start,
            end_time=end,
            duration=(end - start).total_seconds() if start and end and end >= start else None,
        )


def _newest_first(directory: _Directory) -> tuple[bool, dt.datetime, str]:
    return (
        directory.mtime is not None,
        directory.mtime or dt.datetime.min.replace(tzinfo=dt.UTC),
        directory.name,
    )


def _last_change(directory: _Directory) -> dt.datetime | None:
    """The moment after which nothing was written to the directory; the build ended before."""
    return directory.mtime + _MINUTE if directory.mtime else None


def _ahead(reader: ConsoleReader, wanted: Iterator[_Directory]) -> Iterator[tuple[_Directory, ConsoleFacts | Problem]]:
    """Each directory with what its console tells, or why it tells nothing, in order; several are read side by side.

    The first is read by itself: the reader learns from it what this server has.
    """
    first = next(wanted, None)
    if first is None:
        return
    yield first, _facts(reader, first)
    running: deque[tuple[_Directory, Future[ConsoleFacts | Problem]]] = deque()
    with ThreadPoolExecutor(_SIDE_BY_SIDE, "console") as pool:
        try:
            for directory in wanted:
                running.append((directory, pool.submit(_facts, reader, directory)))
                if len(running) >= _SIDE_BY_SIDE:
                    done, future = running.popleft()
                    yield done, future.result()
            while running:
                done, future = running.popleft()
                yield done, future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _facts(reader: ConsoleReader, directory: _Directory) -> ConsoleFacts | Problem:
    try:
        return reader.facts(directory.url) or ConsoleFacts()
    except LogError as error:
        return error.problem


def _by_job(query: Query) -> Query:
    """The part of a query that needs no more than the name of the job."""
    return Query(jobs=query.jobs, job_type=query.job_type, short=query.short, exclude=query.exclude)
