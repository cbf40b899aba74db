"""Asking a Zuul: REST calls that give rows, and errors in words that say what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from sova.errors import SourceError
from sova.http_client import HttpError
from sova.model import Build, ProblemKind
from sova.sources.fields import Row, mapping, text
from sova.sources.zuul_rows import parse_build
from sova.sources.zuul_urls import BuildPage, ZuulAddress, build_page

if TYPE_CHECKING:
    from sova.http_client import HttpClient

__all__ = ["ZuulError", "build_from_url", "fetch_builds", "fetch_json", "find_tenant", "is_build_url", "tenants"]

_MOST_BYTES = 100_000_000


class ZuulError(SourceError):
    """A Zuul that cannot be asked. `status` is HTTP's (None without an answer), `kind` says whether it may pass."""

    def __init__(self, message: str, kind: ProblemKind = ProblemKind.SOURCE, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


def fetch_json(http: HttpClient, url: str) -> object:
    """The JSON at `url`. Raises ZuulError."""
    try:
        response = http.get(url, headers={"Accept": "application/json"}, max_bytes=_MOST_BYTES)
    except HttpError as error:
        raise ZuulError(_words(error, url), error.kind, error.status) from error
    try:
        answer: object = json.loads(response.body)
    except (ValueError, RecursionError) as error:
        page = response.body.lstrip()[:1] == b"<"
        what = "a web page instead of JSON; is `url` the root of a Zuul?" if page else f"no JSON ({error})"
        raise ZuulError(f"{url}: the answer is {what}") from error
    return answer


def _words(error: HttpError, url: str) -> str:
    if error.status in (401, 403):
        return f"{url}: this Zuul does not answer without a login (HTTP {error.status})"
    if error.status == 429:
        wait = f", wait {error.retry_after:g} s" if error.retry_after else ""
        return f"{url}: this Zuul asks to be left alone for a while (HTTP 429{wait})"
    if error.status is not None and error.status >= 500:
        return f"{url}: this Zuul has a failure of its own (HTTP {error.status}); try later"
    return str(error) if url in str(error) else f"{url}: {error}"


def fetch_builds(http: HttpClient, zuul: ZuulAddress, parameters: Sequence[tuple[str, str]]) -> list[object]:
    """One page of builds, newest first, as rows that are not looked at yet. Raises ZuulError."""
    url = f"{zuul.api}/builds?{urlencode(list(parameters))}"
    try:
        answer = fetch_json(http, url)
    except ZuulError as error:
        if error.status == 404:
            raise ZuulError(_no_such_tenant(http, zuul, url), status=404) from error
        raise
    if not isinstance(answer, list):
        said = text(answer, "description") or text(answer, "message") if isinstance(answer, dict) else ""
        raise ZuulError(f"{url}: the answer is no list of builds{f' but says: {said[:200]}' if said else ''}")
    return answer


def _no_such_tenant(http: HttpClient, zuul: ZuulAddress, url: str) -> str:
    try:
        known = tenants(zuul.root, http)
    except SourceError:
        return f"{url}: not found (HTTP 404), nor any list of tenants; is `url` the root of a Zuul?"
    if zuul.tenant and zuul.tenant not in known:
        return f"{zuul.root}: no tenant {zuul.tenant!r}; there are: {', '.join(known) or 'none'}"
    return f"{url}: not found (HTTP 404)"


def tenants(url: str, http: HttpClient) -> tuple[str, ...]:
    """The tenants of the Zuul that `url` belongs to. Raises ZuulError."""
    try:
        zuul = ZuulAddress.parse(url)
    except ValueError as error:
        raise ZuulError(str(error)) from error
    address = f"{zuul.root}/api/tenants"
    answer = fetch_json(http, address)
    if not isinstance(answer, list):
        raise ZuulError(f"{address}: the answer is no list of tenants; is this the root of a Zuul?")
    return tuple(name for row in answer if isinstance(row, dict) and (name := text(row, "name")))


def find_tenant(http: HttpClient, zuul: ZuulAddress) -> tuple[ZuulAddress, str]:
    """The address to ask, and the tenant's name, of a Zuul whose tenant was not told.

    A root that serves one tenant needs none in the address; else the only tenant there is is taken. Raises ZuulError.
    """
    if zuul.tenant:
        return zuul, zuul.tenant
    try:
        answer = fetch_json(http, f"{zuul.root}/api/info")
        name = text(mapping(answer, "info"), "tenant") if isinstance(answer, dict) else ""
        known = () if name else tenants(zuul.root, http)
    except ZuulError as error:
        if (
            error.status == 404
        ):  # the first versions of the API: where there is a list of builds, it is that of a tenant
            return zuul, ""
        raise
    if name:
        return zuul, name
    if len(known) != 1:
        raise ZuulError(f"{zuul.root}: `tenant` is needed; there are: {', '.join(known) or 'none'}")
    return ZuulAddress(zuul.root, known[0]), known[0]


def is_build_url(url: str) -> bool:
    """Whether `url` is the page or REST address of one build of a Zuul."""
    return build_page(url) is not None


def build_from_url(url: str, http: HttpClient, source: str = "zuul") -> Build:
    """The build that a page for people or a REST address is about. Raises SourceError."""
    page = build_page(url)
    if page is None:
        raise ZuulError(f"{url}: should be the page of a build, such as https://zuul.example.org/t/TENANT/build/UUID")
    return parse(fetch_build(http, page), page, source)


def fetch_build(http: HttpClient, page: BuildPage) -> Row:
    """The row of one build. Raises ZuulError."""
    url = f"{page.zuul.api}/build/{quote(page.uuid, safe='')}"
    try:
        answer = fetch_json(http, url)
    except ZuulError as error:
        if error.status == 404:
            raise ZuulError(f"{url}: this Zuul does not know the build (any more)", status=404) from error
        raise
    if not isinstance(answer, dict):
        raise ZuulError(f"{url}: the answer is no build")
    return answer


def parse(row: Row, page: BuildPage, source: str) -> Build:
    """The build in the row. Raises ZuulError."""
    try:
        return parse_build(row, page.zuul.root, page.zuul.tenant, source)
    except ValueError as error:
        raise ZuulError(f"{page.zuul.page(page.uuid)}: {error}") from error
