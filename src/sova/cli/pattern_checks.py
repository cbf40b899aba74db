"""`sova patterns lint` and `sova patterns test`: are patterns right, and do they stay silent where nothing failed?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from sova.cli import EXIT_FAILURES
from sova.cli.app import App, pass_app
from sova.cli.options import form_option, patterns_option
from sova.cli.pattern_view import plain
from sova.errors import PatternError
from sova.model import Diagnosis, Kind
from sova.patterns.examples import try_examples
from sova.patterns.lint import lint as doubts
from sova.patterns.load import gather, patterns_for
from sova.reports.wording import count
from sova.session import Session
from sova.targets import diagnose_each

__all__ = ["lint", "test"]

TELLING = (Kind.CAUSE, Kind.GENERIC)
"""The kinds of reason that explain a failure, and so must not be found where nothing failed."""


@click.command(
    epilog="""\b
Examples:
  sova patterns lint                      the built-in files and those of the configuration
  sova patterns lint mine.yaml
  sova patterns lint --strict mine.yaml   advice counts too"""
)
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Exit with 1 when there is nothing but advice, too.")
@form_option("table", "json")
@pass_app
def lint(app: App, files: Sequence[Path], strict: bool, output: str) -> None:
    """Check pattern files beyond what loading checks. Files of the seed's form are told what was mended in them.

    Exits with 1 when an example fails, with 2 when a file cannot be loaded."""
    found = gather(files or [Path(name) for name in app.config.patterns], builtin=not files)
    if found.mistakes:
        raise PatternError(found.mistakes)
    findings = doubts(found.files)
    if output == "json":
        rows = [{**plain(finding.mistake), "error": finding.error} for finding in findings]
        rows += [{**plain(note), "error": False} for note in found.notes]
        click.echo(json.dumps(rows, indent=2))
    else:
        for line in [*map(str, findings), *(f"{note} (mended)" for note in found.notes)]:
            click.echo(line)
        read = f"{count(len(found.patterns), 'pattern')} in {count(len(found.files), 'file')}"
        click.echo(f"{read}, {count(len(findings), 'finding')}, {len(found.notes)} mended", err=True)
    if any(finding.error or strict for finding in findings):
        click.get_current_context().exit(EXIT_FAILURES)


@click.command(
    epilog="""\b
Examples:
  sova patterns test                           every example of every pattern
  sova patterns test mine.yaml
  sova patterns test --clean passing-logs/     nothing may be found in these"""
)
@click.argument("targets", metavar="[FILE...|LOG...]", nargs=-1)
@click.option("--clean", is_flag=True, help="The arguments are logs of builds that passed: no reason may be found.")
@patterns_option
@pass_app
def test(app: App, targets: Sequence[str], clean: bool, files: Sequence[Path]) -> None:
    """Hold patterns against their own examples, or against logs in which they must find nothing.

    Exits with 1 when an example fails, or when a log of a build that passed gives a reason of kind cause or generic."""
    if clean:
        if not targets:
            raise click.UsageError("--clean wants logs: files, directories or URLs")
        wrong = _test_clean(app, targets, files)
    else:
        wrong = _test_examples(app, [*map(Path, targets), *files])
    if wrong:
        click.get_current_context().exit(EXIT_FAILURES)


def _test_examples(app: App, files: Sequence[Path]) -> int:
    # the configured patterns first: a mistake in any of them ends the command with every mistake told
    used = [*patterns_for(app.config).patterns, *(patterns_for(app.config, files).patterns if files else ())]
    tried = list(try_examples(used))
    wrong = [one for one in tried if not one.right]
    for one in wrong:
        said = "does not match" if one.wanted else "matches, and should not"
        click.echo(f"{one.pattern.id}: {said}: {one.example}")
    without = sum(not (pattern.examples.match or pattern.examples.no_match) for pattern in used)
    counts = f"{len(used)} patterns ({without} without examples), {len(tried)} examples, {len(wrong)} of them wrong"
    click.echo(counts, err=True)
    return len(wrong)


def _test_clean(app: App, targets: Sequence[str], files: Sequence[Path]) -> int:
    logs = [log for target in targets for log in _logs(target)]
    wrong = problems = 0
    with (
        Session(app.config, now=app.now, pattern_files=tuple(files)) as session,
        app.stderr.status("reading logs") as status,
    ):
        for diagnosis in diagnose_each(logs, session, lambda log: status.update(f"reading {log}")):
            for line in _telling(diagnosis):
                click.echo(line)
                wrong += 1
            for problem in diagnosis.problems:
                click.echo(f"{problem.where}: {problem.kind}: {problem.detail}", err=True)
                problems += 1
    click.echo(f"{len(logs)} logs, {wrong} reasons of kind cause or generic in them, {problems} problems", err=True)
    return wrong


def _telling(diagnosis: Diagnosis) -> Iterator[str]:
    for reason in diagnosis.reasons:
        if reason.kind in TELLING:
            hit = reason.hits[0]
            place = f"{diagnosis.build.log_url}:{hit.line_number}"
            yield f"{place}: {reason.pattern} ({reason.kind}): {hit.line[:200]}"


def _logs(target: str) -> Iterator[str]:
    """The target, or every file below it, so that none is passed over for its name."""
    if Path(target).is_dir():
        yield from sorted(str(path) for path in Path(target).rglob("*") if path.is_file())
    else:
        yield target
