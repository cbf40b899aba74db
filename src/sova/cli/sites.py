"""Writing the site, for every command that does, and how far the writing is."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from sova.cli.app import App
from sova.config import store_location
from sova.filters import Query
from sova.patterns.load import patterns_for
from sova.store import Store
from sova.views.desk import desk_of, foot_of

if TYPE_CHECKING:
    from sova.reports.site import Settings, Written

__all__ = ["WriteBar", "write_site"]


class WriteBar:
    """How many pages are written, drawn where the console is a terminal. It begins with the first page: threads that
    draw must not be there before the processes that write are."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task: TaskID | None = None

    def __enter__(self) -> WriteBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._progress.stop()

    def __call__(self, done: int, whole: int) -> None:
        if self._task is None:
            self._progress.start()
            self._task = self._progress.add_task("writing pages")
        self._progress.update(self._task, completed=done, total=whole)


def write_site(
    app: App, query: Query, directory: Path, settings: Settings | None = None, processes: int = 0
) -> Written:
    """Write the site of what is stored, or what changed of it. Raises SovaError."""
    from sova.reports.site import Settings, write  # noqa: PLC0415 - the template engine is for pages only

    location = store_location(app.config)
    with Store.open(location) as store, WriteBar(app.stderr) as bar:
        desk = desk_of(app.config, patterns_for(app.config), store, query, app.now)
        return write(
            desk,
            foot_of(desk),
            directory,
            settings or Settings(title=app.config.title),
            open_store=None if location == ":memory:" else partial(Store.open, location),
            processes=processes,
            progress=bar,
        )
