"""Builds on this machine: a directory, an archive or a log file, described by an optional `build.json`.

`build.json` holds fields of `sova.model.Build` by their names, times as ISO texts (UTC where they name no zone). A
directory whose subdirectories have one each is a list of builds.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter, ValidationError

from sova.config import SourceSettings
from sova.errors import SourceError
from sova.filters import Query
from sova.logs.paths import bare
from sova.model import Build, Problem, ProblemKind
from sova.sources import SourceContext
from sova.sources.keys import log_key

__all__ = ["LocalSettings", "LocalSource", "build_of"]

_DESCRIPTION = "build.json"
_LARGEST = 10 * 10**6
_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".zip")
_LONG_AGO = dt.datetime.min.replace(tzinfo=dt.UTC)
_BUILD = TypeAdapter(Build)


class LocalSettings(SourceSettings):
    """Keys of a local source."""

    type: Literal["local"] = Field("local", description="A directory, an archive or log files on this machine.")
    path: Path = Field(description="The directory of a build or of many builds, an archive, or one log file.")


class LocalSource:
    """Gives the builds below a path."""

    Settings = LocalSettings

    def __init__(self, settings: LocalSettings, context: SourceContext) -> None:  # noqa: ARG002  # as every source
        self.name = settings.name or f"local {settings.path}"
        self._path = settings.path.expanduser()

    def builds(self, query: Query) -> Iterator[Build | Problem]:
        """See `Source.builds`. A build without a time is dated by its newest file."""
        if not self._path.exists():
            raise SourceError(f"{self.name}: no such file or directory: {self._path}")
        builds: list[Build] = []
        for path in self._places():
            try:
                build = _dated(replace(build_of(path), seen_by=(self.name,)), path)
            except SourceError as error:
                yield Problem(self.name, ProblemKind.SOURCE, str(error))
                continue
            if query.since is None or build.time is None or build.time >= query.since:
                builds.append(build)
        yield from sorted(builds, key=lambda build: build.time or _LONG_AGO, reverse=True)

    def _places(self) -> list[Path]:
        if not self._path.is_dir() or (self._path / _DESCRIPTION).exists():
            return [self._path]
        return sorted(file.parent for file in self._path.glob(f"*/{_DESCRIPTION}")) or [self._path]


def build_of(path: Path) -> Build:
    """The build whose logs lie at a path. Without `build.json` nothing is known but its name and where it is.

    For a file, the description is `NAME.build.json` beside it. Raises SourceError for a description that is wrong.
    """
    found = path / _DESCRIPTION if path.is_dir() else path.with_name(f"{path.name}.{_DESCRIPTION}")
    fields = _described(found) if found.is_file() else {}
    written = str(fields.get("log_url") or "")
    log_url = _located(written, found.parent) if written else str(path)
    try:
        build = _BUILD.validate_python({"key": log_key(log_url), "job_name": _name(path), **fields, "log_url": log_url})
    except ValidationError as error:
        raise SourceError(f"{found}: {_mistakes(error)}") from error
    return replace(build, start_time=_aware(build.start_time), end_time=_aware(build.end_time))


def _dated(build: Build, path: Path) -> Build:
    if build.time:
        return build
    files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
    newest = max((file.stat().st_mtime for file in files), default=None)
    return build if newest is None else replace(build, end_time=dt.datetime.fromtimestamp(newest, dt.UTC))


def _described(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as opened:
            fields = json.loads(opened.read(_LARGEST))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{file}: cannot be read: {error}") from error
    if not isinstance(fields, dict):
        raise SourceError(f"{file}: should be a mapping with the fields of a build")
    unknown = sorted(set(fields) - set(Build.__dataclass_fields__))
    if unknown:
        allowed = ", ".join(sorted(Build.__dataclass_fields__))
        raise SourceError(f"{file}: unknown key {', '.join(unknown)}; allowed: {allowed}")
    return fields


def _name(path: Path) -> str:
    name = path.resolve().name
    suffix = next((suffix for suffix in _ARCHIVES if name.endswith(suffix)), "")
    return name.removesuffix(suffix) if suffix else bare(name)


def _located(log_url: str, directory: Path) -> str:
    """A URL as it is; a relative path relative to the description."""
    return log_url if log_url.startswith(("http://", "https://")) else str(directory / log_url)


def _aware(time: dt.datetime | None) -> dt.datetime | None:
    if time is None:
        return None
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _mistakes(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
