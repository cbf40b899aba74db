"""Hits into reasons: one sentence for each thing that went wrong, and which of them is the primary one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from sova.model import Hit, Kind, Pattern, Reason
from sova.patterns.message import fill

__all__ = ["contested", "primary_first", "reasons_of"]

_HITS_KEPT = 5
_RANK = {Kind.CAUSE: 0, Kind.GENERIC: 1, Kind.CONSEQUENCE: 2, Kind.INFO: 3}


def reasons_of(
    hits: Iterable[Hit], counts: Mapping[str, int], patterns: Sequence[Pattern], log_search: str = ""
) -> list[Reason]:
    """A reason for each message (case does not count), in the order in which messages were first seen.

    `counts` holds all hits of a pattern, those not kept too; `log_search` is the URL template of a log search.
    """
    known = {pattern.id: pattern for pattern in patterns}
    grouped: dict[str, list[Hit]] = {}
    for hit in hits:
        message = fill(known[hit.pattern].message, hit.captures)
        grouped.setdefault(message.casefold(), []).append(hit)
    return [_reason(same, known, counts, log_search) for same in grouped.values()]


def _reason(hits: list[Hit], patterns: Mapping[str, Pattern], counts: Mapping[str, int], template: str) -> Reason:
    # several patterns may say the same: the one that says most about the failure speaks for them
    first = min(hits, key=lambda hit: _RANK[_kind(patterns[hit.pattern])])
    pattern = patterns[first.pattern]
    kept = [first, *(hit for hit in hits if hit is not first)][:_HITS_KEPT]
    return Reason(
        pattern=pattern.id,
        message=fill(pattern.message, first.captures),
        tag=pattern.tag,
        hits=tuple(kept),
        kind=_kind(pattern),
        action=pattern.action,
        bug=pattern.bug,
        owner=pattern.owner,
        log_search=_log_search(pattern, first, template),
        note=pattern.note,
        fixed_since=pattern.fixed_since,
        count=max(len(hits), counts.get(pattern.id, 0) if "{" not in pattern.message else 0),
    )


def _kind(pattern: Pattern) -> Kind:
    return Kind.INFO if pattern.tag == "info" else pattern.kind


def _log_search(pattern: Pattern, hit: Hit, template: str) -> str:
    if not (pattern.log_search and template):
        return ""
    return template.replace("{query}", quote(fill(pattern.log_search, hit.captures), safe=""))


def contested(reasons: Iterable[Reason]) -> bool:
    """Whether several reasons of the best kind could be the primary one."""
    ranks = sorted(_RANK[reason.kind] for reason in reasons)
    return len(ranks) > 1 and ranks[0] == ranks[1]


def primary_first(
    reasons: Iterable[Reason], order: Mapping[str, int], failed: frozenset[str] = frozenset()
) -> tuple[tuple[Reason, ...], str]:
    """The reasons in order of weight with the primary one marked, and in words why it is primary.

    Cause before generic before consequence before info; then a line of a failed task before the noise around it; then
    the earlier line. `order` is the order in which files were read, `failed` holds the output lines of failed tasks.
    Only a cause or a generic reason explains a failure: "exit code 1" alone leaves it unknown.
    """

    def weight(reason: Reason) -> tuple[int, bool, int, int]:
        hit = reason.hits[0]
        return _RANK[reason.kind], not _in_failed_task(reason, failed), order.get(hit.file, -1), hit.line_number

    ranked = sorted(reasons, key=weight)
    if not ranked or ranked[0].kind not in (Kind.CAUSE, Kind.GENERIC):
        return tuple(ranked), ""
    first, rest = replace(ranked[0], primary=True), ranked[1:]
    return (first, *rest), _why(first, rest, _in_failed_task(first, failed))


def _in_failed_task(reason: Reason, failed: frozenset[str]) -> bool:
    return any(text in failed for hit in reason.hits for text in _without_prefixes(hit.line)) if failed else False


def _without_prefixes(line: str) -> Iterator[str]:
    """The line, and what is left of it behind each `time | ` or `host | `."""
    while line:
        yield line.strip()
        line = line.partition(" | ")[2]


def _why(first: Reason, rest: list[Reason], in_failed_task: bool) -> str:
    same = [reason for reason in rest if reason.kind is first.kind]
    consequences = sum(reason.kind is Kind.CONSEQUENCE for reason in rest)
    parts = []
    if in_failed_task:
        parts.append("it stands in the failed task's own output")
    elif same:
        parts.append(f"the earliest of {len(same) + 1} reasons of kind {first.kind}")
    elif first.kind is Kind.CAUSE:
        parts.append("the only cause that was found")
    else:
        parts.append("no cause was found, this is the most telling line")
    if consequences:
        parts.append(f"{consequences} more {'is its consequence' if consequences == 1 else 'are its consequences'}")
    return "; ".join(parts)
