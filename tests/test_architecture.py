"""ARCHITECTURE.md says what the import contract says, and names every module."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_the_layers_are_those_of_the_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    written = re.search(r"```text\n(__main__\n.*?)```", PAGE, re.DOTALL)
    assert written
    # a name in parentheses is a layer that has a place and no code yet
    layers = [[name for name in layer.split(" | ") if not name.startswith("(")] for layer in contract["layers"]]
    assert [line.split(" | ") for line in written[1].splitlines()] == layers


def test_every_module_has_its_place_in_the_table() -> None:
    modules = [path.name for path in (ROOT / "src/sova").iterdir() if path.suffix == ".py" or path.is_dir()]
    places = {name if "." in name else f"{name}/" for name in modules if not name.startswith("_")} - {"py.typed/"}
    assert {place for place in places if f"`{place}`" not in PAGE} == set()
