"""The code of docs/statements.md runs as it is written."""

import ast
import inspect
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Catalog, Database, Executor, Row, Settings, open_database
from hangar_dal.sqlscan import Dialect
from tests.docs.documents import ROOT, blocks

PAGE = ROOT / "docs" / "statements.md"
USER = UUID(int=7)
# The tables that the examples are about.
TABLES: dict[Dialect, str] = {
    "sqlite": """
CREATE TABLE readings (sensor text NOT NULL, value real NOT NULL) STRICT;
CREATE TABLE users (id text PRIMARY KEY, email text, role text NOT NULL) STRICT
""",
    "postgresql": """
CREATE TABLE readings (sensor text NOT NULL, value double precision NOT NULL);
CREATE TABLE users (id uuid PRIMARY KEY, email text, role text NOT NULL);
CREATE MATERIALIZED VIEW order_totals AS SELECT 1 AS id;
CREATE UNIQUE INDEX order_totals_id_key ON order_totals (id);
CREATE TABLE months (month date NOT NULL, closed_by uuid NOT NULL);
CREATE PROCEDURE close_month(month date, closed_by uuid) LANGUAGE sql AS 'INSERT INTO months VALUES (month, closed_by)';
CREATE TABLE public.bills (user_id uuid NOT NULL, customer_id bigint NOT NULL);
CREATE SCHEMA tenant_7;
CREATE TABLE tenant_7.bills (user_id uuid NOT NULL, customer_id bigint NOT NULL);
INSERT INTO tenant_7.bills SELECT CAST(lpad(n::text, 32, '0') AS uuid), 1 FROM generate_series(7, 8) AS n;
GRANT USAGE ON SCHEMA tenant_7 TO pg_monitor;
GRANT SELECT ON tenant_7.bills TO pg_monitor
""",
}


class Reading(Row):
    sensor: str
    value: float


class Found(Row):
    id: UUID
    email: str | None


@asynccontextmanager
async def opened(url: str, catalog: Catalog | None = None) -> AsyncIterator[Database]:
    async with open_database(Settings(database_url=url), catalog=catalog, check_schema=False) as db:
        async with db.driver() as connection:
            for text in TABLES[db.dialect].split(";\n"):
                await connection.execute(text)
        yield db


def example(language: str, beginning: str) -> str:
    """The block of the page in this language that contains this text."""
    (found,) = (block.text for block in blocks(PAGE) if block.language == language and beginning in block.text)
    return found


async def run(text: str, **names: Any) -> dict[str, Any]:
    """Run an example, which may await, and return its names."""
    code = compile(text, str(PAGE), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = FunctionType(code, names)()
    if inspect.isawaitable(result):
        await result
    return names


async def test_rows_are_copied(empty_database_url: str, anyio_backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    async with opened(empty_database_url) as db:
        names = await run(
            example("python", "bulk.copy_in"), db=db, readings=[Reading(sensor="a", value=1.5)], Reading=Reading
        )
    assert names["count"] == 1
    assert capsys.readouterr().out == "a 1.5\n"


async def test_statements_of_a_shell(empty_database_url: str, anyio_backend: str) -> None:
    async with opened(empty_database_url) as db:
        async with db.driver() as connection:
            await connection.execute(f"INSERT INTO users (id, role) VALUES ('{USER}', 'USER')")
        text = example("python", "adhoc.fetch")
        await run(text, db=db, Found=Found, role="ADMIN", user_id=USER)
        names = await run(text, db=db, Found=Found, role="ADMIN", user_id=USER)
    assert names["users"] == [Found(id=USER, email=None)]
    assert names["number"] == 1


async def test_the_connection_of_the_driver(
    empty_postgres_url: str, anyio_backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(empty_postgres_url) as db:
        await run(example("python", "db.driver()"), db=db)
    assert " kB" in capsys.readouterr().out


async def test_commands(empty_postgres_url: str, tmp_path: Path, anyio_backend: str) -> None:
    catalog = Catalog("months", sql=tmp_path, dialects=["postgresql"])
    (tmp_path / "postgresql").mkdir()
    (tmp_path / "postgresql" / "orders.sql").write_text(example("sql", "REFRESH"))
    module = sys.modules["months.orders"] = ModuleType("months.orders")
    vars(module).update(query=catalog.query, Executor=Executor, UUID=UUID, date=date)
    try:
        exec(compile(example("python", "close_month"), "orders.py", "exec"), vars(module))
        async with opened(empty_postgres_url, catalog) as db:
            await module.refresh_totals(db)
            await module.close_month(db, date(2030, 1, 1), USER)
            async with db.driver() as connection:
                cursor = await connection.execute("SELECT closed_by FROM months")
                assert await cursor.fetchall() == [(USER,)]
    finally:
        del sys.modules["months.orders"]


async def test_a_transaction_of_a_tenant(empty_postgres_url: str, anyio_backend: str) -> None:
    async def list_bills(db: Executor, customer_id: int) -> list[tuple[Any, ...]]:
        from hangar_dal.database import Statement  # noqa: PLC0415 - only this example needs it

        text = "SELECT user_id FROM bills WHERE customer_id = $1"
        rows, _ = await db.run(Statement("", text, writes=False), [customer_id])
        return rows

    async with opened(empty_postgres_url) as db:
        async with db.driver() as connection:
            policy = example("sql", "CREATE POLICY").replace(" ON bills", " ON tenant_7.bills")
            await connection.execute(policy)
            await connection.execute("ALTER TABLE tenant_7.bills ENABLE ROW LEVEL SECURITY")
        text = example("python", "search_path=").replace('role="reader"', 'role="pg_monitor"')
        bills, user = SimpleNamespace(list_bills=list_bills), SimpleNamespace(id=USER)
        names = await run(text, db=db, bills=bills, user=user, customer_id=1)
    assert names["page"] == [(USER,)]
