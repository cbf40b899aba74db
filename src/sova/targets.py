"""`sova diagnose`: why a file, a directory, an archive, a log URL, a Zuul build or standard input shows a failure."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sova.config import find as find_config
from sova.errors import SourceError, SovaError
from sova.model import Build, Diagnosis, Problem, ProblemKind, Verdict
from sova.session import Session
from sova.sources.keys import log_key
from sova.sources.kinds import configured
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
    loaded = configured(find_config(config))
    files = tuple(Path(name) for name in patterns)
    with Session(loaded, now=dt.datetime.now(dt.UTC), pattern_files=files) as session:
        return list(diagnose_each(targets, session))


def diagnose_each(
    targets: Iterable[str],
    session: Session,
    starting: Callable[[str], None] = lambda _: None,
    *,
    trusted: bool = True,
) -> Iterator[Diagnosis]:
    """A diagnosis for each target, as soon as it is made; `starting` is told each target before it is read.

    The hosts of URLs are `trusted` when a person typed them here; those that came from elsewhere may not be private.

    Raises TargetError before anything is read when a target is not there. One about which nothing can be learned, such
    as the page of a Zuul that is down, has a Problem of kind SOURCE, and the others go on.
    """
    targets = list(targets)
    missing = [target for target in targets if not _is_there(target)]
    if missing:
        raise _not_there(missing)
    for target in targets:
        starting(target)
        try:
            with target_build(target, session, trusted=trusted) as (build, bare):
                yield triage(build, session.tools, bare=bare)
        except SourceError as error:
            problem = Problem(target, ProblemKind.SOURCE, str(error))
            build = Build(key=target, job_name=_name(target), log_url=target)
            yield Diagnosis(build, Verdict.NO_LOGS, problems=(problem,), why="it cannot be known which build this is")


def _not_there(targets: Sequence[str]) -> TargetError:
    return TargetError(f"{', '.join(targets)}: no such file or directory (a URL begins with http:// or https://)")


def _is_there(target: str) -> bool:
    return target == "-" or _is_url(target) or Path(target).exists()


def _is_url(target: str) -> bool:
    return target.startswith(("http://", "https://"))


@contextmanager
def target_build(target: str, session: Session, *, trusted: bool = True) -> Iterator[tuple[Build, bool]]:
    """The build that a target stands for, and whether nothing but its logs is known. `trusted` as for `diagnose_each`.

    Raises TargetError when it is not there, SourceError when nothing can be learned about it.
    """
    if target == "-":
        with _spooled() as path:
            yield Build(key="-", job_name="standard input", log_url=str(path)), True
    elif _is_url(target):
        if trusted:
            session.http.trust(target)
        if is_build_url(target):
            yield build_from_url(target, session.http), False
        else:
            yield Build(key=log_key(target), job_name=_name(target), log_url=target), True
    elif Path(target).exists():
        build = build_of(Path(target))
        yield build, not build.result
    else:
        raise _not_there([target])


def _name(target: str) -> str:
    parts = [part for part in target.rpartition("://")[2].split("?")[0].split("/") if part]
    return parts[-1] if parts else target


@contextmanager
def _spooled() -> Iterator[Path]:
    """Standard input as a file, because a log is looked at more than once."""
    with tempfile.TemporaryDirectory(prefix="sova-") as directory:
        path = Path(directory) / "stdin"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield path
