"""Alembic's environment and the revisions of the tables; run by `sova.store.upgrade`, never by hand."""
