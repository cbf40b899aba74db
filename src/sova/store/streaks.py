"""How runs of a job followed each other: streaks, switches, patch sets that both failed and passed.

Only runs that passed or failed count. Of two at the same second the one stored later is the newer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import and_, func, or_, select

from sova.store.counting import Counting, Span, flagged, within
from sova.store.outcomes import seconds_of
from sova.store.tables import names, outcomes

__all__ = ["LONGEST", "alternating", "failing_jobs", "mixed_patch_sets", "streaks"]

LONGEST = 1000
"""Where counting a streak ends: a job that has passed for years needs no number."""

_ROW = outcomes.c
_ENDED = or_(_ROW.passed, _ROW.failed)


def numbers_of(counting: Counting, jobs: Collection[str]) -> dict[int, str]:
    """The jobs that the store knows, by number."""
    wanted = set(jobs)
    rows = counting.connection.execute(select(names.c.id, names.c.name).where(names.c.kind == "job"))
    return {row.id: row.name for row in rows if row.name in wanted}


def failing_jobs(counting: Counting, span: Span) -> list[str]:
    """Jobs with a failure in that stretch, those with most first."""
    failures = func.count()
    wanted = select(names.c.name).join(outcomes, _ROW.job_id == names.c.id)
    wanted = wanted.where(_ROW.failed, within(span), *counting.conditions)
    return list(counting.connection.scalars(wanted.group_by(names.c.name).order_by(failures.desc(), names.c.name)))


def mixed_patch_sets(counting: Counting, span: Span, jobs: Collection[str]) -> dict[str, int]:
    """For each of these jobs, how many patch sets of changes it both passed and failed in that stretch, if any."""
    known = numbers_of(counting, jobs)
    asked = [_ENDED, within(span), _ROW.job_id.in_(known), _ROW.change_number.is_not(None), *counting.conditions]
    of_change = (_ROW.job_id, _ROW.project_id, _ROW.change_number)
    both = func.max(flagged(_ROW.passed)) + func.max(flagged(_ROW.failed)) == 2
    # first the changes, which an index that lacks the patch set can tell: they are few
    changes = select(*of_change).where(*asked).group_by(*of_change).having(both).subquery()
    same = and_(*(column == changes.c[column.name] for column in of_change))
    mixed = select(_ROW.job_id).select_from(changes).join(outcomes, same).where(*asked, _ROW.patchset != "")
    mixed_sets = mixed.group_by(*of_change, _ROW.patchset).having(both).subquery()
    wanted = select(mixed_sets.c.job_id, func.count()).group_by(mixed_sets.c.job_id)
    return {known[number]: count for number, count in counting.connection.execute(wanted)}


def alternating(counting: Counting, span: Span, jobs: Collection[str], runs: int) -> dict[str, list[bool]]:
    """For each of these jobs, whether its newest runs without a change in that stretch failed, newest first: at most
    `runs` of them."""
    known = numbers_of(counting, jobs)
    place = func.row_number().over(partition_by=_ROW.job_id, order_by=(_ROW.time.desc(), _ROW.build_id.desc()))
    ranked = (
        select(_ROW.job_id, _ROW.failed, place.label("place"))
        .where(_ENDED, within(span), _ROW.job_id.in_(known), _ROW.change_number.is_(None), *counting.conditions)
        .subquery()
    )
    wanted = select(ranked.c.job_id, ranked.c.failed).where(ranked.c.place <= runs)
    found: dict[str, list[bool]] = {}
    for number, failed in counting.connection.execute(wanted.order_by(ranked.c.job_id, ranked.c.place)):
        found.setdefault(known[number], []).append(failed)
    return found


def streaks(counting: Counting, until: dt.datetime, jobs: Sequence[str]) -> dict[str, tuple[bool, int, dt.datetime]]:
    """For each of these jobs that ever ran before `until`: whether its newest run failed, how many of the newest ended
    alike (at most LONGEST), and when the first of these was."""
    found: dict[str, tuple[bool, int, dt.datetime]] = {}
    earlier = _ROW.time < seconds_of(until)
    for number, name in numbers_of(counting, jobs).items():
        runs = select(_ROW.failed, _ROW.time).where(_ROW.job_id == number, _ENDED, earlier, *counting.conditions)
        runs = runs.order_by(_ROW.time.desc(), _ROW.build_id.desc()).limit(LONGEST)
        with counting.connection.execute(runs.execution_options(yield_per=32)) as rows:
            length, last = 0, None
            for failed, time in rows:
                if last is not None and failed is not last[0]:
                    break
                length, last = length + 1, (failed, time)
        if last is not None:
            found[name] = (last[0], length, dt.datetime.fromtimestamp(last[1], dt.UTC))
    return found
