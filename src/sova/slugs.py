"""Names of pages that never change: what stands in a permalink for a build, a reason, a job, a project.

They depend on nothing but the thing itself, are safe in URLs and as file names on every system, and two things do not
share one in practice (64 bits of SHA-256).
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

__all__ = ["build_slug", "name_slug", "reason_slug"]

_UNSAFE = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 80
_kept = lru_cache(maxsize=10_000)  # a page of builds has hundreds of links, to a few jobs, projects and reasons


def build_slug(key: str) -> str:
    """The slug of a build: 16 hexadecimal digits of its key."""
    return _digest(key, 16)


@_kept
def reason_slug(tag: str, message: str) -> str:
    """The slug of a reason: 16 hexadecimal digits of tag and message. Equal messages of one tag are one reason."""
    return _digest(f"{tag}\n{message}", 16)


@_kept
def name_slug(name: str) -> str:
    """The slug of a job, project, branch or pipeline: the name itself where that is safe, else one made of it."""
    safe = _UNSAFE.sub("-", name.lower()).strip(".-")[:_LONGEST]
    return safe if safe == name else f"{safe or 'name'}-{_digest(name, 8)}"


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
