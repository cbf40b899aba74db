"""What every answer of the web app is made from: one frozen value, found at `request.app.state.sova`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import Request

from sova.config import Config
from sova.filters import make_query
from sova.patterns.load import PatternSet
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.session import Session
from sova.store import Store
from sova.views.desk import Desk, desk_of
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

    def desk(self) -> Desk:
        """What views are made from: the builds of the tracked jobs."""
        now = self.now()
        return desk_of(self.config, self.pattern_set, self.store, make_query(self.config, now), now)

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


def serving_of(request: Request) -> Serving:
    """The Serving of the app that answers."""
    found = request.app.state.sova
    assert isinstance(found, Serving)  # noqa: S101 - app.py puts it there
    return found
