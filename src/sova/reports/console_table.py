"""Columns with heads for a terminal, or for a pipe: plain columns without colour where no terminal is.

A table gives up its last columns before it folds numbers: what must be read stands first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sova.reports.console_parts import print_line

__all__ = ["Column", "print_table"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, whether it holds numbers, and the least width to which its cells may be folded (0: never)."""

    head: str
    number: bool = False
    room: int = 0


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[Text]], console: Console) -> None:
    """Rows below their heads. On a terminal within its width; else a line a row, padded with spaces."""
    widths = [max(cell_len(column.head), *(row[n].cell_len for row in rows)) for n, column in enumerate(columns)]
    if not console.is_terminal:
        for cells in ([Text(column.head) for column in columns], *rows):
            padded = (_padded(*cell) for cell in zip(cells, columns, widths, strict=True))
            print_line(Text(("  " + "  ".join(padded)).rstrip()), console)
        return
    shown = _fitting(columns, widths, console.width)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("", width=0)
    for column in columns[:shown]:
        table.add_column(
            column.head,
            justify="right" if column.number else "left",
            no_wrap=not column.room,
            overflow="fold",
        )
    for row in rows:
        table.add_row("", *row[:shown])
    console.print(table)


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int) -> int:
    """How many of the columns fit, where those that fold need no more than their room."""
    needed = 2
    for place, (column, own) in enumerate(zip(columns, widths, strict=True)):
        needed += 2 + (min(own, column.room) if column.room else own)
        if needed > width and place > 2:
            return place
    return len(columns)


def _padded(cell: Text, column: Column, width: int) -> str:
    space = " " * (width - cell.cell_len)
    return space + cell.plain if column.number else cell.plain + space
