"""Who may ask what: headers of every answer, the Host that is answered to, the size of bodies, the token.

Reading needs no cookie and no account, so a foreign page has nothing to ride on; what does something needs a token in a
header and a JSON body, which no form of another site can send. A name that is not ours in `Host` is refused, so that
a foreign name that is made to point here (DNS rebinding) reads nothing.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import socket
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sova.config import Config
from sova.errors import ConfigError, Mistake
from sova.web.errors import answer_to

__all__ = [
    "MOST_BODY",
    "BodyLimit",
    "HeadRequests",
    "HostCheck",
    "SecurityHeaders",
    "hosts_of",
    "read_token",
    "token_needed",
]

MOST_BODY = 64 * 1024
"""Most bytes of a request's body."""

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - named, not listened to


class SecurityHeaders:
    """Adds the headers to every answer, errors too; one that an answer has set stays as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class HeadRequests:
    """Answers HEAD as GET without the body, for every address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


class HostCheck:
    """Refuses requests whose Host is not one of ours; addresses in figures are, as no name can be made to be one."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._ours(Headers(scope=scope).get("host", "")):
            words = "This server does not go by that name. Set `web.url` in its configuration to the address in use."
            await answer_to(Request(scope), 400, words)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _ours(self, host: str) -> bool:
        name = _name_of(host)
        return name in self.hosts or name.endswith(".localhost") or _in_figures(name)


def _name_of(host: str) -> str:
    """The name in a Host header, without port and brackets; "" for one that is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _in_figures(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def hosts_of(config: Config) -> frozenset[str]:
    """The names that the server goes by: localhost, where it listens, and where `web.url` says that it is."""
    names = {"localhost", config.web.host.lower(), (urlsplit(config.web.url).hostname or "").rstrip(".")}
    if config.web.host in _EVERYWHERE:
        names.add(socket.gethostname().lower())
    return frozenset(names - {*_EVERYWHERE})


class BodyLimit:
    """Refuses a request whose body is larger than anything that is asked for."""

    def __init__(self, app: ASGIApp, most: int = MOST_BODY) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 18 or int(length) > self.most:
            await answer_to(Request(scope), 413, self._words())(scope, receive, send)
            return
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self.most:
                raise HTTPException(413, self._words())
            return message

        await self.app(scope, bounded, send)

    def _words(self) -> str:
        return f"The body of a request may hold {self.most:,} bytes at most."


def read_token(config: Config) -> str:
    """The token for calls that do something: from SOVA_TOKEN, else from `web.token_file`, "" without either.

    Raises ConfigError for a file that cannot be read, or that holds no token.
    """
    if token := os.environ.get("SOVA_TOKEN", "").strip():
        return token
    path = config.web.token_file
    if not path:
        return ""
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Mistake(path, 0, 0, "web.token_file", f"cannot be read: {error}")) from error
    if not token:
        raise ConfigError(Mistake(path, 0, 0, "web.token_file", "is empty; it should hold the token"))
    return token


_BEARER = HTTPBearer(auto_error=False, description="The token of SOVA_TOKEN or `web.token_file`.")


def token_needed(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> None:
    """A dependency of every call that does something: the token must be right and the body JSON."""
    token: str = request.app.state.sova.token
    if not token:
        raise HTTPException(403, "No token is set on this server: set SOVA_TOKEN or `web.token_file`, then ask again.")
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode("utf-8", "surrogatepass")):
        words = "This call needs the header `Authorization: Bearer TOKEN` with the right token."
        raise HTTPException(401, words, headers={"WWW-Authenticate": 'Bearer realm="sova"'})
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "The body should be JSON, with `Content-Type: application/json`.")
