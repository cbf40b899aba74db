"""Builds known by the address of their page in a Zuul get what that Zuul knows of them, above all their logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from sova.errors import SourceError
from sova.model import Build, Problem
from sova.sources.fields import Row, text
from sova.sources.zuul_api import ZuulError, fetch_build, fetch_builds, parse
from sova.sources.zuul_urls import BuildPage, ZuulAddress, build_page

if TYPE_CHECKING:
    from sova.http_client import HttpClient

__all__ = ["ZuulPages", "merged"]

_AT_ONCE = 40
"""Builds asked for in one request: Zuul takes a list of uuids, and 40 of them still make a short URL."""


def merged(told: Build, known: Build) -> Build:
    """A build that a comment told of, with what its Zuul knows better; the change stays as Gerrit knows it."""
    return replace(
        told,
        result=known.result or told.result,
        pipeline=known.pipeline or told.pipeline,
        voting=known.voting,
        start_time=known.start_time or told.start_time,
        end_time=known.end_time or told.end_time,
        duration=told.duration if known.duration is None else known.duration,
        log_url=known.log_url,
        artifacts=known.artifacts,
        nodeset=known.nodeset,
        event_id=known.event_id,
        error_detail=known.error_detail or told.error_detail,
        final=known.final,
    )


class ZuulPages:
    """Asks each Zuul for many builds at once, and remembers its answers for one run."""

    def __init__(self, http: HttpClient, source: str, recorded: Mapping[str, Row]) -> None:
        """`recorded` holds rows by uuid; what is in it is not asked for."""
        self._http = http
        self._source = source
        self._recorded = recorded
        self._failed: set[str] = set()
        self._lost: set[str] = set()

    def complete(self, builds: Iterable[Build]) -> Iterator[Build | Problem]:
        """The same builds in the same order, complete where a Zuul answers.

        A Zuul that cannot be asked makes one Problem and is not asked again; its builds stay as they are.
        """
        rest = iter(builds)
        while batch := list(islice(rest, _AT_ONCE)):
            pages = {build.key: page for build in batch if (page := build_page(build.url))}
            found: dict[str, Row] = {}
            for zuul in dict.fromkeys(page.zuul for page in pages.values()):
                yield from self._ask(zuul, {key: page for key, page in pages.items() if page.zuul == zuul}, found)
            for build in batch:
                yield self._merged(build, pages, found)

    def _merged(self, build: Build, pages: Mapping[str, BuildPage], found: Mapping[str, Row]) -> Build:
        if build.key not in found:
            return build
        try:
            return merged(build, parse(found[build.key], pages[build.key], self._source))
        except ZuulError:  # a row for this very uuid, but no build: as good as no answer
            return build

    def _ask(self, zuul: ZuulAddress, pages: Mapping[str, BuildPage], found: dict[str, Row]) -> Iterator[Problem]:
        """Puts rows into `found`, by the key of the build."""
        missing = {key: page for key, page in pages.items() if page.uuid not in self._recorded}
        found.update((key, self._recorded[page.uuid]) for key, page in pages.items() if page.uuid in self._recorded)
        if not missing or zuul.root in self._failed:
            return
        rows = self._together(zuul, [page.uuid for page in missing.values()])
        for key, page in missing.items():
            if row := rows.get(page.uuid):
                found[key] = row
                continue
            try:
                found[key] = fetch_build(self._http, page)
            except ZuulError as error:
                yield from self._told(zuul, error)
                if zuul.root in self._failed:
                    return

    def _together(self, zuul: ZuulAddress, uuids: Sequence[str]) -> dict[str, Row]:
        """Rows by uuid, as far as the Zuul can be asked for several; the rest is asked for one by one."""
        if len(uuids) < 2:
            return {}
        parameters = [*(("uuid", uuid) for uuid in uuids), ("limit", str(len(uuids)))]
        try:
            answer = fetch_builds(self._http, zuul, parameters)
        except SourceError:
            return {}
        return {text(row, "uuid"): row for row in answer if isinstance(row, dict)}

    def _told(self, zuul: ZuulAddress, error: ZuulError) -> Iterator[Problem]:
        if error.status == 404:
            if zuul.root not in self._lost:
                self._lost.add(zuul.root)
                yield Problem(self._source, error.kind, f"{error}; this and others like it come without logs")
            return
        self._failed.add(zuul.root)
        yield Problem(self._source, error.kind, f"{error}; builds of this Zuul come without logs")
