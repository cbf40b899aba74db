"""Finds sources, log openers, reports and notifiers by their entry points; Sova's own are found the same way."""

from __future__ import annotations

from importlib.metadata import entry_points

from sova.errors import Mistake, PluginError

__all__ = ["load"]


def load(group: str) -> dict[str, object]:
    """Everything registered in an entry point group, by name. Raises PluginError naming each plugin that fails."""
    found: dict[str, object] = {}
    mistakes: list[Mistake] = []
    for entry in entry_points(group=group):
        owner = entry.dist.name if entry.dist else "an unknown package"
        try:
            loaded = entry.load()
        except (ImportError, AttributeError) as error:
            text = f"cannot be loaded from {entry.value}: {error}; mend or uninstall {owner}"
            mistakes.append(Mistake(group, 0, 0, entry.name, text))
            continue
        if entry.name in found:
            mistakes.append(Mistake(group, 0, 0, entry.name, f"is registered twice, also by {owner}"))
        found[entry.name] = loaded
    if mistakes:
        raise PluginError(mistakes)
    return found
