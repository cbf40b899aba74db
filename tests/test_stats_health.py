"""Circles, streaks and flaky jobs, on runs made by hand: + passed, x failed, - neither; the newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from sova.stats import Circle, Streak, circle_of, flaky_of, streak_of, switches

NOW = dt.datetime(2026, 3, 13, 9, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ran:
    passed: bool
    failed: bool
    time: dt.datetime | None


def runs(text: str) -> list[Ran]:
    return [Ran(letter == "+", letter == "x", NOW - place * HOUR) for place, letter in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("", Circle.NONE),
        ("---", Circle.NONE),
        ("+", Circle.PASSED),
        ("+++++x", Circle.PASSED),  # the sixth is too old
        ("xxxxx+", Circle.FAILED),
        ("x-x-x--x-x", Circle.FAILED),
        ("x++++", Circle.MIXED),
        ("++++x", Circle.MIXED),
    ],
)
def test_circles(text: str, circle: Circle) -> None:
    assert circle_of(runs(text)) is circle


def test_a_circle_looks_at_as_many_runs_as_it_is_told() -> None:
    assert (circle_of(runs("+x"), 1), circle_of(runs("+x"), 2)) == (Circle.PASSED, Circle.MIXED)


@pytest.mark.parametrize(
    ("text", "streak"),
    [
        ("", None),
        ("--", None),
        ("+", (False, 1, 0)),
        ("xxx+", (True, 3, 2)),
        ("-x-x-+x", (True, 2, 3)),
        ("+x", (False, 1, 0)),
        ("++++", (False, 4, 3)),
    ],
)
def test_streaks(text: str, streak: tuple[bool, int, int] | None) -> None:
    expected = Streak(streak[0], streak[1], NOW - streak[2] * HOUR) if streak else None
    assert streak_of(runs(text)) == expected


@pytest.mark.parametrize(("text", "count"), [("", 0), ("x", 0), ("xx", 0), ("x+", 1), ("x+x+x", 4), ("xx++xx", 2)])
def test_switches(text: str, count: int) -> None:
    assert switches([letter == "x" for letter in text]) == count


@pytest.mark.parametrize(
    ("patch_sets", "periodic", "words"),
    [
        (0, "", ""),
        (0, "xxx+++++++", ""),  # broken
        (0, "+++xxxx+++", ""),  # broken and mended
        (0, "xx+++xx+++", ""),  # and broken again
        (0, "x+x+x+++++", "5 switches between passed and failed in its last 10 runs without a change"),
        (0, "+x++x", ""),  # three switches
        (0, "+x+x+", "4 switches between passed and failed in its last 5 runs without a change"),
        (1, "", "1 patch set both failed and passed it"),
        (1204, "x+x+x", "1,204 patch sets both failed and passed it"),
    ],
)
def test_flaky(patch_sets: int, periodic: str, words: str) -> None:
    flaky = flaky_of(patch_sets, [letter == "x" for letter in periodic])
    assert (flaky.words if flaky else "") == words
