"""Waiting for what is slow on a slow machine: another thread, another program, a search in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sova.logs.search import count_lines, find_after, find_before

__all__ = ["patient_searches", "wait_until"]


def wait_until(holds: Callable[[], bool], within: float = 60) -> None:
    """Come back as soon as the condition holds; fail where it does not within that many seconds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, f"still not so after {within:g} seconds"
        time.sleep(0.01)


@contextmanager
def patient_searches() -> Iterator[pytest.MonkeyPatch]:
    """Within, a search in a log takes all the time it needs where no other limit is given. Patches more, if asked."""
    with pytest.MonkeyPatch.context() as patch:
        for function in (find_after, find_before, count_lines):
            patch.setattr(function, "__kwdefaults__", {"seconds": 60.0})
        yield patch
