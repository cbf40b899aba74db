"""One file that holds all that matters: styles and script within, allowed by their digests, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

from sova.errors import SovaError
from sova.filters import Search
from sova.reports.links import Links
from sova.reports.pages import Pages
from sova.reports.site.files import put
from sova.reports.site.making import Settings
from sova.reports.site.plan import span_of_days
from sova.views.desk import Desk, Foot
from sova.views.single import single

__all__ = ["write_single"]

_STYLES = ("vendor/bootstrap-5.3.9.min.css", "sova.css")
_FIRST = ("theme.js",)
_LAST = ("sova.js",)
"""Scripts that run before anything is drawn, and when everything is there."""


class _SameFile(Links):
    """Links within the one page: numbers lead to its list of builds, things without a place on it are no links."""

    def builds(self, **_filters: str | int | list[str]) -> str:
        return "#builds"

    def overview(self) -> str:
        return "#main"

    def reasons(self) -> str:
        return "#reasons"

    def unknown(self) -> str:
        return "#unknown"


def write_single(desk: Desk, foot: Foot, file: Path, settings: Settings) -> int:
    """Write the file; gives its size in bytes. Raises SovaError where it cannot be written, StoreError."""
    view = single(desk, span_of_days(desk, settings.days), Search())
    links = _SameFile(base=settings.base, there=frozenset())
    pages = Pages(links, title=settings.title, security=_security())
    within = {"styles": _joined(_STYLES), "first_script": _joined(_FIRST), "last_script": _joined(_LAST)}
    content = pages.render(view, foot, **within).encode("utf-8", "replace")
    try:
        put(file, content)
    except OSError as error:
        raise SovaError(f"cannot write {file}: {error.strerror or error}") from error
    return len(content)


def _security() -> str:
    return (
        f"default-src 'none'; style-src {_allowed(_joined(_STYLES))}; "
        f"script-src {_allowed(_joined(_FIRST))} {_allowed(_joined(_LAST))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _allowed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _joined(paths: tuple[str, ...]) -> str:
    """The content of these files, which stands between two tags."""
    folder = files("sova.reports") / "static"
    text = "\n".join((folder / path).read_text(encoding="utf-8").replace("\r\n", "\n") for path in paths)
    if "</" in text:
        raise AssertionError("a file that ends the element it stands in")
    return text
