"""`sova config`: write a configuration that works, check one, show what holds."""

from __future__ import annotations

import json
from pathlib import Path

import click
import yaml

from sova.cli.app import App, pass_app
from sova.cli.options import form_option
from sova.config import DEFAULT_LOGS, Config, cache_directory, candidates, find, store_location
from sova.first_config import for_url, generic
from sova.patterns.load import patterns_for
from sova.session import Session

__all__ = ["config"]


@click.group()
def config() -> None:
    """Write, check and show the configuration.

    \b
    Examples:
      sova config init --from https://zuul.example.org/t/main   a file that works for that Zuul
      sova config check                                         is my file right, its pattern files too?
      sova config show                                          every setting, defaults included
      sova config path                                          which file is used?
    """


@config.command(
    epilog="""\b
Examples:
  sova config init                                        a commented file to start from
  sova config init --from https://zuul.example.org/t/main
  sova config init --from ssh://me@review.example.org:29418
  sova config init --from https://review.example.org --file -"""
)
@click.option("--from", "url", metavar="URL", help="A Zuul tenant, or a Gerrit (https:// or ssh://user@host:port).")
@click.option(
    "--file",
    "path",
    default="sova.yaml",
    metavar="PATH",
    show_default=True,
    help="Where to write; - for standard output.",
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@pass_app
def init(app: App, url: str | None, path: str, force: bool) -> None:
    """Write a configuration: a commented start, or one made for the CI at URL, which is asked whether it is there.

    An ssh URL is taken as it is; `sova run` tells when no Gerrit answers there."""
    if path != "-" and Path(path).exists() and not force:
        raise click.UsageError(f"{path} is there already; --force overwrites it, --file names another")
    with Session(Config(), now=app.now) as session:
        text = for_url(url, session.http) if url else generic()
    if path == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"wrote {path}; next: sova --config {path} run --days 1", err=True)


@config.command(epilog="\b\nExample:\n  sova --config sova.yaml config check")
@pass_app
def check(app: App) -> None:
    """Check the configuration and every pattern file it names; every mistake is told with its place."""
    app.config  # noqa: B018 - loading is the check; it raises ConfigError with every mistake
    found = patterns_for(app.config)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    where = app.found or "no configuration file, the defaults hold"
    click.echo(f"{where}: ok, {len(app.config.sources)} sources, {len(found.patterns)} patterns")


@config.command(epilog="\b\nExample:\n  sova config show -o json | jq .limits")
@form_option("yaml", "json")
@pass_app
def show(app: App, output: str) -> None:
    """Show every setting that holds, defaults included."""
    shown = _shown(app.config)
    if output == "json":
        click.echo(json.dumps(shown, indent=2))
    else:
        click.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True), nl=False)


@config.command(epilog="\b\nExample:\n  $EDITOR $(sova config path)")
@pass_app
def path(app: App) -> None:
    """Show which configuration file is used, and where one is looked for."""
    found = find(app.config_path)
    click.echo(found.resolve() if found else "none")
    if not found:
        click.echo("looked for: --config, SOVA_CONFIG, " + ", ".join(str(place) for place in candidates()), err=True)


def _shown(settings: Config) -> dict[str, object]:
    values: dict[str, object] = settings.model_dump(mode="json", by_alias=True, exclude={"sources", "timezone"})
    values["sources"] = [source.model_dump(mode="json", exclude_defaults=True) for source in settings.sources]
    values["timezone"] = settings.timezone.key
    values["logs"] = {**DEFAULT_LOGS, **settings.logs}
    values["store"] = _shown_place(store_location(settings))
    values["cache"] = str(cache_directory(settings))
    return json.loads(json.dumps(values))  # type: ignore[no-any-return]  # tuples into lists, as YAML writes them


def _shown_place(location: str) -> str:
    """The path or URL of the database; what is shown gets into mails and chats, so without a password."""
    if "://" not in location:
        return location
    from sova.store.trouble import hidden  # noqa: PLC0415 - the database is not needed otherwise

    return hidden(location)
