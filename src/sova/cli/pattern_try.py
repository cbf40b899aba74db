"""`sova patterns try`: what would this regex find?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from sova.cli import EXIT_FAILURES
from sova.cli.app import App, pass_app
from sova.cli.options import form_option
from sova.cli.pattern_view import hit_row, shown_hit
from sova.documents import Document
from sova.errors import LogError
from sova.logs import LogTree
from sova.model import LogFile, Pattern
from sova.patterns.engine import Engine, Scan
from sova.patterns.form import pattern_of
from sova.reports.wording import count
from sova.session import Session
from sova.targets import target_build

__all__ = ["try_"]


@click.command(
    name="try",
    epilog="""\b
Examples:
  sova patterns try 'Could not resolve host: (?P<host>\\S+)' job-output.txt.gz
  sova patterns try --message 'No {host}.' 'resolve host: (?P<host>\\S+)' https://example.org/log.txt
  journalctl | sova patterns try --text 'Out of memory' -""",
)
@click.argument("regex")
@click.argument("target", metavar="TARGET")
@click.option("--text", is_flag=True, help="REGEX is plain text.")
@click.option("--raw", is_flag=True, help="Match the bytes as they are, with colours and without the prefix rule.")
@click.option("--message", default="", help="A message to fill, as a pattern would have it.")
@click.option("--exclude", multiple=True, help="Text that must not stand in the line (repeatable).")
@click.option("--file", "names", multiple=True, help="Only files with this name or glob (repeatable).")
@click.option("--context", default=2, show_default=True, type=click.IntRange(0, 20), help="Lines before and after.")
@click.option("--max", "most", default=20, show_default=True, type=click.IntRange(1), help="Hits shown of each file.")
@form_option("table", "json")
@pass_app
def try_(  # noqa: PLR0913 - one parameter for each option
    app: App,
    *,
    regex: str,
    target: str,
    text: bool,
    raw: bool,
    message: str,
    exclude: Sequence[str],
    names: Sequence[str],
    context: int,
    most: int,
    output: str,
) -> None:
    """Show what a regex would find in TARGET (a file, directory, archive, URL, or - for standard input).

    Exits with 1 when it finds nothing."""
    pattern = _pattern(regex, text=text, raw=raw, message=message, exclude=exclude)
    engine = Engine([pattern], max_hits=most, context=context)
    scans: list[Scan] = []
    with Session(app.config, now=app.now) as session:
        for file, scan in _scans(session, engine, target, names):
            scans.append(scan)
            for hit in scan.hits if output == "table" else ():
                app.stdout.print(shown_hit(file.name, hit, message), end="\n\n", soft_wrap=True)
            for problem in scan.problems:
                click.echo(f"{problem.where}: {problem.kind}: {problem.detail}", err=True)
    if output == "json":
        click.echo(json.dumps([hit_row(hit) for scan in scans for hit in scan.hits], indent=2))
    hits = sum(sum(scan.counts.values()) for scan in scans)
    lines = sum(scan.lines for scan in scans)
    click.echo(f"{count(hits, 'hit')} in {count(lines, 'line')} of {count(len(scans), 'file')}", err=True)
    if not hits:
        click.get_current_context().exit(EXIT_FAILURES)


def _pattern(regex: str, *, text: bool, raw: bool, message: str, exclude: Sequence[str]) -> Pattern:
    pattern, mistakes = pattern_of(
        Document("the command line"),
        {
            "id": "tried",
            "text" if text else "regex": regex,
            "match": "raw" if raw else "message",
            "message": message or "{0}",
            "exclude": list(exclude),
        },
        (),
    )
    if pattern is None:
        raise click.UsageError("; ".join(mistake.text for mistake in mistakes))
    return pattern


def _scans(session: Session, engine: Engine, target: str, names: Sequence[str]) -> Iterator[tuple[LogFile, Scan]]:
    with target_build(target, session) as (build, bare):
        try:
            tree = session.open_tree(build)
            for file in _wanted(tree, names or (() if bare else session.config.log_paths("console"))):
                yield file, engine.scan(tree.chunks(file), file=file.name)
        except LogError as error:
            click.echo(str(error), err=True)


def _wanted(tree: LogTree, names: Sequence[str]) -> Iterator[LogFile]:
    """The files with these names; all of them where none is asked for, or where there is but one."""
    if tree.single or not names:
        yield from tree.names()
        return
    for name in names:
        yield from tree.find((name,))
