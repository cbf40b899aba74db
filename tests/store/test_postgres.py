"""PostgreSQL itself: its tables, its transactions, and what it says when it cannot."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sova.errors import StoreError
from sova.filters import Query
from sova.model import Diagnosis
from sova.store import Saved, Store
from sova.store import database as transactions
from sova.store.database import open_engine, reading
from sova.store.tables import HEAD, VERSION_TABLE, metadata
from sova.store.trouble import hidden
from sova.testing import build
from tests.ports import HOST, free_port
from tests.postgres_server import PostgresServer, running
from tests.store.answers import dump, known, rows
from tests.store.databases import PostgresDatabase


def failure(key: str, message: str = "disk full") -> Diagnosis:
    return known(build(key=key, log_url=f"https://l/{key}"), message=message)


@pytest.fixture
def bare(postgres_database: PostgresDatabase) -> Iterator[str]:
    with postgres_database.bare() as location:
        yield location


@pytest.fixture
def location(postgres_database: PostgresDatabase) -> Iterator[str]:
    with postgres_database.empty() as location:
        yield location


@contextmanager
def connected(location: str) -> Iterator[psycopg.Connection]:
    """Another program that uses the database."""
    with psycopg.connect(location, autocommit=True) as connection:
        yield connection


def execute(location: str, statements: str) -> None:
    with connected(location) as connection:
        connection.execute(statements.encode())


def test_the_migrations_lead_to_the_tables_as_they_are_declared(location: str) -> None:
    engine = open_engine(location)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        differences = compare_metadata(context, metadata)
        assert context.get_current_revision() == HEAD
    engine.dispose()
    ours = [found for found in differences if "ix_texts_search" not in str(found)]  # an index that only PostgreSQL has
    assert ours == []


def test_opening_again_writes_nothing(store: Store, location: str) -> None:
    store.save(failure("a"))
    before = dump(location)
    with Store.open(location) as again:
        assert again.get("a") == failure("a")
    assert dump(location) == before


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_each_name_of_the_scheme_will_do(store: Store, location: str, scheme: str) -> None:
    with Store.open(location.replace("postgresql", scheme, 1)) as again:
        assert again.count() == 0


def test_a_store_lives_in_the_schema_of_its_user(bare: str) -> None:
    execute(bare, "CREATE SCHEMA one; CREATE SCHEMA two")
    stores = [Store.open(f"{bare}?options=-csearch_path%3D{schema}") for schema in ("one", "two")]
    stores[0].save(failure("a"))
    assert [store.count() for store in stores] == [1, 0]
    for store in stores:
        store.close()


def test_tables_of_another_program_are_left_alone(bare: str) -> None:
    execute(bare, "CREATE TABLE recipes (name text)")
    with pytest.raises(StoreError, match="another program"):
        Store.open(bare)
    assert rows(bare, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == [("recipes",)]


def test_tables_of_a_newer_sova_are_left_alone(bare: str) -> None:
    Store.open(bare).close()
    execute(bare, "UPDATE sova_version SET version_num = '9999'")
    before = dump(bare)
    with pytest.raises(StoreError, match=r"written by a newer Sova .*9999"):
        Store.open(bare)
    assert dump(bare) == before


def test_tables_are_made_whole_or_not_at_all(bare: str) -> None:
    execute(bare, "CREATE SEQUENCE ix_outcomes_changed")  # takes a name that the migrations need at their end
    with pytest.raises(StoreError, match="does not work"):
        Store.open(bare)
    assert rows(bare, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_lock_is_told_and_nothing_is_half_written(
    store: Store, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "_WAIT", 0.05)
    with connected(location) as other, other.transaction():
        other.execute("LOCK TABLE builds IN EXCLUSIVE MODE")
        with pytest.raises(StoreError, match="is locked: another program has been writing to it for more than 30"):
            store.save(failure("a"))
        assert store.count() == 0  # readers do not wait
    assert store.save(failure("a")) is Saved.NEW


def test_a_writer_that_has_not_ended_is_waited_for(
    store: Store, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "_WAIT", 0.05)
    with Store.open(location) as other, other.writing():
        with pytest.raises(StoreError, match="is locked: another program"):
            store.save(failure("a"))
        monkeypatch.setattr(transactions, "_WAIT", 30)
        waiting = threading.Thread(target=store.save, args=(failure("a"),))
        waiting.start()
    waiting.join(30)
    assert store.count() == 1


def test_a_user_who_may_only_read_reads(store: Store, location: str) -> None:
    store.save(failure("a"))
    execute(location, "CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    try:
        with Store.open(location.replace("sova@", "reader@")) as readable:
            assert readable.get("a") == failure("a")
            with pytest.raises(StoreError, match="gives no permission"):
                readable.save(failure("b"))
        assert store.count() == 1
    finally:
        execute(location, "DROP OWNED BY reader; DROP ROLE reader")


def test_a_server_that_only_reads_is_told(store: Store, location: str) -> None:
    store.save(failure("a"))
    with Store.open(f"{location}?options=-cdefault_transaction_read_only%3Don") as readable:
        assert readable.get("a") == failure("a")
        with pytest.raises(StoreError, match="is read-only"):
            readable.save(failure("b"))
        assert readable.count() == 1


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT count(*) FROM builds) > 3 THEN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
  END IF; RETURN NEW; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON outcomes FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


def test_a_full_disk_is_told_and_what_was_saved_stays(bare: str) -> None:
    with Store.open(bare) as store:
        execute(bare, FULL)
        for number in range(3):
            store.save(failure(str(number)))
        with pytest.raises(StoreError, match="disk is full"):
            store.save(failure("3"))
        assert [found.build.key for found in store.diagnoses()] == ["2", "1", "0"]


def _delete_while(store: Store, something: Callable[[], None]) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM builds")
        something()
        connection.exec_driver_sql("DELETE FROM identities")


def test_a_server_that_is_gone_in_the_middle_is_told_and_found_again_when_it_is_back() -> None:
    with running(synchronous_commit="on") as server:
        location = server.url(server.create())
        with Store.open(location) as store:
            store.save(failure("a"))
            with pytest.raises(StoreError, match="cannot be reached"):
                _delete_while(store, server.stop)
            with pytest.raises(StoreError, match=r"postgresql://sova@.* cannot be reached"):
                store.count()
            server.start()
            assert list(store.diagnoses()) == [failure("a")]


def test_a_connection_that_was_closed_meanwhile_is_made_anew(store: Store, location: str) -> None:
    store.save(failure("a"))
    with connected(location) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sova' "
            "AND datname = current_database()"
        )
    assert store.count() == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://sova@{host}:{port}/nothing", "does not exist; make it with `createdb`"),
        ("postgresql://bob:hush@{host}:{port}/postgres", "refuses the user or the password"),
        ("postgresql://bob:hush@{host}:{free}/sova", "cannot be reached"),
        ("postgresql://bob:hush@{host}:{free}/sova?password=hush", "cannot be reached"),
        ("postgresql://bob:hush@no.example:{port}/sova", "cannot be reached"),
        ("postgresql://bob:hu/sh@{host}:{free}/sova", "cannot be reached"),
        ("postgresql://bob:hush@{host}:many/sova", "neither a path nor the URL"),
        ("postgresql+asyncpg://bob:hush@{host}:{port}/sova", "no database that Sova knows"),
        ("postgresql://bob:hush@{host}:{free}/sova?sslmode=odd", "does not work|cannot be reached"),
    ],
)
def test_why_there_is_no_connection_is_told_without_the_password(
    postgres: PostgresServer, url: str, words: str
) -> None:
    with pytest.raises(StoreError, match=words) as told:
        Store.open(url.format(host=HOST, port=postgres.port, free=free_port()))
    assert "hush" not in str(told.value)
    assert "hu/sh" not in str(told.value)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("sova.db", "sova.db"),
        ("postgresql://me@db.example/sova", "postgresql://me@db.example/sova"),
        ("postgresql://me:p@ss:w/rd@db.example/sova", "postgresql://me:***@db.example/sova"),
        ("postgresql://db.example/sova?password=x&user=me", "postgresql://db.example/sova?password=***&user=me"),
    ],
)
def test_a_location_is_shown_without_its_password(location: str, shown: str) -> None:
    assert hidden(location) == shown


def test_without_psycopg_it_is_told_what_to_install() -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\nfrom sova.store import Store\n"
        "try: Store.open('postgresql://me:hush@db.example/sova')\nexcept Exception as error: print(repr(error))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "StoreError" in done.stdout
    assert "pip install 'sova-ci[postgresql]'" in done.stdout
    assert "hush" not in done.stdout


def test_opening_sqlite_does_not_import_psycopg() -> None:
    script = "import sys; from sova.store import Store; Store.open(':memory:'); print('psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_questions_with_characters_that_no_text_of_postgresql_holds_are_answered(store: Store) -> None:
    store.save(failure("a\0b"))
    found = store.get("a\0b")
    assert found is not None
    assert found.build.key == "a\0b"
    for query in (Query(job_type=("\0",)), Query(result=("\0",)), Query(branch=("\0*",)), Query(exclude=("\0",))):
        store.count(query)
