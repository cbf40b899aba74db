"""Short words for what tests ask of a tree."""

from __future__ import annotations

import pytest

from sova.errors import LogError
from sova.logs import LogTree
from sova.model import LogFile, Problem


def names(tree: LogTree, *alternatives: str) -> list[str]:
    return [file.name for file in tree.find(alternatives)]


def text(tree: LogTree, *alternatives: str) -> bytes:
    """The content of the one file that is found."""
    (file,) = tree.find(alternatives)
    return b"".join(tree.chunks(file))


def find_problem(tree: LogTree, *alternatives: str) -> Problem:
    with pytest.raises(LogError) as caught:
        tree.find(alternatives)
    return caught.value.problem


def read_until_problem(tree: LogTree, file: LogFile) -> tuple[bytes, Problem]:
    given: list[bytes] = []
    with pytest.raises(LogError) as caught:
        given.extend(tree.chunks(file))
    return b"".join(given), caught.value.problem
