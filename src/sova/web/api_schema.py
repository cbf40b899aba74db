"""The OpenAPI of `/api/v1`, and how its errors are told there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from sova.web.api_models import ProblemDetails
from sova.web.caching import SOVA_VERSION

__all__ = ["Responses", "described", "responses"]

Responses = dict[int | str, dict[str, Any]]  # Any: as FastAPI's own type has it

_DESCRIPTION = """\
What Sova knows: builds, why they failed, reasons, numbers. Reading needs no account; diagnosing needs a token.

Times are ISO 8601 in UTC, lengths are seconds. Text that is not known is `""`, a number or time that is not known is
`null`. Errors are problem+json (RFC 9457). Answers carry an ETag: with `If-None-Match` what has not changed is not sent
again. HEAD is answered wherever GET is. Other sites' pages may not read the answers (no CORS headers are sent).
"""
_ERRORS = {
    400: "A parameter or the body is unknown, malformed or out of range; `parameter` or `errors` say which.",
    401: "The token is missing or wrong.",
    403: "No token is set on this server, so nothing can be asked of it but reading.",
    404: "Nothing is known under this name.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    429: "Another target is being diagnosed; ask again after `Retry-After` seconds.",
    503: "There is no answer right now (the database, the log server); ask again after `Retry-After` seconds.",
}
_ETAG = {"description": "Changes when the answer may have changed.", "schema": {"type": "string"}}
_LINK = {"description": 'The next page as `<URL>; rel="next"`, where there is one.', "schema": {"type": "string"}}
_RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}


def responses(*errors: int, read: bool = True, paged: bool = False) -> Responses:
    """How an operation answers besides its model: with these errors; and, where it `read`s, with an ETag or 304."""
    found: Responses = {200: {"description": "The answer."}}
    if read:
        found[200]["headers"] = {"ETag": _ETAG, **({"Link": _LINK} if paged else {})}
        found[304] = {
            "description": "Nothing has changed since the ETag in `If-None-Match`.",
            "headers": {"ETag": _ETAG},
        }
    for status in sorted({*errors, 503} if read else errors):
        found[status] = {"description": _ERRORS[status], "model": ProblemDetails, **_problem_json(status)}
    return found


def _problem_json(status: int) -> dict[str, object]:
    headers = {"headers": {"Retry-After": _RETRY_AFTER}} if status in (429, 503) else {}
    return {"content": {"application/problem+json": {"schema": _REFERENCE}}, **headers}


_REFERENCE = {"$ref": "#/components/schemas/ProblemDetails"}


def described(routes: list[BaseRoute]) -> dict[str, Any]:  # Any: a JSON document
    """The OpenAPI document of these routes."""
    document = get_openapi(
        title="Sova",
        version=SOVA_VERSION,
        summary="Why CI jobs failed, and what to do next.",
        description=_DESCRIPTION,
        routes=routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for operations in document["paths"].values():
        for operation in operations.values():
            _tidy(operation["responses"])
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document


def _tidy(found: dict[str, Any]) -> None:  # Any: likewise
    """Takes out what FastAPI says of every operation, and what is not so here."""
    found.pop("422", None)  # such mistakes are answered with 400
    for status, response in found.items():
        content: Mapping[str, object] = response.get("content", {})
        if status >= "300" and "application/json" in content:
            response["content"] = {kind: value for kind, value in content.items() if kind != "application/json"}
            if not response["content"]:
                del response["content"]
