"""Shares and their Wilson interval, against published values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sova.stats import Share, Totals

shares = st.integers(0, 10**9).flatmap(lambda whole: st.builds(Share, st.integers(0, whole), st.just(whole)))


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0),  # by symmetry with 0 of 29
    ],
)
def test_the_interval_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    share = Share(part, whole)
    assert (round(share.low, 4), round(share.high, 4)) == (low, high)


def test_of_nothing_nothing_is_known() -> None:
    share = Share(0, 0)
    assert (share.value, share.low, share.high) == (None, 0.0, 1.0)


@given(shares)
def test_a_share_lies_within_its_interval(share: Share) -> None:
    assert 0 <= share.low <= share.high <= 1
    if share.value is not None:
        assert share.low <= share.value <= share.high


@given(shares)
def test_the_interval_of_the_rest_is_its_mirror(share: Share) -> None:
    rest = Share(share.whole - share.part, share.whole)
    assert rest.low == pytest.approx(1 - share.high, abs=1e-9)


@given(st.integers(1, 1000).flatmap(lambda whole: st.builds(Share, st.integers(0, whole), st.just(whole))))
def test_more_builds_make_it_narrower(share: Share) -> None:
    more = Share(share.part * 4, share.whole * 4)
    assert more.high - more.low < share.high - share.low


@pytest.mark.parametrize(("part", "whole"), [(2, 1), (-1, 1), (1, 0)])
def test_what_is_no_part_is_refused(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="is no part"):
        Share(part, whole)


def test_shares_of_totals() -> None:
    totals = Totals(builds=10, passed=3, failed=6, other=1, explained=4, by_tag=(("infra", 5), ("unknown", 1)))
    assert totals.pass_rate == Share(3, 9)  # what neither passed nor failed says nothing
    assert totals.known == Share(4, 6)
    assert (totals.share_of("infra"), totals.share_of("code")) == (Share(5, 6), Share(0, 6))
