"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

__all__ = ["form_option", "patterns_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])

patterns_option = click.option(
    "--patterns",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Use only the patterns of this file (repeatable).",
)


def form_option(*forms: str) -> Callable[[_Command], _Command]:
    """The option `-o` of a command that has forms of its own; the first is what it prints when nothing is said."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(forms),
        default=forms[0],
        show_default=True,
        help="Form of the output.",
    )
