"""The example CI as a live server and as a site on disk, and Debian's Chromium to look at both."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from examples.ci.plan import AS_OF
from playwright.sync_api import Browser, sync_playwright

from tests.browser.hostile import hostile_store

ROOT = Path(__file__).resolve().parents[2]
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages are: the address of the first one, and how the server or the site came to be."""

    name: str
    root: str

    @property
    def live(self) -> bool:
        return self.root.startswith("http")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed (apt-get install chromium)"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the example's configuration, store and site."""
    keep = tmp_path_factory.mktemp("example")
    command = [sys.executable, "-m", "examples.ci.run", "--keep", str(keep), "--site", str(keep / "site")]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return keep


def serve(config: Path, *options: str) -> Iterator[str]:
    """`sova serve` as a program of its own; gives the address of the first page."""
    command = [sys.executable, "-m", "sova", "--config", str(config), "serve", "--port", "0", *options]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert server.stderr
        said = []
        for line in server.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield f"{found[0]}/"
                return
        pytest.fail(f"sova serve did not start: {''.join(said)}")
    finally:
        server.terminate()
        server.communicate(timeout=30)


def _as_of() -> tuple[str, str]:
    return "--as-of", f"{AS_OF:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="session")
def live(example: Path) -> Iterator[Place]:
    for root in serve(example / "sova.yaml", *_as_of()):
        yield Place("live", root)


@pytest.fixture(scope="session")
def on_disk(example: Path) -> Place:
    return Place("disk", (example / "site" / "index.html").as_uri())


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a store in which every text from outside means harm, and a configuration."""
    directory = tmp_path_factory.mktemp("hostile")
    hostile_store(directory / "sova.db")
    (directory / "sova.yaml").write_text(f"store: {directory / 'sova.db'}\n", encoding="utf-8")
    return directory


@pytest.fixture(scope="session")
def hostile_live(hostile: Path) -> Iterator[Place]:
    for root in serve(hostile / "sova.yaml", *_as_of()):
        yield Place("hostile-live", root)


@pytest.fixture(scope="session")
def hostile_on_disk(hostile: Path) -> Place:
    site = hostile / "site"
    command = [sys.executable, "-m", "sova", "--config", str(hostile / "sova.yaml"), "report", "html", str(site)]
    subprocess.run([*command, *_as_of()], check=True, stdout=subprocess.DEVNULL)
    return Place("hostile-disk", (site / "index.html").as_uri())
