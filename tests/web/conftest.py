"""The web app over a small store, asked as a browser would."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, fromstring

import pytest

from sova.config import Config
from sova.store import Store
from sova.web.app import create_app
from tests.reports.samples import BUILDS, NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says that it will want another HTTP client one day
    from starlette.testclient import TestClient

__all__ = ["ADDRESS", "TestClient", "parsed"]

ADDRESS = "http://127.0.0.1"
"""Where the tests say that the app is: a Host that it goes by."""


def parsed(xml: str | bytes) -> Element:
    """The root of XML that we have made."""
    return fromstring(xml)  # noqa: S314 - as said


@pytest.fixture(scope="session")
def sample_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with the sample CI of `tests.reports.samples`; only for reading."""
    with Store.open(str(tmp_path_factory.mktemp("store") / "sova.db")) as store:
        store.save_many(BUILDS)
        yield store


@pytest.fixture(scope="session")
def clock() -> Callable[[], dt.datetime]:
    return lambda: NOW


@pytest.fixture(scope="session")
def client(sample_store: Store, clock: Callable[[], dt.datetime]) -> Iterator[TestClient]:
    """A reader of the app over the sample store."""
    app = create_app(Config(title="Example CI"), store=sample_store, now=clock)
    with TestClient(app, base_url=ADDRESS) as found:
        yield found
