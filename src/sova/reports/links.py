"""Where pages are: names that never change, and links between them, for a site on disk or for a web server."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus, urlencode

from markupsafe import Markup, escape

from sova.filters import is_name
from sova.logs.paths import is_address
from sova.model import Build, Diagnosis
from sova.reports.clean import http_url
from sova.slugs import build_slug, name_slug, reason_slug

__all__ = ["Links", "anchor", "can_ask", "file_url", "href", "line_url"]

_ZUUL_BUILD = re.compile(r"https?://[^?#]+/build/[0-9a-f]{32}/?\Z")


@dataclass(frozen=True, slots=True)
class Links:
    """Links from one page to the others. `root` leads to the top ("" or "../" on disk, "/" on a server), `suffix`
    ends a page's name (".html" on disk, "" on a server). On a server, where pages take filters, `span` is the range
    that the reader chose (such as `range=7d`) and goes along to the other pages. `base` is the address under which
    people reach the first page ("https://sova.example.org/"), for texts that leave the pages; "" where none is known.
    `assets` is the folder of style sheets and scripts. `there` holds the pages that exist, as paths below the top and
    without suffix, where not every thing has one (on disk): links to others are "", see `href`."""

    root: str = ""
    suffix: str = ".html"
    span: str = ""
    base: str = ""
    assets: str = "static"
    there: Container[str] | None = None

    @property
    def live(self) -> bool:
        """Whether a server answers: then pages take filters, and there are log views, feeds and the API."""
        return not self.suffix

    def overview(self) -> str:
        return f"{self.root}index{self.suffix}" if self.suffix else self._with_span(self.root)

    def jobs(self) -> str:
        return self._page("jobs")

    def job(self, name: str) -> str:
        return self._page_of(f"jobs/{name_slug(name)}")

    def reasons(self) -> str:
        return self._page("reasons")

    def reason(self, tag: str, message: str) -> str:
        return self._page_of(f"reasons/{reason_slug(tag, message)}")

    def changes(self) -> str:
        return self._page("changes")

    def change(self, project: str, number: int) -> str:
        page = f"changes/{name_slug(project)}/{number}"
        return f"{self.root}{page}{self.suffix}" if self._is_there(page) else ""

    def unknown(self) -> str:
        return self._page("unknown")

    def patterns(self) -> str:
        return self._page("patterns")

    def pattern(self, name: str) -> str:
        return f"{self._page('patterns')}#{anchor(name)}"

    def statistics(self) -> str:
        return self._page("statistics")

    def build(self, key: str) -> str:
        page = f"builds/{build_slug(key)}"
        return f"{self.root}{page}{self.suffix}" if self._is_there(page) else ""

    def to_build(self, build: Build) -> str:
        """The page of a build; where it has none, its page in its CI system, else its logs."""
        return self.build(build.key) or http_url(build.url) or http_url(build.log_url)

    def permalink(self, key: str) -> str:
        """The whole address of a build's page, or "" where the pages have none."""
        return f"{self.base.rstrip('/')}/builds/{build_slug(key)}{self.suffix}" if self.base else ""

    def builds(self, **filters: str | int | list[str]) -> str:
        """The list of builds with these filters, named as in URLs (`job`, `tag`, `reason`, `since`, ...); a list is a
        filter that comes several times.
        On disk, where pages take none, the page that comes nearest: of the reason, else of the job, else all builds.
        "" where no list can be asked for, see `can_ask`."""
        if self.live:
            if not can_ask(filters.values()):
                return ""
            chosen = "" if "since" in filters or "range" in filters else self.span
            several = ((name, value if isinstance(value, list) else [value]) for name, value in filters.items())
            fields = (f"{name}={_quoted(str(word))}" for name, values in several for word in values)
            return f"{self.root}builds{_query('&'.join(filter(None, (chosen, *fields))))}"
        nearest = self._page("builds")
        if "reason" in filters:
            return self._page_of(f"reasons/{filters['reason']}") or nearest
        if "job" in filters:
            return self.job(str(filters["job"])) or nearest
        return nearest

    def log(self, diagnosis: Diagnosis, file: str, first: int = 0, last: int = 0) -> str:
        """The log view at a line or a range of lines; "" on disk, and for what is no file that was read (the result
        word of a build is judged like one) or whose name no address can hold."""
        build = diagnosis.build
        was_read = any(file == one.name for one in diagnosis.files_read)
        if not (self.live and build.log_url and was_read and is_address(file)):
            return ""
        place = f"#L{first}" + (f"-L{last}" if last > first else "") if first else ""
        at = f"?line={first}" + (f"&last={last}" if last > first else "") if first else ""
        return f"{self.build(build.key)}/log/{quote(file)}{at}{place}"

    def feed(self, **filters: str | int) -> str:
        """The Atom feed of failures with these filters; "" on disk, and where none can be asked for, see `can_ask`."""
        return f"{self.root}feed.atom{_query(urlencode(filters))}" if self.live and can_ask(filters.values()) else ""

    def api(self, path: str, fields: Iterable[tuple[str, str]] = ()) -> str:
        """A call of the API; "" on disk."""
        return f"{self.root}api/v1/{path}{_query(urlencode(list(fields)))}" if self.live else ""

    def csv(self, fields: Iterable[tuple[str, str]] = ()) -> str:
        """The builds that these filters ask for, as a table for other programs; "" on disk."""
        return f"{self.root}builds.csv{_query(urlencode(list(fields)))}" if self.live else ""

    def build_json(self, key: str) -> str:
        """A build as JSON; "" on disk."""
        return self.api(f"builds/{build_slug(key)}")

    def day(self, date: dt.date) -> str:
        """The failures of one day: on disk a page of their own."""
        if self.live:
            return self.builds(since=f"{date}", until=f"{date + dt.timedelta(days=1)}", failed="yes")
        page = f"days/{date}"
        return f"{self.root}{page}{self.suffix}" if self._is_there(page) else ""

    def asset(self, path: str) -> str:
        return f"{self.root}{self.assets}/{path}"

    def _is_there(self, page: str) -> bool:
        return self.there is None or page in self.there

    def _page_of(self, page: str) -> str:
        return self._page(page) if self._is_there(page) else ""

    def _page(self, name: str) -> str:
        return self._with_span(f"{self.root}{name}{self.suffix}")

    def _with_span(self, page: str) -> str:
        return f"{page}{_query(self.span)}" if self.live else page


