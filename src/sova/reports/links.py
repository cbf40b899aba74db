"""Where pages are: names that never change, and links between them, for a site on disk or for a web server."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from sova.model import Diagnosis
from sova.reports.clean import http_url

__all__ = ["Links", "build_name", "file_url", "job_name", "line_url"]

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 80
_ZUUL_BUILD = re.compile(r"https?://[^?#]+/build/[0-9a-f]{32}/?\Z")


def build_name(key: str) -> str:
    """The name of a build's page: 16 hexadecimal digits that depend on nothing but the build's key."""
    return _digest(key, 16)


def job_name(name: str) -> str:
    """The name of a job's page: the job's own name where that is a safe and portable file name, else one made of it."""
    safe = _UNSAFE.sub("-", name.lower()).strip(".-")[:_LONGEST]
    return safe if safe == name else f"{safe or 'job'}-{_digest(name, 8)}"


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]


@dataclass(frozen=True, slots=True)
class Links:
    """Links from one page to the others. `root` leads to the top ("" or "../" on disk, "/" on a server), `suffix`
    ends a page's name (".html" on disk, "" on a server)."""

    root: str = ""
    suffix: str = ".html"

    def overview(self) -> str:
        return f"{self.root}index{self.suffix}" if self.suffix else self.root

    def job(self, name: str) -> str:
        return f"{self.root}jobs/{job_name(name)}{self.suffix}"

    def build(self, key: str) -> str:
        return f"{self.root}builds/{build_name(key)}{self.suffix}"

    def asset(self, path: str) -> str:
        return f"{self.root}static/{path}"


def file_url(diagnosis: Diagnosis, name: str) -> str:
    """The http(s) URL of a log file that was read, or "" where there is none."""
    return http_url(_location(diagnosis, name))


def line_url(diagnosis: Diagnosis, name: str, line_number: int) -> str:
    """The URL of one line: in the log view of Zuul's own pages where the build has one, else of the file."""
    url, location = diagnosis.build.url, _location(diagnosis, name)
    if not _ZUUL_BUILD.match(url) or not location or "//" in name:
        return file_url(diagnosis, name)
    root = diagnosis.build.log_url
    path = location.removeprefix(root).lstrip("/") if root and location.startswith(root) else name
    return http_url(f"{url.rstrip('/')}/log/{quote(path)}#{line_number}")


def _location(diagnosis: Diagnosis, name: str) -> str:
    return next((file.location for file in diagnosis.files_read if file.name == name), "")
