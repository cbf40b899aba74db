"""Holds the engine against the plain reference for a while, and says how often each difference was tried.

    python -m fuzz.engine --seconds 60 [--seed 1]

Fails on a difference, and on a row of the table of differences that never occurred together with a hit.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from tests.patterns.differential import expected, found
from tests.patterns.grammar import REFUSED_ROWS, ROWS, Case, cases, refused

from sova.patterns.regexes import faults

_BATCH = 200


class Tally:
    """How many cases were tried, and for each row how many held it and how many of those had a hit."""

    def __init__(self) -> None:
        self.cases = 0
        self.hits = 0
        self.occurred: Counter[str] = Counter()
        self.with_hits: Counter[str] = Counter()

    def try_case(self, case: Case) -> None:
        """Fails where engine and reference differ."""
        wanted = expected(case)
        seen = found(case)
        assert seen == wanted, f"the engine finds {seen}, the reference {wanted}"
        self.cases += 1
        self.hits += sum(map(len, wanted.values()))
        self.occurred.update(case.log_rows.union(*case.pattern_rows))
        hit_rows = [rows for pattern, rows in zip(case.patterns, case.pattern_rows, strict=True) if wanted[pattern.id]]
        if hit_rows:
            self.with_hits.update(case.log_rows.union(*hit_rows))

    def try_refused(self, case: tuple[str, str]) -> None:
        """Fails where the loader would take an expression that it has to refuse."""
        row, regex = case
        assert faults(regex), f"{regex} is not refused"
        self.occurred[row] += 1

    def report(self) -> list[str]:
        """Prints the table and gives the rows that did not occur."""
        print(f"{self.cases} cases, {self.hits} hits, no difference")
        print(f"{'row':30} {'occurred':>9} {'with hits':>9}")
        for row in ROWS:
            print(f"{row:30} {self.occurred[row]:9} {self.with_hits[row]:9}")
        for row in REFUSED_ROWS:
            print(f"{row:30} {self.occurred[row]:9}   refused")
        return [row for row in ROWS if not self.with_hits[row]] + [
            row for row in REFUSED_ROWS if not self.occurred[row]
        ]


def run(seconds: float, first_seed: int) -> Tally:
    """Try cases for so many seconds. Raises AssertionError with the smallest case of a difference."""
    tally = Tally()
    until = time.monotonic() + seconds
    quiet = settings(
        max_examples=_BATCH,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
    )
    number = first_seed
    while time.monotonic() < until:
        seed(number)(quiet(given(cases())(tally.try_case)))()
        seed(number)(settings(quiet, max_examples=20)(given(refused())(tally.try_refused)))()
        number += 1
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="number of the first batch of cases")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    print(f"seed {options.seed}")
    missing = run(options.seconds, options.seed).report()
    for row in missing:
        print(f"never tried with a hit: {row}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
