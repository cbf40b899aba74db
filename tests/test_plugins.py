"""Plugins are found by entry points; a broken one is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest

from sova import plugins
from sova.errors import PluginError
from sova.plugins import Plugins
from sova.sources.kinds import Kinds, configured


def test_our_own_sources_are_found_the_same_way() -> None:
    assert set(Kinds()) >= {"gerrit", "index_pages", "local", "zuul"}
    assert all("type" in settings.model_fields for settings in Kinds().values())


def test_a_plugin_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = EntryPoint("lamp", "no_such_module:Lamp", "sova.sources")
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([broken]))
    with pytest.raises(PluginError, match=r"lamp: cannot be loaded from no_such_module:Lamp"):
        Plugins("sova.sources")["lamp"]


def test_a_plugin_that_nobody_asks_for_is_not_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entries = [EntryPoint("lamp", "no_such_module:Lamp", "sova.sources"), *entry_points(group="sova.sources")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints(entries))
    file = tmp_path / "sova.yaml"
    file.write_text("sources:\n- type: local\n  path: logs\n")
    assert [source.type for source in configured(file).sources] == ["local"]
    file.write_text("sources:\n- type: lamp\n")
    with pytest.raises(PluginError, match="lamp: cannot be loaded"):
        configured(file)


def test_a_name_that_is_registered_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("local", "sova.sources.local:LocalSource", "sova.sources")
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([entry, entry]))
    with pytest.raises(PluginError, match="local: is registered twice"):
        Plugins("sova.sources")


def test_what_is_no_source_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SimpleNamespace(name="lamp", value="x:y", dist=None, load=object)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    with pytest.raises(PluginError, match="is no source"):
        Kinds()["lamp"]
