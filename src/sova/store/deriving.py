"""Makes what is counted and searched anew from what is stored, for builds of which nothing is counted yet."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, select, update

from sova.model import Diagnosis
from sova.store.keeping import count
from sova.store.loading import batches, load
from sova.store.outcomes import reason_of
from sova.store.register import Register
from sova.store.tables import diagnoses, outcomes, reasons

__all__ = ["derive"]

_LINK = (
    update(reasons)
    .where(reasons.c.build_id == bindparam("number"), reasons.c.position == bindparam("place"))
    .values(message_id=bindparam("reason"))
)


def derive(connection: Connection) -> None:
    """After an upgrade of the tables: a migration that changes what is counted only has to empty `outcomes` and
    `texts`."""
    register = Register(connection)
    counted = select(outcomes.c.build_id)
    missing = select(diagnoses.c.build_id).where(diagnoses.c.build_id.not_in(counted)).order_by(diagnoses.c.build_id)
    for ids in batches(connection.scalars(missing).all()):
        found = dict(zip(ids, load(connection, ids), strict=True))
        count(register, found, new=True)
        _link_reasons(register, found)


def _link_reasons(register: Register, found: Mapping[int, Diagnosis]) -> None:
    register.learn([], {reason_of(reason) for diagnosis in found.values() for reason in diagnosis.reasons})
    links = [
        {"number": number, "place": place, "reason": register.message(reason_of(reason))}
        for number, diagnosis in found.items()
        for place, reason in enumerate(diagnosis.reasons)
    ]
    if links:
        register.connection.execute(_LINK, links)
