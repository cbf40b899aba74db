"""Reasons: which hits say the same, and which reason is the primary one."""

from __future__ import annotations

from sova.model import Hit, Kind, Pattern, Reason
from sova.reasons import contested, primary_first, reasons_of


def reason(kind: Kind, line: int, file: str = "console.txt") -> Reason:
    return Reason("p", f"{kind} {line}", "code", (Hit("p", file, line, "text"),), kind=kind)


def test_the_order_of_reasons() -> None:
    given = [reason(kind, line) for kind in reversed(Kind) for line in (9, 3)]
    ranked, _ = primary_first(given, {})
    assert [one.message for one in ranked] == [f"{kind} {line}" for kind in Kind for line in (3, 9)]
    assert [one.primary for one in ranked] == [True] + [False] * 7


def test_files_count_in_the_order_they_were_read() -> None:
    ranked, why = primary_first([reason(Kind.CAUSE, 1, "b"), reason(Kind.CAUSE, 9, "a")], {"a": 0, "b": 1})
    assert ranked[0].hits[0].file == "a"
    assert why == "the earliest of 2 reasons of kind cause"


def test_of_patterns_that_say_the_same_the_most_telling_speaks() -> None:
    weak = Pattern(id="weak", message="No name.", text="x", kind=Kind.CONSEQUENCE, tag="code")
    strong = Pattern(id="strong", message="no name.", text="x", tag="infra")
    hits = [Hit("weak", "console.txt", 1, "x"), Hit("strong", "console.txt", 9, "x")]
    (found,) = reasons_of(hits, {}, [weak, strong])
    assert (found.pattern, found.kind, found.tag, found.count) == ("strong", Kind.CAUSE, "infra", 2)
    assert [hit.line_number for hit in found.hits] == [9, 1]


def test_a_few_hits_are_kept_and_all_are_counted() -> None:
    pattern = Pattern(id="p", message="m", text="x")
    (found,) = reasons_of([Hit("p", "f", line, "x") for line in range(1, 101)], {"p": 70_000}, [pattern])
    assert ([hit.line_number for hit in found.hits], found.count) == ([1, 2, 3, 4, 5], 70_000)


def test_only_reasons_of_the_best_kind_contest() -> None:
    cause, effect = reason(Kind.CAUSE, 1), reason(Kind.CONSEQUENCE, 2)
    assert not contested([])
    assert not contested([cause, effect, effect])
    assert contested([effect, effect])
    assert contested([effect, cause, cause])
