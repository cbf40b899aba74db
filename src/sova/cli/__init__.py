"""The command `sova`. Each command group is a module, loaded only when it is called."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module

import click

from sova.errors import ConfigError, SovaError

__all__ = ["COMMANDS", "main", "root"]

EXIT_FAILURES, EXIT_USAGE, EXIT_NO_SOURCE, EXIT_SOME_SOURCE, EXIT_INTERRUPTED = 1, 2, 3, 4, 130

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("sova.cli.run", "Collect, triage, store and report: the main job."),
    "builds": ("sova.cli.builds", "List the builds that are stored."),
    "build": ("sova.cli.build", "Show everything about one stored build."),
    "stats": ("sova.cli.stats", "Count what is stored: shares, reasons, jobs, beside the days before."),
    "diagnose": ("sova.cli.diagnose", "Say why a log, a build or a directory of logs failed."),
    "report": ("sova.cli.report", "Write pages of what is stored, as files."),
    "serve": ("sova.cli.serve", "Show everything as pages, live, with an API."),
    "patterns": ("sova.cli.patterns", "List, show, check and try failure patterns."),
    "db": ("sova.cli.db", "Upgrade, prune, export and import the database."),
    "config": ("sova.cli.config", "Write, check and show the configuration."),
}
"""Command name: the module that holds a click command of that name, and its line in `sova --help`."""


class _LazyGroup(click.Group):
    """Lists commands without importing them: `sova --help` and each command start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        gc.disable()  # what is imported stays: to look for garbage among it takes a sixth of a short command's time
        try:
            command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        finally:
            gc.freeze()
            gc.enable()
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--config", "config_path", metavar="FILE", help="Configuration file; see `sova config path`.")
@click.version_option(package_name="sova-ci", prog_name="sova")
@click.pass_context
def root(ctx: click.Context, config_path: str | None) -> None:
    """Tell why CI jobs failed and what to do next.

    \b
    Examples:
      sova diagnose job-output.txt.gz          why did this log fail?
      sova config init --from URL              a configuration for your Zuul
      sova run --days 2 --html site            collect, report, write the pages
    """
    from sova.cli.app import App  # noqa: PLC0415 - `sova --help` needs none of it

    ctx.obj = App(config_path)


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit with its status; every expected error is one message on stderr."""
    try:
        status = root.main(args=args, prog_name="sova", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = EXIT_INTERRUPTED
    except ConfigError as error:
        for mistake in error.mistakes:
            click.echo(f"error: {mistake}", err=True)
        status = EXIT_USAGE
    except SovaError as error:
        click.echo(f"error: {error}", err=True)
        status = EXIT_USAGE
    except BrokenPipeError:  # `sova ... | head` is no error; stdout must not be flushed again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    sys.exit(status if isinstance(status, int) else 0)
