"""What one statement leaves on its connection reaches the task that gets the connection next, so it is refused."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from hangar_dal import Catalog, Database, Transaction, open_database, sealing
from hangar_dal.errors import CatalogError
from hangar_dal.settings import Settings
from tests.database.ledger import column, run

if TYPE_CHECKING:
    from tests.query.conftest import Shop

# Statements of one dialect or the other. Both refuse them, because they begin no query.
NO_QUERIES = [
    *("SET app.tenant = 'a'", "SET LOCAL app.tenant = 'a'", "SET SESSION AUTHORIZATION app", "SET ROLE app"),
    *("RESET app.tenant", "RESET ALL", "DISCARD ALL", "DISCARD TEMP", "LISTEN news", "UNLISTEN news"),
    *("PREPARE p AS SELECT 1", "EXECUTE p", "DEALLOCATE p", "DECLARE c CURSOR WITH HOLD FOR SELECT 1", "FETCH c"),
    *("CLOSE c", "CREATE TEMP TABLE t (id int)", "CREATE TEMPORARY VIEW v AS SELECT 1", "LOAD 'auto_explain'"),
    *("PRAGMA foreign_keys = off", "ATTACH 'x.db' AS x", "DETACH x", "DO 'BEGIN END'"),
    *("BEGIN", "START TRANSACTION", "COPY orders TO STDOUT", "EXPLAIN ANALYZE SELECT 1", "/* SELECT */ SET x = 1"),
]
KEPT = {
    "postgresql": [
        "set_config('a.b', 'x', false)",
        "set_config('a.b', 'x', FALSE)",
        "SET_CONFIG ( 'a.b', 'x', 'f' )",
        "set_config('a.b', 'x', 'true')",
        "set_config('a.b', 'x', NULL)",
        "set_config('a.b', 'x', :it)",
        "set_config('a.b', 'x', NOT true)",
        "set_config('a.b', 'x', true AND false)",
        "set_config('a.b', 'x', false::boolean)",
        "set_config('a.b', 'x', CAST(0 AS boolean))",
        "set_config('a.b', 'x', is_local => false)",
        "set_config(is_local := :it, setting_name := 'a.b', new_value := 'true')",
        "set_config('a.b', ARRAY['x', true]::text, false)",
        "pg_catalog.set_config('a.b', 'x', false)",
        "PG_CATALOG.\"set_config\"('a.b', 'x', false)",
        "\"pg_catalog\".\"set_config\"('a.b', 'x', false)",
        "coalesce(set_config('a.b', 'x', false), '')",
        "(SELECT set_config('a.b', 'x', false))",
        "set_config('a.b', set_config('c.d', 'x', false), true)",
        "pg_advisory_lock(1)",
        "pg_advisory_lock_shared(1, 2)",
        "pg_try_advisory_lock(1)",
        "pg_try_advisory_lock_shared(1)",
        "pg_advisory_unlock(1)",
        "pg_advisory_unlock_shared(1)",
        "pg_advisory_unlock_all()",
        "currval('orders_id_seq')",
        "lastval()",
        "pg_catalog.lastval() AS lastval",
        "(SELECT lastval() AS materialized)",
        "lastval() + (1)",
        "setseed(0.5)",
        "dblink_connect('mine', 'dbname=x')",
        "extensions.dblink_connect_u('mine', 'dbname=x')",
        "dblink_disconnect('mine')",
        "pg_replication_origin_session_setup('x')",
        "pg_replication_origin_session_reset()",
        "pg_backup_start('x')",
        "pg_start_backup('x')",
    ],
    "sqlite": [
        "last_insert_rowid()",
        "Last_Insert_RowId ( )",
        "changes()",
        '"Changes"()',
        "[changes]()",
        "`changes`()",
        "total_changes() AS changes",
        "changes() + (1)",
        "load_extension('x')",
    ],
}
NOT_KEPT = {
    "postgresql": [
        "upper(set_config('a.b', 'x', true))",
        "upper(set_config('a.b', 'x', (TRUE)))",
        "upper(set_config('a.b', 'x', true::bool))",
        "upper(set_config('a.b', 'x', true::boolean))",
        "upper(set_config('a.b', 'x', CAST(true AS bool)))",
        "upper(set_config('a.b', 'x', CAST(true AS boolean)))",
        "upper(set_config(is_local => true, setting_name => 'a.b', new_value => 'x'))",
        "upper(set_config(setting_name := 'a.b', new_value := 'x', is_local := true))",
        "upper(set_config('a.b', ARRAY['x', 'y']::text, true))",
        "set_config('a.b', 'x')",
        "set_config('a.b', 'x', true) AS b FROM pg_advisory_xact_lock(1)",
        "app.set_config('a.b', 'x', false)",
        "\"SET_CONFIG\"('a.b', 'x', false)",
        "'set_config(''a.b'', ''x'', false)'",
        "set_config",
        "pg_settings",
        "'lastval' (1)",
        "nextval('orders_id_seq')",
        "current_setting('a.b')",
        "app.currval('x')",
        "changes()",
        "id FROM (SELECT 1) AS currval (id)",
        "id FROM orders WHERE id = 1 AND pg_try_advisory_xact_lock(1)",
    ],
    "sqlite": ["changes", "lastval()", "set_config('a.b', 'x', false)", "id FROM (SELECT 1 AS id) AS changes"],
}
NOT_CALLED = [
    "INSERT INTO changes (id) VALUES (:it)",
    "INSERT INTO app.currval (id) VALUES (:it)",
    "INSERT INTO currval (id) VALUES (:it)",
    "WITH changes (id) AS (SELECT :it), currval (id) AS NOT MATERIALIZED (SELECT 1) DELETE FROM orders WHERE id = 1",
    "UPDATE orders AS pg_settings SET note = :it WHERE id = 1",
    "UPDATE pg_settings.orders SET note = :it WHERE id = 1",
    "UPDATE pg_catalog SET pg_settings = :it WHERE id = 1",
]
SETTINGS = [
    "SELECT set_config('a.b', :it, false)",
    "UPDATE ONLY pg_catalog.pg_settings SET setting = :it WHERE name = 'a.b'",
    "WITH o AS (UPDATE \"pg_settings\" AS s SET setting = :it WHERE name = 'a.b' RETURNING 1) SELECT 1 AS x",
]
NOTHING_ELSE = [
    "SELECT set_config('a.b', :it, true)",
    "SELECT set_config('a.b', :it, true) AS b, pg_catalog.set_config('a.c', :it, true) c, pg_advisory_xact_lock(1)",
    "SELECT pg_advisory_xact_lock_shared(:it)",
    "SELECT pg_try_advisory_xact_lock(:it) AS is_locked",
    "SELECT pg_try_advisory_xact_lock_shared(:it)",
]
MORE = [
    "SELECT set_config('a.b', :it, true), app.count_orders()",
    "SELECT set_config('a.b', :it, true) FROM orders",
    "SELECT set_config('a.b', :it, true) || 'x'",
    "SELECT set_config('a.b', :it, true), (SELECT 1)",
    "SELECT :it",
    "WITH s AS (SELECT set_config('a.b', :it, true)) SELECT 1 AS x",
]


def cases(by_dialect: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(dialect, expression) for dialect, expressions in by_dialect.items() for expression in expressions]


def rules(shop: "Shop", dialect: str) -> set[str]:
    return {found.rule for found in shop.catalog.findings() if found.dialect == dialect}


@pytest.mark.parametrize("statement", NO_QUERIES)
def test_a_statement_that_changes_the_session_is_no_query(statement: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor) -> None: ...", statement)
    assert rules(shop, "postgresql") == rules(shop, "sqlite") == {"statement-kind"}


@pytest.mark.parametrize(("dialect", "expression"), cases(KEPT))
def test_a_call_that_changes_or_reads_the_session_is_refused(dialect: str, expression: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor, it: bool) -> str: ...", f"SELECT {expression}, :it AS a")
    assert rules(shop, dialect) == {"session-state"}


@pytest.mark.parametrize(("dialect", "expression"), cases(NOT_KEPT))
def test_a_call_that_leaves_nothing_on_the_session_is_silent(dialect: str, expression: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor) -> str: ...", f"SELECT {expression}")
    assert rules(shop, dialect) == set()


@pytest.mark.parametrize("statement", NOT_CALLED)
def test_a_table_with_the_name_of_such_a_function_is_silent(statement: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor, it: str) -> None: ...", statement)
    assert rules(shop, "postgresql") == rules(shop, "sqlite") == set()


@pytest.mark.parametrize("statement", SETTINGS)
def test_a_statement_that_changes_a_setting_of_the_session_is_refused(statement: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor, it: str) -> None: ...", statement)
    assert rules(shop, "postgresql") == {"session-state"}
    assert rules(shop, "sqlite") == set()


def test_an_unfinished_update_can_be_checked(shop: "Shop") -> None:
    shop.query("async def it(db: Executor) -> None: ...", "UPDATE ONLY")
    assert rules(shop, "postgresql") == {"where-missing"}


@pytest.mark.parametrize("statement", NOTHING_ELSE)
@pytest.mark.parametrize(("database", "found"), [("Transaction", set()), ("Executor", {"transaction-needed"})])
def test_a_query_for_its_transaction_alone_needs_one(
    statement: str, database: str, found: set[str], shop: "Shop"
) -> None:
    python = f"from hangar_dal import Transaction\nasync def it(db: {database}, it: str) -> None: ..."
    shop.query(python, statement)
    assert rules(shop, "postgresql") == found
    assert rules(shop, "sqlite") == set()


@pytest.mark.parametrize("statement", MORE)
def test_a_query_that_does_more_may_run_without_a_transaction(statement: str, shop: "Shop") -> None:
    shop.query("async def it(db: Executor, it: str) -> list[str]: ...", f"{statement} ORDER BY 1")
    assert rules(shop, "postgresql") == set()


@pytest.fixture
async def tenants(postgres_url: str, everything: Catalog) -> AsyncIterator[Database]:
    """One connection, and a table whose rows belong to tenants a and b by row-level security."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=1)
    async with open_database(settings, catalog=everything) as db:
        await run(db, "CREATE TABLE papers (tenant text PRIMARY KEY)")
        await run(db, "INSERT INTO papers (tenant) VALUES ('a'), ('b')")
        await run(db, "CREATE POLICY own ON papers USING (tenant = current_setting('app.tenant', true))")
        await run(db, "ALTER TABLE papers ENABLE ROW LEVEL SECURITY")
        await run(db, "ALTER TABLE papers FORCE ROW LEVEL SECURITY")
        yield db


