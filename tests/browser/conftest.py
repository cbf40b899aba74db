"""The example CI as a live server and as a site on disk, and Debian's Chromium to look at both."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.hostile import hostile_store
from tests.serving import EXAMPLE_TIME, serving

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
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the example's configuration, store and site; its log server answers meanwhile."""
    keep = tmp_path_factory.mktemp("example")
    command = [sys.executable, "-m", "examples.ci.run", "--keep", str(keep), "--site", str(keep / "site"), "--serve"]
    program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert program.stderr
        said = list(takewhile(lambda line: not line.startswith("logs at"), program.stderr))
        assert program.poll() is None, "".join(said)
        yield keep
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)


@pytest.fixture(scope="session")
def live(example: Path) -> Iterator[Place]:
    with serving(example / "sova.yaml", *EXAMPLE_TIME) as root:
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
    with serving(hostile / "sova.yaml", *EXAMPLE_TIME) as root:
        yield Place("hostile-live", root)


@pytest.fixture(scope="session")
def hostile_on_disk(hostile: Path) -> Place:
    site = hostile / "site"
    command = [sys.executable, "-m", "sova", "--config", str(hostile / "sova.yaml"), "report", "html", str(site)]
    subprocess.run([*command, *EXAMPLE_TIME], check=True, stdout=subprocess.DEVNULL)
    return Place("hostile-disk", (site / "index.html").as_uri())
