"""`sova diagnose`: why a file, a directory, an archive, a log URL, a Zuul build or standard input shows a failure."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sova.config import Config
from sova.config import find as find_config
from sova.config import load as load_config
from sova.errors import SovaError
from sova.model import Build, Diagnosis
from sova.session import Session, source_factories, source_settings
from sova.sources.keys import log_key
from sova.sources.local import build_of
from sova.sources.zuul import build_from_url, is_build_url
from sova.triage import triage

__all__ = ["TargetError", "diagnose", "diagnose_each", "target_build"]


class TargetError(SovaError):
    """A target is neither a file nor a URL that can be diagnosed."""


def diagnose(*targets: str, config: str | Path | None = None, patterns: Sequence[str | Path] = ()) -> list[Diagnosis]:
    """Why each target failed. `patterns`, when given, are the only pattern files used.

    Raises ConfigError for a bad configuration or pattern file, TargetError for a target that is not there.
    """
    path = find_config(config)
    loaded = load_config(path, source_settings(source_factories())) if path else Config()
    files = tuple(Path(name) for name in patterns)
    with Session(loaded, now=dt.datetime.now(dt.UTC), pattern_files=files) as session:
        return list(diagnose_each(targets, session))


def diagnose_each(
    targets: Iterable[str], session: Session, starting: Callable[[str], None] = lambda _: None
) -> Iterator[Diagnosis]:
    """A diagnosis for each target, as soon as it is made; `starting` is told each target before it is read."""
    for target in targets:
        starting(target)
        with target_build(target, session) as (build, bare):
            yield triage(build, session.tools, bare=bare)


@contextmanager
def target_build(target: str, session: Session) -> Iterator[tuple[Build, bool]]:
    """The build that a target stands for, and whether nothing but its logs is known. Raises TargetError."""
    if target == "-":
        with _spooled() as path:
            yield Build(key="-", job_name="standard input", log_url=str(path)), True
    elif target.startswith(("http://", "https://")):
        session.http.trust(target)
        if is_build_url(target):
            yield build_from_url(target, session.http), False
        else:
            yield Build(key=log_key(target), job_name=_name(target), log_url=target), True
    elif Path(target).exists():
        build = build_of(Path(target))
        yield build, not build.result
    else:
        raise TargetError(f"{target}: no such file or directory (a URL begins with http:// or https://)")


def _name(url: str) -> str:
    parts = [part for part in url.partition("://")[2].split("?")[0].split("/") if part]
    return parts[-1] if parts else url


@contextmanager
def _spooled() -> Iterator[Path]:
    """Standard input as a file, because a log is looked at more than once."""
    with tempfile.TemporaryDirectory(prefix="sova-") as directory:
        path = Path(directory) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
