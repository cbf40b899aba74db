"""What tests of logs open trees with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sova.config import Limits
from sova.http_client import HttpClient
from sova.logs import LogTree
from sova.logs.cache import Cache
from sova.logs.find import open_tree
from sova.model import Artifact

LIMITS = Limits(timeout=20, retries=1, archive_members=50, listing_pages=10)

OpenTree = Callable[..., LogTree]


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(LIMITS, allow_hosts=["127.0.0.0/8"]) as client:
        yield client


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 10**8)


@pytest.fixture
def opened(http: HttpClient, cache: Cache) -> OpenTree:
    """`open_tree` with the client, the cache and the limits of tests."""

    def open_it(
        location: str | Path, *, limits: Limits = LIMITS, artifacts: Sequence[Artifact] = (), final: bool = True
    ) -> LogTree:
        return open_tree(str(location), http=http, cache=cache, limits=limits, artifacts=artifacts, final=final)

    return open_it
