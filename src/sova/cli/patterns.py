"""`sova patterns`: list, show, check and try failure patterns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from sova.cli.app import App, pass_app
from sova.cli.options import form_option, patterns_option
from sova.cli.pattern_checks import lint, test
from sova.cli.pattern_try import try_
from sova.cli.pattern_view import as_yaml, overview, row
from sova.model import Kind
from sova.patterns.load import patterns_for

__all__ = ["patterns"]


@click.group()
def patterns() -> None:
    """List, show, check and try failure patterns.

    \b
    Examples:
      sova patterns list --tag infra            what is known of the infrastructure?
      sova patterns show disk-full              all of one pattern
      sova patterns lint mine.yaml              is my file right?
      sova patterns test mine.yaml              do its examples hold?
      sova patterns try 'timed out' job.log.gz  what would this regex find?
    """


@patterns.command(
    name="list",
    epilog="""\b
Examples:
  sova patterns list --kind cause --tag infra
  sova patterns list puppet
  sova patterns list --patterns mine.yaml -o json""",
)
@click.argument("words", metavar="[WORD...]", nargs=-1)
@click.option("--tag", multiple=True, help="Only patterns with this tag (repeatable).")
@click.option(
    "--kind", multiple=True, type=click.Choice([kind.value for kind in Kind]), help="Only this kind (repeatable)."
)
@patterns_option
@form_option("table", "json")
@pass_app
def list_(  # noqa: PLR0913 - one parameter for each option
    app: App, *, words: Sequence[str], tag: Sequence[str], kind: Sequence[str], files: Sequence[Path], output: str
) -> None:
    """List patterns: the built-in ones and those of the configuration, or those in whose id, message or text every
    WORD stands."""
    wanted = [word.casefold() for word in words]
    found = [
        pattern
        for pattern in patterns_for(app.config, files).patterns
        if (not tag or pattern.tag in tag)
        and (not kind or pattern.kind in kind)
        and all(word in f"{pattern.id} {pattern.message} {pattern.text}".casefold() for word in wanted)
    ]
    if output == "json":
        click.echo(json.dumps([row(pattern) for pattern in found], indent=2))
        return
    app.stdout.print(overview(found))
    click.echo(f"{len(found)} patterns", err=True)


@patterns.command(epilog="\b\nExample:\n  sova patterns show connection-reset")
@click.argument("ids", metavar="ID...", nargs=-1, required=True)
@patterns_option
@form_option("yaml", "json")
@pass_app
def show(app: App, ids: Sequence[str], files: Sequence[Path], output: str) -> None:
    """Show everything about patterns, in the form in which they are written."""
    known = {pattern.id: pattern for pattern in patterns_for(app.config, files).patterns}
    missing = [name for name in ids if name not in known]
    if missing:
        raise click.UsageError(f"no pattern has the id {', '.join(missing)}; see `sova patterns list`")
    found = [known[name] for name in ids]
    click.echo(json.dumps([row(pattern) for pattern in found], indent=2) if output == "json" else as_yaml(found))


for _command in (lint, test, try_):
    patterns.add_command(_command)
