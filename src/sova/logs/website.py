"""A log tree on a web server. Wanted files are asked for directly; a manifest or a listing tells the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from posixpath import basename, dirname
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

from sova.config import Limits
from sova.errors import LogError
from sova.logs.fetch import Fetched, Fetcher
from sova.logs.html_console import is_html_name
from sova.logs.listing import Listed, parse_listing, parse_manifest
from sova.logs.openers import Source, decompressed, log_error
from sova.logs.paths import Reach, bare
from sova.logs.tree import Entry
from sova.model import Artifact, ProblemKind

__all__ = ["Website", "is_directory_url", "is_listing", "is_page", "name_of"]

_MANIFEST = "zuul-manifest.json"
_MANIFEST_TYPE = "zuul_manifest"
_LONGEST_PAGE = 50 * 10**6
_LIKELY = 2  # of the names a file may have: as it is, and with or without .gz
_PASSED_OVER = frozenset({ProblemKind.DENIED, ProblemKind.UNDECODABLE, ProblemKind.MISSING})
_UNRESERVED = "/!$&'()*+,;=:@~"


@dataclass(frozen=True, slots=True)
class _Directory:
    """What is known of a directory on the server. `entries` is None where it cannot be listed."""

    there: bool
    entries: Mapping[str, Listed] | None = None

    def may_have(self, name: str) -> bool:
        return self.there and (self.entries is None or name in self.entries)


_ABSENT = _Directory(there=False)
_UNLISTED = _Directory(there=True)


class Website:
    """The files below a URL. `artifacts` may name a Zuul manifest."""

    def __init__(self, root: str, fetcher: Fetcher, limits: Limits, artifacts: Sequence[Artifact] = ()) -> None:
        parts = urlsplit(root)
        self._root = parts._replace(path=f"{parts.path.rstrip('/')}/", fragment="")
        self.location = urlunsplit(self._root)
        self._fetcher = fetcher
        self._limits = limits
        named = [urljoin(self.location, found.url) for found in artifacts if found.type == _MANIFEST_TYPE]
        self._manifest_urls = (*named, self.locate(_MANIFEST))
        self._fetched: dict[str, Fetched] = {}
        self._directories: dict[str, _Directory] = {}

    def locate(self, path: str) -> str:
        return urlunsplit(self._root._replace(path=self._root.path + quote(path, safe=_UNRESERVED)))

    def first(self, wanted: Sequence[Sequence[str]]) -> Entry | None:
        """See `Place.first`. Asks for the likely names of each file, then looks at what the server lists."""
        passed_over: dict[str, LogError] = {}
        for path in dict.fromkeys(path for paths in wanted for path in paths[:_LIKELY]):
            if self._may_be(path) and (entry := self._ask(path, passed_over)):
                return entry
        for paths in wanted:
            if entry := self._look_up([path for path in paths if path not in passed_over], passed_over):
                return entry
        if passed_over:
            raise next(iter(passed_over.values()))
        return None

    def entries(self, reach: Reach) -> Iterator[Entry]:
        if self.manifest is None:
            depth = self._limits.listing_depth + 1 if reach.depth is None else reach.depth
            yield from self._crawl(reach.under, depth)
            return
        for path, listed in self.manifest.items():
            if reach.covers(path):
                yield Entry(path, listed.size, listed.mtime)

    def source(self, path: str) -> Source:
        fetched = self._fetched.get(path) or self._fetch(path)
        if fetched is None:
            raise log_error(self.locate(path), ProblemKind.MISSING, "is listed but not there")
        return fetched.source

    @cached_property
    def manifest(self) -> Mapping[str, Listed] | None:
        """Every file by its path, as Zuul's manifest has them, or None without a manifest."""
        for url in self._manifest_urls:
            try:
                fetched = self._fetcher.fetch(url)
                listed = parse_manifest(_body(fetched)) if fetched else None
            except LogError as error:
                if error.problem.kind is ProblemKind.NETWORK:
                    raise
                continue
            if listed:
                return {one.name: one for one in listed}
        return None

    def _may_be(self, path: str) -> bool:
        """Whether a file may be there, as far as is known without asking."""
        if manifest := self.__dict__.get("manifest"):
            return path in manifest
        above = self._directories.get(dirname(path))
        return above is None or above.may_have(basename(path))

    def _ask(self, path: str, passed_over: dict[str, LogError]) -> Entry | None:
        try:
            fetched = self._fetch(path)
        except LogError as error:
            # a bucket says 403 for what is not there, other servers send a page; what else fails will fail again
            if error.problem.kind not in _PASSED_OVER:
                raise
            passed_over[path] = error
            return None
        return Entry(path, fetched.size) if fetched else None

    def _fetch(self, path: str) -> Fetched | None:
        fetched = self._fetcher.fetch(self.locate(path))
        if fetched is None:
            return None
        if not is_html_name(bare(path)) and is_page(fetched):
            raise log_error(self.locate(path), ProblemKind.UNDECODABLE, "an HTML page instead of a log")
        self._fetched[path] = fetched
        return fetched

    def _look_up(self, paths: Sequence[str], passed_over: dict[str, LogError]) -> Entry | None:
        """One file by manifest or listing, or where there is neither by asking for each name that it may have."""
        if not paths:
            return None
        if self.manifest is not None:
            return _entry(self.manifest, paths, "")
        above = dirname(paths[0])
        directory = self._directory(above)
        if directory.entries is not None:
            return _entry(directory.entries, paths, above)
        if not directory.there:
            return None
        return next((entry for path in paths if (entry := self._ask(path, passed_over))), None)

    def _crawl(self, under: str, depth: int) -> Iterator[Entry]:
        directory = self._directory(under)
        if not directory.there:
            return
        if directory.entries is None:
            detail = "the server gives no listing, so it cannot be known which files there are"
            raise log_error(self.locate(under), ProblemKind.UNDECODABLE, detail)
        for name, listed in sorted(directory.entries.items()):
            path = f"{under}/{name}" if under else name
            if not listed.is_dir:
                yield Entry(path, listed.size, listed.mtime)
            elif depth > 1:
                yield from self._crawl(path, depth - 1)

    def _directory(self, path: str) -> _Directory:
        """Raises LogError: GONE when the root itself is not there, NETWORK, or TOO_LARGE at limits.listing_pages."""
        if path not in self._directories:
            self._directories[path] = self._subdirectory(path) if path else self._top()
        return self._directories[path]

    def _top(self) -> _Directory:
        found = self._listing("")
        if not found.there and not self._fetched:
            raise log_error(self.location, ProblemKind.GONE, "the server has nothing there")
        return found if found.there else _UNLISTED

    def _subdirectory(self, path: str) -> _Directory:
        above, _, name = path.rpartition("/")
        parent = self._directory(above)
        if not parent.may_have(name):
            return _ABSENT
        found = self._listing(path)
        # an object store has files below a path for which it has nothing to show
        return found if found.there or parent.entries is not None else _UNLISTED

    def _listing(self, path: str) -> _Directory:
        if len(self._directories) >= self._limits.listing_pages:
            detail = f"more than limits.listing_pages ({self._limits.listing_pages}) directories"
            raise log_error(self.location, ProblemKind.TOO_LARGE, detail)
        url = self.locate(f"{path}/") if path else self.location
        try:
            fetched = self._fetcher.fetch(url)
            if fetched is None:
                return _ABSENT
            listed = parse_listing(_body(fetched), fetched.url)
        except LogError as error:
            if error.problem.kind not in _PASSED_OVER:
                raise
            return _UNLISTED
        return _UNLISTED if listed is None else _Directory(True, {one.name: one for one in listed})


def _entry(known: Mapping[str, Listed], paths: Sequence[str], above: str) -> Entry | None:
    for path in paths:
        found = known.get(path[len(above) :].lstrip("/") if above else path)
        if found and not found.is_dir:
            return Entry(path, found.size, found.mtime)
    return None


def is_directory_url(url: str) -> bool:
    return urlsplit(url).path.endswith("/") or not urlsplit(url).path


def name_of(url: str) -> str:
    """The last part of the URL's path."""
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])


def is_page(fetched: Fetched) -> bool:
    """Whether an HTML page came where a log was asked for: a listing, a log-in, a "not found" with status 200."""
    if not fetched.content_type.lower().startswith("text/html"):
        return False
    return _body(fetched, 4096).lstrip()[:15].lower().startswith((b"<!doctype html", b"<html"))


def is_listing(fetched: Fetched) -> bool:
    """Whether the answer is a listing of a directory."""
    return is_page(fetched) and parse_listing(_body(fetched, 4096), fetched.url) is not None


def _body(fetched: Fetched, most: int = _LONGEST_PAGE) -> bytes:
    """The decompressed beginning of a body. Raises LogError."""
    body = bytearray()
    for chunk in decompressed(fetched.source, where=fetched.url, limits=Limits()):
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])
