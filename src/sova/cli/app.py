"""What every command shares: the configuration, the consoles, the moment that counts as now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from sova.config import Config, find, pattern_files
from sova.errors import ConfigError
from sova.filters import Query, make_query
from sova.sources.kinds import configured
from sova.times import parse_time

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["App", "as_of_option", "pass_app"]

_Command = TypeVar("_Command", bound=Callable[..., object])


class App:
    """Opens the configuration when a command first needs it. Results go to `stdout`, all else to `stderr`."""

    def __init__(self, config_path: str | None = None) -> None:
        self.config_path = config_path
        self.now = dt.datetime.now(dt.UTC)
        self.as_of: dt.datetime | None = None  # that, where it was told

    @cached_property
    def stdout(self) -> Console:
        from sova.cli import consoles  # noqa: PLC0415 - many commands print no table, and rich takes time

        return consoles.stdout()

    @cached_property
    def stderr(self) -> Console:
        from sova.cli import consoles  # noqa: PLC0415 - as above

        return consoles.stderr()

    @cached_property
    def found(self) -> Path | None:
        """The configuration file in use, or None."""
        return find(self.config_path)

    @cached_property
    def config(self) -> Config:
        try:
            return configured(self.found)
        except ConfigError as error:  # everything at once: what is wrong in its pattern files is told with it
            from sova.patterns.load import gather  # noqa: PLC0415 - only where something is wrong

            files = pattern_files(self.found) if self.found else []
            raise ConfigError([*error.mistakes, *gather(files).mistakes]) from error

    def query(self, filters: dict[str, object]) -> Query:
        """What the options of `filter_options` ask for."""
        try:
            return make_query(self.config, self.now, **filters)  # type: ignore[arg-type]  # click has checked the types
        except ValueError as error:
            raise click.UsageError(str(error)) from error


pass_app = click.make_pass_decorator(App)


def as_of_option(command: _Command) -> _Command:
    """Add `--as-of`, which sets the moment that counts as now."""

    def take(context: click.Context, _option: click.Parameter, text: str | None) -> None:
        if text:
            app = context.ensure_object(App)
            try:
                app.now = app.as_of = parse_time(text, app.now, app.config.timezone)
            except ValueError as error:
                raise click.BadParameter(str(error)) from error

    help_text = "Take this moment as now (for a look at the past)."
    return click.option("--as-of", metavar="TIME", callback=take, expose_value=False, help=help_text)(command)
