"""`POST /api/v1/diagnose`: why does this log or build fail? For those who have the token.

The address comes from elsewhere, so its host is not trusted: nothing private is connected to, whatever it redirects or
refers to, unless `allow_hosts` names it; and only http and https are spoken, no file of this machine is read. One
target at a time in each process, for a minute at most. Nothing is kept, and nothing is taken from the cache of logs: it
may hold what was fetched from private hosts that the configuration names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from time import monotonic

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from sova.config import cache_directory
from sova.errors import LogError
from sova.executors import DaemonThreads
from sova.logs import LogTree
from sova.model import Build, Diagnosis, LogFile, Problem, ProblemKind
from sova.patterns.engine import Engine
from sova.patterns.load import PatternSet
from sova.session import Session
from sova.targets import diagnose_each
from sova.web.api_models import Target
from sova.web.api_rows import DiagnosisRow, row_of
from sova.web.api_schema import responses
from sova.web.security import token_needed
from sova.web.serving import Serving, serving_of

__all__ = ["router"]

router = APIRouter(tags=["diagnose"])

SECONDS = 60.0
"""How long the logs of one target may be read; what was found by then is the answer."""
GRACE = 15.0
"""Seconds after that in which the answer must be there; a server that keeps its connection silent may hold it."""
_SILENCE = 10.0  # seconds without a byte
_RETRY_AFTER = "15"
_BUSY = "Another target is being diagnosed here; one at a time. Ask again in a moment."
_TOO_SLOW = "This took too long. On a machine of your own, `sova diagnose` takes the time that it needs."

_one_at_a_time = Lock()
_engines: dict[str, Engine] = {}
"""The engine of the pattern set in use, by its version; making one takes a second."""


@router.post(
    "/diagnose",
    operation_id="diagnose",
    response_model=DiagnosisRow,
    responses=responses(400, 401, 403, 413, 415, 429, 503, read=False),
    summary="Why does this log or build fail?",
    dependencies=[Depends(token_needed)],
)
def diagnose(request: Request, response: Response, target: Target) -> DiagnosisRow:
    """Reads the logs at an address and answers as `/builds/{id}` does; nothing is stored.

    Logs that are gone, refused or broken are `problems` of the answer, which then is a 200 all the same. The address
    may not lead to a private host, unless the setting `allow_hosts` names it.
    """
    response.headers["Cache-Control"] = "no-store"
    return row_of(_within_time(serving_of(request), target.target))


def _within_time(serving: Serving, target: str) -> Diagnosis:
    if not _one_at_a_time.acquire(blocking=False):
        raise HTTPException(429, _BUSY, headers={"Retry-After": _RETRY_AFTER})
    thread = DaemonThreads(1)
    try:
        work = thread.submit(_alone, serving, target)
    except BaseException:
        _one_at_a_time.release()
        raise
    finally:
        thread.shutdown(wait=False)
    try:
        return work.result(SECONDS + GRACE)
    except TimeoutError as error:
        if work.done():  # then it is a mistake of the work itself
            raise
        raise HTTPException(503, _TOO_SLOW, headers={"Retry-After": _RETRY_AFTER}) from error


def _alone(serving: Serving, target: str) -> Diagnosis:
    """The diagnosis; the next target may come as soon as it is there, or this one has given up."""
    try:
        home = cache_directory(serving.config)
        home.mkdir(parents=True, exist_ok=True)
        with (
            TemporaryDirectory(prefix="posted-", dir=home) as directory,
            _BoundedSession(serving, Path(directory)) as session,
        ):
            return next(iter(diagnose_each([target], session, trusted=False)))
    finally:
        _one_at_a_time.release()


def _engine_of(pattern_set: PatternSet, directory: Path) -> Engine:
    """The engine of this pattern set; whoever calls is alone."""
    if pattern_set.version not in _engines:
        _engines.clear()
        _engines[pattern_set.version] = Engine(pattern_set.patterns, cache_dir=directory / "patterns")
    return _engines[pattern_set.version]


class _BoundedSession(Session):
    """A session that reads for a bounded time, keeps logs in `directory` only, and has the server's patterns."""

    def __init__(self, serving: Serving, directory: Path) -> None:
        limits = serving.config.limits
        bounded = limits.model_copy(
            update={
                "timeout": min(limits.timeout, _SILENCE),
                "total_timeout": min(limits.total_timeout, SECONDS),
                "retries": min(limits.retries, 1),
            }
        )
        config = serving.config.model_copy(update={"limits": bounded})
        super().__init__(config, now=serving.clock(), down_path=directory)
        self.pattern_set = serving.pattern_set
        self.engine = _engine_of(serving.pattern_set, cache_directory(config))
        self._deadline = monotonic() + SECONDS

    def open_tree(self, build: Build) -> LogTree:
        return _BoundedTree(super().open_tree(build), self._deadline)


class _BoundedTree:
    """A log tree that is not read after the deadline (of time.monotonic)."""

    def __init__(self, tree: LogTree, deadline: float) -> None:
        self.location, self.single, self.problems = tree.location, tree.single, tree.problems
        self._tree = tree
        self._deadline = deadline

    def find(self, alternatives: Sequence[str]) -> tuple[LogFile, ...]:
        self._in_time()
        return self._tree.find(alternatives)

    def chunks(self, file: LogFile) -> Iterator[bytes]:
        for chunk in self._tree.chunks(file):
            self._in_time()
            yield chunk

    def names(self) -> Iterator[LogFile]:
        for file in self._tree.names():
            self._in_time()
            yield file

    def _in_time(self) -> None:
        if monotonic() > self._deadline:
            detail = f"reading was given up after {SECONDS:.0f} seconds; what was found until then counts"
            raise LogError(Problem(self.location, ProblemKind.NETWORK, detail))
