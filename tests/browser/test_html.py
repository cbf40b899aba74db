"""The HTML of every page is valid."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import urllib3

from tests.browser.conftest import Place
from tests.browser.walk import HERE, crawl

Say = Callable[[str], None]
pytestmark = pytest.mark.browser


def validated(directory: Path) -> list[str]:
    """What the validator says about every page in a directory."""
    command = [str(HERE / "node_modules/.bin/html-validate"), "--config", str(HERE / ".htmlvalidate.json")]
    done = subprocess.run(
        [*command, "--formatter", "json", "--ext", "html", str(directory)], capture_output=True, text=True, check=False
    )
    assert done.stdout, done.stderr
    return [
        f"{Path(file['filePath']).name}:{said['line']}:{said['column']}: {said['ruleId']}: {said['message']}"
        for file in json.loads(done.stdout)
        for said in file["messages"]
    ]


@pytest.mark.parametrize("place", ["live", "hostile_live"])
def test_live_pages_are_valid(place: str, request: pytest.FixtureRequest, tmp_path: Path, say: Say) -> None:
    found: Place = request.getfixturevalue(place)
    addresses = [one for of_kind in crawl(found.root, most=40).values() for one in of_kind]
    http = urllib3.PoolManager()
    for number, address in enumerate(addresses):
        (tmp_path / f"{number}.html").write_bytes(http.request("GET", address).data)
    said = validated(tmp_path)
    say(f"{place}: {len(addresses)} pages validated")
    assert not said, "\n".join(said[:60])


@pytest.mark.parametrize("place", ["on_disk", "hostile_on_disk"])
def test_pages_on_disk_are_valid(place: str, request: pytest.FixtureRequest, say: Say) -> None:
    found: Place = request.getfixturevalue(place)
    site = Path(unquote(urlsplit(found.root).path)).parent
    say(f"{place}: {len(list(site.rglob('*.html')))} pages validated")
    said = validated(site)
    assert not said, "\n".join(said[:60])


def test_the_validator_finds_mistakes(tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("<!doctype html><html><p><div></p></html>", encoding="utf-8")
    assert validated(tmp_path)
