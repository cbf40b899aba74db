"""The static site: pages on disk that open by a double click, without a server or a CDN, and without JavaScript too.

Every file is written beside its place and renamed into it, assets first and the first page last, so that a reader never
meets a half-written page or a link that leads nowhere. An update writes only what changed; what a killed one left is
repaired by the next. Pages of builds stay for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sova.errors import SovaError
from sova.reports.site.files import assets, clear, put, there
from sova.reports.site.making import SECURITY, Maker, Settings
from sova.reports.site.plan import plan
from sova.reports.site.state import State
from sova.reports.site.working import Progress, work
from sova.store import Store
from sova.views.desk import Desk, Foot

__all__ = ["SECURITY", "Settings", "Written", "write"]


@dataclass(frozen=True, slots=True)
class Written:
    """The first page, and how many files were written."""

    index: Path
    files: int


def _silent(_done: int, _whole: int) -> None:
    return


def write(  # noqa: PLR0913 - what is written, where, and how
    desk: Desk,
    foot: Foot,
    directory: Path,
    settings: Settings | None = None,
    *,
    open_store: Callable[[], Store] | None = None,
    processes: int = 0,
    progress: Progress = _silent,
) -> Written:
    """Write the site, or what changed of it. `open_store` lets other processes help (`processes`, 0: one a core).

    Raises SovaError where it cannot be written, StoreError.
    """
    settings = settings or Settings()
    try:
        clear(directory)
        written = sum(put(directory / path, content) for path, content in assets())
        planned = plan(desk, settings, State.load(directory), there(directory))
        maker = Maker(
            desk,
            planned.span,
            foot,
            settings,
            directory,
            there=planned.there,
            wanted=planned.wanted,
            days=planned.days,
        )
        pages, first = work(maker, planned.tasks, open_store=open_store, processes=processes, progress=progress)
        index = directory / "index.html"
        written += pages + put(index, first)
        planned.state.save(directory)
    except OSError as error:
        raise SovaError(f"cannot write the site in {directory}: {error.strerror or error}") from error
    return Written(index, written)
