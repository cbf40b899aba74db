"""`-o`: the option, and writing in the form that it names; the same for every command that gives diagnoses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from sova.model import Diagnosis
from sova.reports.formats import OWN, write, writer

__all__ = ["emit", "emit_lines", "output_option"]

_Command = TypeVar("_Command", bound=Callable[..., object])


def output_option(for_people: str = "table") -> Callable[[_Command], _Command]:
    """The option `-o`; `for_people` is the name of the form that the command itself prints when nothing is said."""

    def checked(_context: click.Context, _option: click.Parameter, value: str) -> str:
        if value != for_people:
            try:
                writer(value)
            except LookupError as error:
                raise click.BadParameter(f"{error.args[0]}, and {for_people}") from error
        return value

    forms = f"[{'|'.join([for_people, *OWN])}]"
    return click.option(
        "-o",
        "--output",
        metavar=forms,
        default=for_people,
        show_default=True,
        callback=checked,
        help="Form of the output.",
    )


def emit(form: str, diagnoses: Iterable[Diagnosis]) -> None:
    """Write the diagnoses to standard output. Raises what `sova.reports.formats.writer` raises."""
    emit_lines(write(form, diagnoses))


def emit_lines(pieces: Iterable[str]) -> None:
    """Write text to standard output, each piece as soon as it is there; it is UTF-8 whatever the locale."""
    for piece in pieces:
        try:
            click.echo(piece.encode("utf-8", "replace"), nl=False)
        except BrokenPipeError as error:  # click exits with 1 where it sees its number; `main` takes it for no error
            raise BrokenPipeError from error
