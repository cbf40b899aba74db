"""Finds a build by what a person has of it: its name or the beginning of it, a uuid, a key, an address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, and_, or_, select

from sova.model import Build, Diagnosis
from sova.slugs import build_slug
from sova.store import Store
from sova.store.identity import identities, page_identity
from sova.store.loading import ids_by_identity, load
from sova.store.rows import clean
from sova.store.tables import builds
from sova.store.tables import identities as names

__all__ = ["SHORTEST", "find_builds"]

SHORTEST = 4
"""How many digits the beginning of a name must have."""

_BEGINNING = re.compile(rf"[0-9a-f]{{{SHORTEST},32}}", re.ASCII)
_OWN_PAGE = re.compile(r"/builds/([0-9a-f]{16})(?:\.html)?(?:/log/.*)?\Z")


def find_builds(store: Store, text: str, keys: Iterable[str] = (), most: int = 5) -> list[Diagnosis]:
    """The builds that `text` may mean, at most `most` of them; the first way that leads to any is the one.

    It may be the name of the build's page, its uuid, or the beginning of either; one of our own pages about it; the
    address of its page, its logs or a file of these. `keys` are keys that it may have beside those. Raises StoreError.
    """
    with store.reading() as connection:
        for ids in _ways(connection, text.strip(), tuple(keys), most):
            if found := load(connection, ids):
                return found
    return []


def _ways(connection: Connection, text: str, keys: tuple[str, ...], most: int) -> Iterator[list[int]]:
    wanted = [page_identity(build_slug(clean(key))) for key in (text, *keys)]
    if own := _OWN_PAGE.search(text):
        wanted.append(page_identity(own[1]))
    yield _by_names(connection, wanted, most)
    digits = text.replace("-", "").lower()
    if _BEGINNING.fullmatch(digits):
        yield _by_beginning(connection, digits, most)
    if text.startswith(("http://", "https://")):
        for place in _places(text):
            yield _by_names(connection, _log_names(place), most)
        page = select(builds.c.id).where(builds.c.url.in_([clean(text), clean(text).rstrip("/")])).limit(most)
        yield list(connection.scalars(page))


def _by_names(connection: Connection, wanted: Iterable[str], most: int) -> list[int]:
    found = ids_by_identity(connection, list(wanted))
    return sorted({number for numbers in found.values() for number in numbers})[:most]


def _by_beginning(connection: Connection, digits: str, most: int) -> list[int]:
    """Builds whose page or uuid begins so; the index of names is read from there on."""
    kinds = [and_(names.c.identity >= f"{kind}:{digits}", names.c.identity < f"{kind}:{digits}g") for kind in _KINDS]
    wanted = select(names.c.build_id).where(or_(*kinds)).distinct().limit(most)
    return sorted(connection.scalars(wanted))


_KINDS = ("page", "uuid")


def _log_names(url: str) -> list[str]:
    return [name for name in identities(Build(key="", job_name="", log_url=url)) if name.startswith("log:")]


def _places(url: str) -> Iterator[str]:
    """The address and those above it, down from the file to the root of the logs; a bare host is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    path = parts.path.rstrip("/")
    yield url
    while "/" in path.strip("/"):
        path = path.rpartition("/")[0]
        yield urlunsplit(parts._replace(path=path, query="", fragment=""))
