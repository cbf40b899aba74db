"""The app as a whole: what it is made from, what it keeps, what it writes to its log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from inspect import iscoroutinefunction
from pathlib import Path
from threading import Barrier, Event, Thread

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import Connection

from sova.config import Config
from sova.errors import ConfigError, StoreError
from sova.store import Store
from sova.store.fact_cache import FactCache, State
from sova.web.app import create_app, create_app_from_environment
from sova.web.caching import Kept, PageCache
from sova.web.log_lines import OneLine
from sova.web.security import token_needed
from tests.waiting import wait_until
from tests.web.conftest import ADDRESS, TestClient

BARE = Config(builtin_patterns=False)


def routes_of(app: FastAPI) -> Iterator[tuple[str, str, APIRoute]]:
    """Address, method and route of everything that is answered."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute):
            yield from ((str(context.path), method, route) for method in route.methods or ())


def test_whatever_does_something_needs_the_token(sample_store: Store) -> None:
    app = create_app(BARE, store=sample_store)
    found = [(path, route) for path, method, route in routes_of(app) if method not in ("GET", "HEAD")]
    assert found
    for path, route in found:
        assert token_needed in [dependency.call for dependency in route.dependant.dependencies], path


def test_every_address_has_one_meaning(sample_store: Store) -> None:
    found = [(path, method) for path, method, _ in routes_of(create_app(BARE, store=sample_store))]
    assert ("/builds/{slug}", "GET") in found
    assert len(found) == len(set(found))


def test_nothing_that_asks_the_store_holds_up_the_others(sample_store: Store) -> None:
    found = list(routes_of(create_app(BARE, store=sample_store)))
    assert len(found) > 20
    in_the_loop = {path for path, _, route in found if iscoroutinefunction(route.endpoint)}
    assert in_the_loop == {"/healthz"}  # which asks nothing, so that it needs no thread


def test_the_store_of_the_configuration_is_opened_and_closed(tmp_path: Path) -> None:
    config = Config(store=str(tmp_path / "new" / "sova.db"), builtin_patterns=False)
    with TestClient(create_app(config), base_url=ADDRESS) as reader:
        wait_until(lambda: reader.get("/readyz").status_code == 200)
    assert (tmp_path / "new" / "sova.db").exists()


def test_it_is_ready_when_what_pages_count_is_read(sample_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    go, asked = Event(), FactCache.follow

    def slow(cache: FactCache, connection: Connection) -> State:
        assert go.wait(10)
        return asked(cache, connection)

    monkeypatch.setattr(FactCache, "follow", slow)
    with TestClient(create_app(BARE, store=sample_store), base_url=ADDRESS) as reader:
        answer = reader.get("/readyz")
        assert (answer.status_code, "being read" in answer.text) == (503, True)
        assert reader.get("/healthz").status_code == 200
        go.set()
        wait_until(lambda: reader.get("/readyz").status_code == 200)


def test_a_store_that_was_given_is_left_open(sample_store: Store) -> None:
    with TestClient(create_app(BARE, store=sample_store), base_url=ADDRESS):
        pass
    assert sample_store.count() == 96


def test_what_is_wrong_is_told_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "sova.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(StoreError, match="is not a database"):
        create_app(Config(store=str(tmp_path / "sova.db"), builtin_patterns=False))
    (tmp_path / "bad.yaml").write_text("patterns: [{id: 1}]")
    with pytest.raises(ConfigError):
        create_app(Config(store=":memory:", builtin_patterns=False, patterns=(str(tmp_path / "bad.yaml"),)))


def test_the_configuration_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sova.yaml").write_text("title: From a file\nstore: sova.db\nbuiltin_patterns: false\n")
    monkeypatch.setenv("SOVA_CONFIG", str(tmp_path / "sova.yaml"))
    app = create_app_from_environment("ci.example.net")
    with TestClient(app, base_url="http://ci.example.net") as reader:
        assert "From a file" in reader.get("/").text
    assert (tmp_path / "sova.db").exists()


def kept_of(size: int) -> Kept:
    return Kept(b"x" * size, "text/plain")


def test_what_was_not_asked_for_the_longest_goes_first() -> None:
    cache = PageCache(3 * 1500)
    for key in ("a", "b", "c"):
        cache.get(key, lambda: kept_of(1000))
    cache.get("a", lambda: pytest.fail("it is kept"))
    cache.get("d", lambda: kept_of(1000))
    cache.get("a", lambda: pytest.fail("it was asked for last"))
    made: list[str] = []
    cache.get("b", lambda: made.append("b"))
    assert made == ["b"]
    assert cache.bytes <= 3 * 1500


def test_what_is_larger_than_everything_is_not_kept() -> None:
    cache = PageCache(1000)
    assert cache.get("large", lambda: kept_of(5000)) == kept_of(5000)
    assert (len(cache), cache.bytes) == (0, 0)


def test_nothing_and_errors_are_not_kept() -> None:
    cache = PageCache()
    assert cache.get("a", lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: Kept(b"", str(1 // 0)))
    assert cache.get("a", lambda: kept_of(1)) == kept_of(1)
    assert (cache.hits, cache.misses) == (0, 3)


def test_many_who_ask_at_once_wait_for_one_rendering() -> None:
    cache, everyone, go = PageCache(), Barrier(8), Event()
    made: list[int] = []
    got: list[Kept | None] = []

    def slow() -> Kept:
        made.append(1)
        go.wait(10)
        return kept_of(10)

    def ask() -> None:
        everyone.wait(10)
        got.append(cache.get("page", slow))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    while cache.hits + cache.misses < 8:  # until the last one waits
        threads[0].join(0.01)
    go.set()
    for thread in threads:
        thread.join(10)
    assert (len(made), got) == (1, [kept_of(10)] * 8)


def test_two_answers_are_made_at_a_time() -> None:
    cache, both, go = PageCache(), Barrier(3), Event()
    begun: list[str] = []

    def slow(key: str) -> Kept:
        begun.append(key)
        if len(begun) <= 2:
            both.wait(10)
        go.wait(10)
        return kept_of(10)

    threads = [Thread(target=cache.get, args=(key, lambda key=key: slow(key))) for key in "abcde"]
    for thread in threads:
        thread.start()
    both.wait(10)  # two of them are at it
    while cache.misses < 5:
        threads[0].join(0.01)
    threads[0].join(0.05)
    assert len(begun) == 2
    go.set()
    for thread in threads:
        thread.join(10)
    assert sorted(begun) == list("abcde")


def test_a_log_line_is_one_line_whatever_it_holds() -> None:
    try:
        raise RuntimeError("one\ntwo\x1b[31m")
    except RuntimeError:
        error = sys.exc_info()
    record = logging.LogRecord("sova.web", logging.ERROR, "x.py", 1, "500 %s", ("/\r\n\u2028forged",), error)
    line = OneLine().format(record)
    assert line.isprintable()
    assert "Z ERROR 500 /\\r\\n\\u2028forged\\nTraceback" in line
    assert "RuntimeError: one\\ntwo\\x1b[31m" in line
