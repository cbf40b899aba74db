"""What tests of sources ask servers with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sova.http_client import HttpClient
from tests.sources.making import client


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with client() as opened:
        yield opened
