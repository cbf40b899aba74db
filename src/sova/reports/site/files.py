"""Files of the site: each is written beside its place and renamed into it, and left alone where nothing changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

__all__ = ["FOLDERS", "assets", "clear", "put", "there"]

FOLDERS = ("builds", "jobs", "reasons", "changes", "days")
"""Where pages of single things are."""

_TEMPORARY = ".sova-part"


def put(path: Path, content: bytes) -> bool:
    """Write a file, whole or not at all; says whether that was needed. Raises OSError."""
    try:
        if path.read_bytes() == content:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    part = Path(f"{path}.{os.getpid()}{_TEMPORARY}")
    try:
        part.write_bytes(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return True


def clear(directory: Path) -> None:
    """Remove what a killed run left behind. Raises OSError."""
    for folder in (directory, *(directory / name for name in FOLDERS)):
        for part in folder.glob(f"**/*{_TEMPORARY}" if folder.name == "changes" else f"*{_TEMPORARY}"):
            part.unlink(missing_ok=True)


def there(directory: Path) -> set[str]:
    """The pages of single things that exist: paths below the directory without suffix. Raises OSError."""
    found: set[str] = set()
    for name in FOLDERS:
        if (directory / name).is_dir():
            found.update(_pages(directory / name, name))
    return found


def _pages(folder: Path, path: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".html"):
                yield f"{path}/{entry.name[:-5]}"
            elif path == "changes" and entry.is_dir():
                yield from _pages(Path(entry.path), f"{path}/{entry.name}")


def assets() -> Iterator[tuple[str, bytes]]:
    """The files that come with the pages: path and content."""
    yield from _files(files("sova.reports") / "static", "static")


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}", entry.read_bytes()
