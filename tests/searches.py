"""Diagnoses and searches that often fit each other, and what a search means, in plain Python."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from sova.filters import Query, Search, accepts
from sova.model import Diagnosis, Excerpt, Hit, Outcome, Reason, Verdict
from sova.slugs import reason_slug
from tests import queries

__all__ = ["accepted", "diagnoses", "searches", "texts", "words"]

WORDS = ("disk", "full", "Disk", "fuller", "Übergröße", "no", "space", "e2e", "404", "試験", "naïve")
TAGS = ("infra", "code", "unknown", "my tag")
PATTERNS = ("p1", "p2", "p'3")
MESSAGES = ("disk full", "no space: 404", 'it\'s "broken" (AND) OR NOT', "")

texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)

reasons = st.builds(
    Reason,
    pattern=st.sampled_from(PATTERNS),
    message=st.sampled_from(MESSAGES),
    tag=st.sampled_from(TAGS),
    hits=st.lists(st.builds(Hit, st.just("p1"), st.just("console"), st.just(1), texts), max_size=2).map(tuple),
)
excerpts = st.builds(
    Excerpt, st.just("f"), st.just(1), st.just(2), st.lists(texts, max_size=2).map(tuple), st.just(1.0), st.just("")
)


def _diagnosis(found: Diagnosis, subject: str, primary: int) -> Diagnosis:
    marked = tuple(replace(reason, primary=place == primary) for place, reason in enumerate(found.reasons))
    build = replace(found.build, change=replace(found.build.change, subject=subject))
    return replace(found, build=build, reasons=marked)


diagnoses = st.builds(
    _diagnosis,
    st.builds(
        Diagnosis,
        build=queries.builds,
        verdict=st.sampled_from(Verdict),
        reasons=st.lists(reasons, max_size=2).map(tuple),
        excerpts=st.lists(excerpts, max_size=1).map(tuple),
    ),
    texts,
    st.integers(0, 2),
)

words = st.lists(st.sampled_from((*WORDS, "dis", "FU", "Ü", "4", "x")), max_size=3).map(" ".join)

searches = st.builds(
    Search,
    query=st.just(Query()) | queries.queries.map(lambda query: replace(query, limit=None)),
    failed=st.none() | st.booleans(),
    tag=st.lists(st.sampled_from(TAGS), max_size=2).map(tuple),
    verdict=st.lists(st.sampled_from(Verdict), max_size=2).map(tuple),
    outcome=st.lists(st.sampled_from(Outcome), max_size=2).map(tuple),
    reason=st.just("") | st.builds(reason_slug, st.sampled_from(TAGS), st.sampled_from(MESSAGES)),
    pattern=st.just("") | st.sampled_from(PATTERNS),
    text=st.just("") | words,
)


def accepted(diagnosis: Diagnosis, search: Search) -> bool:
    """Whether the diagnosis is asked for."""
    primary = diagnosis.primary
    return (
        accepts(diagnosis.build, search.query)
        and (search.failed is None or diagnosis.failed is search.failed)
        and (not search.tag or (diagnosis.failed and (diagnosis.tag or "unknown") in search.tag))
        and (not search.verdict or diagnosis.verdict in search.verdict)
        and (not search.outcome or diagnosis.build.outcome in search.outcome)
        and (not search.reason or (primary is not None and reason_slug(primary.tag, primary.message) == search.reason))
        and (not search.pattern or any(reason.pattern == search.pattern for reason in diagnosis.reasons))
        and _holds(diagnosis, search.text)
    )


def _holds(diagnosis: Diagnosis, asked: str) -> bool:
    *whole, last = _words([asked]) or [""]
    shown = [reason.message for reason in diagnosis.reasons] + [diagnosis.build.change.subject]
    shown += [hit.line for reason in diagnosis.reasons for hit in reason.hits]
    shown += [line for excerpt in diagnosis.excerpts for line in excerpt.lines]
    held = _words(shown)
    return not last or (set(whole) <= set(held) and any(word.startswith(last) for word in held))


def _words(shown: Iterable[str]) -> list[str]:
    return [word for text in shown for word in re.findall(r"[^\W_]+", text.lower())]


def moment(diagnosis: Diagnosis) -> tuple[bool, int]:
    """What pages are ordered by first."""
    time = diagnosis.build.time or dt.datetime.min.replace(tzinfo=dt.UTC)
    return diagnosis.build.time is not None, math.floor(time.timestamp())
