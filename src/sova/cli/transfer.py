"""Diagnoses as JSON lines: written to a file, whole or not at all, and read again with every bad line told."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sova.model import Diagnosis
from sova.reports.as_json import dumps, from_row, to_row

__all__ = ["Lines", "bar", "read_lines", "write_lines"]

_MOST_TOLD = 20
_LONGEST = 256 * 2**20
"""Bytes of a line that are read; a longer one is bad."""

Advance = Callable[[], None]


@dataclass(slots=True)
class Lines:
    """How reading went: good and bad lines, and the first mistakes as `NUMBER: REASON`."""

    good: int = 0
    bad: int = 0
    told: list[str] = field(default_factory=list)

    def refuse(self, number: int, reason: str) -> None:
        self.bad += 1
        if len(self.told) < _MOST_TOLD:
            self.told.append(f"{number}: {reason}")


@contextmanager
def bar(console: Console, words: str, total: int | None) -> Iterator[Advance]:
    """A progress bar where the console is a terminal; silent elsewhere."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(words, total=total)
        yield lambda: progress.advance(task)


def write_lines(file: str, diagnoses: Iterable[Diagnosis], advance: Advance) -> int:
    """Write each as a line; `-` is standard output. A file is there only when it is whole. Returns how many."""
    if file == "-":
        return _write(sys.stdout, diagnoses, advance)
    path = Path(file)
    try:
        with NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
            try:
                number = _write(out, diagnoses, advance)
                out.flush()
                os.replace(out.name, path)
            except BaseException:
                os.unlink(out.name)
                raise
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror}") from error
    return number


def _write(out: IO[str], diagnoses: Iterable[Diagnosis], advance: Advance) -> int:
    number = 0
    for diagnosis in diagnoses:
        out.write(dumps(to_row(diagnosis)) + "\n")
        advance()
        number += 1
    return number


def read_lines(file: str, lines: Lines, advance: Advance) -> Generator[Diagnosis, None, None]:
    """The diagnoses of the good lines; `lines` counts while they are read."""
    try:
        source = sys.stdin.buffer if file == "-" else Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error
    with source:
        for number, line in enumerate(_raw_lines(source), 1):
            if not line.strip():
                continue
            try:
                diagnosis = _diagnosis_of(line)
            except (ValueError, OverflowError, RecursionError) as error:
                lines.refuse(number, _words(error))
            else:
                lines.good += 1
                yield diagnosis
            advance()


def _raw_lines(source: IO[bytes]) -> Iterator[bytes]:
    while line := source.readline(_LONGEST + 1):
        if len(line) > _LONGEST:
            while not line.endswith(b"\n") and (rest := source.readline(_LONGEST)):
                line = rest
            line = b"\0"  # stands for all of it, and is as bad
        yield line


def _diagnosis_of(line: bytes) -> Diagnosis:
    row = json.loads(line.decode("utf-8"), parse_constant=_finite, parse_float=_finite)
    if not isinstance(row, dict):
        raise ValueError("is no JSON object")
    if "diagnoses" in row:
        raise ValueError("is a whole document; give its `diagnoses`, one a line, as `-o jsonl` writes them")
    diagnosis = from_row(row)
    build = diagnosis.build
    times = (build.start_time, build.end_time, *(reason.fixed_since for reason in diagnosis.reasons))
    if any(time is not None and time.tzinfo is None for time in times):
        raise ValueError("holds a time without a zone")
    to_row(diagnosis)  # a time at the very end of the calendar may have none in UTC
    return diagnosis


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"holds a number that is none: {text[:20]}")
    return number


def _words(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first, *others = error.errors(include_url=False, include_input=False)
        where = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        return f"{where}: {first['msg']}{more}"
    if isinstance(error, json.JSONDecodeError):
        return f"is no JSON: {error.msg} at column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8"
    return "is nested too deep" if isinstance(error, RecursionError) else str(error)
