"""The kinds of source that are installed, each imported when a configuration names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import cast

from sova.config import Config, SourceSettings, load
from sova.errors import Mistake, PluginError
from sova.plugins import Plugins
from sova.sources import SourceFactory

__all__ = ["Kinds", "configured"]

_GROUP = "sova.sources"


class Kinds(Mapping[str, type[SourceSettings]]):
    """The settings of each kind of source, by its type. Raises PluginError for one that is broken, or no source."""

    @cached_property
    def _plugins(self) -> Plugins:
        return Plugins(_GROUP)  # where nothing names a source, nothing is looked for

    def factory(self, name: str) -> SourceFactory:
        """What makes a source of this kind."""
        found = self._plugins[name]
        if not isinstance(getattr(found, "Settings", None), type):
            raise PluginError(Mistake(_GROUP, 0, 0, name, "is no source: it has no `Settings`"))
        return cast(SourceFactory, found)

    def __getitem__(self, name: str) -> type[SourceSettings]:
        return self.factory(name).Settings

    def __iter__(self) -> Iterator[str]:
        return iter(self._plugins)

    def __len__(self) -> int:
        return len(self._plugins)


def configured(path: Path | None) -> Config:
    """The configuration in a file, with the settings of its sources; the defaults without one. Raises ConfigError."""
    return load(path, Kinds())
