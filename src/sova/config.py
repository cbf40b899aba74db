"""The configuration: one YAML file, every key checked, every mistake told with its place.

Found in this order: `--config`, `SOVA_CONFIG`, `./sova.yaml`, then `sova/config.yaml` of the XDG configuration
directory. Without any, the defaults below hold, and `sova diagnose` needs nothing more.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sova.documents import Document, mistakes_of, parse
from sova.errors import ConfigError, Mistake

__all__ = [
    "Config",
    "Limits",
    "Retention",
    "Rewrite",
    "SourceSettings",
    "Strict",
    "Web",
    "Zone",
    "cache_directory",
    "find",
    "load",
    "parse_size",
    "pattern_files",
]

DEFAULT_LOGS: dict[str, tuple[str, ...]] = {
    "console": (
        "job-output.txt",
        "console.txt",
        "console.html",
        "consoleText",
        "build-log.txt",
        "console.log",
        "job.log",
    ),
}
"""The named log files: a name that patterns use, and the paths that it may have, the first that exists wins."""

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


class Strict(BaseModel):
    """Base of all settings: unknown keys are mistakes, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_size(value: object) -> object:
    """`5 GB`, `200M`, `64 KiB` or a plain number as bytes; raises ValueError for anything else."""
    if not isinstance(value, str):
        return value
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?i?)b?\s*", value, re.IGNORECASE)
    if not found or found[2].lower() not in _UNITS:
        raise ValueError(f"should be a size such as 5 GB or 200 MB, got {value!r}")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]
Names = Annotated[tuple[str, ...], BeforeValidator(_list)]


def _timezone(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, LookupError) as error:
        raise ValueError(f"should be a time zone such as UTC or Europe/Berlin, got {value!r}") from error


Zone = Annotated[ZoneInfo, BeforeValidator(_timezone)]


class Limits(Strict):
    """Bounds on what one run may take; nothing that a server sends can exceed them."""

    file_size: Size = Field(5 * 10**9, description="Largest log file, both as sent and after decompression.")
    build_size: Size = Field(20 * 10**9, description="Most bytes read for one build, after decompression.")
    ratio: int = Field(2000, gt=1, description="Largest decompressed size as a multiple of the compressed size.")
    archive_members: int = Field(100_000, gt=0, description="Most members looked at in one archive.")
    listing_depth: int = Field(6, ge=0, description="How deep a directory listing is followed for globs.")
    listing_pages: int = Field(500, gt=0, description="Most listing pages fetched for one build.")
    redirects: int = Field(5, ge=0, description="Most redirects followed for one request.")
    timeout: float = Field(30.0, gt=0, description="Seconds without a byte after which a request is given up.")
    total_timeout: float = Field(1800.0, gt=0, description="Seconds that one download may take in all.")
    retries: int = Field(
        3, ge=0, description="How often a request is tried again after 429, 5xx or a broken connection."
    )
    connections: int = Field(10, gt=0, description="Connections to one host at once.")


class Rewrite(Strict):
    """Logs that moved host: a URL that begins with `from` begins with `to` instead."""

    prefix: str = Field(alias="from", min_length=1, description="How the old URL begins.")
    to: str = Field(min_length=1, description="What stands there instead.")


class Retention(Strict):
    """How long the store keeps what it knows; `sova db prune` does it. Texts of logs go before verdicts."""

    log_texts: int = Field(90, gt=0, description="Days that log lines (hits and excerpts) of a build are kept.")
    verdicts: int = Field(400, gt=0, description="Days that builds with their verdicts and reasons are kept.")
    size: Size | None = Field(
        None, description="Size of the database above which the oldest log lines go, then the oldest builds."
    )


