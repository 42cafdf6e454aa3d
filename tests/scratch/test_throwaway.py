"""A throwaway database is used only if it holds nothing, and holds nothing afterwards."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import MigrationError, ScratchError
from hangar_dal.migrations.locks import lock
from hangar_dal.migrations.objects import objects_in
from hangar_dal.migrations.scratch import Throwaway, empty_postgresql
from hangar_dal.migrations.targets import MARK
from tests.scratch.real import Real

# One of each kind that a migration may make without being a superuser.
OBJECTS = {
    "table": "CREATE TABLE t (id bigserial PRIMARY KEY, name text UNIQUE); CREATE INDEX i ON t (name)",
    "partitioned table": "CREATE TABLE p (at date) PARTITION BY RANGE (at); CREATE TABLE p_all PARTITION OF p DEFAULT",
    "view": "CREATE VIEW v AS SELECT 1 AS one",
    "materialized view": "CREATE MATERIALIZED VIEW m AS SELECT 1 AS one",
    "sequence": "CREATE SEQUENCE s",
    "enum": "CREATE TYPE mood AS ENUM ('good')",
    "composite type": "CREATE TYPE pair AS (one int, other int)",
    "range type": "CREATE TYPE span AS RANGE (subtype = float8)",
    "domain": "CREATE DOMAIN small AS int CHECK (value < 9)",
    "function": "CREATE FUNCTION f(int, text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "procedure": "CREATE PROCEDURE q() LANGUAGE sql AS 'SELECT 1'",
    "aggregate": "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0')",
    "operator": "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
    "cast": "CREATE TYPE pair AS (one int); CREATE FUNCTION as_int(pair) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE CAST (pair AS int) WITH FUNCTION as_int(pair)",
    "collation": 'CREATE COLLATION mine FROM "C"',
    "conversion": "CREATE CONVERSION turned FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
    "text search configuration": "CREATE TEXT SEARCH CONFIGURATION mine (COPY = simple)",
    "text search dictionary": "CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple)",
    "statistics": "CREATE TABLE t (a int, b int); CREATE STATISTICS st ON a, b FROM t",
    "schema": "CREATE SCHEMA billing; CREATE TABLE billing.invoices (id int)",
    "quoted names": 'CREATE SCHEMA "a ""b"""; CREATE TABLE "a ""b"""."T" (id int); CREATE TABLE "SELECT" (id int)',
    "publication": "CREATE TABLE t (id int); CREATE PUBLICATION news FOR TABLE t",
    "large object": "SELECT lo_from_bytea(0, 'x'); SELECT lo_create(7)",
    "trigger and rule": "CREATE TABLE t (id int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"
    "CREATE TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING",
}


@pytest.fixture
def owner(real: Real) -> Iterator[psycopg.Connection]:
    """The owner of the throwaway database, signed in to it."""
    with closing(psycopg.connect(real.throwaway, autocommit=True)) as connection:
        yield connection


