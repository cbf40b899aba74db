"""What statistics are made of: frozen counts over builds. docs/statistics.md holds the same definitions for readers.

Every build counts once, in the stretch of time its `Build.time` lies in (`since` <= time < `until`). A *failure* is
`Diagnosis.failed`; it is counted by the tag and message of its primary reason. Lengths are seconds.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from sova.model import Action
from sova.stats.shares import Share

__all__ = ["DIMENSIONS", "Compared", "DayCount", "Part", "ReasonCount", "Totals", "biggest_first"]

DIMENSIONS = ("job", "branch", "project", "pipeline", "tag", "reason", "change")
"""What builds can be counted by. By tag and by reason there are failures only."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over a set of builds. `explained` are failures with a known reason, `by_tag` counts failures by the tag
    of their primary reason ("unknown" included), `by_outcome` all builds by `Build.outcome`; both biggest first."""

    builds: int = 0
    passed: int = 0
    failed: int = 0
    other: int = 0  # skipped, running
    explained: int = 0
    unreadable: int = 0  # failures whose logs could not be read
    by_tag: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0  # length of all builds together
    lost: float = 0.0  # length of the failed builds together: what CI worked in vain
    by_outcome: tuple[tuple[str, int], ...] = ()

    @property
    def pass_rate(self) -> Share:
        """Passed builds of those that passed or failed; skipped and running ones say nothing."""
        return Share(self.passed, self.passed + self.failed)

    @property
    def known(self) -> Share:
        """Failures with a known reason of all failures."""
        return Share(self.explained, self.failed)

    def tagged(self, tag: str) -> int:
        """Failures with this tag."""
        return dict(self.by_tag).get(tag, 0)

    def share_of(self, tag: str) -> Share:
        """Failures with this tag of all failures."""
        return Share(self.tagged(tag), self.failed)


def biggest_first(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Words with their counts, equal ones by the word."""
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Compared:
    """A stretch of time beside the one before it: as many calendar days of the zone, or the same length where it does
    not begin and end with a day, ending where this one begins."""

    name: str
    since: dt.datetime
    until: dt.datetime
    totals: Totals
    before: Totals


@dataclass(frozen=True, slots=True)
class DayCount:
    """One calendar day of the zone, 23 to 25 hours; `since` and `until` are cut to the range that was asked for."""

    date: dt.date
    since: dt.datetime
    until: dt.datetime
    totals: Totals


@dataclass(frozen=True, slots=True)
class Part:
    """The builds of one job, branch, project, ...; `before` are those of the stretch before.

    `name` is what it is called, "" where builds have none; a reason's is its message, a change's `project number`.
    `slug` is its name in permalinks (of reasons `reason_slug`, else `name_slug`; of a change `project_slug/number`).
    `median` and `p90` are lengths of the builds that passed or failed and whose length is known, None without any:
    the smallest length that at least 50 % (90 %) of them do not exceed (nearest rank).
    """

    name: str
    totals: Totals
    before: Totals
    median: float | None
    p90: float | None
    slug: str = ""
    tag: str = ""  # of a reason only


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """One reason (tag and message) in a stretch of time: the failures that it is the primary reason of.

    `pattern`, `bug`, `owner`, `action`, `note` and `fixed_since` are as the newest of them has them. `first_seen`
    looks at everything stored, `last_seen` at the failures that are counted. `lost` is the length of the failed builds
    in seconds; `before` counts builds in the stretch before.

    `new`: first seen at or after the beginning of the stretch. `returned`: seen before that too, and either its newest
    `fixed_since` lies at or before its first sighting in the stretch, or it was silent for at least 7 days before that.
    """

    slug: str
    tag: str
    message: str
    pattern: str
    bug: str
    owner: str
    action: Action
    note: str
    fixed_since: dt.datetime | None
    builds: int
    jobs: int
    changes: int
    projects: int
    first_seen: dt.datetime
    last_seen: dt.datetime
    lost: float
    new: bool
    returned: bool
    before: int
