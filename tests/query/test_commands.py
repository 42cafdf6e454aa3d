"""Commands, such as CALL and TRUNCATE: what a block may hold, what it may not, and what a call does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from hangar_dal import Catalog, Database, open_database
from hangar_dal.database import Statement
from hangar_dal.errors import StatementError
from hangar_dal.settings import Settings
from hangar_dal.sqlscan import Dialect

if TYPE_CHECKING:
    from tests.query.conftest import Shop

NONE = "async def it(db: Executor) -> None: ..."
COUNT = "async def it(db: Executor) -> RowCount: ..."
LIST = "async def it(db: Executor) -> list[Order]: ..."
NOTED = "async def it(db: Executor, note: str) -> None: ..."
LOCKING = "async def it(db: Transaction) -> None: ..."

REFUSED: list[tuple[Dialect, str, str, str]] = [
    (
        "postgresql",
        COUNT,
        "TRUNCATE orders",
        "TRUNCATE returns neither rows nor a number of rows; declare `-> None`, or write DELETE FROM ... WHERE TRUE",
    ),
    (
        "postgresql",
        LIST,
        "CALL refill()",
        "CALL returns neither rows nor a number of rows; declare `-> None`, or make the procedure a function and read",
    ),
    ("postgresql", "def it(db: Executor) -> Stream[Order]: ...", "ANALYZE", "1: orders.it: ANALYZE returns neither"),
    ("sqlite", LIST, "ANALYZE orders", "orders.sql:1: orders.it: ANALYZE returns neither rows nor a number of rows"),
    (
        "postgresql",
        NOTED,
        "NOTIFY orders, :note",
        "orders.sql:2: orders.it: NOTIFY takes no parameters, such as :note; write SELECT pg_notify(",
    ),
    ("postgresql", NONE, "LOCK orders", "orders.sql:2: orders.it: the locks of LOCK end with the transaction"),
    ("sqlite", NONE, "VACUUM INTO 'copy.db'", "VACUUM INTO writes a file that nothing checks; use `db.backup(path)`"),
    ("postgresql", NONE, "VACUUM", "orders.sql:2: orders.it: VACUUM does not begin a query; leave it to autovacuum"),
    *(
        ("sqlite", NONE, f"{command} orders", f"orders.sql:2: orders.it: {command} does not begin a query; SQLite")
        for command in ("CALL", "LOCK", "NOTIFY", "REFRESH", "TRUNCATE")
    ),
    ("sqlite", LIST, "TABLE orders ORDER BY id", "TABLE does not begin a query; write SELECT and the columns"),
    ("postgresql", LIST, "TABLE orders ORDER BY id", "2: orders.it: TABLE returns whatever columns the table has"),
    (
        "postgresql",
        LIST,
        "-- ignore: star: an archive\nTABLE orders",
        "a list without ORDER BY has its rows in any order",
    ),
    ("postgresql", COUNT, "-- ignore: star: an archive\nTABLE orders", "a RowCount counts changed rows"),
    ("postgresql", "async def get_it(db: Executor) -> None: ...", "TRUNCATE orders", "reads, and this TRUNCATE writes"),
    ("postgresql", NONE, "DO $$BEGIN END$$", "orders.sql:2: orders.it: DO does not begin a query; begin with SELECT"),
]
ACCEPTED: list[tuple[Dialect, str, str]] = [
    *(
        ("postgresql", NONE, text)
        for text in (
            "CALL refill()",
            "-- a comment\ncall refill()",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
            "TRUNCATE orders",
            "ANALYZE orders (note)",
            "NOTIFY orders, 'changed'",
            "SELECT pg_notify('orders', 'changed')",
        )
    ),
    ("postgresql", NOTED, "CALL refill(:note)"),
    ("postgresql", LOCKING, "LOCK TABLE orders IN SHARE MODE NOWAIT"),
    ("postgresql", LIST, "-- ignore: star: an archive keeps all columns\nTABLE orders ORDER BY id"),
    ("postgresql", COUNT, "INSERT INTO archive (id) SELECT id FROM orders WHERE EXISTS (TABLE archive)"),
    ("sqlite", NONE, "ANALYZE"),
    ("sqlite", NONE, "VACUUM"),
]


def declared(shop: "Shop", dialect: Dialect, python: str, sql: str) -> None:
    """Declare one query of a catalog for one database."""
    shop.catalog = Catalog("shop", sql=shop.folder, dialects=[dialect])
    name = python.split("def ")[1].partition("(")[0]
    shop.declare(f"from hangar_dal import Transaction\n@query\n{python}")
    directives = [line for line in sql.split("\n") if line.startswith("-- ignore")]
    text = "\n".join(line for line in sql.split("\n") if line not in directives)
    path = shop.folder / dialect / "orders.sql"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join([f"-- name: {name}", *directives, f"{text};\n"]))


@pytest.mark.parametrize(("dialect", "python", "sql", "message"), REFUSED)
def test_a_command_is_refused_with_what_to_write(
    dialect: Dialect, python: str, sql: str, message: str, shop: "Shop"
) -> None:
    declared(shop, dialect, python, sql)
    findings = shop.findings()
    assert len(findings) == 1
    assert message in findings[0]


@pytest.mark.parametrize(("dialect", "python", "sql"), ACCEPTED)
def test_a_command_whose_function_returns_none_is_accepted(
    dialect: Dialect, python: str, sql: str, shop: "Shop"
) -> None:
    declared(shop, dialect, python, sql)
    assert shop.findings() == []


TABLES = "CREATE TABLE orders (id {} PRIMARY KEY, note text NOT NULL)"
OF_POSTGRESQL = """
CREATE MATERIALIZED VIEW totals AS SELECT 1 AS one, count(*) AS number FROM orders;
CREATE UNIQUE INDEX totals_one_key ON totals (one);
CREATE PROCEDURE refill(note text, times bigint) LANGUAGE sql AS $$
    INSERT INTO orders (id, note) SELECT at, note FROM generate_series(1, times) AS at
