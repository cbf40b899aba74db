"""The engine finds exactly what `re` finds line by line, whatever the pattern, the log and the cuts."""

from hypothesis import HealthCheck, event, given, settings

from sova.patterns.regexes import faults
from tests.patterns.differential import expected, found
from tests.patterns.grammar import Case, cases, refused


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(cases())
def test_engine_finds_what_the_reference_finds(case: Case) -> None:
    for row in case.log_rows.union(*case.pattern_rows):
        event(row)
    assert found(case) == expected(case)


@settings(max_examples=60, deadline=None)
@given(refused())
def test_what_hyperscan_would_read_otherwise_is_refused(case: tuple[str, str]) -> None:
    row, regex = case
    assert faults(regex), row
