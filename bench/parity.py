"""Holds the engine against the seed's line test, rule by rule and line by line.

    python -m bench.parity

The logs are, for every rule of both seed files, one in which it is planted ten times, and every log of
`../shared/logs`, each taken as every named file. The seed's side (`bench.seed_rules`) is read and run without Sova; its
bookkeeping of messages and its "first hit only" are left aside. Fails unless every rule fired and no hit is lost or
extra.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.planted import planted_log
from bench.seed_rules import CORPORA, SHARED, Rule, hits, not_followed, read_rules
from sova.patterns.engine import Engine
from sova.patterns.load import load

CHUNK = 50_001  # divides nothing

Hits = set[tuple[int, int]]


@dataclass(slots=True)
class Tally:
    """What came out for one seed file."""

    rules: int
    logs: int = 0
    size: int = 0
    found: int = 0
    fired: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    silenced: int = 0

    @property
    def failed(self) -> bool:
        return bool(self.lost or self.extra or len(self.fired) < self.rules)


@dataclass(slots=True)
class Sides:
    """Both sides of one seed file: the rules as the seed has them, and Sova's engines for them."""

    rules: list[Rule]
    plain: Engine  # without `not_followed_by`, as the seed's test of one line cannot know the next
    full: Engine


def sides(path: Path) -> Sides:
    """The rules through Sova's own loader, beside those read here; both are in the order of the file."""
    patterns = [replace(pattern, id=str(number)) for number, pattern in enumerate(load([path], builtin=False).patterns)]
    rules = read_rules(path)
    if len(rules) != len(patterns):
        raise AssertionError(f"{path.name}: {len(rules)} rules, and Sova's loader has {len(patterns)}")
    plain = [replace(pattern, not_followed_by="") for pattern in patterns]
    return Sides(rules, Engine(plain, max_hits=None, context=0), Engine(patterns, max_hits=None, context=0))


def compare(name: str, log: bytes, both: Sides, tally: Tally) -> None:
    """Add one log to the tally."""
    wanted = set(hits(both.rules, log))
    found = _found(both.plain, log)
    kept = not_followed(both.rules, log, wanted)
    full = _found(both.full, log)
    tally.logs += 1
    tally.size += len(log)
    tally.found += len(found)
    tally.silenced += len(wanted - kept)
    tally.fired.update(rule for rule, _ in found & wanted)
    tally.lost += [
        f"{name}: rule {both.rules[rule].id}, line {line}" for rule, line in (wanted - found) | (kept - full)
    ]
    tally.extra += [
        f"{name}: rule {both.rules[rule].id}, line {line}" for rule, line in (found - wanted) | (full - kept)
    ]


def _found(engine: Engine, log: bytes) -> Hits:
    chunks = (log[at : at + CHUNK] for at in range(0, len(log), CHUNK))
    return {(int(hit.pattern), hit.line_number) for hit in engine.scan(chunks, file="log").hits}


def planted(rules: list[Rule]) -> Iterator[tuple[str, bytes]]:
    """The generated logs, one for each rule."""
    for rule in rules:
        yield f"planted for {rule.id}", planted_log(rule)[0]


def shared_logs() -> Iterator[tuple[str, bytes]]:
    """Every log that lies beside the checkout."""
    for path in sorted((SHARED / "logs").rglob("*")):
        if path.is_file() and path.suffix not in (".md", ".jsonl"):
            yield str(path.relative_to(SHARED)), path.read_bytes()


def main() -> int:
    failed = False
    for path in CORPORA:
        both = sides(path)
        print(f"{path.name}: {len(both.rules)} rules, filter: {both.plain.filter_name}")
        tally = Tally(len(both.rules))
        for kind, logs in (("planted", planted(both.rules)), ("shared", shared_logs())):
            for name, log in logs:
                compare(name, log, both, tally)
            print(f"  after {kind}: {tally.logs} logs, {tally.size / 1e6:.1f} MB, {tally.found} hits")
        least = min(tally.fired.values(), default=0)
        print(f"  rules fired: {len(tally.fired)} of {tally.rules}, each at least {least} times")
        print(f"  hits lost: {len(tally.lost)}   hits extra: {len(tally.extra)}")
        print(f"  hits that only not_followed_by silences: {tally.silenced}")
        for line in [*tally.lost[:10], *tally.extra[:10]]:
            print(f"    {line}", file=sys.stderr)
        failed |= tally.failed
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
