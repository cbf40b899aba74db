"""Which reasons for skipping a test are allowed where: the rules of `allowed_skips.txt`."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
"""The material beside the checkout; tests that need it skip with a reason where it is absent."""


def sshd() -> str | None:
    """The path of OpenSSH's server, which is rarely in the PATH of a user."""
    return shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")


def postgres_program(name: str) -> str | None:
    """The path of a program of PostgreSQL's server, which Debian keeps out of the PATH; the newest version there is."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: (len(path.parent.name), path))
    places = [*reversed(versions), Path("/usr/local/pgsql/bin"), Path("/usr/local/bin")]
    return shutil.which(name) or next((found for place in places if (found := shutil.which(name, path=place))), None)


CONDITIONS: Mapping[str, Callable[[], bool]] = {
    "any": lambda: True,
    "no-shared": lambda: not SHARED.is_dir(),
    "no-sshd": lambda: sshd() is None,
    "no-postgres": lambda: postgres_program("postgres") is None or postgres_program("initdb") is None,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """Skips whose reason matches `reason` are allowed where `condition` holds."""

    condition: str
    reason: str


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules in the text of an allowed_skips.txt. Raises ValueError for a line that is none."""
    rules = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        condition, _, reason = line.strip().partition(" ")
        if condition not in CONDITIONS or not reason.strip():
            raise ValueError(f"line {number}: {line!r} is no rule; conditions are {', '.join(CONDITIONS)}")
        rules.append(Rule(condition, reason.strip()))
    return tuple(rules)


def unexpected(
    skips: Iterable[tuple[str, str]],
    rules: Iterable[Rule],
    conditions: Mapping[str, Callable[[], bool]] = CONDITIONS,
) -> list[tuple[str, str]]:
    """The (test, reason) pairs that no rule allows here."""
    here = [rule for rule in rules if conditions[rule.condition]()]
    return [(where, why) for where, why in skips if not any(fnmatchcase(why, rule.reason) for rule in here)]
