"""Brings the tables of a database to the form that this version of Sova works with."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from sova.errors import StoreError
from sova.store.database import open_engine, reading, writing
from sova.store.deriving import derive
from sova.store.tables import HEAD, VERSION_TABLE
from sova.store.trouble import place

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["Upgraded", "alembic_config", "upgrade", "upgrade_at"]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was done to the tables: their version before ("" where there were none) and after."""

    before: str
    after: str


def upgrade(engine: Engine) -> Upgraded:
    """Make or upgrade the tables, whole or not at all; nothing is written where they are up to date.

    Raises StoreError for a database of a newer Sova or of another program.
    """
    with reading(engine) as connection:
        if _version(connection) == HEAD:
            return Upgraded(HEAD, HEAD)
    with writing(engine) as connection:
        version = _version(connection)  # another program may have been faster
        if version != HEAD:
            _check(connection, version)
            _run_migrations(connection)
            derive(connection)
    return Upgraded(version, HEAD)


def upgrade_at(location: str) -> Upgraded:
    """Make or upgrade the tables of the database at a path or URL. Raises StoreError."""
    engine = open_engine(location)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()


def _version(connection: Connection) -> str:
    """The revision of the tables, "" where there are none of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    return str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or "")  # noqa: S608 - a constant


def _check(connection: Connection, version: str) -> None:
    where = place(connection.engine.url)
    if not version and inspect(connection).get_table_names():
        raise StoreError(f"the database {where} holds tables of another program; choose another place for Sova's")
    if version and version not in _known_versions():
        raise StoreError(
            f"the database {where} was written by a newer Sova (tables {version}, this one knows up to {HEAD}); "
            "upgrade Sova, or choose another database"
        )


def _known_versions() -> set[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - alembic is imported only where tables change

    with as_file(files("sova.store") / "migrations") as directory:
        script = ScriptDirectory.from_config(alembic_config(str(directory)))
        return {revision.revision for revision in script.walk_revisions()}


def alembic_config(directory: str) -> Config:
    """Alembic's settings for the migrations in `directory`."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", directory.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run_migrations(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - as above

    with as_file(files("sova.store") / "migrations") as directory:
        config = alembic_config(str(directory))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
