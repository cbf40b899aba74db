"""Makes the web app: `create_app(config)`."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from sova.config import Config, find, store_location
from sova.errors import StoreError
from sova.filters import Search
from sova.patterns.load import patterns_for
from sova.reports.pages import load_templates
from sova.sources.kinds import configured
from sova.store import Store
from sova.store.counting import counting
from sova.web import api, assets, badge, errors, feeds, logs, metrics, pages, tables
from sova.web.assets import read_assets
from sova.web.caching import SOVA_VERSION, PageCache
from sova.web.security import BodyLimit, HeadRequests, HostCheck, SecurityHeaders, hosts_of, read_token
from sova.web.serving import Serving

__all__ = ["create_app", "create_app_from_environment", "settle", "utc_now"]

_WARM = dt.timedelta(days=60)
"""What pages ask for most: 30 days, and those before them."""


def utc_now() -> dt.datetime:
    """The clock of every app that is not given another."""
    return dt.datetime.now(dt.UTC)


def create_app(config: Config, *, store: Store | None = None, now: Callable[[], dt.datetime] = utc_now) -> FastAPI:
    """The web app over the store of the configuration, or over `store`, which the caller closes.

    Raises ConfigError (patterns, token file) and StoreError.
    """
    token = read_token(config)
    pattern_set = patterns_for(config)
    opened = store or Store.open(store_location(config))

    @asynccontextmanager
    async def closing(app: FastAPI) -> AsyncIterator[None]:
        app.state.warming = warming = asyncio.create_task(asyncio.to_thread(_warm, opened, now()))
        yield
        await warming
        if store is None:
            opened.close()

    app = FastAPI(
        title="Sova",
        version=SOVA_VERSION,
        openapi_url=None,  # the API tells its own
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # it would lead to the name and path that a proxy asks for
        lifespan=closing,
    )
    app.state.warming = None  # until the app begins
    app.state.sova = Serving(
        config=config,
        store=opened,
        pattern_set=pattern_set,
        clock=now,
        assets=read_assets(),
        kept=PageCache(),
        token=token,
    )
    errors.install(app)
    # what is added last is outermost
    app.add_middleware(errors.CatchAll)
    app.add_middleware(BodyLimit)
    app.add_middleware(HostCheck, hosts=hosts_of(config))
    app.add_middleware(SecurityHeaders)
    app.state.figures = metrics.Figures(app.state.sova)
    app.add_middleware(metrics.Measured, figures=app.state.figures)
    app.add_middleware(HeadRequests)
    for part in (assets, metrics, api, logs, pages, tables, feeds, badge):
        app.include_router(part.router)
    return app


def _warm(store: Store, now: dt.datetime) -> None:
    """Read what pages count, so that the first one need not wait for it."""
    with suppress(StoreError), counting(store, Search()) as counts:  # the page says what is wrong with the store
        counts.facts((now - _WARM, now))


def settle() -> None:
    """For a process that serves and does nothing else: templates of most pages are compiled before they are asked for,
    and what is loaded by now is left out of the search for garbage. It stays anyway, and to look at its hundred
    thousand objects holds up every thread for a tenth of a second."""
    load_templates()
    gc.collect()
    gc.freeze()


def create_app_from_environment(host: str = "") -> FastAPI:
    """The web app for the configuration that SOVA_CONFIG names, or that is found without; for servers that start
    processes of their own. `host`, where given, replaces `web.host`."""
    config = configured(find())
    if host:
        config = config.model_copy(update={"web": config.web.model_copy(update={"host": host})})
    return create_app(config)
