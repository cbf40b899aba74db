"""When two reports tell of the same build, and what is known of it from both.

Two reports are of one build when their keys, their full uuids or the places of their logs agree. A log URL alone
does not make one build of two that name different jobs or different uuids: some systems link every build of a day
to one page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit

from sova.model import Build, Change, Outcome
from sova.slugs import build_slug
from sova.store.rows import clean

__all__ = ["bounded", "identities", "joins", "merge", "merge_all", "page_identity"]

_UUID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST = 500
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_FIELDS = tuple(field.name for field in fields(Build) if field.name not in ("key", "seen_by", "change", "attempts"))
_CHANGE_FIELDS = tuple(field.name for field in fields(Change))


def identities(build: Build) -> tuple[str, ...]:
    """The texts by which the build is found again: `page:`, `uuid:` and `log:` ones, of bounded length."""
    found = [page_identity(build_slug(clean(build.key)))]
    if uuid := _uuid(build):
        found.append(f"uuid:{uuid}")
    if build.log_url:
        found.append(f"log:{bounded(_place(clean(build.log_url)))}")
    return tuple(found)


def page_identity(slug: str) -> str:
    """The identity of every build that was ever known by a key of this slug."""
    return f"page:{slug}"


def bounded(text: str) -> str:
    """The text, or its hash where it is longer than an index takes."""
    return text if len(text) <= _LONGEST else hashlib.sha256(text.encode()).hexdigest()


def _uuid(build: Build) -> str:
    """The uuid where it is a full one; shorter ones and run numbers are not unique."""
    uuid = build.uuid.replace("-", "").lower()
    return uuid if _UUID.fullmatch(uuid) else ""


def _place(url: str) -> str:
    """The URL without what differs between reports of it: scheme, case of the host, default port, final slash."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a broken IPv6 address; then the text itself is all there is
        return url
    host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\0"))
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


def joins(identity: str, one: Build, other: Build) -> bool:
    """Whether two reports that share this identity are of one build."""
    if not identity.startswith("log:"):
        return True
    uuids, jobs = (_uuid(one), _uuid(other)), (one.job_name, other.job_name)
    return not (all(uuids) and uuids[0] != uuids[1]) and not (all(jobs) and jobs[0] != jobs[1])


def merge(older: Build, newer: Build) -> Build:
    """One build out of two reports of it: the richer report wins field by field, the other one fills its gaps.

    A finished report is richer than one of a running build, one of the CI system itself (uuid, exact times, log URL)
    richer than a review comment. The change comes from the report that knows most of it. `seen_by` names the sources
    of both, sorted.
    """
    best, rest = (older, newer) if _richness(older) > _richness(newer) else (newer, older)
    values: dict[str, Any] = {}  # Any: fields of several types, taken from one Build to the other as they are
    for name in _FIELDS:
        values[name] = _known(getattr(best, name), getattr(rest, name))
    seen_by = older.seen_by if set(newer.seen_by) <= set(older.seen_by) else sorted({*older.seen_by, *newer.seen_by})
    change = _merge_change(older.change, newer.change)
    attempts = max(older.attempts, newer.attempts)
    return replace(best, **values, seen_by=tuple(seen_by), change=change, attempts=attempts)


def _richness(build: Build) -> tuple[bool, bool, bool, bool, int]:
    known = sum(_is_known(getattr(build, name)) for name in _FIELDS)
    finished = build.outcome is not Outcome.RUNNING
    return finished, bool(_uuid(build)), build.start_time is not None, bool(build.log_url), known


def _merge_change(older: Change, newer: Change) -> Change:
    best, rest = (older, newer) if _facts(older) > _facts(newer) else (newer, older)
    if None not in (best.number, rest.number) and (best.number, best.patchset) != (rest.number, rest.patchset):
        return best  # one build of several changes: never mix their texts
    values: dict[str, Any] = {}  # Any: as in `merge`
    for name in _CHANGE_FIELDS:
        values[name] = _known(getattr(best, name), getattr(rest, name))
    return replace(best, **values)


def _facts(change: Change) -> int:
    return sum(_is_known(getattr(change, name)) for name in _CHANGE_FIELDS)


def _is_known(value: object) -> bool:
    return value is not None and value not in ("", ())


def _known(value: object, other: object) -> object:
    return value if _is_known(value) else other


def merge_all(builds: Iterable[Build]) -> list[Build]:
    """Every build once, in the order in which they were first seen."""
    merged: dict[int, Build] = {}
    known_as: dict[int, set[str]] = {}
    found_by: dict[str, set[int]] = {}
    for number, build in enumerate(builds):
        names = set(identities(build))
        same = sorted({at for name in names for at in found_by.get(name, ()) if joins(name, merged[at], build)})
        for at in reversed(same):
            build = merge(merged.pop(at), build)  # noqa: PLW2901 - the report grows into all that is known of the build
            for name in known_as[at]:
                found_by[name].discard(at)
            names |= known_as.pop(at)
        home = same[0] if same else number
        merged[home], known_as[home] = build, names
        for name in names:
            found_by.setdefault(name, set()).add(home)
    return [merged[at] for at in sorted(merged)]
