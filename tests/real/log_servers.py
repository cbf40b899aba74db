"""Apache, nginx and Python's http.server over one tree of log files, in eight styles of listing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real.periodic import Periodic, plant_periodic
from tests.real.servers import call, directory, free, gone, needs, script, stopping, wait_for
from tests.real.tree import Stored, plant, readable

STYLES: Mapping[str, tuple[str, int]] = {
    "apache table, .gz decoded": ("apache", 28080),
    "apache pre, names cut": ("apache", 28081),
    "apache ul": ("apache", 28082),
    "nginx": ("nginx", 28090),
    "nginx local time, short sizes": ("nginx", 28091),
    "nginx json": ("nginx", 28092),
    "nginx xml": ("nginx", 28093),
    "http.server": ("python", 28099),
}


@dataclass(frozen=True, slots=True)
class LogServers:
    """The running servers: the directory that all of them show, what was planted there, and their versions."""

    tree: Path
    planted: tuple[Stored, ...]
    periodic: tuple[Periodic, ...]
    versions: Mapping[str, str]

    def url(self, style: str) -> str:
        return f"http://127.0.0.1:{STYLES[style][1]}/"

    def version(self, style: str) -> str:
        return self.versions[STYLES[style][0]]


def _version(command: list[str], pattern: str) -> str:
    found = re.search(pattern, call(command, 10))
    return found[0].replace("/", " ") if found else command[0]


def _pids() -> list[int]:
    places = ("apache/httpd.pid", "nginx/nginx.pid", "pyhttp.pid")
    files = [directory() / "weblogs" / place for place in places]
    return [int(path.read_text()) for path in files if path.exists() and path.read_text().strip()]


@contextmanager
def log_servers() -> Iterator[LogServers]:
    """All of them, over a tree that is planted anew. Raises StartError."""
    run = script("run-logs.sh")
    needs({"apache2": "apache2", "nginx": "nginx-light"})
    free([port for _, port in STYLES.values()])
    tree = directory() / "tree"
    planted = plant(tree)
    periodic, consoles = plant_periodic(tree)
    readable(tree)
    versions = {
        "apache": _version(["apache2", "-v"], r"Apache/\S+"),
        "nginx": _version(["nginx", "-v"], r"nginx/\S+"),
        "python": _version(["python3", "--version"], r"Python \S+") + " http.server",
    }
    with stopping([run, "stop"]):
        try:
            call([run, "start", tree], 60)
            for _, port in STYLES.values():
                wait_for(port, seconds=20)
            yield LogServers(tree, (*planted, *consoles), tuple(periodic), versions)
        finally:
            pids = _pids()
    left = gone(pids)
    assert not left, f"processes that were started are still there: {left}"
