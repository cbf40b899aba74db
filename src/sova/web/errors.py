"""Errors as readers see them: a page with words and ways on, or problem+json (RFC 9457) below /api/.

What is told is what the reader can act on; everything else stands in the log of the server.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote, unquote

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from markupsafe import escape
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sova.errors import CursorError, StoreError
from sova.views.desk import Foot
from sova.views.trouble import TroubleView
from sova.web.params import ParameterError
from sova.web.serving import serving_of

__all__ = ["CatchAll", "answer_to", "install", "problem"]

log = logging.getLogger("sova.web")

RETRY_AFTER = 10
"""Seconds after which a reader may ask again when the database does not answer."""

_NO_DATABASE = (
    "The database does not answer right now: it is locked, being upgraded, moved or gone. "
    "Try again in a moment; the log of the server says more."
)
_BUG = "This page could not be made. That is a mistake in Sova; the log of the server says more."
_TITLES = {
    400: "That cannot be asked for",
    405: "This can only be read",
    404: "There is no such page",
    500: "Something broke",
    503: "Not available right now",
}


def problem(
    status: int, detail: str, *, instance: str = "", headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """An answer as problem+json; `more` are members of its own, such as `parameter`."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    body = {**content, **({"instance": instance} if instance else {}), **more}
    return Response(
        json.dumps(body),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


def answer_to(
    request: Request, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object
) -> Response:
    """The answer for an error: problem+json for the API, else a page."""
    if request.url.path.startswith("/api/"):
        return problem(status, detail, instance=request.url.path, headers=headers, **more)
    return _page(request, status, detail, headers)


def _page(request: Request, status: int, detail: str, headers: Mapping[str, str] | None) -> Response:
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    view = TroubleView(status, title, detail, again=status == 503)
    try:
        html = _rendered(request, view)
    except Exception:  # whatever is broken, the reader gets the words
        log.exception("the page for an error cannot be made")
        html = _plain(view)
    return Response(
        html.encode("utf-8", "replace"),
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="text/html; charset=utf-8",
    )


def _rendered(request: Request, view: TroubleView) -> str:
    serving = serving_of(request)
    return serving.pages().render(view, Foot(serving.now(), serving.config.timezone.key))


def _plain(view: TroubleView) -> str:
    """A page that needs nothing: no database, no template."""
    return (
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{escape(view.title)}</title>\n'
        f"<h1>{escape(view.title)}</h1>\n<p>{escape(view.text)}</p>\n<p>Status {view.status}</p>\n</html>\n"
    )


def install(app: FastAPI) -> None:
    """Give the app its answers for errors."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ParameterError, _parameter)
    app.add_exception_handler(CursorError, _cursor)
    app.add_exception_handler(StoreError, _no_database)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as it was installed
    if error.status_code == 404 and (place := _without_slash(request)):
        return Response(status_code=307, headers={"Location": place})
    detail = error.detail
    if detail == HTTPStatus(error.status_code).phrase:
        detail = _WORDS.get(error.status_code, detail)
    return answer_to(request, error.status_code, detail, headers=error.headers)


def _without_slash(request: Request) -> str:
    """Where `/jobs/` leads: to `/jobs`, told from where the reader is, as a proxy may have taken a path away; "" for
    an address without a slash at its end."""
    path = request.url.path
    last = path.rstrip("/").rpartition("/")[2]
    if not path.endswith("/") or not last or path.startswith("/api/"):
        return ""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"../{quote(unquote(last), safe='')}{query}"


_WORDS = {
    404: "Nothing is known under this address. The build may be older than what the store keeps, or the link is cut.",
    405: "This address can only be read (GET or HEAD).",
}


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as it was installed
    mistakes = [
        {"where": ".".join(str(part) for part in row["loc"])[:300], "message": str(row["msg"])[:300]}
        for row in error.errors()[:20]
    ]
    detail = "; ".join(f"{row['where']}: {row['message']}" for row in mistakes)
    return answer_to(request, 400, detail, errors=mistakes)


async def _parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, ParameterError)  # noqa: S101 - as it was installed
    return answer_to(request, 400, str(error), parameter=error.name, value=error.shown_value, allowed=error.allowed)


async def _cursor(request: Request, _error: Exception) -> Response:
    allowed = "the end of a page, as its link to the next one has it"
    return await _parameter(request, ParameterError("after", request.query_params.get("after", ""), allowed))


async def _no_database(request: Request, error: Exception) -> Response:
    log.error("503 %s: %s", request.url.path, error)
    return answer_to(request, 503, _NO_DATABASE, headers={"Retry-After": str(RETRY_AFTER)})


class CatchAll:
    """Turns a bug into an answer without a traceback; the traceback goes to the log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if scope["type"] != "http" or begun:
                raise
            log.exception("500 %s", scope["path"])
            await answer_to(Request(scope), 500, _BUG)(scope, receive, send)