async def papers(tx: Transaction) -> list[str]:
    """What the policy lets through. It binds no superuser, so a superuser takes a role that may only read."""
    await run(
        tx,
        "SELECT set_config('role', CASE WHEN rolsuper THEN 'pg_read_all_data' ELSE rolname END, true)"
        " FROM pg_roles WHERE rolname = current_user",
    )
    return await column(tx, "SELECT tenant FROM papers")


async def test_a_setting_of_the_session_shows_the_next_task_another_tenants_rows(tenants: Database) -> None:
    async with tenants.transaction() as tx:
        await run(tx, "SELECT set_config('app.tenant', 'a', false)")
        assert await papers(tx) == ["a"]
    async with tenants.transaction() as tx:
        assert await papers(tx) == ["a"]  # what the rule is for


async def test_a_lock_of_the_session_outlives_its_transaction(tenants: Database) -> None:
    locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    async with tenants.transaction() as tx:
        await run(tx, "SELECT pg_advisory_xact_lock(1)")
        assert await column(tx, locks) == [1]
    assert await column(tenants, locks) == [0]
    async with tenants.transaction() as tx:
        await run(tx, "SELECT pg_advisory_lock(1)")
    assert await column(tenants, locks) == [1]  # what the rule is for


SET_TENANT = "from hangar_dal import Transaction\nasync def it(db: Transaction, tenant: str) -> None: ..."


async def test_a_declared_setting_ends_with_its_transaction(tenants: Database, shop: "Shop") -> None:
    shop.query(SET_TENANT, "SELECT set_config('app.tenant', :tenant, true)")
    set_tenant = shop.modules["shop.orders"].it
    async with tenants.transaction() as tx:
        await set_tenant(tx, "a")
        assert await papers(tx) == ["a"]
    async with tenants.transaction() as tx:
        assert await papers(tx) == []
        await set_tenant(tx, "b")
        assert await papers(tx) == ["b"]


async def test_a_declared_setting_of_the_session_does_not_run(tenants: Database, shop: "Shop") -> None:
    shop.query(SET_TENANT, "SELECT set_config('app.tenant', :tenant, false)")
    async with tenants.transaction() as tx:
        with pytest.raises(CatalogError, match=r"set_config\(name, value, true\) in a transaction"):
            await shop.modules["shop.orders"].it(tx, "a")
        assert await papers(tx) == []
