"""The errors that Sova raises on purpose. Anything else that escapes is a bug and should look like one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sova.model import Problem

__all__ = [
    "ConfigError",
    "CursorError",
    "LogError",
    "Mistake",
    "PatternError",
    "PluginError",
    "SourceError",
    "SovaError",
    "StoreError",
]


class SovaError(Exception):
    """Base of every error that is told to the user as one clear message, without a traceback."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file that a person wrote; `line` and `column` count from 1, 0 means the whole file."""

    file: str
    line: int
    column: int
    key: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.key}: {self.text}" if self.key else f"{place}: {self.text}"


class ConfigError(SovaError):
    """What is wrong in configuration files: every mistake at once, each with its place."""

    def __init__(self, mistakes: Mistake | tuple[Mistake, ...] | list[Mistake] | str) -> None:
        if isinstance(mistakes, str):
            mistakes = Mistake("configuration", 0, 0, "", mistakes)
        self.mistakes: tuple[Mistake, ...] = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


class PatternError(ConfigError):
    """What is wrong in pattern files."""


class PluginError(ConfigError):
    """A plugin that is asked for cannot be loaded or does not keep its contract."""


class SourceError(SovaError):
    """A source cannot give its builds (down, refused, not what it should be); the other sources go on."""


class LogError(SovaError):
    """A log file cannot be had or read any further; carries the `Problem` that the report shows."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.where}: {problem.kind}: {problem.detail}")


class CursorError(SovaError, ValueError):
    """What should be the end of a page of a list is none."""


class StoreError(SovaError):
    """The database cannot be opened, read or written."""
