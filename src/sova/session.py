"""What one run works with, opened from the configuration: HTTP client, log cache, patterns, engine, sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from sova.config import Config, cache_directory
from sova.http_client import HttpClient
from sova.logs import LogTree
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.model import Build
from sova.patterns.engine import Engine
from sova.patterns.load import PatternSet, patterns_for
from sova.sources import Source, SourceContext
from sova.sources.kinds import Kinds
from sova.triage import Tools

__all__ = ["Session"]

_LOGS_MAY_COME = dt.timedelta(hours=1)
"""How long after its end a build's logs may still be on their way: until then a 404 means "not yet there"."""


class Session:
    """Opens things when they are first asked for; use it as a context manager so that connections are closed."""

    def __init__(
        self, config: Config, *, now: dt.datetime, pattern_files: tuple[Path, ...] = (), down_path: Path | None = None
    ) -> None:
        """`pattern_files`, when given, are the only patterns; `down_path` replaces the cache directory."""
        self.config = config
        self.now = now
        self._pattern_files = pattern_files
        self._directory = down_path or cache_directory(config)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "http" in self.__dict__:
            self.http.close()

    @cached_property
    def http(self) -> HttpClient:
        return HttpClient(
            self.config.limits, trusted_hosts=set(self._configured_hosts()), allow_hosts=self.config.allow_hosts
        )

    @cached_property
    def cache(self) -> Cache:
        return Cache(self._directory / "logs", self.config.cache_size)

    @cached_property
    def pattern_set(self) -> PatternSet:
        return patterns_for(self.config, self._pattern_files)

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.pattern_set.patterns, cache_dir=self._directory / "patterns")

    @cached_property
    def tools(self) -> Tools:
        return self._tools(self.open_tree)

    @cached_property
    def cached_tools(self) -> Tools:
        """Tools that fetch nothing: what is not in the cache (or on this machine) is missing."""
        return self._tools(self.open_cached_tree)

    def _tools(self, open_tree: Callable[[Build], LogTree]) -> Tools:
        return Tools(
            engine=self.engine,
            open_tree=open_tree,
            log_paths=self.config.log_paths,
            log_search=self.config.log_search,
            patterns_version=self.pattern_set.version,
            build_size=self.config.limits.build_size,
        )

    def open_tree(self, build: Build) -> LogTree:
        """The logs of a build, after `rewrite_urls`."""
        return self._tree(build, self.http)

    def open_cached_tree(self, build: Build) -> LogTree:
        """As `open_tree`, without fetching anything."""
        return self._tree(build, None)

    def settled(self, build: Build) -> bool:
        """Whether the build ended long enough ago that its logs stay as they are."""
        return build.final and (build.end_time is None or self.now - build.end_time > _LOGS_MAY_COME)

    def _tree(self, build: Build, http: HttpClient | None) -> LogTree:
        return open_tree(
            self.config.moved(build.log_url),
            http=http,
            cache=self.cache,
            limits=self.config.limits,
            artifacts=build.artifacts,
            final=self.settled(build),
        )

    def sources(self) -> list[Source]:
        """The configured sources, each with a name of its own."""
        kinds = Kinds()
        context = SourceContext(http=self.http, now=self.now, timezone=self.config.timezone)
        return [kinds.factory(settings.type)(settings, context) for settings in self.config.sources]

    def moved(self, build: Build) -> Build:
        """The build with its log URL after `rewrite_urls`."""
        return replace(build, log_url=self.config.moved(build.log_url))

    def _configured_hosts(self) -> Iterable[str]:
        """Hosts that a person wrote into the configuration; those that content names are not among them."""
        urls: list[object] = [rewrite.to for rewrite in self.config.rewrite_urls]
        for settings in self.config.sources:
            for value in settings.model_dump().values():
                urls += value if isinstance(value, list | tuple) else [value]
        for url in urls:
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                yield urlsplit(url).netloc.rpartition("@")[2].lower()
