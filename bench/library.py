"""How well the built-in patterns do on real logs.

    python -m bench.library [--details] [EXAMPLE-TREE]

Every failed log of `../shared/logs` is diagnosed as `sova diagnose` does it: known or not, the primary reason, and for
cidiff whether its line lies in a labelled range (also with two lines of slack). Every passing log must give no reason
of kind cause or generic. Patterns that fire only in the tree of the example CI, and nowhere in the logs, are listed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sova.model import Build, Diagnosis, Kind
from sova.targets import diagnose

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
TELLING = (Kind.CAUSE, Kind.GENERIC)


@dataclass(frozen=True, slots=True)
class Case:
    """One failed log with what is known of it; `ranges` are labelled line ranges, from 1, inclusive."""

    group: str
    path: Path
    baselines: tuple[Path, ...]
    ranges: tuple[tuple[int, int], ...]

    def labelled(self, line: int, slack: int = 0) -> bool:
        return any(first - slack <= line <= last + slack for first, last in self.ranges)


def cases(logs: Path) -> Iterator[Case]:
    """Every failed log, in the order of the index files."""
    for index in sorted(logs.glob("*/index.jsonl")):
        for text in index.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            baselines = tuple(index.parent / name for name in row["baseline"])
            yield Case(index.parent.name, index.parent / row["log"], baselines, tuple(_ranges(row["expected"])))


def _ranges(expected: Iterable[object]) -> Iterator[tuple[int, int]]:
    """Line ranges as cidiff has them, single lines as the PyTorch set has them; other truths hold no lines."""
    for item in expected:
        if isinstance(item, int):
            yield item, item
        elif isinstance(item, list):
            yield item[0], item[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path, help="generated logs of the example CI")
    parser.add_argument("--details", action="store_true", help="a row for every failed log")
    asked = parser.parse_args()
    logs = SHARED / "logs"
    if not logs.is_dir():
        print(f"{logs} is not there: nothing to measure")
        return 2
    console = Console(width=None if sys.stdout.isatty() else 200)
    found = list(cases(logs))
    answers = dict(zip((case.path for case in found), diagnose(*(str(case.path) for case in found)), strict=True))
    if asked.details:
        console.print(_details(found, answers))
    console.print(_totals(found, answers))
    fired = {reason.pattern for answer in answers.values() for reason in answer.reasons}
    if asked.tree:
        _only_there(asked.tree, fired, console)
    return _clean(dict.fromkeys(path for case in found for path in case.baselines), console)


def _details(found: Iterable[Case], answers: dict[Path, Diagnosis]) -> Table:
    table = Table("log", "verdict", "primary pattern", "kind", "line", "labelled", "message")
    for case in found:
        answer = answers[case.path]
        name = str(case.path.relative_to(SHARED / "logs"))
        first = answer.primary
        if first is None:
            table.add_row(name, str(answer.verdict), "", "", "", "", ", ".join(r.pattern for r in answer.reasons)[:60])
            continue
        line = first.hits[0].line_number
        mark = ("yes" if case.labelled(line) else "within 2" if case.labelled(line, 2) else "no") if case.ranges else ""
        table.add_row(name, str(answer.verdict), first.pattern, str(first.kind), str(line), mark, first.message[:70])
    return table


def _totals(found: Iterable[Case], answers: dict[Path, Diagnosis]) -> Table:
    rows: dict[str, Counter[str]] = {}
    for case in found:
        counts = rows.setdefault(case.group, Counter())
        first = answers[case.path].primary
        counts["logs"] += 1
        if first is None:
            counts["unknown"] += 1
            continue
        counts[str(first.kind)] += 1
        line = first.hits[0].line_number
        counts["in range"] += case.labelled(line)
        counts["within 2"] += case.labelled(line, 2)
        counts["truth"] += bool(case.ranges)
    columns = ("logs", "cause", "generic", "unknown", "truth", "in range", "within 2")
    table = Table("set", *(name if name != "truth" else "known with truth" for name in columns))
    for group, counts in rows.items():
        table.add_row(group, *(str(counts[name]) for name in columns))
    table.add_row("all", *(str(sum(counts[name] for counts in rows.values())) for name in columns), style="bold")
    return table


def _only_there(tree: Path, fired: set[str], console: Console) -> None:
    here = {reason.pattern for answer in diagnose(*map(str, _leaves(tree))) for reason in answer.reasons}
    console.print(f"{len(here)} patterns fire in {tree}, {len(here - fired)} of them in no log of {SHARED.name}/logs:")
    console.print("  " + ", ".join(sorted(here - fired)))


def _leaves(tree: Path) -> Iterator[Path]:
    """The directories below `tree` that hold files: one a build."""
    yield from sorted({path.parent for path in tree.rglob("*") if path.is_file()})


def _clean(baselines: Iterable[Path], console: Console) -> int:
    """Report every telling reason in a log that passed; 1 when there is any."""
    paths = list(baselines)
    wrong = 0
    for answer in diagnose(*map(str, paths)):
        for reason in answer.reasons:
            if reason.kind in TELLING:
                hit = reason.hits[0]
                place = _short(answer.build)
                console.print(f"{place}:{hit.line_number}: {reason.pattern}: {hit.line[:150]}", markup=False)
                wrong += 1
    console.print(f"{len(paths)} passing logs, {wrong} reasons of kind cause or generic in them")
    return 1 if wrong else 0


def _short(build: Build) -> str:
    return build.log_url.rpartition("/shared/logs/")[2]


if __name__ == "__main__":
    sys.exit(main())
