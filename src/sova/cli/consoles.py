"""Standard output and standard error for tables and progress; `sova.cli.app` loads rich for these only."""

from __future__ import annotations

from rich.console import Console

__all__ = ["Console", "stderr", "stdout"]


class _Out(Console):
    """Standard output; a reader that went away is told to `main`, where rich would exit with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout() -> Console:
    """Where results go."""
    return _Out(soft_wrap=False)


def stderr() -> Console:
    """Where everything else goes."""
    return Console(stderr=True)
