"""Run by alembic: upgrades through the connection that `sova.store.upgrade` hands over, in its transaction."""

from __future__ import annotations

from alembic import context

from sova.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite can, where the driver begins no transactions of its own
)
with context.begin_transaction():
    context.run_migrations()
