"""Log files of a build: finding them, fetching them, opening them. Everything gives decompressed bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from sova.model import LogFile, Problem

__all__ = ["LogTree"]


class LogTree(Protocol):
    """The log files of one build: below a URL, in a directory, in an archive, or one single file.

    Threads may share a tree. What cannot be had or read is a LogError that carries a Problem.
    """

    location: str
    single: bool
    """Whether this is one bare file, which then stands for every log file that patterns may want."""

    problems: list[Problem]
    """Why a glob may have missed files although it found some, such as a listing that was cut by a limit."""

    def find(self, alternatives: Sequence[str]) -> tuple[LogFile, ...]:
        """The first of the alternatives that exists; () when none is there.

        Each is tried as it is, with and without `.gz`, with `.txt` for `.log` and the reverse, then with the other
        compressions. A glob (`logs/*.txt`, `**/tempest.log`) gives all its matches, `archive.tar.xz//inner/path`
        looks inside an archive. Raises LogError when it cannot be known whether the file is there.
        """
        ...

    def chunks(self, file: LogFile) -> Iterator[bytes]:
        """The file's bytes, decompressed. Raises LogError part-way; what was given before stays good."""
        ...

    def names(self) -> Iterator[LogFile]:
        """Every file of the tree. Raises LogError when the tree cannot be listed."""
        ...