def can_ask(values: Iterable[str | int | list[str]]) -> bool:
    """Whether our own server takes all of these as values of filters."""
    words = (word for value in values for word in (value if isinstance(value, list) else [value]))
    return all(is_name(str(word)) for word in words)


def anchor(name: str) -> str:
    """The name of the place of a pattern in its page: of its own, whatever the id is, and no other place's."""
    return f"pattern-{name_slug(name)}"


@lru_cache(2048)
def _quoted(word: str) -> str:
    """As `urlencode` writes it; the jobs and projects of a page come many times."""
    return quote_plus(word)


def _query(text: str) -> str:
    return f"?{text}" if text else ""


def href(url: str) -> Markup:
    """The attribute for a link; nothing where there is no page, so that words are left."""
    return Markup(f' href="{escape(url)}"') if url else Markup("")  # noqa: S704 - escaped


def file_url(diagnosis: Diagnosis, name: str) -> str:
    """The http(s) URL of a log file that was read, or "" where there is none."""
    return http_url(_location(diagnosis, name))


def line_url(diagnosis: Diagnosis, name: str, line_number: int) -> str:
    """The URL of one line: in the log view of Zuul's own pages where the build has one, else of the file."""
    url, location = diagnosis.build.url, _location(diagnosis, name)
    if not _ZUUL_BUILD.match(url) or not location or "//" in name:
        return file_url(diagnosis, name)
    root = diagnosis.build.log_url
    path = location.removeprefix(root).lstrip("/") if root and location.startswith(root) else name
    return http_url(f"{url.rstrip('/')}/log/{quote(path)}#{line_number}")


def _location(diagnosis: Diagnosis, name: str) -> str:
    return next((file.location for file in diagnosis.files_read if file.name == name), "")
