"""How far a run is, on standard error: builds found per source, then a bar over the builds to work on."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sova.model import Diagnosis

__all__ = ["RunBar"]


class RunBar:
    """A progress of `sova.collect`, drawn where standard error is a terminal and silent elsewhere."""

    def __init__(self, console: Console) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._found: dict[str, int] = {}
        self._reading: TaskID | None = None
        self._working: TaskID | None = None

    def __enter__(self) -> RunBar:
        self._progress.start()
        self._reading = self._progress.add_task("reading sources", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def read(self, source: str, builds: int) -> None:
        self._found[source] = builds
        if self._reading is not None:
            self._progress.update(self._reading, completed=sum(self._found.values()))

    def planned(self, builds: int) -> None:
        if self._reading is not None:
            self._progress.remove_task(self._reading)
            self._reading = None
        self._working = self._progress.add_task("reading logs", total=builds)

    def done(self, diagnosis: Diagnosis) -> None:  # noqa: ARG002 - a bar counts, it does not tell which
        if self._working is not None:
            self._progress.advance(self._working)