$$;
CREATE PROCEDURE refill_in_parts() LANGUAGE plpgsql AS $$BEGIN
    INSERT INTO orders (id, note) VALUES (1, 'kept');
    COMMIT;
    INSERT INTO orders (id, note) VALUES (1, 'twice');
END$$;
CREATE PROCEDURE doubled(INOUT number bigint) LANGUAGE plpgsql AS $$BEGIN number := number * 2; END$$
"""


@asynccontextmanager
async def opened(url: str, shop: "Shop") -> AsyncIterator[Database]:
    settings = Settings(database_url=url)
    shop.catalog = Catalog("shop", sql=shop.folder, dialects=[settings.target.dialect])
    async with open_database(settings, catalog=shop.catalog, check_schema=False) as db:
        postgresql = OF_POSTGRESQL.split(";\nCREATE") if db.dialect == "postgresql" else []
        for at, text in enumerate([TABLES.format("bigint" if postgresql else "integer"), *postgresql]):
            await db.run(Statement("", text if at < 2 else f"CREATE{text}", writes=True), ())
        yield db


@pytest.fixture
async def db(database_url: str, shop: "Shop", anyio_backend: str) -> AsyncIterator[Database]:
    async with opened(database_url, shop) as db:
        yield db


@pytest.fixture
async def on_sqlite(sqlite_url: str, shop: "Shop", anyio_backend: str) -> AsyncIterator[Database]:
    async with opened(sqlite_url, shop) as db:
        yield db


@pytest.fixture
async def on_postgresql(postgres_url: str, shop: "Shop", anyio_backend: str) -> AsyncIterator[Database]:
    async with opened(postgres_url, shop) as db:
        yield db


def module_of(shop: "Shop", db: Database, queries: dict[str, str], models: str = "") -> ModuleType:
    """A module with these functions, each with its statement."""
    path = shop.folder / db.dialect / "orders.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [python.split("def ")[1].partition("(")[0] for python in queries]
    blocks = [f"-- name: {name}\n{sql};\n" for name, sql in zip(names, queries.values(), strict=True)]
    path.write_text("\n".join(blocks))
    python = "\n".join(f"@query\n{each}" for each in queries)
    return shop.declare(f"from hangar_dal import Transaction\n{models}\n{python}")


COUNTED = {"async def count_orders(db: Executor) -> int: ...": "SELECT count(*) AS number FROM orders"}


async def test_analyze_runs_on_both_databases_in_and_outside_of_a_transaction(db: Database, shop: "Shop") -> None:
    orders = module_of(shop, db, {"async def analyze_orders(db: Executor) -> None: ...": "ANALYZE orders"})
    for _ in range(7):  # the driver prepares a statement that is run often
        assert await orders.analyze_orders(db) is None
    async with db.transaction() as transaction:
        await orders.analyze_orders(transaction)


async def test_an_error_of_a_command_names_its_query(db: Database, shop: "Shop") -> None:
    python = {"async def analyze_it(db: Executor) -> None: ...": "ANALYZE nowhere"}
    orders = module_of(shop, db, python)
    with pytest.raises(StatementError) as raised:
        await orders.analyze_it(db)
    assert raised.value.query == "orders.analyze_it"


async def test_vacuum_of_sqlite(on_sqlite: Database, shop: "Shop") -> None:
    orders = module_of(shop, on_sqlite, {"async def vacuum(db: Executor) -> None: ...": "VACUUM"})
    await orders.vacuum(on_sqlite)
    with pytest.raises(StatementError, match="the statement cannot be run"):
        async with on_sqlite.transaction() as transaction:
            await orders.vacuum(transaction)


async def test_the_commands_of_postgresql(on_postgresql: Database, shop: "Shop") -> None:
    orders = module_of(
        shop,
        on_postgresql,
        {
            "async def refill(db: Executor, note: str, times: int) -> None: ...": "CALL refill(:note, :times)",
            "async def refill_in_parts(db: Executor) -> None: ...": "CALL refill_in_parts()",
            "async def doubled(db: Executor, number: int) -> None: ...": "CALL doubled(:number)",
            "async def empty(db: Executor) -> None: ...": "TRUNCATE orders",
            "async def refresh(db: Executor) -> None: ...": "REFRESH MATERIALIZED VIEW CONCURRENTLY totals",
            "async def announce(db: Executor) -> None: ...": "NOTIFY orders, 'changed'",
            "async def lock(db: Transaction) -> None: ...": "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE",
            "async def count_in_view(db: Executor) -> int: ...": "SELECT number FROM totals WHERE one = 1",
            **COUNTED,
        },
    )
    for times in range(1, 8):  # the driver prepares a statement that is run often
        assert await orders.refill(on_postgresql, "new", times) is None
        assert await orders.count_orders(on_postgresql) == times
        await orders.refresh(on_postgresql)
        assert await orders.count_in_view(on_postgresql) == times
        assert await orders.doubled(on_postgresql, times) is None
        await orders.empty(on_postgresql)
    async with on_postgresql.listen("orders") as notifications:
        await orders.announce(on_postgresql)
        async for each in notifications:
            assert each.payload == "changed"
            break
    async with on_postgresql.transaction() as transaction:
        await orders.lock(transaction)
        waiting = asyncio.create_task(orders.count_orders(on_postgresql))
        await orders.refill(transaction, "new", 3)
        assert not waiting.done()
    assert await waiting == 3


async def test_a_procedure_that_commits_keeps_what_it_committed(on_postgresql: Database, shop: "Shop") -> None:
    orders = module_of(
        shop,
        on_postgresql,
        {
            "async def refill_in_parts(db: Executor) -> None: ...": "CALL refill_in_parts()",
            "async def empty(db: Executor) -> None: ...": "TRUNCATE orders",
            **COUNTED,
        },
    )
    with pytest.raises(Exception, match="orders_pkey"):
        await orders.refill_in_parts(on_postgresql)
    assert await orders.count_orders(on_postgresql) == 1
    with pytest.raises(StatementError, match="call it on the Database"):
        async with on_postgresql.transaction() as transaction:
            await orders.empty(transaction)
            await orders.refill_in_parts(transaction)


async def test_returning_of_newer_servers(on_postgresql: Database, shop: "Shop") -> None:
    (rows, _) = await on_postgresql.run(Statement("", "SHOW server_version_num", writes=False), ())
    version = int(rows[0][0]) // 10_000
    merge = """\
