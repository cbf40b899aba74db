"""Finds sources and reports by their entry points; Sova's own sources are found the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

from sova.errors import Mistake, PluginError

__all__ = ["Plugins"]


class Plugins(Mapping[str, object]):
    """What is registered in an entry point group, by name; each is imported when it is asked for.

    Raises PluginError for a name that is registered twice, and for a plugin that cannot be imported.
    """

    def __init__(self, group: str) -> None:
        self._group = group
        self._entries: dict[str, EntryPoint] = {}
        for entry in entry_points(group=group):
            if entry.name in self._entries:
                raise self._error(entry, f"is registered twice, also by {_owner(entry)}")
            self._entries[entry.name] = entry

    def __getitem__(self, name: str) -> object:
        entry = self._entries[name]
        try:
            return entry.load()
        except (ImportError, AttributeError) as error:
            said = f"cannot be loaded from {entry.value}: {error}; mend or uninstall {_owner(entry)}"
            raise self._error(entry, said) from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def _error(self, entry: EntryPoint, said: str) -> PluginError:
        return PluginError(Mistake(self._group, 0, 0, entry.name, said))


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "an unknown package"
