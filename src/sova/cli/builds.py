"""`sova builds`: the builds that are stored, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import chain, islice

import click

from sova.cli.app import App, as_of_option, pass_app
from sova.cli.filter_options import filters_but
from sova.cli.output import emit, emit_lines, output_option
from sova.config import store_location
from sova.filters import Search
from sova.model import Diagnosis, Verdict
from sova.reports.wording import count
from sova.store import Store
from sova.store.texts import search_words

__all__ = ["builds"]

_PAGE = 200
_COUNTED = 10_000
"""How far builds are counted that are not shown; it takes time, and nobody wants it exactly."""


@click.command(
    epilog="""\b
Examples:
  sova builds                              the newest 50
  sova builds --fail --since yesterday --pipeline gate
  sova builds --search 'no space left'     words of messages, subjects, log lines
  sova builds --tag infra --branch 'stable/*' --limit 200
  sova builds --reason 80b25b5d2767ec62 --all -o csv > builds.csv
  sova builds --fail | cut -f 1 | xargs -n 1 sova build

\b
In a pipe a line holds, with tabs between: id, time (UTC), job, change, verdict, tag, reason, log URL."""
)
@click.option("--search", default="", metavar="WORDS", help="Only builds in whose texts all WORDS stand.")
@click.option("--fail", is_flag=True, help="Only failures.")
@click.option("--tag", multiple=True, help="Only failures with this tag; unknown too (repeatable).")
@click.option(
    "--verdict", multiple=True, type=click.Choice([word.value for word in Verdict]), help="Only this one (repeatable)."
)
@click.option("--reason", default="", metavar="ID", help="Only failures for this reason, by the name of its page.")
@click.option("--pattern", default="", metavar="ID", help="Only builds in which this pattern hit.")
@filters_but("limit", "fail")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many, the newest.")
@click.option("--all", "every", is_flag=True, help="All of them, however many.")
@output_option()
@as_of_option
@pass_app
def builds(  # noqa: PLR0913 - one parameter for each option
    app: App,
    /,
    *,
    search: str,
    fail: bool,
    tag: tuple[str, ...],
    verdict: tuple[str, ...],
    reason: str,
    pattern: str,
    limit: int,
    every: bool,
    output: str,
    **filters: object,
) -> None:
    """List the builds that are stored, newest first."""
    if search and not search_words(search):
        raise click.UsageError(f"--search: there is no word in {search!r}; a word is letters and digits")
    asked = Search(
        query=app.query(filters),
        failed=True if fail else None,
        tag=tag,
        verdict=tuple(Verdict(word) for word in verdict),
        reason=reason,
        pattern=pattern,
        text=search,
    )
    with Store.open(store_location(app.config)) as store, closing(store.walk(asked)) as found:
        shown = found if every else islice(found, limit)
        if output == "table":
            _print(app, store, asked, iter(shown))
        else:
            emit(output, shown)


def _print(app: App, store: Store, search: Search, shown: Iterator[Diagnosis]) -> None:
    from sova.reports.console_builds import plain_lines, render_builds  # noqa: PLC0415 - the other forms need none

    first = next(shown, None)
    if first is None:
        click.echo(_nothing(store), err=True)
    elif app.stdout.is_terminal:
        rows = [first, *shown]
        app.stdout.print(f"{_how_many(store, search, len(rows))}\n", highlight=False, style="dim")
        render_builds(rows, app.stdout, app.config.timezone)
    else:
        emit_lines(plain_lines(chain([first], shown)))


def _nothing(store: Store) -> str:
    stored = store.count_of(most=_COUNTED)
    if not stored:
        return "no builds are stored yet; `sova run` collects them"
    more = "more than " if stored >= _COUNTED else ""
    return f"none of {more}{count(stored, 'build')} is asked for; leave out a filter"


def _how_many(store: Store, search: Search, shown: int) -> str:
    whole = store.count_of(search, most=_COUNTED)
    if whole <= shown:
        return count(shown, "build")
    more = "more than " if whole >= _COUNTED else ""
    return f"the newest {shown:,} of {more}{count(whole, 'build')}; --limit or --all shows more"
