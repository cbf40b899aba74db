"""Opening: new, old, newer, foreign, broken, locked, read-only and full databases of SQLite."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event

import sova.store.migrations
from sova.errors import StoreError
from sova.store import Saved, Store
from sova.store.database import open_engine, reading
from sova.store.tables import HEAD, VERSION_TABLE, metadata
from sova.store.upgrade import alembic_config
from sova.testing import build
from tests.store.answers import dump, empty_database, known, rows

ROOT = Path(__file__).parents[2]


@pytest.fixture
def location(tmp_path: Path) -> Path:
    return tmp_path / "sova.db"


@pytest.fixture
def store(location: Path) -> Iterator[Store]:
    location.write_bytes(empty_database())
    with Store.open(str(location)) as opened:
        yield opened


def execute(location: Path, sql: str) -> None:
    with closing(sqlite3.connect(location)) as connection:
        connection.execute(sql)
        connection.commit()


def directory() -> str:
    return str(Path(sova.store.migrations.__file__).parent)


def _declared(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Everything but the tables that SQLite makes of its full text index."""
    return kind != "table" or name is None or not name.startswith("search")


def test_the_migrations_lead_to_the_tables_as_they_are_declared(store: Store, location: Path) -> None:
    engine = open_engine(str(location))
    with reading(engine) as connection:
        opts = {"version_table": VERSION_TABLE, "compare_type": True, "include_object": _declared}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == HEAD
    engine.dispose()
    assert ScriptDirectory.from_config(alembic_config(directory())).get_heads() == [HEAD]


def test_readers_do_not_wait_for_a_writer(store: Store, location: Path) -> None:
    assert rows(location, "PRAGMA journal_mode") == [("wal",)]
    store.save(known(build(key="a")))
    with closing(sqlite3.connect(location, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert store.count() == 1


def test_opening_again_writes_nothing(store: Store, location: Path) -> None:
    store.save(known(build(key="a")))
    before = dump(location)
    with Store.open(str(location)) as again:
        assert again.count() == 1
    assert dump(location) == before


def test_the_directory_is_made(tmp_path: Path) -> None:
    with Store.open(str(tmp_path / "data" / "sova" / "sova.db")) as store:
        assert store.count() == 0


def test_a_url_of_sqlalchemy_is_a_place_too(store: Store, location: Path) -> None:
    store.save(known(build(key="a")))
    with Store.open(f"sqlite:///{location}") as again:
        assert again.get("a") == known(build(key="a"))


@pytest.mark.parametrize("location", ["mysql+pymysql://h/x", "postgresql+psycopg2://h/x"])
def test_another_kind_of_database_is_refused_in_words(location: str) -> None:
    with pytest.raises(StoreError, match="no database that Sova knows"):
        Store.open(location)


def test_what_is_no_url_is_told() -> None:
    with pytest.raises(StoreError, match="neither a path nor the URL"):
        Store.open("://")


def test_what_is_no_database_is_told_and_left_alone(location: Path) -> None:
    location.write_text("my diary\n" * 1000)
    with pytest.raises(StoreError, match="is not a database"):
        Store.open(str(location))
    assert location.read_text() == "my diary\n" * 1000


def test_a_directory_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(str(tmp_path))


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="directory cannot be made"):
        Store.open(str(tmp_path / "file" / "sova.db"))


def test_tables_of_another_program_are_left_alone(location: Path) -> None:
    execute(location, "CREATE TABLE recipes (name TEXT)")
    before = dump(location)
    with pytest.raises(StoreError, match="another program"):
        Store.open(str(location))
    assert dump(location) == before


def test_tables_of_a_newer_sova_are_left_alone(store: Store, location: Path) -> None:
    execute(location, "UPDATE sova_version SET version_num = '9999'")
    before = dump(location)
    with pytest.raises(StoreError, match=r"written by a newer Sova .*9999"):
        Store.open(str(location))
    assert dump(location) == before


def test_a_database_that_can_only_be_read_is_read(store: Store, location: Path) -> None:
    store.save(known(build(key="a")))
    store.close()
    with Store.open(f"sqlite:///file:{location}?mode=ro&uri=true") as readable:
        assert readable.get("a") == known(build(key="a"))
        with pytest.raises(StoreError, match="is read-only"):
            readable.save(known(build(key="b", log_url="https://l/b")))
        assert readable.count() == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections that wait for a lock for a moment only."""

    def shorten(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA busy_timeout = 50")

    event.listen(Engine, "connect", shorten)
    yield
    event.remove(Engine, "connect", shorten)


@pytest.mark.usefixtures("impatient")
def test_a_lock_is_told_and_nothing_is_half_written(location: Path) -> None:
    with Store.open(str(location)) as store, closing(sqlite3.connect(location)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked: another program"):
            store.save(known(build(key="a")))
        assert store.count() == 0  # readers do not wait
        other.rollback()
        assert store.save(known(build(key="a"))) is Saved.NEW


@pytest.fixture
def small(location: Path) -> Iterator[Path]:
    """A database that may hold few pages, as on a full disk."""
    Store.open(str(location)).close()

    def limit(connection: sqlite3.Connection, _entry: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    event.listen(Engine, "connect", limit)
    yield location
    event.remove(Engine, "connect", limit)


def fill(store: Store, saved: list[int]) -> None:
    for number in range(1000):
        store.save(known(build(key=str(number), log_url=f"https://l/{number}"), message="x" * 2000))
        saved.append(number)


def test_a_full_disk_is_told_and_what_was_saved_stays(small: Path) -> None:
    saved: list[int] = []
    with Store.open(str(small)) as store:
        with pytest.raises(StoreError, match="disk is full"):
            fill(store, saved)
        assert saved
        assert store.count() == len(saved)
    assert check(small) == "ok"


def check(location: Path) -> object:
    return rows(location, "PRAGMA integrity_check")[0][0]


def test_a_limit_on_file_sizes_is_told_and_what_was_saved_stays(location: Path) -> None:
    Store.open(str(location)).close()
    script = (
        "import resource, sys\n"
        "from sova.errors import StoreError\nfrom sova.store import Store\nfrom sova.testing import build\n"
        "from tests.store.answers import known\n"
        "limit = 600_000\nresource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "store = Store.open(sys.argv[1])\n"
        "try:\n    for number in range(100_000):\n"
        "        store.save(known(build(key=str(number), log_url=f'https://l/{number}'), message='x' * 2000))\n"
        "except StoreError as error:\n    print(number, error)\n"
    )
    command = [sys.executable, "-c", script, str(location)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=ROOT)
    saved, _, said = done.stdout.partition(" ")
    assert "limit on file sizes" in said or "disk is full" in said
    with Store.open(str(location)) as store:
        assert store.count() == int(saved)
    assert check(location) == "ok"


def test_importing_the_store_does_not_import_alembic() -> None:
    script = "import sys, sova.store; print('alembic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