MERGE INTO orders AS o USING (VALUES (CAST(:id AS bigint), :note)) AS n (id, note) ON o.id = n.id
WHEN MATCHED THEN UPDATE SET note = n.note
WHEN NOT MATCHED THEN INSERT (id, note) VALUES (n.id, n.note)
RETURNING merge_action() AS action, o.id, o.note"""
    rename = "UPDATE orders SET note = :note WHERE id = :id RETURNING old.note AS before, new.note AS after"
    known = {
        "async def put(db: Executor, id: int, note: str) -> Put: ...": (17, merge),
        "async def rename(db: Executor, id: int, note: str) -> Renamed: ...": (18, rename),
    }
    put, renamed = "action: str; id: int; note: str", "before: str; after: str"
    models = f"class Put(Row): {put}\nclass Renamed(Row): {renamed}"
    orders = module_of(shop, on_postgresql, {python: sql for python, (_, sql) in known.items()}, models)
    if version < 17:
        with pytest.raises(StatementError, match="syntax error"):
            await orders.put(on_postgresql, 1, "new")
        with pytest.raises(StatementError, match="old"):
            await orders.rename(on_postgresql, 1, "newer")
        return
    assert (await orders.put(on_postgresql, 1, "new")).model_dump() == {"action": "INSERT", "id": 1, "note": "new"}
    assert (await orders.put(on_postgresql, 1, "newer")).action == "UPDATE"
    if version >= 18:
        change = await orders.rename(on_postgresql, 1, "newest")
        assert (change.before, change.after) == ("newer", "newest")
