"""The engine finds what the seed's line test finds; `bench.parity` plants every rule, this every sixth of them."""

from __future__ import annotations

import pytest
from bench.parity import Tally, compare, planted, sides
from bench.seed_rules import CORPORA

pytestmark = pytest.mark.shared


@pytest.mark.skipif(not CORPORA[0].exists(), reason="needs the pattern files in ../shared/corpora")
@pytest.mark.parametrize("number", range(len(CORPORA)))
def test_planted_rules_fire_and_no_hit_is_lost_or_extra(number: int) -> None:
    both = sides(CORPORA[number])
    assert len(both.rules) == (116, 146)[number]
    chosen = [rule for rule in both.rules if rule.follows or rule.number % 6 == 0]
    tally = Tally(len(chosen))
    for name, log in planted(chosen):
        compare(name, log, both, tally)
    assert (tally.lost, tally.extra) == ([], [])
    assert min(tally.fired[rule.number] for rule in chosen) >= 10
    assert tally.silenced == 6
