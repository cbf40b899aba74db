"""Names of log files: which other names a wanted file may have, which names a glob means, which are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from sova.errors import LogError
from sova.model import Problem, ProblemKind

__all__ = ["INSIDE", "Reach", "bare", "is_address", "is_glob", "matching", "safe", "variants"]

INSIDE = "//"
"""What stands between the path of an archive and the path inside it."""

_COMPRESSED = (".gz", ".xz", ".bz2", ".zst")
_TWINS = {".txt": ".log", ".log": ".txt"}
_LONGEST = 4096


def bare(path: str) -> str:
    """The path without a compression suffix."""
    return next((path[: -len(suffix)] for suffix in _COMPRESSED if path.endswith(suffix)), path)


def variants(path: str) -> tuple[str, ...]:
    """The paths that a wanted file may have, likeliest first; the first two are the path with and without `.gz`."""
    plain = bare(path)
    names = [path, f"{path}.gz" if path == plain else plain]
    twin = next((plain[: -len(end)] + other for end, other in _TWINS.items() if plain.endswith(end)), "")
    names += [twin, f"{twin}.gz"] if twin else []
    names += [stem + suffix for stem in (plain, twin) if stem for suffix in _COMPRESSED]
    return tuple(dict.fromkeys(names))


def is_glob(path: str) -> bool:
    return any(character in path for character in "*?[")


def safe(path: str) -> str:
    """The path without a leading `/` or `./`. Raises LogError (REFUSED) for one that leads out of the tree."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in path or len(path) > _LONGEST:
        raise LogError(Problem(path, ProblemKind.REFUSED, "not a path below the log root"))
    return "/".join(parts)


def is_address(name: str) -> bool:
    """Whether the log view takes the name of a log file as it stands: it leads nowhere else, and all of it can be
    seen."""
    if "\\" in name or not name.isprintable():
        return False
    try:
        return INSIDE.join(map(safe, name.split(INSIDE))) == name
    except LogError:
        return False


def matching(glob: str, paths: Iterable[str]) -> Iterator[str]:
    """The paths that a glob means, with or without compression suffix, one for each name without suffix.

    `*` and `?` stop at `/`, `**` does not.
    """
    pattern = _compiled(bare(glob))
    given: set[str] = set()
    for path in paths:
        name = bare(path)
        if name not in given and pattern.fullmatch(name):
            given.add(name)
            yield path


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of a tree that a glob can mean: below the directory `under`, at most `depth` levels (None: any)."""

    under: str = ""
    depth: int | None = None

    @classmethod
    def of(cls, glob: str) -> Reach:
        parts = glob.split("/")
        fixed = next(number for number, part in enumerate(parts) if is_glob(part) or number == len(parts) - 1)
        rest = parts[fixed:]
        return cls("/".join(parts[:fixed]), None if any("**" in part for part in rest) else len(rest))

    def covers(self, path: str) -> bool:
        """Whether a path lies in this part; said of a directory, whether all of it does."""
        if self.under and not path.startswith(f"{self.under}/"):
            return False
        return self.depth is None or path[len(self.under) :].strip("/").count("/") < self.depth


@lru_cache(maxsize=512)
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile("".join(_translated(glob)), re.DOTALL)


def _translated(glob: str) -> Iterator[str]:
    for found in re.finditer(r"\*\*/|\*\*|\*|\?|\[!?+(?:\][^\]]*|[^\]]+)\]|.", glob, re.DOTALL):
        piece = found[0]
        if piece == "**/":
            yield "(?:[^/]+/)*"
        elif piece == "**":
            yield ".*"
        elif piece == "*":
            yield "[^/]*"
        elif piece == "?":
            yield "[^/]"
        elif piece.startswith("[") and len(piece) > 1:
            yield _set(piece[1:-1])
        else:
            yield re.escape(piece)


def _set(inner: str) -> str:
    """One character of those between the brackets, or none of those behind a `!`; never `/`."""
    if inner.startswith("!"):
        return f"[^{''.join(_members(inner[1:]))}/]"
    members = "".join(_members(inner))
    return f"(?!/)[{members}]" if members else "(?!)"


def _members(inner: str) -> Iterator[str]:
    for found in re.finditer(r"(.)-(.)|.", inner, re.DOTALL):
        first, last = found[1], found[2]
        if first is None:
            yield re.escape(found[0])
        elif first <= last:  # a range that runs backwards is empty, as in the shell
            yield f"{re.escape(first)}-{re.escape(last)}"
