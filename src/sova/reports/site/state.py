"""What the site on disk was made from, so that an update writes only what changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from sova.reports.site.files import put

__all__ = ["NAME", "State", "digest", "looks_of"]

NAME = ".sova-site.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class State:
    """`looks` stands for what all pages depend on (templates, title, filters); `version` is the store's; `marks` tell
    for each page, by its path, what it was made from. Pages of builds have none: they are made anew when the store
    says that the build changed."""

    looks: str
    version: int
    marks: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, directory: Path) -> State | None:
        """The state of the site there; None where there is none that can be read."""
        try:
            found = json.loads((directory / NAME).read_text(encoding="utf-8"))
            if found["format"] != _FORMAT:
                return None
            return cls(str(found["looks"]), int(found["version"]), dict(found["marks"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def save(self, directory: Path) -> None:
        """Raises OSError."""
        text = json.dumps({"format": _FORMAT, **asdict(self)}, separators=(",", ":"))
        put(directory / NAME, text.encode())


def looks_of(*parts: object) -> str:
    """A digest of the templates, this version of Sova, and the parts."""
    return digest(version("sova-ci"), *_templates(), *parts)


def digest(*parts: object) -> str:
    return hashlib.sha256("\n".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _templates() -> Iterator[str]:
    folder = files("sova.reports") / "templates"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".html"):
            yield entry.read_text(encoding="utf-8")