class Web(Strict):
    """How `sova serve` answers."""

    host: str = Field("127.0.0.1", description="Address to listen on; loopback by default.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    url: str = Field("", description="Address under which people reach the pages, for feeds and texts to copy.")
    token_file: str = Field(
        "", description="File that holds the token for calls that do something; SOVA_TOKEN may hold it too."
    )


class SourceSettings(Strict):
    """Keys that every source has."""

    type: str = Field(description="Which kind of source this is.")
    name: str = Field("", description="A name for reports; by default made of the type and the address.")


class Config(Strict):
    """Everything that can be configured. `sources` holds the settings of each source, in the order of the file."""

    sources: tuple[SourceSettings, ...] = Field((), description="Where builds come from, see the page of each source.")
    logs: dict[str, Names] = Field({}, description="Named log files: a name for patterns, and the paths it may have.")
    jobs: Names = Field((), description="Tracked jobs, names or globs; all jobs when empty.")
    groups: dict[str, Names] = Field({}, description="Job groups of the reports: a title, and job names or globs.")
    aliases: dict[str, Names] = Field({}, description="Short names for `--short`: a name, and job names or globs.")
    patterns: Names = Field((), description="Pattern files beside the built-in ones; relative to this file.")
    builtin_patterns: bool = Field(True, description="Whether the patterns that come with Sova are used.")
    limits: Limits = Field(default_factory=Limits, description="Bounds on what one run may take.")
    rewrite_urls: tuple[Rewrite, ...] = Field((), description="Log URLs that moved host.")
    allow_hosts: Names = Field(
        (), description="Private or loopback hosts that content may name; names, globs, networks."
    )
    store: str = Field("", description="Database: a path, or a SQLAlchemy URL. By default in the XDG data directory.")
    cache: str = Field("", description="Directory for downloaded logs. By default in the XDG cache directory.")
    retention: Retention = Field(default_factory=Retention, description="How long the store keeps what it knows.")
    title: str = Field("CI failures", description="Name of the CI, in the head of every page.")
    web: Web = Field(default_factory=Web, description="How `sova serve` answers.")
    cache_size: Size = Field(10 * 10**9, description="Size that the cache is pruned to.")
    timezone: Zone = Field(ZoneInfo("UTC"), description="The zone in which days begin and times are shown.")
    log_search: str = Field("", description="URL of a log search with {query} in it, for patterns that name a query.")
    executor: Literal["threads"] = Field("threads", description="How builds are worked on side by side.")
    workers: int = Field(10, gt=0, le=256, description="How many builds are worked on at once.")
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def log_paths(self, name: str) -> tuple[str, ...]:
        """The paths that a name in a pattern's `files` stands for; a name that is not configured is itself a path."""
        return self.logs.get(name) or DEFAULT_LOGS.get(name) or (name,)

    def group_of(self, job_name: str) -> str:
        """The title of the first group that holds the job, or ""."""
        return next((title for title, globs in self.groups.items() if _any(job_name, globs)), "")

    def short_of(self, job_name: str) -> str:
        """The first alias of the job, or the job name itself."""
        return next((short for short, globs in self.aliases.items() if _any(job_name, globs)), job_name)

    def moved(self, url: str) -> str:
        """The URL after `rewrite_urls`."""
        for rewrite in self.rewrite_urls:
            if url.startswith(rewrite.prefix):
                return rewrite.to + url[len(rewrite.prefix) :]
        return url


def _any(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable, "")
    return (Path(value) if value.startswith("/") else Path.home() / default) / "sova"


def cache_directory(config: Config) -> Path:
    """Where downloaded logs and compiled patterns are kept; need not exist yet."""
    return Path(config.cache).expanduser() if config.cache else _xdg("XDG_CACHE_HOME", ".cache")


def store_location(config: Config) -> str:
    """The path or URL of the database."""
    return config.store or str(_xdg("XDG_DATA_HOME", ".local/share") / "sova.db")


def candidates() -> tuple[Path, ...]:
    """Where a configuration is looked for when none is named, first match wins."""
    return (Path("sova.yaml"), _xdg("XDG_CONFIG_HOME", ".config") / "config.yaml")


def find(named: str | Path | None = None) -> Path | None:
    """The configuration file to use, or None. Raises ConfigError when a file that was named does not exist."""
    for origin, value in (("--config", named), ("SOVA_CONFIG", os.environ.get("SOVA_CONFIG"))):
        if value:
            path = Path(value)
            if not path.is_file():
                raise ConfigError(Mistake(str(path), 0, 0, "", f"no such file (named by {origin})"))
            return path
    return next((path for path in candidates() if path.is_file()), None)


def load(path: Path | None, source_settings: Mapping[str, type[SourceSettings]]) -> Config:
    """The configuration in `path`, or the defaults. `source_settings` maps each source type to its settings.

    Relative paths in the file are relative to the file. Raises ConfigError with every mistake at once.
    """
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Mistake(str(path), 0, 0, "", f"cannot be read: {error}")) from error
    return read(parse(text, str(path)), source_settings, path.parent)


