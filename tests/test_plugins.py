"""Plugins are found by entry points; a broken one is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace

import pytest

from sova import plugins
from sova.errors import PluginError
from sova.session import source_factories, source_settings


def test_our_own_sources_are_found_the_same_way() -> None:
    assert set(source_factories()) >= {"gerrit", "index_pages", "local", "zuul"}
    assert all("type" in settings.model_fields for settings in source_settings(source_factories()).values())


def test_a_plugin_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("lamp", "no_such_module:Lamp", "sova.sources")
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([broken]))
    with pytest.raises(PluginError, match=r"lamp: cannot be loaded from no_such_module:Lamp"):
        plugins.load("sova.sources")


def test_what_is_no_source_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="lamp", value="x:y", dist=None, load=object)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    with pytest.raises(PluginError, match="is no source"):
        source_factories()
