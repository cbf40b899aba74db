"""The log view: any log file of a stored build at a line, searched, a window at a time.

line=10, last=20          the window around a line or range, which is marked
first=401, until=400      the window that begins, or ends, at a line
find=TEXT                 the first line with it after the line `after`, or the last before the line `before`
re=yes, case=yes          the text is a regular expression; capital letters count
whole=10, at=100000       one long line, from a byte of it on
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response

from sova.errors import LogError
from sova.logs.paths import bare, is_address
from sova.logs.search import Count, Found, Needle, count_lines, find_after, find_before
from sova.logs.spool import Spool, log_named, make_spool, open_spool, stamp_of
from sova.logs.window import PART, part_of_line, window_around, window_from, window_until
from sova.model import Diagnosis, ProblemKind
from sova.views.desk import foot_of
from sova.views.log import LogComingView, LogLineView, Searched, log_gone, log_view, telling_of
from sova.web.caching import Kept, sent, unchanged
from sova.web.params import ParameterError
from sova.web.serving import Serving, serving_of
from sova.web.unpacking import Progress, Unpacking

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

PATIENCE = 4.0
"""Seconds that a reader waits for a log to be unpacked before a page says how far it is."""

_AGAIN = 2  # seconds after which that page asks again
_UNPACKING = Unpacking()
_NUMBERS = ("line", "last", "first", "until", "after", "before", "whole", "at")
_WORDS = ("find", "re", "case")
_MOST = 10**15
_STATUS = {ProblemKind.GONE: 410, ProblemKind.MISSING: 404, ProblemKind.NOT_YET: 404, ProblemKind.EMPTY: 404}


@router.get("/builds/{slug}/log/{name:path}")
def log(request: Request, slug: str, name: str) -> Response:
    """A window of a log file, what is left of it, or how far it is on its way."""
    serving = serving_of(request)
    diagnosis = serving.store.by_slug(slug)
    if diagnosis is None or not diagnosis.build.log_url:
        raise HTTPException(404, "No build is known under this address, or it has no logs.")
    asked = _Asked.read(request)
    name = _file_name(name, diagnosis)
    try:
        spool = _spool(serving, diagnosis, name)
        if isinstance(spool, Progress):
            view = LogComingView(diagnosis, name, spool.size, spool.seconds)
            return _page(serving, view, 202, {"Refresh": str(_AGAIN), "Retry-After": str(_AGAIN)})
        return _shown(request, serving, diagnosis, spool, asked)
    except LogError as error:
        view_of_rest = log_gone(diagnosis, name, error.problem)
        return _page(serving, view_of_rest, _STATUS.get(error.problem.kind, 502))


def _file_name(name: str, diagnosis: Diagnosis) -> str:
    """The name of a log file as diagnoses have it. Raises HTTPException for one that leads out of the logs."""
    if not is_address(name):
        raise HTTPException(404, "No log file goes by that name.")
    name, names = bare(name), [file.name for file in diagnosis.files_read]
    # some proxies make one slash of the two that part an archive from its member
    return name if name in names else next((one for one in names if one.replace("//", "/") == name), name)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters: numbers by name where they are given, and the search."""

    numbers: dict[str, int]
    needle: Needle | None

    @classmethod
    def read(cls, request: Request) -> _Asked:
        """Raises ParameterError."""
        words: dict[str, str] = {}
        for key, value in request.query_params.multi_items():
            if key not in _NUMBERS and key not in _WORDS:
                raise ParameterError(key, value, ", ".join(sorted((*_NUMBERS, *_WORDS))), unknown=True)
            if key in words and words[key] != value:
                raise ParameterError(key, value, "one value")
            if value:
                words[key] = value
        numbers = {key: _number(key, words[key]) for key in _NUMBERS if key in words}
        return cls(numbers, _needle(words))

    def get(self, name: str) -> int:
        return self.numbers.get(name, 0)


def _number(name: str, value: str) -> int:
    least = 0 if name in ("after", "at") else 1
    value = value.strip()
    if not (value.isascii() and value.isdigit()) or len(value) > 16 or not least <= int(value) <= _MOST:
        raise ParameterError(name, value, f"a whole number from {least} on")
    return int(value)