def read(document: Document, source_settings: Mapping[str, type[SourceSettings]], directory: Path) -> Config:
    """The configuration in a parsed document; paths in it are relative to `directory`. Raises ConfigError."""
    value = document.value if document.value is not None else {}
    mistakes = list(document.mistakes)
    if not isinstance(value, dict):
        if not mistakes:
            mistakes.append(document.mistake((), "should be a mapping of keys, such as `sources:`"))
        raise ConfigError(mistakes)
    sources = _sources(value.get("sources"), source_settings, document, mistakes)
    try:
        config = Config.model_validate({key: item for key, item in value.items() if key != "sources"})
    except ValidationError as error:
        mistakes += mistakes_of(error, document, Config)
        config = Config()
    mistakes += _check(value, document)
    mistakes += _missing_files(value, document, directory)
    if mistakes:
        raise ConfigError(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column)))
    sources = tuple(_located(source, directory) for source in sources)
    return config.model_copy(update={"sources": sources, **_absolute(config, directory)})


def _sources(
    rows: object, known: Mapping[str, type[SourceSettings]], document: Document, mistakes: list[Mistake]
) -> tuple[SourceSettings, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list):
        mistakes.append(document.mistake(("sources",), "should be a list of sources, each with a `type`"))
        return ()
    found: list[SourceSettings] = []
    names: dict[str, int] = {}
    for index, row in enumerate(rows):
        kind = row.get("type") if isinstance(row, dict) else None
        settings = known.get(kind) if isinstance(kind, str) else None
        if settings is None:
            at = ("sources", index, "type") if kind is not None else ("sources", index)
            said = f"unknown type {kind!r}" if kind is not None else "this source has no `type`"
            mistakes.append(document.mistake(at, f"{said}; allowed: {', '.join(sorted(known))}"))
            continue
        try:
            source = settings.model_validate(row)
        except ValidationError as error:
            mistakes += mistakes_of(error, document, settings, ("sources", index))
            continue
        if source.name and source.name in names:
            mistakes.append(document.mistake(("sources", index, "name"), f"{source.name!r} names another source too"))
        names[source.name] = index
        found.append(source)
    return tuple(found)


def _check(value: Mapping[str, object], document: Document) -> list[Mistake]:
    """What pydantic cannot see."""
    template = value.get("log_search")
    if isinstance(template, str) and template and "{query}" not in template:
        return [document.mistake(("log_search",), "should hold {query}, the place for the text to search")]
    return []


def _missing_files(value: Mapping[str, object], document: Document, directory: Path) -> list[Mistake]:
    return [
        document.mistake(("patterns", index), f"no such file: {path}")
        for index, path in enumerate(_pattern_paths(value, directory))
        if not path.exists()
    ]


def _pattern_paths(value: Mapping[str, object], directory: Path) -> list[Path]:
    names = value.get("patterns")
    rows = names if isinstance(names, list) else [names]
    return [directory / Path(name).expanduser() for name in rows if isinstance(name, str)]


def pattern_files(path: Path) -> list[Path]:
    """The pattern files that are there of those named in a configuration that `load` refuses, so that their mistakes
    can be told with its own."""
    try:
        value = parse(path.read_text(encoding="utf-8"), str(path)).value
    except (OSError, UnicodeDecodeError):
        return []
    return [file for file in _pattern_paths(value, path.parent) if file.exists()] if isinstance(value, dict) else []


def _located(source: SourceSettings, directory: Path) -> SourceSettings:
    """The settings of a source with every path in them relative to `directory`."""
    paths = {name: directory / value.expanduser() for name, value in source if isinstance(value, Path)}
    return source.model_copy(update=paths)


def _absolute(config: Config, directory: Path) -> dict[str, object]:
    changed: dict[str, object] = {
        "patterns": tuple(str(directory / Path(name).expanduser()) for name in config.patterns)
    }
    if config.cache:
        changed["cache"] = str(directory / Path(config.cache).expanduser())
    if config.web.token_file:
        token_file = str(directory / Path(config.web.token_file).expanduser())
        changed["web"] = config.web.model_copy(update={"token_file": token_file})
    if config.store and "://" not in config.store:
        changed["store"] = str(directory / Path(config.store).expanduser())
    return changed
