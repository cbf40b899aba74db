"""Builds that were written since an earlier version of the store, for readers that keep what they made of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select

from sova.store.tables import builds, messages, names, outcomes

__all__ = ["ChangedBuild", "changed_since"]


@dataclass(frozen=True, slots=True)
class ChangedBuild:
    """A build that was written, and what it is counted by now; `tag` and `message` are those of a failure."""

    key: str
    job: str
    project: str
    change_number: int | None
    time: dt.datetime | None
    tag: str
    message: str


def changed_since(connection: Connection, version: int) -> list[ChangedBuild]:
    """The builds that were written after the store had this version."""
    tag = names.alias("tag")
    wanted = (
        select(
            builds.c.key,
            builds.c.job_name,
            builds.c.project,
            builds.c.change_number,
            builds.c.time,
            tag.c.name,
            messages.c.message,
        )
        .select_from(outcomes)
        .join(builds, builds.c.id == outcomes.c.build_id)
        .outerjoin(tag, tag.c.id == outcomes.c.tag_id)
        .outerjoin(messages, messages.c.id == outcomes.c.message_id)
        .where(outcomes.c.changed > version)
    )
    return [
        ChangedBuild(key, job, project, number, time, tag or "", message or "")
        for key, job, project, number, time, tag, message in connection.execute(wanted)
    ]
