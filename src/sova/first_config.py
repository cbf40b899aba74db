"""The text of a first configuration: a commented start, or one for a Zuul or a Gerrit that was asked and answered."""

from __future__ import annotations

import getpass
import json
from urllib.parse import urlsplit

from sova.errors import SourceError
from sova.http_client import HttpClient, HttpError
from sova.sources.zuul_api import fetch_builds, tenants
from sova.sources.zuul_urls import ZuulAddress

__all__ = ["for_url", "generic"]

_HEAD = """\
# Configuration of Sova. `sova config check` checks it, `sova config show` shows every key with its default.
"""

_TAIL = """\

# Tracked jobs, names or globs; all jobs when this is left out.
# jobs: [tempest-*, grenade]

# Groups of the reports, in this order.
# groups:
#   Upgrades: [grenade*, "*-upgrade-*"]

# Your own patterns beside the built-in ones; see `sova patterns show NAME` for the form.
# patterns: [patterns.yaml]

# Days begin, and times are shown, in this zone.
timezone: UTC
"""


def generic() -> str:
    """A start for any CI: every kind of source as an example, nothing switched on."""
    return f"""{_HEAD}
sources: []
# sources:
#   - type: zuul
#     url: https://zuul.example.org
#     tenant: main
#   - type: gerrit
#     host: review.example.org
#     user: me
#     projects: [org/project]
#   - type: index_pages
#     urls: [https://logs.example.org/periodic/nightly-image/]
#   - type: local
#     path: builds
{_TAIL}"""


def for_url(url: str, http: HttpClient) -> str:
    """A configuration for the CI or review system at `url`. Raises SourceError when none answers there."""
    parts = urlsplit(url)
    if parts.scheme == "ssh":
        return _gerrit(parts.hostname or "", parts.port or 29418, parts.username or getpass.getuser())
    if parts.scheme not in ("http", "https"):
        raise SourceError(f"{url}: should begin with https://, http:// or ssh://")
    http.trust(url)
    if _is_gerrit(url, http):
        return _gerrit(parts.hostname or "", 29418, getpass.getuser())
    address = ZuulAddress.parse(url)
    if address.tenant:
        fetch_builds(http, address, [("limit", "1")])  # a tenant that is not there shows now, not at the first run
        return _zuul([address])
    return _zuul([ZuulAddress(address.root, tenant) for tenant in tenants(url, http)])


def _is_gerrit(url: str, http: HttpClient) -> bool:
    """Whether a Gerrit answers at `url`: its REST bodies begin with a line `)]}'`."""
    try:
        answer = http.get(url.rstrip("/") + "/config/server/version", max_bytes=10_000)
    except HttpError:
        return False
    return answer.body.startswith(b")]}'")


def _zuul(addresses: list[ZuulAddress]) -> str:
    rows = "".join(
        f"  - type: zuul\n    url: {json.dumps(address.root)}\n"
        + (f"    tenant: {json.dumps(address.tenant)}\n" if address.tenant else "")
        for address in addresses
    )
    return f"{_HEAD}\nsources:\n{rows}{_TAIL}"


def _gerrit(host: str, port: int, user: str) -> str:
    port_row = f"    port: {port}\n" if port != 29418 else ""
    return (
        f"{_HEAD}\nsources:\n  - type: gerrit\n    host: {json.dumps(host)}\n{port_row}    user: {json.dumps(user)}\n"
        "    # projects: [org/project]    names, or ^regular expressions; every project when left out\n"
        f"{_TAIL}"
    )
