"""Fakes for tests of Sova and of plugins: logs in memory, builds with sane fields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from sova.errors import LogError
from sova.model import Build, LogFile, Problem

__all__ = ["FakeTree", "build"]


class FakeTree:
    """Log files in memory: name to bytes, or to the Problem that reading ends with. `single` as in `LogTree`."""

    def __init__(
        self, files: Mapping[str, bytes | tuple[bytes, Problem]], location: str = "fake:", single: bool = False
    ) -> None:
        self.files = files
        self.location = location
        self.single = single
        self.problems: list[Problem] = []

    def find(self, alternatives: Sequence[str]) -> tuple[LogFile, ...]:
        for alternative in alternatives:
            found = tuple(file for file in self.names() if fnmatchcase(file.name, alternative))
            if found:
                return found
        return ()

    def chunks(self, file: LogFile) -> Iterator[bytes]:
        content = self.files[file.name]
        if isinstance(content, bytes):
            yield content
            return
        yield content[0]
        raise LogError(content[1])

    def names(self) -> Iterator[LogFile]:
        return (LogFile(name, self.location + name) for name in self.files)


def build(result: str = "FAILURE", **fields: object) -> Build:
    """A finished build of the job `unit`; any field of Build may be given."""
    given: dict[str, object] = {
        "key": f"test:{result}",
        "job_name": "unit",
        "log_url": "https://logs.example.org/1/",
        "end_time": dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC),
        **fields,
    }
    return Build(result=result, **given)  # type: ignore[arg-type]  # a test that gives a wrong type fails at once
