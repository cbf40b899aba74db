"""`sova diagnose`: why did this log, build or directory fail?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sova.cli import EXIT_FAILURES, EXIT_INTERRUPTED, EXIT_NO_SOURCE, EXIT_SOME_SOURCE
from sova.cli.app import App, pass_app
from sova.cli.options import patterns_option
from sova.cli.output import emit, output_option
from sova.model import Diagnosis, ProblemKind, Verdict
from sova.reports.console_diagnosis import render_diagnoses
from sova.session import Session
from sova.targets import diagnose_each

__all__ = ["diagnose"]


@click.command(
    epilog="""\b
Examples:
  sova diagnose job-output.txt.gz
  sova diagnose https://zuul.example.org/t/main/build/9594e23724f044dc9c1c06d85085a367
  sova diagnose logs/*/console.log            several logs, grouped by reason
  sova diagnose --patterns mine.yaml build.tar.xz
  curl -s https://example.org/log.txt | sova diagnose -o json -

\b
Exit status: 0 done; 1 a target failed (only with --exit-status); 2 usage or configuration;
3 no target could be asked about (its Zuul is down); 4 some could not; 130 interrupted."""
)
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@patterns_option
@output_option("text")
@click.option("--exit-status", is_flag=True, help="Exit with 1 when a target failed.")
@pass_app
def diagnose(app: App, targets: tuple[str, ...], files: tuple[Path, ...], output: str, exit_status: bool) -> None:
    """Say why each TARGET failed: a log file (plain or compressed), a directory, an archive, a log URL, a Zuul build
    URL, or - for standard input. No configuration is needed."""
    found: list[Diagnosis] = []
    interrupted = False
    try:
        with (
            Session(app.config, now=app.now, pattern_files=files) as session,
            app.stderr.status("reading patterns") as status,
        ):
            for diagnosis in diagnose_each(targets, session, lambda target: status.update(f"reading {target}")):
                found.append(diagnosis)
                if output == "jsonl":  # as soon as it is there
                    emit(output, [diagnosis])
    except KeyboardInterrupt:  # what was found until then is still told
        interrupted = True
        click.echo(f"interrupted after {len(found)} of {len(targets)} targets", err=True)
    _report(app, found, output)
    click.get_current_context().exit(EXIT_INTERRUPTED if interrupted else _status(found, exit_status))


def _report(app: App, found: Sequence[Diagnosis], output: str) -> None:
    if output == "text":
        render_diagnoses(found, app.stdout)
    elif output != "jsonl":
        emit(output, found)


def _status(found: Sequence[Diagnosis], exit_status: bool) -> int:
    unasked = [any(problem.kind is ProblemKind.SOURCE for problem in diagnosis.problems) for diagnosis in found]
    if any(unasked):
        return EXIT_NO_SOURCE if all(unasked) else EXIT_SOME_SOURCE
    return EXIT_FAILURES if exit_status and any(_failed(diagnosis) for diagnosis in found) else 0


def _failed(diagnosis: Diagnosis) -> bool:
    reported = diagnosis.build.result != "" and diagnosis.build.failed
    return reported or diagnosis.verdict in (Verdict.KNOWN, Verdict.UNKNOWN)
