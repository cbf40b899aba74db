"""The forms that `-o` writes, by name: Sova's own, and those that plugins register in the group `sova.reports`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sova.errors import Mistake, PluginError
from sova.plugins import Plugins
from sova.reports import Writer

if TYPE_CHECKING:
    from sova.model import Diagnosis

__all__ = ["GROUP", "OWN", "write", "writer"]

GROUP = "sova.reports"
"""The entry point group of forms that plugins add."""

OWN: dict[str, tuple[str, str]] = {
    "json": ("sova.reports.as_json", "json_text"),
    "jsonl": ("sova.reports.as_json", "json_lines"),
    "csv": ("sova.reports.as_csv", "csv_text"),
    "markdown": ("sova.reports.as_markdown", "markdown_text"),
}
"""Name of the form: the module and the function in it, imported when the form is asked for."""


def writer(name: str) -> Writer:
    """The form of that name. Raises LookupError that names every form there is, PluginError for one that is broken."""
    if name in OWN:
        module, function = OWN[name]
        return cast(Writer, getattr(import_module(module), function))
    plugins = Plugins(GROUP)  # looked for only where the name is none of ours: it takes time
    if name not in plugins:
        raise LookupError(f"{name!r} is no form; there are {', '.join([*OWN, *sorted(plugins)])}")
    found = plugins[name]
    if not callable(found):
        raise PluginError(Mistake(GROUP, 0, 0, name, "is no form: it cannot be called"))
    return cast(Writer, found)


def write(name: str, diagnoses: Iterable[Diagnosis]) -> Iterator[str]:
    """The diagnoses in the form of that name, in pieces. Raises as `writer` does."""
    return writer(name)(diagnoses)
