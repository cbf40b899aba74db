"""Builds that CI systems reported in comments on changes, read from Gerrit over ssh or from a recorded answer of it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from sova.config import Names, SourceSettings
from sova.errors import SourceError
from sova.filters import Query, accepts, newest_first
from sova.model import Build, Problem, ProblemKind
from sova.sources import SourceContext
from sova.sources.fields import Row, integer, text
from sova.sources.gerrit_builds import account_filter, builds_of
from sova.sources.gerrit_query import Answer, phrase, query_text, query_words, read_answer
from sova.sources.push_down import Horizon, earliest, exact
from sova.sources.zuul_pages import ZuulPages
from sova.ssh import Connection, SshError, lines

__all__ = ["GerritSettings", "GerritSource"]

_REPORTED_LATE = dt.timedelta(days=1)
"""A report may be written that long after the build ended."""


def _host(host: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_\[][0-9A-Za-z_.:%\[\]-]*", host):
        raise ValueError(f"should be a host name such as review.example.org, got {host!r}")
    return host


def _phrases(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        phrase(name)
        if name.startswith("^"):
            try:
                re.compile(name)
            except re.error as error:
                raise ValueError(f"{name!r} is no regular expression: {error}") from error
    return names


GerritNames = Annotated[Names, AfterValidator(_phrases)]


class GerritSettings(SourceSettings):
    """Keys of a source of type `gerrit`."""

    host: Annotated[str, AfterValidator(_host)] = Field(description="Name of the Gerrit server for ssh.")
    port: int = Field(29418, gt=0, lt=65536, description="Port of Gerrit's ssh.")
    user: str = Field("", description="Account name; by default that of the ssh configuration.")
    key_file: Path | None = Field(
        None, description="Private key; by default what the ssh client finds or the agent holds."
    )
    ssh_command: str = Field("ssh", min_length=1, description="The OpenSSH client, with options if need be.")
    projects: GerritNames = Field((), description="Projects, or `^` and a regular expression; all when empty.")
    branches: GerritNames = Field((), description="Branches, or `^` and a regular expression; all when empty.")
    limit: int = Field(200, gt=0, description="Most changes read for each of `projects`; being cut is reported.")
    query: str = Field("", description="More conditions, in Gerrit's query language.")
    accounts: Names = Field((), description="Accounts of CI systems, names or globs; by default Zuul, Jenkins, * CI.")
    timeout: float = Field(60.0, gt=0, description="Seconds without a byte after which the connection is given up.")
    recorded: Path | None = Field(
        None, description="File with a recorded answer to `gerrit query`, read in place of ssh."
    )
    zuul_recorded: Path | None = Field(
        None, description="File with recorded builds of a Zuul, for the builds in comments."
    )


class GerritSource:
    """The builds reported on open changes, and on those merged within the wanted days."""

    Settings = GerritSettings

    def __init__(self, settings: GerritSettings, context: SourceContext) -> None:
        self.settings = settings
        self.context = context
        self.name = settings.name or f"gerrit {settings.host}"

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        """See `Source.builds`. Builds of a Zuul are completed by what that Zuul knows, the newest ones first."""
        if query.periodic:
            return  # every build in a review is one of a change
        changes: dict[tuple[str, int | None], Row] = {}
        broken: SourceError | None = None
        try:
            for item in self._changes(query):
                if isinstance(item, Problem):
                    yield item
                else:
                    changes.setdefault((text(item, "project"), integer(item, "number")), item)
        except SourceError as error:
            broken = error  # what came before is told all the same
        found, problems = self._reported(list(changes.values()), query)
        yield from problems
        horizon = Horizon(query, self.context.now)
        newer = takewhile(lambda build: not horizon.passed(build.time), found)
        for completed in ZuulPages(self.context.http, self.name, self._zuul_rows()).complete(newer):
            if isinstance(completed, Build):
                horizon.saw(completed)
            yield completed
        if broken:
            raise broken

    def _reported(self, changes: list[Row], query: Query) -> tuple[list[Build], list[Problem]]:
        """Each build once, newest first, of those that the query can mean."""
        wanted = account_filter(self.settings.accounts)
        builds: dict[str, Build] = {}
        problems = []
        for row in changes:
            try:
                reported = list(builds_of(row, self.settings.host, self.name, wanted))
            except ValueError as error:
                problems.append(self._problem(f"a change cannot be read and is left out: {error}"))
                continue
            for build in reported:
                if _may_be_wanted(build, query, self.context.now):
                    builds[build.key] = max(builds.get(build.key, build), build, key=newest_first)
        return sorted(builds.values(), key=newest_first, reverse=True), problems

    def _changes(self, query: Query) -> Iterator[Row | Problem]:
        """Changes of all projects; of a project that Gerrit refuses, a Problem. Raises SourceError."""
        if self.settings.recorded:
            answer = read_answer(_recorded(self.settings.recorded).split("\n"))
            yield from self._told(answer, live=False)
            yield from (row for row in answer.changes if self._configured(row))
            return
        since = earliest(query, self.context.now)
        refused = []
        projects = self.settings.projects or exact(query.project) or ("",)
        for project in projects:
            words = query_text(
                project, self.settings.branches or exact(query.branch), query.change, since, self.settings.query
            )
            try:
                yield from self._pages(words, project)
            except _RefusedError as error:
                refused.append(error)
                yield self._problem(str(error))
        if refused and len(refused) == len(projects):
            raise refused[0]

    def _pages(self, query: str, project: str) -> Iterator[Row | Problem]:
        taken = 0
        while taken < self.settings.limit:
            answer, broken = self._ask(query_words(query, self.settings.limit - taken, taken))
            yield from answer.changes
            if broken:
                raise broken
            yield from self._told(answer, live=True)
            if answer.error:
                raise _RefusedError(f"Gerrit refuses the query {query!r}: {answer.error}")
            taken += len(answer.changes)
            if not answer.changes or not (answer.more or (answer.more is None and taken >= self.settings.limit)):
                return
        what = f"{project}: " if project else ""
        yield self._problem(f"{what}only the newest {taken} changes were read; raise `limit` or ask for fewer days")

    def _ask(self, words: list[str]) -> tuple[Answer, SshError | None]:
        """The answer as far as it came, and why it did not come whole."""
        broken: list[SshError] = []

        def as_far_as_it_comes() -> Iterator[str]:
            try:
                yield from lines(self._connection(), words)
            except SshError as error:
                broken.append(error)

        answer = read_answer(as_far_as_it_comes())
        # Gerrit may tell what is wrong with the query, and end with a status too: its own words say more
        return answer, broken[0] if broken and not answer.error else None

    def _connection(self) -> Connection:
        settings = self.settings
        return Connection(
            settings.host,
            settings.port,
            settings.user,
            str(settings.key_file or ""),
            settings.ssh_command,
            timeout=settings.timeout,
        )

    def _told(self, answer: Answer, *, live: bool) -> Iterator[Problem]:
        for line in answer.unread:
            yield self._problem(f"a line of the answer cannot be read and is left out: {line!r}")
        if answer.error and not live:
            yield self._problem(f"the recorded answer is an error: {answer.error}")
        if live and not answer.complete and not answer.error:
            yield self._problem("the answer has no last line with statistics; it may have been cut")

    def _configured(self, row: Row) -> bool:
        """Whether a recorded change would have been asked for."""
        project, branch = text(row, "project"), text(row, "branch")
        return _any(project, self.settings.projects) and _any(branch, self.settings.branches)

    def _zuul_rows(self) -> dict[str, Row]:
        if not self.settings.zuul_recorded:
            return {}
        path = self.settings.zuul_recorded
        try:
            answer = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise SourceError(f"{path}: recorded builds that cannot be read: {error}") from error
        if not isinstance(answer, list):
            raise SourceError(f"{path}: should be a list of builds, as `/api/tenant/TENANT/builds` gives it")
        return {text(row, "uuid"): row for row in answer if isinstance(row, dict)}

    def _problem(self, detail: str) -> Problem:
        return Problem(self.name, ProblemKind.SOURCE, detail)


class _RefusedError(SourceError):
    """Gerrit answered with an error line."""


def _any(value: str, names: tuple[str, ...]) -> bool:
    return not names or any(
        re.fullmatch(name, value) is not None if name.startswith("^") else name == value for name in names
    )


def _may_be_wanted(build: Build, query: Query, now: dt.datetime) -> bool:
    """Whether the query can mean the build, as far as a comment tells: its Zuul may know another pipeline and time."""
    loose = replace(
        query,
        since=earliest(query, now),
        until=query.until + _REPORTED_LATE if query.until else None,
        dates=(),
        pipeline=(),
        voting=None,
    )
    if build.result == "UNKNOWN":
        loose = replace(loose, result=(), fail=False)
    return accepts(build, loose)


def _recorded(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"{path}: a recorded answer of Gerrit that cannot be read: {error}") from error
