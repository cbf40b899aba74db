"""The files beside the pages (style sheet, scripts, picture), read once, packed once, under an address that changes
with their content, so that a browser asks for each only once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter, HTTPException, Request, Response

from sova.reports.site.files import assets
from sova.web.caching import sent_headers, takes_gzip, unchanged

__all__ = ["Assets", "read_assets", "router"]

router = APIRouter(include_in_schema=False)

_FOR_EVER = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and packed with gzip."""

    content: bytes
    packed: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Assets:
    """Every file by its path, and the version of all of them."""

    files: dict[str, Asset]
    version: str


@cache
def read_assets() -> Assets:
    """The files that come with the pages."""
    found = {path.removeprefix("static/"): _asset(path, content) for path, content in assets()}
    digest = hashlib.sha256("\n".join(f"{path} {asset.etag}" for path, asset in sorted(found.items())).encode())
    return Assets(found, digest.hexdigest()[:12])


def _asset(path: str, content: bytes) -> Asset:
    suffix = path[path.rfind(".") :]
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    digest = hashlib.sha256(content).hexdigest()[:32]
    return Asset(content, gzip.compress(content, 9, mtime=0), media_type, f'W/"{digest}"')


@router.get("/static/{path:path}")
def static(request: Request, path: str) -> Response:
    """A file by its path, with or without the version before it."""
    assets: Assets = request.app.state.sova.assets
    version, _, rest = path.partition("/")
    lasting = version == assets.version
    asset = assets.files.get(rest if lasting else path)
    if asset is None:
        raise HTTPException(404, "There is no such file.")
    return _sent(request, asset, _FOR_EVER if lasting else "no-cache")


@router.get("/favicon.ico")
def favicon(request: Request) -> Response:
    """The picture that browsers ask for on their own."""
    return _sent(request, request.app.state.sova.assets.files["sova.svg"], "max-age=86400")


@router.get("/robots.txt")
def robots() -> Response:
    """Crawlers stay out: filters make more addresses than anyone could read."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


def _sent(request: Request, asset: Asset, cache_control: str) -> Response:
    if known := unchanged(request, asset.etag, cache_control):
        return known
    headers = sent_headers(asset.etag, cache_control)
    headers["Content-Type"] = asset.media_type
    if takes_gzip(request):
        return Response(asset.packed, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.content, headers=headers)
