"""Small questions of single pages: reasons by day, names and machines of a reason, the last hits of patterns.

Names and days are counted in memory, hits of patterns once in a state of the store; the rest is answered from an index,
or from as many rows as the page shows. They only read, and raise StoreError.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from sqlalchemy import ColumnElement, Connection, func, literal_column, select, text

from sova.filters import Search
from sova.model import Diagnosis
from sova.store import Store
from sova.store.conditions import within
from sova.store.counting import Counting, counting
from sova.store.loading import batches, load
from sova.store.newest import newest_conditions
from sova.store.outcomes import moment_of, seconds_of
from sova.store.tables import builds, messages, outcomes, reasons
from sova.times import Span

__all__ = [
    "PatternHits",
    "ReasonEver",
    "days_of_reasons",
    "diagnoses_of",
    "nodesets",
    "parts_of",
    "pattern_hits",
    "reason_ever",
]

_ROOM = 2**32
"""Above every number of a build: a time and a number are compared as one."""

_RECENT = 30 * 86400
_PATTERN_IDS = text(
    # one step in the index for each id; DISTINCT would read every row of it
    "WITH RECURSIVE found(id) AS (SELECT min(pattern) FROM reasons UNION ALL "
    "SELECT (SELECT min(pattern) FROM reasons WHERE pattern > found.id) FROM found WHERE found.id IS NOT NULL) "
    "SELECT id FROM found WHERE id IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class ReasonEver:
    """A reason in everything that is stored: `builds` count by it, `secondary` had it beside another one."""

    builds: int = 0
    secondary: int = 0
    first_seen: dt.datetime | None = None
    last_seen: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class PatternHits:
    """How often a pattern hit: failures in the stretch of time, and the newest build ever."""

    pattern: str
    builds: int
    last_seen: dt.datetime
    last_key: str
    last_job: str


def diagnoses_of(store: Store, keys: Collection[str]) -> list[Diagnosis]:
    """The diagnoses of the builds with these keys, in no order; one that is gone is left out."""
    found: list[Diagnosis] = []
    for batch in batches(keys):
        with store.reading() as connection:
            found += load(connection, connection.scalars(select(builds.c.id).where(builds.c.key.in_(batch))).all())
    return found


def reason_ever(store: Store, slug: str) -> ReasonEver:
    """Everything that is stored of the reason with this slug."""
    with store.reading() as connection:
        number = connection.scalars(select(messages.c.id).where(messages.c.slug == slug)).first()
        if number is None:
            return ReasonEver()
        counted = select(func.count(), func.min(outcomes.c.time), func.max(outcomes.c.time))
        builds_of, first, last = connection.execute(counted.where(outcomes.c.message_id == number)).one()
        # a subquery: its rows come in the order of the index, while those of count(DISTINCT) would be sorted once more
        every = select(reasons.c.build_id).where(reasons.c.message_id == number).distinct().subquery()
        secondary = connection.scalars(select(func.count()).select_from(every)).one() - builds_of
        return ReasonEver(builds_of, max(0, secondary), moment_of(first), moment_of(last))


def parts_of(
    store: Store, search: Search, spans: Sequence[Span], kinds: Sequence[str]
) -> dict[str, dict[str, tuple[int, ...]]]:
    """For each kind of name (job, branch, project, pipeline) how many of the builds asked for have which name, in each
    of the stretches. The times of `search` do not count."""
    found: dict[str, dict[str, list[int]]] = {kind: {} for kind in kinds}
    with counting(store, search) as counts:
        for kind, (place, span) in product(kinds, enumerate(spans)):
            for number, builds_of in counts.groups(kind, span).counted():
                found[kind].setdefault(counts.names[number], [0] * len(spans))[place] = builds_of
    return {kind: {name: tuple(several) for name, several in names.items()} for kind, names in found.items()}


def days_of_reasons(
    store: Store, slugs: Collection[str], search: Search, days: Sequence[Span]
) -> dict[str, tuple[int, ...]]:
    """How many builds failed for each of these reasons on each of the days, which follow each other; the times of
    `search` do not count."""
    none = dict.fromkeys(slugs, (0,) * len(days))
    if not days:
        return none
    with counting(store, search) as counts:
        known = select(messages.c.id, messages.c.slug).where(messages.c.slug.in_(list(slugs)))
        of_number: dict[int, str] = dict(counts.connection.execute(known).all())
        groups = counts.groups("reason", (days[0][0], days[-1][1]))
    starts = np.array([seconds_of(since) for since, _ in days])
    day = np.searchsorted(starts, groups.facts.time, side="right") - 1
    table = np.bincount(groups.place * len(days) + day, minlength=len(groups) * len(days)).reshape(-1, len(days))
    rows = zip(groups.values.tolist(), table.tolist(), strict=True)
    return none | {of_number[number]: tuple(row) for number, row in rows if number in of_number}


def nodesets(store: Store, search: Search, most: int = 500) -> tuple[tuple[str, int], ...]:
    """Kinds of machines that the newest `most` builds asked for ran on, with how many of them: most builds first.
    Builds of which it is not known are left out."""
    with store.reading() as connection:
        newest = select(outcomes.c.build_id).where(*newest_conditions(connection, search))
        chosen = newest.order_by(outcomes.c.time.desc()).limit(most).subquery()
        counted = select(builds.c.nodeset, func.count()).join(chosen, chosen.c.build_id == builds.c.id)
        counted = counted.where(builds.c.nodeset != "").group_by(builds.c.nodeset)
        rows = [(nodeset, number) for nodeset, number in connection.execute(counted)]
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def pattern_hits(store: Store, search: Search, since: dt.datetime, until: dt.datetime) -> dict[str, PatternHits]:
    """Every pattern that ever hit in a failure, by id; `search` bounds the builds, its times do not count."""
    with counting(store, search) as counts:
        return counts.once(("patterns", since, until), lambda: _pattern_hits(counts, since, until))


def _pattern_hits(counts: Counting, since: dt.datetime, until: dt.datetime) -> dict[str, PatternHits]:
    connection, asked = counts.connection, counts.conditions
    left = set(connection.scalars(_PATTERN_IDS))
    after = outcomes.c.time >= math.ceil(until.timestamp())
    inside = _last_hits(connection, [*asked, within((since, until))])
    last = _places(inside) | _places(_last_hits(connection, [*asked, after]))
    recent = outcomes.c.time >= math.floor(since.timestamp()) - _RECENT
    for more in (recent, outcomes.c.time.is_not(None)):  # most were seen a short while ago
        if left := left - last.keys():
            last |= _places(_last_hits(connection, [*asked, more, reasons.c.pattern.in_(sorted(left))]))
    return dict(_with_builds(connection, last, {pattern: number for pattern, (number, _) in inside.items()}))


def _last_hits(connection: Connection, where: Iterable[ColumnElement[bool]]) -> dict[str, tuple[int, int]]:
    """For each pattern how many of these builds it hit in, and the newest of them as time and number in one."""
    place = outcomes.c.time * _ROOM + outcomes.c.build_id
    pattern = reasons.c.pattern.concat(
        literal_column("''")
    )  # else SQLite walks all reasons by pattern, to have them in groups
    hits = select(pattern, func.count(reasons.c.build_id.distinct()), func.max(place))
    hits = hits.join(outcomes, outcomes.c.build_id == reasons.c.build_id)
    hits = hits.where(*where, outcomes.c.failed).group_by(pattern)
    return {pattern: (number, last) for pattern, number, last in connection.execute(hits)}


def _places(found: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {pattern: place for pattern, (_, place) in found.items()}


def _with_builds(
    connection: Connection, last: dict[str, int], counts: dict[str, int]
) -> Iterator[tuple[str, PatternHits]]:
    numbers = {place % _ROOM for place in last.values()}
    wanted = select(builds.c.id, builds.c.key, builds.c.job_name).where(builds.c.id.in_(numbers))
    known = {number: (key, job) for number, key, job in connection.execute(wanted)}
    for pattern, place in last.items():
        seconds, number = divmod(place, _ROOM)
        yield pattern, PatternHits(pattern, counts.get(pattern, 0), moment_of(seconds), *known[number])