def _needle(words: dict[str, str]) -> Needle | None:
    for name in ("re", "case"):
        if words.get(name, "yes") not in ("yes", "no"):
            raise ParameterError(name, words[name], "yes or no")
    if "find" not in words:
        return None
    try:
        return Needle(words["find"], is_regex=words.get("re") == "yes", exact=words.get("case") == "yes")
    except ValueError as error:
        raise ParameterError("find", words["find"], str(error)) from error


def _spool(serving: Serving, diagnosis: Diagnosis, name: str) -> Spool | Progress:
    """The log, unpacked. Raises LogError."""
    build = diagnosis.build
    key = f"{serving.config.moved(build.log_url)}\n{name}"
    with serving.open_session() as session:
        known = open_spool(session.cache, key)
        if known and known.fresh(settled=session.settled(build)):
            return known
    return _UNPACKING.get(f"{session.cache.directory}\n{key}", _unpack(serving, diagnosis, name, key), PATIENCE)


def _unpack(serving: Serving, diagnosis: Diagnosis, name: str, key: str) -> Callable[[Progress], Spool]:
    location = next((file.location for file in diagnosis.files_read if file.name == name), "")

    def make(progress: Progress) -> Spool:
        with serving.open_session() as session:
            tree = session.open_tree(diagnosis.build)
            file = log_named(tree, name, location)
            known = open_spool(session.cache, key)
            if known and known.stamp and not known.problem and known.stamp == stamp_of(file, session.cache):
                return known  # asked for again, and the server says that it is the same
            return make_spool(session.cache, key, file, tree.chunks(file), progress)

    return make


def _shown(request: Request, serving: Serving, diagnosis: Diagnosis, spool: Spool, asked: _Asked) -> Response:
    if whole := asked.get("whole"):
        part = part_of_line(spool, whole, asked.get("at"))
        if part is None:
            raise ParameterError("whole", str(whole), f"a line from 1 to {spool.lines}")
        return _sent(request, serving, LogLineView(diagnosis, spool.file.name, part, PART))
    searched = _searched(spool, asked)
    telling = {**telling_of(diagnosis, spool.file.name)}
    line, last = asked.get("line"), max(asked.get("line"), asked.get("last"))
    if searched and searched.found.line:
        telling[searched.found.line] = searched.found.match
        window = window_around(spool, searched.found.line, telling=telling)
    elif line:
        window = window_around(spool, line, last, telling=telling)
    elif searched:  # nothing was found: where the search began
        window = window_around(spool, max(1, searched.start), telling=telling)
    elif until := asked.get("until"):
        window = window_until(spool, until, telling=telling)
    else:
        window = window_from(spool, asked.get("first"), telling=telling)
    past_end = max(asked.get("first"), asked.get("until"), line) > max(1, spool.lines)
    chosen = (line, last) if line and not (searched and searched.found.line) else (0, 0)
    view = log_view(diagnosis, spool, window, chosen=chosen, past_end=past_end, searched=searched)
    return _sent(request, serving, view)


def _searched(spool: Spool, asked: _Asked) -> Searched | None:
    if asked.needle is None:
        return None
    before = asked.get("before")
    if before:
        found: Found = find_before(spool, asked.needle, before)
    else:
        found = find_after(spool, asked.needle, asked.get("after"))
    count = Count(0, 0, whole=False) if found.stopped else count_lines(spool, asked.needle, found.line)
    return Searched(asked.needle, before or asked.get("after"), bool(before), found, count)


def _page(serving: Serving, view: object, status: int, headers: dict[str, str] | None = None) -> Response:
    html = serving.pages().render(view, foot_of(serving.desk()))
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(html.encode("utf-8", "replace"), status, headers=headers, media_type="text/html; charset=utf-8")


def _sent(request: Request, serving: Serving, view: object) -> Response:
    html = serving.pages().render(view, foot_of(serving.desk())).encode("utf-8", "replace")
    etag = f'W/"{hashlib.sha256(html).hexdigest()[:32]}"'
    return unchanged(request, etag) or sent(request, etag, Kept.of(html, "text/html; charset=utf-8"))
