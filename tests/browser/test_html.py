"""The HTML of every page is valid."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.crawl import Found
from tests.browser.places import Place

Say = Callable[[str], None]
HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.browser


def validated(directory: Path) -> list[str]:
    """What the validator says about the pages in a directory."""
    command = [str(HERE / "node_modules/.bin/html-validate"), "--config", str(HERE / ".htmlvalidate.json")]
    done = subprocess.run(
        [*command, "--formatter", "json", "--ext", "html", str(directory)], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return [
        f"{Path(file['filePath']).stem}:{said['line']}:{said['column']}: {said['ruleId']}: {said['message']}"
        for file in json.loads(done.stdout)
        for said in file["messages"]
    ]


def test_every_page_is_valid(place: Place, pages: list[Found], tmp_path: Path, say: Say) -> None:
    for number, page in enumerate(pages):
        (tmp_path / f"{number}-{page.kind}.html").write_text(page.html, encoding="utf-8")
    said = validated(tmp_path)
    say(f"{place.name}: {len(pages)} pages validated")
    assert not said, "\n".join([*said[:60], str(tmp_path)])


def test_the_validator_finds_mistakes(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><html><p><div></p></html>", encoding="utf-8")
    assert validated(tmp_path)
