"""What ships beside the code: vendored files as they came, and hues that everyone can read."""

from __future__ import annotations

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from sova.reports.tags import KNOWN_TAGS, mark_of

STATIC = Path(str(files("sova.reports"))) / "static"
VENDORED = json.loads((STATIC / "vendor" / "VENDORED.json").read_text(encoding="utf-8"))
CSS = (STATIC / "sova.css").read_text(encoding="utf-8")
LICENCES = {"MIT": "MIT", "0BSD": "Zero-Clause BSD"}
TAGS = ("infra", "code", "test", "config", "info", "unknown", "passed", "other")


LIGHT, DARK = 0, 1


def hue(theme: int, name: str) -> str:
    """A colour of one theme: both are said in one place, a hue of bars and charts is the same in both."""
    found = re.search(rf"--{name}: (?:light-dark\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})\)|(#[0-9a-f]{{6}}));", CSS)
    assert found, name
    return found[3] or found[1 + theme]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_vendored_files_are_as_they_came_and_every_one_is_listed() -> None:
    listed = {"VENDORED.json"}
    for entry in VENDORED:
        content = (STATIC / "vendor" / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]
        assert entry["version"].encode() in content
        assert LICENCES[entry["licence"]] in (STATIC / "vendor" / entry["licence_file"]).read_text(encoding="utf-8")
        listed |= {entry["file"], entry["licence_file"]}
    assert {path.name for path in (STATIC / "vendor").iterdir()} == listed


def test_no_style_sheet_asks_another_origin() -> None:
    sheets = "\n".join(sheet.read_text(encoding="utf-8") for sheet in STATIC.rglob("*.css"))
    targets = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+([^;]+)", sheets)
    assert targets
    assert [url for url, imported in targets if imported or not url.startswith("data:")] == []


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_text_has_the_contrast_of_wcag_aa(theme: int) -> None:
    body, ground = hue(theme, "bs-body-bg"), hue(theme, "sova-ground")
    for name in ("bs-body-color", "bs-link-color", "sova-soft", "sova-bad", "sova-good"):
        for behind in (body, ground, hue(theme, "sova-top")):
            assert contrast(hue(theme, name), behind) >= 4.5, (name, behind)
    assert contrast(hue(theme, "bs-body-color"), hue(theme, "sova-line")) >= 4.5
    assert contrast(hue(theme, "sova-soft"), hue(theme, "sova-line")) >= 4.5
    assert contrast(hue(theme, "sova-warn-fg"), hue(theme, "sova-warn-bg")) >= 4.5
    assert contrast(hue(theme, "sova-edge"), body) >= 3
    for tag in TAGS:
        assert contrast(hue(theme, f"{tag}-fg"), hue(theme, f"{tag}-bg")) >= 4.5, tag
        assert contrast(hue(theme, f"{tag}-fg"), body) >= 4.5, tag
        assert contrast(hue(theme, f"{tag}-solid"), body) >= 3, tag


def test_our_script_is_small_and_asks_for_nothing() -> None:
    scripts = list(STATIC.glob("*.js"))
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert len(text) < 12_000, script
        assert not re.search(r"fetch\(|XMLHttpRequest|import\(|eval\(|innerHTML|https?:", text), script


def test_console_and_pages_have_the_same_hues() -> None:
    for tag in TAGS:
        assert mark_of(tag).colour == hue(LIGHT, f"{tag}-solid"), tag


def test_every_mark_has_a_class_and_a_letter_of_its_own() -> None:
    letters = {name: mark_of(name).letter for name in KNOWN_TAGS}
    assert len(set(letters.values())) == len(letters)
    for name in KNOWN_TAGS:
        assert re.search(rf"\.tag-{name}\b", CSS), name


def test_a_tag_that_sova_does_not_know_is_other() -> None:
    assert mark_of("our-own").name == "other"