@pytest.fixture
def admin(real: Real, owner: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A superuser, signed in to another database."""
    with closing(psycopg.connect(real.admin, autocommit=True)) as connection:
        yield connection


def use(real: Real) -> None:
    with empty_postgresql(Throwaway(real.throwaway)):
        pass


def test_every_kind_of_object_makes_it_unfit_and_is_removed_from_a_scratch(
    real: Real, owner: psycopg.Connection
) -> None:
    unseen = []
    for kind, create in OBJECTS.items():
        with owner.transaction(force_rollback=True):
            owner.execute(create)
            if not objects_in(owner):
                unseen.append(kind)
    owner.close()
    assert unseen == []
    for create in OBJECTS.values():
        with empty_postgresql(Throwaway(real.throwaway)) as scratch, closing(scratch.connect()) as connection:
            assert objects_in(connection) == []
            with scratch.changing(connection) as change:
                change.execute(create)
    with closing(psycopg.connect(real.throwaway)) as connection:
        assert objects_in(connection) == []


def test_an_extension_makes_it_unfit(real: Real, owner: psycopg.Connection, admin: psycopg.Connection) -> None:
    dbname = owner.info.dbname
    owner.close()
    with closing(psycopg.connect(real.admin, dbname=dbname, autocommit=True)) as superuser:
        available = superuser.execute("SELECT name FROM pg_available_extensions WHERE installed_version IS NULL")
        name = available.fetchone()
        assert name is not None
        superuser.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name[0])))
    with pytest.raises(ScratchError, match=f"it is not empty: it has extension {name[0]}"):
        use(real)


def test_one_that_holds_something_is_refused_and_keeps_it(real: Real, owner: psycopg.Connection) -> None:
    owner.execute("CREATE TABLE shop (id int); INSERT INTO shop VALUES (1)")
    owner.close()
    with pytest.raises(ScratchError, match=r"is not empty: it has table public\.shop.*name a database that holds"):
        use(real)
    with closing(psycopg.connect(real.throwaway)) as connection:
        assert connection.execute("SELECT id FROM shop").fetchall() == [(1,)]


def test_the_real_database_is_refused(real: Real) -> None:
    before = real.view()
    with pytest.raises(ScratchError, match="is not empty"), empty_postgresql(Throwaway(real.url)):
        pass
    assert real.view() == before


def test_the_database_of_the_settings_is_refused_though_it_is_empty(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", real.throwaway)
    with pytest.raises(ScratchError, match="it is the database of DATABASE_URL"):
        use(real)


def test_migrations_are_not_applied_to_one_in_use(real: Real) -> None:
    """They would be lost, now or when the next check finds what a killed one left."""
    with (
        empty_postgresql(Throwaway(real.throwaway)),
        pytest.raises(MigrationError, match="is the throwaway database of a check"),
    ):
        migrations.apply(real.throwaway, catalog=ACCOUNTS)
    assert "0001_users" in migrations.apply(real.throwaway, catalog=ACCOUNTS)


def test_one_that_somebody_is_connected_to_is_refused(
    real: Real, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hangar_dal.migrations.throwaway._PATIENCE", 0.1)
    with pytest.raises(ScratchError, match="1 other session"):
        use(real)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("ALTER DATABASE {} OWNER TO CURRENT_USER", "does not belong to the role"),
        ("ALTER DATABASE {} SET search_path = other", "has settings of its own"),
    ],
)
def test_one_that_is_not_as_a_scratch_would_be_is_refused(
    real: Real, owner: psycopg.Connection, admin: psycopg.Connection, change: str, reason: str
) -> None:
    name = sql.Identifier(owner.info.dbname)
    admin.execute(sql.SQL(change).format(name))
    owner.close()
    with pytest.raises(ScratchError, match=f"PostgreSQL was not checked: .* {reason}"):
        use(real)
    admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_one_of_another_encoding_is_refused(real: Real, owner: psycopg.Connection, admin: psycopg.Connection) -> None:
    name, role = sql.Identifier(owner.info.dbname), sql.Identifier(real.role)
    owner.close()
    admin.execute(sql.SQL("DROP DATABASE {}").format(name))
    create = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'"
    admin.execute(sql.SQL(create).format(name, role))
    with pytest.raises(ScratchError, match="its encoding or locale is not that of"):
        use(real)


def test_its_comment_is_kept(real: Real, owner: psycopg.Connection, admin: psycopg.Connection) -> None:
    database = owner.info.dbname
    owner.execute(sql.SQL("COMMENT ON DATABASE {} IS 'for checks\nby CI'").format(sql.Identifier(database)))
    owner.close()
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with empty_postgresql(Throwaway(real.throwaway)) as scratch:
        during = admin.execute(comment, [database]).fetchone()
    assert during == (f"{scratch.mark}\nfor checks\nby CI",)
    assert admin.execute(comment, [database]).fetchone() == ("for checks\nby CI",)


def test_what_a_killed_run_left_is_removed_and_the_comment_is_kept(
    real: Real, owner: psycopg.Connection, admin: psycopg.Connection
) -> None:
    database = owner.info.dbname
    mark = f"{MARK}{'ab' * 16}\nfor checks"
    owner.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), mark))
    owner.execute("CREATE TABLE left_over (id int); CREATE TABLE _yoyo_migration (id int)")
    owner.close()
    with empty_postgresql(Throwaway(real.throwaway)) as scratch, closing(scratch.connect()) as connection:
        assert objects_in(connection) == []
    comment = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    assert admin.execute(comment, [database]).fetchone() == ("for checks",)


def test_a_comment_that_only_resembles_the_mark_protects_what_is_there(real: Real, owner: psycopg.Connection) -> None:
    name = sql.Identifier(owner.info.dbname)
    owner.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, f"{MARK}of the shop"))
    owner.execute("CREATE TABLE shop (id int)")
    owner.close()
    with pytest.raises(ScratchError, match="is not empty"):
        use(real)


def test_two_runs_use_it_one_after_the_other(
    real: Real, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hangar_dal.migrations.throwaway.lock", lambda connection, name: lock(connection, name, seconds=0.1)
    )
    owner.close()
    with (
        empty_postgresql(Throwaway(real.throwaway)),
        pytest.raises(ScratchError, match="another run uses"),
        empty_postgresql(Throwaway(real.throwaway)),
    ):
        pass
    use(real)


def test_it_is_emptied_when_the_work_in_it_fails(real: Real) -> None:
    with pytest.raises(ZeroDivisionError), empty_postgresql(Throwaway(real.throwaway)) as scratch:
        with closing(scratch.connect()) as connection, scratch.changing(connection) as change:
            change.execute("CREATE TABLE t (id int)")
        raise ZeroDivisionError
    with closing(psycopg.connect(real.throwaway)) as connection:
        assert objects_in(connection) == []
