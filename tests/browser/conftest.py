"""The example CI as a live server and as a site on disk, and Debian's Chromium to look at both."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.crawl import Found
from tests.browser.hostile import hostile_store
from tests.browser.places import Place, pages_of
from tests.serving import EXAMPLE_TIME, serving

ROOT = Path(__file__).resolve().parents[2]
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


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


@pytest.fixture(scope="session", params=["live", "hostile_live", "on_disk", "hostile_on_disk"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


@pytest.fixture(scope="session")
def pages(place: Place) -> list[Found]:
    """The pages of a place; each place is walked once."""
    return pages_of(place)


@pytest.fixture(scope="session")
def live(example: Path) -> Iterator[Place]:
    with serving(example / "sova.yaml", *EXAMPLE_TIME) as root:
        yield Place("live", root, logs=True)


@pytest.fixture(scope="session")
def on_disk(example: Path) -> Place:
    return _on_disk("disk", example / "sova.yaml", example / "site")


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
        yield Place("hostile-live", root, hostile=True)


@pytest.fixture(scope="session")
def hostile_on_disk(hostile: Path) -> Place:
    site = hostile / "site"
    _report(hostile / "sova.yaml", str(site))
    return _on_disk("hostile-disk", hostile / "sova.yaml", site)


def _on_disk(name: str, config: Path, site: Path) -> Place:
    """A site, and beside it the report that is one file."""
    alone = site.with_name("alone.html")
    _report(config, "--single", str(alone))
    return Place(name, (site / "index.html").as_uri(), more=(alone.as_uri(),), hostile=name.startswith("hostile"))


def _report(config: Path, *to: str) -> None:
    command = [sys.executable, "-m", "sova", "--config", str(config), "report", "html", *to]
    subprocess.run([*command, *EXAMPLE_TIME], check=True, stdout=subprocess.DEVNULL)
