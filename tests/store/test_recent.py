"""What is kept of questions lately asked, and how much of it."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from sova.filters import Search
from sova.store import recent
from sova.store.facts import Facts, Seconds
from sova.store.recent import Recent


def rows(first: int, end: int) -> Facts:
    """A row a second."""
    return Facts(end - first, {"time": np.arange(first, end), "build_id": np.arange(first, end)}.__getitem__)


def asked(text: str, version: int = 1) -> tuple[int, Search]:
    return version, Search(text=text)


def kept(several: Recent, spans: list[tuple[str, Seconds]]) -> list[bool]:
    return [several.get(asked(text), span) is not None for text, span in spans]


def test_a_stretch_within_one_that_was_asked_for_is_there() -> None:
    several = Recent()
    several.put(asked("a"), (0, 100), rows(0, 100))
    found = several.get(asked("a"), (10, 20))
    assert found is not None
    assert found.time.tolist() == list(range(10, 20))
    assert several.get(asked("a"), (10, 101)) is None
    assert several.get(asked("b"), (10, 20)) is None
    assert several.get(asked("a", version=2), (10, 20)) is None
    several.clear()
    assert several.get(asked("a"), (10, 20)) is None


def test_a_stretch_without_rows_is_an_answer_too() -> None:
    several = Recent()
    several.put(asked("a"), (0, 100), rows(0, 0))
    found = several.get(asked("a"), (10, 20))
    assert found is not None
    assert len(found) == 0


def test_a_larger_stretch_takes_the_place_of_those_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST_ROWS", 150)
    several = Recent()
    several.put(asked("a"), (0, 60), rows(0, 60))
    several.put(asked("a"), (0, 100), rows(0, 100))
    several.put(asked("b"), (0, 50), rows(0, 50))
    assert kept(several, [("a", (0, 60)), ("a", (0, 100)), ("b", (0, 50))]) == [True, True, True]


def test_rows_that_nobody_asked_for_go_first_even_of_one_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST_ROWS", 150)
    several = Recent()
    for first in range(0, 500, 50):
        several.put(asked("a"), (first, first + 60), rows(first, first + 60))
    assert kept(several, [("a", (first, first + 60)) for first in (300, 350, 400, 450)]) == [False, False, True, True]
    several.put(asked("b"), (0, 1000), rows(0, 1000))  # more than there is room for: for those who ask next
    assert kept(several, [("a", (450, 510)), ("b", (0, 1000))]) == [False, True]


def test_an_answer_is_made_once() -> None:
    several, numbers = Recent(), count(1)
    for _ in range(3):
        assert several.once(asked("a"), "total", lambda: next(numbers)) == 1
    assert several.once(asked("a", version=2), "total", lambda: 2) == 2
    assert several.once(asked("a"), "another", lambda: 3) == 3


def test_answers_and_searches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "_MOST_ANSWERS", 2)
    monkeypatch.setattr(recent, "_MOST_SEARCHES", 2)
    several = Recent()
    for key in ("a", "b", "a", "c"):
        several.once(asked("one"), key, lambda: "first")
    again = {key: several.once(asked("one"), key, lambda: "again") for key in ("a", "c")}
    assert again == {"a": "first", "c": "first"}
    assert several.once(asked("one"), "b", lambda: "again") == "again"
    several.once(asked("two"), "a", lambda: "first")
    several.once(asked("three"), "a", lambda: "first")
    assert several.once(asked("one"), "a", lambda: "again") == "again"
