"""`sova build`: everything about one stored build."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sova.cli.app import App, pass_app
from sova.cli.output import emit, output_option
from sova.config import store_location
from sova.model import Diagnosis
from sova.reports.clean import one_line, shorten
from sova.slugs import build_slug
from sova.store import Store
from sova.store.finding import SHORTEST, find_builds

__all__ = ["build"]

_CANDIDATES = 5


@click.command(
    epilog="""\b
Examples:
  sova build 4de23ca764                    the beginning of an id of `sova builds` will do
  sova build 9594e23724f044dc9c1c06d85085a367
  sova build https://zuul.example.org/t/main/build/9594e23724f044dc9c1c06d85085a367
  sova build https://logs.example.org/17/910117/2/check/unit/b45ebc9/job-output.txt
  sova build 4de23ca764 -o markdown        to paste into a chat or a comment"""
)
@click.argument("name", metavar="ID")
@output_option()
@pass_app
def build(app: App, name: str, output: str) -> None:
    """Show the whole diagnosis of the stored build ID: the id of `sova builds` or a uuid (or the beginning of either,
    where only one build has it), a key, or the address of its page or logs."""
    with Store.open(store_location(app.config)) as store:
        found = find_builds(store, name, _keys(name), _CANDIDATES + 1)
        if len(found) != 1:
            raise click.UsageError(_several(name, found) if found else _none(name, store))
    if output == "table":
        from sova.reports.console_diagnosis import render_diagnosis  # noqa: PLC0415 - the other forms need none of it

        render_diagnosis(found[0], app.stdout)
    else:
        emit(output, found)


def _keys(name: str) -> Iterator[str]:
    """Keys that a build at this address may have."""
    if not name.startswith(("http://", "https://")):
        return
    from sova.sources.keys import log_key, zuul_key  # noqa: PLC0415 - only addresses need them
    from sova.sources.zuul_urls import build_page  # noqa: PLC0415 - only for the page of a build in Zuul

    yield log_key(name)
    if page := build_page(name):
        yield zuul_key(page.zuul.root, page.zuul.tenant, page.uuid)


def _several(name: str, found: list[Diagnosis]) -> str:
    rows = [f"  {build_slug(one.build.key)}  {_words(one)}" for one in found[:_CANDIDATES]]
    more = ["  ..."] if len(found) > _CANDIDATES else []
    return "\n".join([f"{shorten(name, 100)} may be several builds:", *rows, *more])


def _words(diagnosis: Diagnosis) -> str:
    build = diagnosis.build
    time = f"{build.time:%Y-%m-%d %H:%M}" if build.time else "-"
    return f"{time}  {one_line(build.job_name)}  {one_line(build.change.name)}".rstrip()


def _none(name: str, store: Store) -> str:
    said = f"no stored build is known by {shorten(name, 100)}"
    for length in range(len(name) - 1, SHORTEST - 1, -1):  # a digit too much, or a wrong one at the end
        if near := find_builds(store, name[:length], most=_CANDIDATES) if name.isalnum() else []:
            return f"{said}; near it are\n" + _several(name, near).partition("\n")[2]
    address = " (`sova diagnose` reads one that is not stored)" if "://" in name else ""
    return f"{said}{address}; `sova builds --search WORDS` finds builds by their texts"
