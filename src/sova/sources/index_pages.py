"""Builds of periodic jobs from directory listings: below each index URL one directory a build, with a console log."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
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
from sova.sources.push_down import earliest

__all__ = ["IndexPagesSettings", "IndexPagesSource"]

_MINUTE = dt.timedelta(minutes=1)
"""Listings tell the time to the minute."""
_UNFINISHED = dt.timedelta(days=1)
"""A console without an end whose directory was changed this lately may still be written."""
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
        if len(errors) == len(self.settings.urls):
            raise SourceError(errors[0])
        yield from self._read(directories, query)

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
        reader = ConsoleReader(self.context.http)
        since = earliest(query, self.context.now)
        for directory in sorted(directories, key=_newest_first, reverse=True):
            stub = self._stub(directory)
            if not accepts(stub, _by_job(query)) or _older(directory, since):
                continue
            try:
                facts = reader.facts(directory.url)
            except LogError as error:
                yield error.problem
                continue
            yield self._build(stub, facts or ConsoleFacts(), directory)

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


def _older(directory: _Directory, since: dt.datetime | None) -> bool:
    return since is not None and directory.mtime is not None and directory.mtime + _MINUTE <= since


def _by_job(query: Query) -> Query:
    """The part of a query that needs no more than the name of the job."""
    return Query(jobs=query.jobs, job_type=query.job_type, short=query.short, exclude=query.exclude)
