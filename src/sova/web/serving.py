"""What every answer of the web app is made from: one frozen value, found at `request.app.state.sova`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import Request

from sova.config import Config
from sova.filters import Query, make_query
from sova.patterns.load import PatternSet
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.session import Session
from sova.store import Store
from sova.views.desk import Desk, Foot
from sova.web.assets import Assets
from sova.web.caching import PageCache

__all__ = ["Serving", "serving_of"]


@dataclass(frozen=True, slots=True)
class Serving:
    """The configuration, the open store, the pattern set, the clock, what is kept of rendered pages.

    `token` allows calls that do something; "" allows none. Threads share one.
    """

    config: Config
    store: Store
    pattern_set: PatternSet
    clock: Callable[[], dt.datetime]
    assets: Assets
    kept: PageCache
    token: str = field(default="", repr=False)

    def now(self) -> dt.datetime:
        """The beginning of this minute, UTC: what is rendered in one minute is the same, so that it can be kept."""
        return self.clock().astimezone(dt.UTC).replace(second=0, microsecond=0)

    def open_session(self) -> Session:
        """A new session (HTTP client, log cache, engine), to be closed by who asked for it."""
        return Session(self.config, now=self.clock())

    def desk(self, query: Query | None = None) -> Desk:
        """What views are made from; without a query the builds of the tracked jobs are shown."""
        now, config = self.now(), self.config
        return Desk(
            store=self.store,
            now=now,
            timezone=config.timezone,
            query=make_query(config, now) if query is None else query,
            groups=tuple(config.groups),
            group_of=config.group_of,
            short_of=config.short_of,
            patterns=tuple(self.pattern_set.patterns),
            patterns_version=self.pattern_set.version,
        )

    @property
    def root(self) -> str:
        """The path below which readers find the pages: "/", or that of `web.url` where a proxy stands in front."""
        return f"{urlsplit(self.config.web.url).path.rstrip('/')}/"

    def address(self, request: Request) -> str:
        """The whole address of the first page as readers reach it, with a slash at the end."""
        return f"{(self.config.web.url or str(request.base_url)).rstrip('/')}/"

    def links(self, span: str = "", base: str = "") -> Links:
        """Links between pages of this server; `span` is the range that the reader chose, such as `range=7d`, `base` the
        `address` of the first page."""
        return Links(self.root, "", span=span, base=base, assets=f"static/{self.assets.version}")

    def pages(self, span: str = "", base: str = "") -> Pages:
        """Renders views to HTML; parameters as for `links`."""
        return Pages(self.links(span, base), title=self.config.title)

    def foot(self, desk: Desk, seconds: float | None = None) -> Foot:
        """What stands at the foot of a page. Raises StoreError."""
        return Foot(
            now=desk.now,
            timezone=desk.timezone.key,
            sources=self.store.last_runs(),
            patterns=len(desk.patterns),
            patterns_version=desk.patterns_version,
            seconds=seconds,
        )


def serving_of(request: Request) -> Serving:
    """The Serving of the app that answers."""
    found = request.app.state.sova
    assert isinstance(found, Serving)  # noqa: S101 - app.py puts it there
    return found
