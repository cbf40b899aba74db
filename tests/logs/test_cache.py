"""The cache: whole or not there, pruned by size, shared by threads and processes."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sova.logs.cache import Cache, Remote, Stored


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", 10_000)


def put(cache: Cache, url: str, body: bytes, age: float = 0) -> Stored:
    with cache.draft(Remote(url, etag='"1"')) as draft:
        draft.write(body[:10])
        draft.write(body[10:])
        stored = draft.keep()
    os.utime(stored.path, (time.time() - age,) * 2)
    return stored


def body(stored: Stored | None) -> bytes:
    assert stored is not None
    return b"".join(stored.source())


def test_nothing_is_made_before_something_is_written(cache: Cache) -> None:
    assert cache.get("http://logs/a") is None
    assert cache.usage() == (0, 0)
    assert cache.prune().kept_files == 0
    assert not cache.directory.exists()


def test_what_was_kept_comes_back(cache: Cache) -> None:
    put(cache, "http://logs/a", b"line\n" * 100)
    stored = cache.get("http://logs/a")
    assert body(stored) == b"line\n" * 100
    assert stored is not None
    assert (stored.size, stored.remote.etag) == (500, '"1"')
    assert abs(stored.remote.fetched - time.time()) < 60
    assert cache.get("http://logs/b") is None


def test_what_was_not_kept_leaves_nothing(cache: Cache) -> None:
    with suppress(KeyboardInterrupt), cache.draft(Remote("http://logs/a")) as draft:
        draft.write(b"half")
        raise KeyboardInterrupt
    assert cache.get("http://logs/a") is None
    assert [path for path in cache.directory.rglob("*") if path.is_file()] == []


def test_a_draft_is_not_seen_before_it_is_kept(cache: Cache) -> None:
    put(cache, "http://logs/a", b"old")
    with cache.draft(Remote("http://logs/a")) as draft:
        draft.write(b"new")
        assert body(cache.get("http://logs/a")) == b"old"
        draft.keep()
    assert body(cache.get("http://logs/a")) == b"new"


def test_a_reader_keeps_what_it_began_when_it_is_replaced_or_pruned(cache: Cache) -> None:
    old = b"old" * 50_000
    chunks = put(cache, "http://logs/a", old).source()
    begin = next(chunks)
    put(cache, "http://logs/a", b"new")
    cache.prune(0)
    assert begin + b"".join(chunks) == old
    assert cache.get("http://logs/a") is None


@pytest.mark.parametrize("damage", [b"", b"no json\nbody", b'{"version": 2}\nbody', b"[]\n", b'{"url": "other"}\n'])
def test_a_damaged_file_is_as_good_as_none(cache: Cache, damage: bytes) -> None:
    put(cache, "http://logs/a", b"body").path.write_bytes(damage)
    assert cache.get("http://logs/a") is None


def test_pruning_removes_what_was_used_longest_ago(cache: Cache) -> None:
    for number in range(5):
        put(cache, f"http://logs/{number}", b"x" * 1000, age=3600 * (number + 1))
    assert body(cache.get("http://logs/4"))  # used just now
    size = cache.usage()[1] // 5
    done = cache.prune(size * 3 + 10)
    assert (done.files, done.kept_files) == (2, 3)
    assert [number for number in range(5) if cache.get(f"http://logs/{number}")] == [0, 1, 4]
    assert cache.usage() == (3, done.kept_size)


def test_the_cache_prunes_itself_but_not_what_is_in_use(cache: Cache) -> None:
    for number in range(30):
        put(cache, f"http://old/{number}", b"x" * 1000, age=3600)
    put(cache, "http://new/", b"x" * 20_000)
    assert cache.get("http://new/") is not None
    assert cache.usage()[0] < 12


def test_what_a_killed_run_left_is_removed_after_a_day(cache: Cache) -> None:
    directory = cache.temporary_directory()
    for name, age in (("old", 2 * 86400), ("young", 60)):
        (directory / name).touch()
        os.utime(directory / name, (time.time() - age,) * 2)
    cache.prune()
    assert [path.name for path in directory.iterdir()] == ["young"]
