"""What the API answers with: reasons and statistics. The words are defined in docs/statistics.md."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AwareDatetime, BeforeValidator, Field

from sova.model import Action, Outcome, Verdict
from sova.stats import DIMENSIONS, Circle
from sova.web.api_rows import VERSION, Count, Row

__all__ = [
    "Compared",
    "DayCount",
    "JobHealth",
    "Part",
    "Parts",
    "Reason",
    "ReasonCount",
    "Reasons",
    "Statistics",
    "Totals",
]

_SINCE = "Beginning of the stretch of time, inclusive."
_UNTIL = "Its end, exclusive."
_PAIRS = BeforeValidator(lambda value: value if isinstance(value, dict) else dict(value))
Fraction = Annotated[float, Field(ge=0, le=1)]


class Share(Row):
    """Part of a whole, with its 95 % Wilson score interval."""

    part: Count = Field(description="How many.")
    whole: Count = Field(description="Of how many.")
    value: Fraction | None = Field(description="The share; null of nothing.")
    low: Fraction = Field(description="Lower end of the interval.")
    high: Fraction = Field(description="Upper end of the interval.")


class Totals(Row):
    """Counts over a set of builds; the words are defined in docs/statistics.md."""

    builds: Count = Field(description="All builds.")
    passed: Count = Field(description="Builds that passed.")
    failed: Count = Field(description="Failures.")
    other: Count = Field(description="Builds that neither passed nor failed: skipped, running.")
    explained: Count = Field(description="Failures with a known reason.")
    unreadable: Count = Field(description="Failures whose logs could not be read.")
    by_tag: Annotated[dict[str, Count], _PAIRS] = Field(description="Failures by tag, biggest first.")
    by_outcome: Annotated[dict[str, Count], _PAIRS] = Field(description="All builds by outcome, biggest first.")
    seconds: float = Field(description="Length of all builds together.")
    lost: float = Field(description="Length of the failed builds together, in seconds.")
    pass_rate: Share = Field(description="Passed of passed and failed.")
    known: Share = Field(description="Explained of failed.")


class Compared(Row):
    """A stretch of time beside the one before it."""

    name: str = Field(description='Such as today or 7d; "" for one that is told by its ends.')
    since: AwareDatetime = Field(description=_SINCE)
    until: AwareDatetime = Field(description=_UNTIL)
    totals: Totals = Field(description="Counts in it.")
    before: Totals = Field(description="Counts in the stretch of as many days that ends where it begins.")


class DayCount(Row):
    """One calendar day of the configured zone."""

    date: dt.date = Field(description="The day.")
    since: AwareDatetime = Field(description=_SINCE)
    until: AwareDatetime = Field(description=_UNTIL)
    totals: Totals = Field(description="Counts on that day.")


class Part(Row):
    """The builds of one job, branch, project, ..."""

    name: str = Field(description='What it is called; "" where builds have none.')
    slug: str = Field(description="Its name in permalinks.")
    tag: str = Field(description='Tag of a reason; "" of all else.')
    totals: Totals = Field(description="Counts in the stretch of time.")
    before: Totals = Field(description="Counts in the stretch before.")
    median: float | None = Field(description="Median length in seconds of builds that passed or failed.")
    p90: float | None = Field(description="90th percentile of that length.")


class ReasonCount(Row):
    """A reason in a stretch of time: the failures that it is the primary reason of."""

    slug: str = Field(description="Name in `/reasons/{slug}`; never changes.")
    tag: str = Field(description="infra, code, test, config, or a word of the pattern's author.")
    message: str = Field(description="The reason as a sentence.")
    pattern: str = Field(description="Id of the pattern that found it last.")
    bug: str = Field(description="Bug report, as URL or text.")
    owner: str = Field(description="Who looks after it.")
    action: Action = Field(description="What should happen next.")
    note: str = Field(description="What the pattern's author wants people to know.")
    fixed_since: AwareDatetime | None = Field(description="From when on it is expected to be gone.")
    builds: Count = Field(description="Builds that failed for it.")
    jobs: Count = Field(description="Jobs hit.")
    changes: Count = Field(description="Changes hit.")
    projects: Count = Field(description="Projects hit.")
    first_seen: AwareDatetime = Field(description="When it was first seen, ever.")
    last_seen: AwareDatetime = Field(description="When it was last seen in the stretch.")
    lost: float = Field(description="Length of the failed builds together, in seconds.")
    new: bool = Field(description="Whether it was first seen in the stretch.")
    returned: bool = Field(description="Whether it came back: expected to be fixed, or silent for 7 days.")
    before: Count = Field(description="Builds in the stretch before.")


class Reasons(Row):
    """The reasons of the failures in a stretch of time, biggest first."""

    version: Literal[1] = Field(description=VERSION)
    since: AwareDatetime = Field(description=_SINCE)
    until: AwareDatetime = Field(description=_UNTIL)
    reasons: list[ReasonCount] = Field(description="At most `limit` of them.")


class Reason(Row):
    """One reason: when, where and how often."""

    version: Literal[1] = Field(description=VERSION)
    slug: str = Field(description="Its name; never changes.")
    tag: str = Field(description="Its tag.")
    message: str = Field(description="The reason as a sentence.")
    since: AwareDatetime = Field(description=_SINCE)
    until: AwareDatetime = Field(description=_UNTIL)
    counted: ReasonCount | None = Field(description="Its counts; null where it was not seen in the stretch.")
    days: list[DayCount] = Field(description="Every day of the stretch.")
    by_job: list[Part] = Field(description="The jobs that it hit, most failures first.")
    by_branch: list[Part] = Field(description="The branches that it hit.")
    by_project: list[Part] = Field(description="The projects that it hit.")


class Streak(Row):
    """How many of the newest runs ended alike."""

    failed: bool = Field(description="Whether they failed.")
    length: Count = Field(description="How many.")
    since: AwareDatetime | None = Field(description="When the first of them was.")


class Flaky(Row):
    """Why a job is called flaky."""

    rule: str = Field(description="`same patch set` or `alternates`.")
    cases: Count = Field(description="How many patch sets, or switches.")
    words: str = Field(description="Rule and numbers in a sentence.")


class Run(Row):
    """One build of a job."""

    key: str = Field(description="Identity of the build in every source.")
    time: AwareDatetime | None = Field(description="When it ended, else when it began.")
    outcome: Outcome = Field(description="What its result comes down to.")
    verdict: Verdict = Field(description="The answer in one word.")
    tag: str = Field(description="The tag that the failure is counted by.")
    message: str = Field(description="The primary reason as a sentence.")
    passed: bool = Field(description="Whether it passed.")
    failed: bool = Field(description="Whether it counts as a failure.")
    change: str = Field(description="The change as Zuul writes it, such as 901197,3.")
    duration: float | None = Field(description="Length in seconds.")


class JobHealth(Row):
    """What the newest runs of a job say."""

    name: str = Field(description="Name of the job.")
    circle: Circle = Field(description="Whether its last runs all passed, all failed, some of each, or there are none.")
    streak: Streak | None = Field(description="Its streak; null without a run that passed or failed.")
    flaky: Flaky | None = Field(description="Null where it is not flaky.")
    runs: list[Run] = Field(description="Its newest runs, newest first.")


class Parts(Row):
    """The parts by one dimension."""

    by: Literal[DIMENSIONS] = Field(description="The dimension.")  # type: ignore[valid-type]  # the words stand in one place
    parts: list[Part] = Field(description="Most failures first.")


class Statistics(Row):
    """What `sova stats -o json` prints: a stretch of time, and today, yesterday and the last 7 days."""

    version: Literal[1] = Field(description=VERSION)
    now: AwareDatetime = Field(description="The moment that counted as now.")
    timezone: str = Field(description="The zone in which days begin.", examples=["Europe/Berlin"])
    newest: AwareDatetime | None = Field(description="Time of the newest build that is stored at all.")
    range: Compared = Field(description="The stretch that was asked for.")
    compared: list[Compared] = Field(description="Today, yesterday, the last 7 days, each beside the one before.")
    days: list[DayCount] = Field(description="Every day of the stretch.")
    parts: list[Parts] = Field(description="The parts by each dimension that was asked for.")
    reasons: list[ReasonCount] = Field(description="The top reasons.")
    jobs: list[JobHealth] = Field(description="Jobs that are red or flaky.")
