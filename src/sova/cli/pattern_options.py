"""Options that several `sova patterns` commands have."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["output_option", "patterns_option"]

output_option = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Form of the output.",
)

patterns_option = click.option(
    "--patterns",
    "files",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Use only the patterns of this file (may be repeated).",
)
