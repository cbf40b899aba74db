"""Holds the engine against the reference on one case of the grammar."""

from __future__ import annotations

import re
import sys
from unittest.mock import patch

from sova.model import Match, Pattern
from sova.patterns.engine import Engine
from tests.patterns import reference
from tests.patterns.grammar import Case

Found = list[tuple[int, dict[str, str]]]


def engine_for(case: Case) -> Engine:
    """The engine for a case, without hyperscan where the case says so."""
    blocked = {} if case.hyperscan else {"sova.patterns.database": None}
    with patch.dict(sys.modules, blocked):
        return Engine(case.patterns, max_hits=None, context=1, block=case.block, overlap=case.overlap)


def found(case: Case) -> dict[str, Found]:
    """What the engine finds: for each pattern the line numbers and captures of its hits."""
    with patch("sova.patterns.confirm.LONG", case.long):
        scan = engine_for(case).scan(case.chunks, file="log", names=None)
    assert not scan.problems
    assert scan.size == len(case.log)
    assert scan.lines == len(case.log.removesuffix(b"\n").split(b"\n")) if case.log else scan.lines == 0
    result: dict[str, Found] = {pattern.id: [] for pattern in case.patterns}
    for hit in scan.hits:
        result[hit.pattern].append((hit.line_number, dict(hit.captures)))
    assert {name: len(hits) for name, hits in result.items() if hits} == dict(scan.counts)
    return result


def expected(case: Case) -> dict[str, Found]:
    """What the reference finds."""
    return {pattern.id: _expected(pattern, case) for pattern in case.patterns}


def _expected(pattern: Pattern, case: Case) -> Found:
    hits = reference.hits(
        re.escape(pattern.text) if pattern.text else pattern.regex,
        case.log,
        message=pattern.match is Match.MESSAGE,
        exclude=pattern.exclude,
        not_followed_by=pattern.not_followed_by,
        size=case.block,
        overlap=case.overlap,
    )
    return [(number, _captures(match)) for number, match in hits]


def _captures(match: re.Match[bytes]) -> dict[str, str]:
    groups = {str(number): text for number, text in enumerate(match.groups(), 1)} | match.groupdict()
    return {"0": _text(match[0])} | {name: _text(text) for name, text in groups.items() if text is not None}


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
