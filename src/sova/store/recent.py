"""What was chosen and counted lately: one page asks for the same things again and again, and so does the next one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, cast

from sova.filters import Search
from sova.store.facts import Facts, Seconds

__all__ = ["Recent"]

_MOST_ROWS = 1_000_000
_MOST_SEARCHES = 200
_MOST_ANSWERS = 500
"""Of one search."""

_Asked: TypeAlias = "tuple[Hashable, Search]"
"""A state of the store, and what was asked of it."""
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class _Found:
    """Of one search: rows of stretches of time, and what was counted."""

    rows: OrderedDict[Seconds, Facts] = field(default_factory=OrderedDict)
    answers: OrderedDict[Hashable, object] = field(default_factory=OrderedDict)


class Recent:
    """Rows and answers by state of the store and search; what nobody asked for the longest goes first. Threads share
    one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: OrderedDict[_Asked, _Found] = OrderedDict()

    def clear(self) -> None:
        """Forget everything: the store has changed."""
        with self._lock:
            self._found.clear()

    def get(self, asked: _Asked, span: Seconds) -> Facts | None:
        """The rows of that stretch, where they or more of them were chosen."""
        with self._lock:
            if (found := self._found.get(asked)) is None:
                return None
            self._found.move_to_end(asked)
            around = next((one for one in found.rows if one[0] <= span[0] and span[1] <= one[1]), None)
            if around is None:
                return None
            found.rows.move_to_end(around)
            rows = found.rows[around]
        return rows.between(span)

    def put(self, asked: _Asked, span: Seconds, facts: Facts) -> None:
        """Keep the rows of a stretch."""
        with self._lock:
            rows = self._of(asked).rows
            for one in [one for one in rows if span[0] <= one[0] and one[1] <= span[1]]:
                del rows[one]
            rows[span] = facts
            while self._size() > _MOST_ROWS:
                first = next(iter(self._found.values()))
                if first.rows is rows and len(rows) == 1:
                    break
                if first.rows:
                    first.rows.popitem(last=False)
                else:
                    self._found.popitem(last=False)

    def once(self, asked: _Asked, key: Hashable, make: Callable[[], _Answer]) -> _Answer:
        """The answer that is kept under the key, else what `make` gives, which nobody may change."""
        with self._lock:
            answers = self._of(asked).answers
            if key in answers:
                answers.move_to_end(key)
                return cast(_Answer, answers[key])
        made = make()
        with self._lock:
            answers[key] = made
            while len(answers) > _MOST_ANSWERS:
                answers.popitem(last=False)
        return made

    def _of(self, asked: _Asked) -> _Found:
        found = self._found.setdefault(asked, _Found())
        self._found.move_to_end(asked)
        while len(self._found) > _MOST_SEARCHES:
            self._found.popitem(last=False)
        return found

    def _size(self) -> int:
        return sum(len(facts) for found in self._found.values() for facts in found.rows.values())
