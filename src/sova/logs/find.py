"""Opens the logs of a build wherever they are."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sova.config import Limits
from sova.errors import LogError
from sova.http_client import HttpClient
from sova.logs import LogTree
from sova.logs.archives import is_archive, open_archive
from sova.logs.cache import Cache
from sova.logs.fetch import Fetcher
from sova.logs.html_console import is_html_name
from sova.logs.local_files import Directory, SingleFile
from sova.logs.openers import Source, decompressed, file_source, log_error, os_error
from sova.logs.tree import Place, Tree
from sova.logs.website import Website, is_directory_url, is_listing, is_page, name_of
from sova.model import Artifact, ProblemKind

__all__ = ["open_tree"]

_HEAD = 512


def open_tree(  # noqa: PLR0913  # each is needed, all but one by keyword
    location: str,
    *,
    http: HttpClient | None,
    cache: Cache,
    limits: Limits,
    artifacts: Sequence[Artifact] = (),
    final: bool = True,
) -> LogTree:
    """The logs at `location`: the URL of a tree or of one file, a local directory, an archive, one local file.

    `artifacts` may name a Zuul manifest. `final`: the build has ended and its logs are complete, so what is in the
    cache holds. A URL that does not end in `/` is asked for, and is a tree when the answer is no log. Without `http`
    only what is in the cache is read. Raises LogError.
    """
    opener = _Opener(cache, limits)
    if location.startswith(("http://", "https://")):
        _check(location)
        return opener.remote(location, Fetcher(http, cache, limits, final=final), artifacts)
    path = Path(location)
    try:
        if path.is_dir():
            return opener.tree(Directory(path, limits))
        return opener.file(path.name, location, file_source(path), path.stat().st_size)
    except OSError as error:
        raise os_error(location, error) from error


def _check(url: str) -> None:
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise log_error(url, ProblemKind.REFUSED, f"not a URL: {error}") from error


@dataclass(frozen=True, slots=True)
class _Opener:
    cache: Cache
    limits: Limits

    def remote(self, url: str, fetcher: Fetcher, artifacts: Sequence[Artifact]) -> LogTree:
        fetched = None if is_directory_url(url) else fetcher.fetch(url)
        if fetched is None:
            return self.tree(Website(url, fetcher, self.limits, artifacts))
        name = name_of(fetched.url)
        if is_directory_url(fetched.url) or is_listing(fetched):
            return self.tree(Website(fetched.url, fetcher, self.limits, artifacts))
        if is_page(fetched) and not is_html_name(name):
            if "." in name:
                raise log_error(url, ProblemKind.UNDECODABLE, "an HTML page instead of a log")
            return self.tree(Website(url, fetcher, self.limits, artifacts))
        return self.file(name, url, fetched.source, fetched.size)

    def file(self, name: str, location: str, source: Source, size: int) -> LogTree:
        if is_archive(self._head(source)):
            return self.tree(self._archive(source, location))
        return self.tree(SingleFile(name, location, source, size), single=True)

    def tree(self, place: Place, *, single: bool = False) -> Tree:
        return Tree(place, self.limits, self._archive, single=single)

    def _archive(self, source: Source, location: str) -> Place:
        return open_archive(source, location, limits=self.limits, directory=self._spool_directory)

    def _head(self, source: Source) -> bytes:
        head = b""
        try:
            for chunk in decompressed(source, where="", limits=self.limits):
                head += chunk[:_HEAD]
                if len(head) >= _HEAD:
                    break
        except LogError:
            return head  # whoever reads the file is told
        return head

    def _spool_directory(self) -> Path:
        try:
            return self.cache.temporary_directory()
        except OSError:  # a local archive can be read without a cache
            return Path(tempfile.gettempdir())
