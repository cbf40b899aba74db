"""Figures for Prometheus at /metrics (OpenMetrics where it is asked for), and the two questions of health.

What is counted of the store covers the last 24 hours and is asked for once a minute at most, or when the store has
changed. Requests are counted by the template of their route, never by the address that was asked for, so that nobody
can make more series.
With several processes (`--workers`) each scrape tells the sum over all of them.
"""

from __future__ import annotations

import datetime as dt
import os
from asyncio import Future
from collections.abc import Iterator, Mapping, Sequence
from threading import Lock
from time import perf_counter

from fastapi import APIRouter, HTTPException, Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sova.errors import StoreError
from sova.filters import Search
from sova.stats import Totals, compare
from sova.web.serving import Serving, serving_of

__all__ = ["Figures", "Measured", "router"]

router = APIRouter(include_in_schema=False)

_API = "/api/v1"
_DAY = dt.timedelta(hours=24)
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)


class Figures:
    """Everything that is counted. Where PROMETHEUS_MULTIPROC_DIR is set, several processes answer side by side and
    requests are summed up over all of them."""

    def __init__(self, serving: Serving) -> None:
        self._several = bool(os.environ.get("PROMETHEUS_MULTIPROC_DIR"))
        self._store = StoreFigures(serving, alone=not self._several)
        self._registry = CollectorRegistry()
        if not self._several:
            self._registry.register(self._store)
        self._requests = Counter(
            "sova_http_requests", "Requests answered.", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "sova_http_request_seconds",
            "Seconds until the answer was sent.",
            ("route",),
            buckets=_STEPS,
            registry=self._registry,
        )

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def registry(self) -> CollectorRegistry:
        """All figures as they are now."""
        if not self._several:
            return self._registry
        found = CollectorRegistry()
        found.register(self._store)
        MultiProcessCollector(found)  # type: ignore[no-untyped-call]  # the package has no types here
        return found


class Measured:
    """Counts and times every request; HEAD has become GET before."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, begun = 500, perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            self.figures.seen(scope["method"], _template(scope), status, perf_counter() - begun)


def _template(scope: Scope) -> str:
    """The route that answered, such as `/builds/{slug}`; "none" where none did."""
    path: str = getattr(scope.get("route"), "path", "none")
    within_api = path.startswith("/") and scope["path"].startswith(f"{_API}/") and not path.startswith(f"{_API}/")
    return f"{_API}{path}" if within_api else path  # a router within a router is told without its prefix


class StoreFigures(Collector):
    """What the store says about the last 24 hours, and what is kept of rendered pages."""

    def __init__(self, serving: Serving, *, alone: bool) -> None:
        """`alone` says that no other process answers, so that what this one counts is all there is."""
        self._serving = serving
        self._alone = alone
        self._lock = Lock()
        self._counted: tuple[tuple[int, dt.datetime], Totals] | None = None

    def collect(self) -> Iterator[Metric]:
        """Every family. Where the database does not answer, only `sova_store_up` tells of it."""
        try:
            found, answers = self._of_store(), 1
        except StoreError:
            found, answers = (), 0
        yield Gauge("sova_store_up", "Whether the database answers.", answers)
        yield from found
        if self._alone:
            yield from self._of_pages()

    def _of_store(self) -> Sequence[Metric]:
        version, now = self._serving.store.check(), self._serving.clock()
        totals = self._totals(version)
        runs = self._serving.store.last_runs()
        outcomes = {"passed": totals.passed, "failed": totals.failed, "other": totals.other}
        ages = {run.source: (now - run.newest).total_seconds() for run in runs if run.newest}
        answered = {run.source: int(run.reachable) for run in runs}
        return (
            Gauge("sova_store_version", "How often the store has changed.", version),
            _gauges("sova_builds_24h", "Builds of the last 24 hours, by outcome.", "outcome", outcomes),
            _gauges("sova_failures_24h", "Failures of the last 24 hours, by tag.", "tag", dict(totals.by_tag)),
            Gauge("sova_failures_explained_24h", "Those of them with a known reason.", totals.explained),
            Gauge("sova_failures_unreadable_24h", "Those of them whose logs could not be read.", totals.unreadable),
            _gauges(
                "sova_source_newest_build_age_seconds", "Age of the newest build that a source gave.", "source", ages
            ),
            _gauges("sova_source_up", "Whether a source answered when it was asked last.", "source", answered),
        )

    def _totals(self, version: int) -> Totals:
        now = self._serving.now()
        with self._lock:
            if self._counted is None or self._counted[0] != (version, now):
                desk = self._serving.desk()
                search = desk.within(Search())
                found = compare(desk.store, search, now - _DAY, now + dt.timedelta(minutes=1), desk.timezone)
                self._counted = (version, now), found.totals
            return self._counted[1]

    def _of_pages(self) -> Iterator[Metric]:
        kept = self._serving.kept
        yield Gauge("sova_pages_kept", "Rendered pages that are kept.", len(kept))
        yield Gauge("sova_pages_kept_bytes", "Bytes that they take.", kept.bytes)
        asked = CounterMetricFamily("sova_pages_asked", "Pages asked for, by whether they were kept.", labels=("kept",))
        asked.add_metric(("yes",), kept.hits)
        asked.add_metric(("no",), kept.misses)
        yield asked


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> Gauge:
    found = Gauge(name, words, labels=(label,))
    for word, value in values.items():
        found.add_metric((word,), value)
    return found


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Every figure, in the form that the Accept header asks for."""
    figures: Figures = request.app.state.figures
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(figures.registry()), headers={"Cache-Control": "no-store", "Content-Type": media_type})


@router.get("/healthz")
async def healthz() -> Response:
    """Whether the process lives; answered at once, however many pages wait for a thread."""
    return Response("ok\n", media_type="text/plain", headers={"Cache-Control": "no-store"})


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Whether pages can be made: the database answers, its tables are those of this version, and what most pages count
    is read."""
    serving_of(request).store.check()
    warming: Future[None] | None = request.app.state.warming
    if warming and not warming.done():
        raise HTTPException(503, "The builds of the last 60 days are being read.")
    return Response("ready\n", media_type="text/plain", headers={"Cache-Control": "no-store"})
