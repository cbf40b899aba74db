"""Where a Zuul lives: its root and tenant, read out of any address of it that a person or a comment may give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

__all__ = ["BuildPage", "ZuulAddress", "build_page", "host_and_path"]

_DEFAULT_PORT = {"http": 80, "https": 443}
_TENANT = re.compile(r"(?P<root>.*?)/(?:api/tenant|t)/(?P<tenant>[^/]+)(?:/.*)?\Z")
_API = re.compile(r"(?P<root>.*?)/api(?:/.*)?\Z")
_BUILD = re.compile(
    # below a tenant any hexadecimal word will do; elsewhere only a whole uuid is certain to be one
    r"(?:(?P<before>.*?/(?:t|api/tenant)/[^/]+)/build/(?P<uuid>[0-9a-f-]{3,64})"
    r"|(?P<root>.*?)(?:/api)?/build/(?P<whole>[0-9a-f]{32}))/?\Z",
    re.IGNORECASE,
)


def host_and_path(url: str) -> tuple[str, str]:
    """Lower-case `host[:port]` (no default port) and the path without a slash at its end. Raises ValueError."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port
    if port is not None and port != _DEFAULT_PORT.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    return host, parts.path.rstrip("/")


@dataclass(frozen=True, slots=True)
class ZuulAddress:
    """A Zuul's web root (without a slash at the end) and a tenant; "" where the root serves one tenant only."""

    root: str
    tenant: str = ""

    @classmethod
    def parse(cls, url: str, tenant: str = "") -> ZuulAddress:
        """The address that `url` names: a root, a page or an API address below it. Raises ValueError."""
        host, path = host_and_path(url)
        scheme = urlsplit(url.strip()).scheme.lower()
        if scheme not in ("http", "https") or not host:
            raise ValueError(f"should be an address such as https://zuul.example.org, got {url!r}")
        if found := _TENANT.match(path):
            path, tenant = found["root"], tenant or unquote(found["tenant"])
        elif found := _API.match(path):
            path = found["root"]
        return cls(f"{scheme}://{host}{path}", tenant)

    @property
    def api(self) -> str:
        """The address that REST calls begin with, without a slash at the end."""
        return f"{self.root}/api/tenant/{quote(self.tenant, safe='')}" if self.tenant else f"{self.root}/api"

    def page(self, uuid: str) -> str:
        """The page of a build for people."""
        middle = f"/t/{quote(self.tenant, safe='')}" if self.tenant else ""
        return f"{self.root}{middle}/build/{uuid}"


@dataclass(frozen=True, slots=True)
class BuildPage:
    """One build of a Zuul."""

    zuul: ZuulAddress
    uuid: str


def build_page(url: str) -> BuildPage | None:
    """The build that a page `.../build/UUID` or a REST address `.../api/.../build/UUID` is about, or None."""
    try:
        parts = urlsplit(url.strip())
        found = _BUILD.match(parts.path)
        if not found:
            return None
        zuul = ZuulAddress.parse(f"{parts.scheme}://{parts.netloc}{found['before'] or found['root'] or ''}")
        return BuildPage(zuul, (found["uuid"] or found["whole"]).lower())
    except ValueError:
        return None
