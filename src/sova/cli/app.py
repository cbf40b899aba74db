"""What every command shares: the configuration, the consoles, the moment that counts as now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import click
from rich.console import Console

from sova.config import Config, find, load, pattern_files
from sova.errors import ConfigError
from sova.patterns.engine import Engine
from sova.patterns.load import PatternSet, gather
from sova.session import Session, source_factories, source_settings

__all__ = ["App", "pass_app"]


class _Out(Console):
    """Standard output; a reader that went away is told to `main`, where rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class App:
    """Opens the configuration when a command first needs it. Results go to `stdout`, all else to `stderr`."""

    def __init__(self, config_path: str | None = None) -> None:
        self.config_path = config_path
        self.now = dt.datetime.now(dt.UTC)
        self.stdout = _Out(soft_wrap=False)
        self.stderr = Console(stderr=True)

    @cached_property
    def found(self) -> Path | None:
        """The configuration file in use, or None."""
        return find(self.config_path)

    @cached_property
    def config(self) -> Config:
        if self.found is None:
            return Config()
        try:
            # the kinds of source are looked up only where there is a file whose keys must be checked
            return load(self.found, source_settings(source_factories()))
        except ConfigError as error:  # everything at once: what is wrong in its pattern files is told with it
            raise ConfigError([*error.mistakes, *gather(pattern_files(self.found)).mistakes]) from error

    def session(self, *, pattern_files: Sequence[Path] = (), down_path: Path | None = None) -> Session:
        return Session(self.config, now=self.now, pattern_files=tuple(pattern_files), down_path=down_path)

    def pattern_set(self, files: Sequence[Path] = ()) -> PatternSet:
        """The patterns of the configuration, or only those in `files`."""
        return self.session(pattern_files=files).pattern_set

    def engine(self, pattern_set: PatternSet) -> Engine:
        return Engine(pattern_set.patterns)


pass_app = click.make_pass_decorator(App)
