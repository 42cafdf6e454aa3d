"""Settings, search path and role of one transaction: they end with it, and SQLite refuses them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Database, Settings, Transaction, blocking, open_database
from hangar_dal.database import Executor, Statement
from hangar_dal.errors import InvalidValue, StatementError, TransactionConflict

pytestmark = pytest.mark.pooled  # a pooler may give each transaction another session
TENANTS = """
CREATE TABLE notes (tenant text NOT NULL, note text NOT NULL);
INSERT INTO notes VALUES ('a', 'of a'), ('b', 'of b');
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON notes USING (tenant = current_setting('app.tenant', true));
CREATE SCHEMA tenant_7;
CREATE TABLE tenant_7.bills (n bigint);
INSERT INTO tenant_7.bills VALUES (7);
CREATE SCHEMA "Odd ""tenant";
CREATE TABLE "Odd ""tenant".bills (n bigint);
CREATE TABLE bills (n bigint)
"""


@pytest.fixture
async def db(postgres_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    """One connection, so that each transaction gets that of the one before."""
    async with open_database(Settings(database_url=postgres_url, pool_size=1)) as db:
        for text in TENANTS.split(";\n"):
            await db.run(Statement("", text, writes=True), ())
        yield db


async def rows(db: Executor, text: str) -> list[Any]:
    found, _ = await db.run(Statement("it", text, writes=False), ())
    return found


async def setting(db: Executor, name: str) -> str | None:
    [(value,)] = await rows(db, f"SELECT current_setting('{name}', true)")
    return value or None


async def test_settings_hold_in_the_transaction_only(db: Database) -> None:
    user = UUID(int=7)
    given = {"app.tenant": "a, 'b'", "app.user_id": user, "app.level": 3, "app.flag": True, "work_mem": "8MB"}
    async with db.transaction(settings=given) as transaction:
        assert await setting(transaction, "app.tenant") == "a, 'b'"
        assert await setting(transaction, "app.user_id") == str(user)
        assert (await setting(transaction, "app.level"), await setting(transaction, "app.flag")) == ("3", "on")
        assert await setting(transaction, "work_mem") == "8MB"
        with pytest.raises(ZeroDivisionError):
            async with transaction.savepoint():
                raise ZeroDivisionError
        assert await setting(transaction, "app.level") == "3"
    for name in given:
        assert await setting(db, name) in (None, "4MB")
    async with db.transaction() as transaction:
        assert await setting(transaction, "app.tenant") is None


async def test_in_transaction_sets_them_at_each_try(db: Database) -> None:
    seen: list[str | None] = []

    async def work(transaction: Transaction) -> None:
        seen.append(await setting(transaction, "app.tenant"))
        if len(seen) == 1:
            raise TransactionConflict("again")

    await db.in_transaction(work, settings={"app.tenant": "b"})
    assert seen == ["b", "b"]


async def test_the_search_path_decides_which_table_is_meant(db: Database) -> None:
    for _ in range(7):  # also of a statement that the driver has prepared
        async with db.transaction(search_path=["tenant_7", "public"]) as transaction:
            assert await rows(transaction, "SELECT n FROM bills") == [(7,)]
            assert await setting(transaction, "search_path") == '"tenant_7", "public", pg_temp'
        assert await rows(db, "SELECT n FROM bills") == []
    async with db.transaction(search_path='Odd "tenant') as transaction:
        assert await rows(transaction, "SELECT n FROM bills") == []
        assert await rows(transaction, "SELECT current_schema()::text") == [('Odd "tenant',)]


async def test_a_schema_that_is_not_there_is_an_error(db: Database) -> None:
    with pytest.raises(InvalidValue, match="search_path: the schema tenant_8 does not exist, or the role may not use"):
        async with db.transaction(search_path=["tenant_8", "public"]):
            raise AssertionError
    assert await rows(db, "SELECT n FROM bills") == []


async def test_a_role_holds_in_the_transaction_only(db: Database) -> None:
    [(name,)] = await rows(db, "SELECT current_user::text")
    async with db.transaction(role="pg_monitor") as transaction:
        assert await rows(transaction, "SELECT current_user::text") == [("pg_monitor",)]
    assert await rows(db, "SELECT current_user::text") == [(name,)]
    with pytest.raises(InvalidValue, match="the server refuses a value of settings, or the role does not exist"):
        async with db.transaction(role="nobody_of_that_name"):
            raise AssertionError
    assert await rows(db, "SELECT current_user::text") == [(name,)]


async def test_policies_see_the_settings(db: Database) -> None:
    await db.run(Statement("", "GRANT SELECT ON notes TO pg_monitor", writes=True), ())
    for tenant in ("a", "b"):
        async with db.transaction(settings={"app.tenant": tenant}, role="pg_monitor") as transaction:
            assert await rows(transaction, "SELECT note FROM notes") == [(f"of {tenant}",)]
    async with db.transaction(role="pg_monitor", read_only=True) as transaction:
        assert await rows(transaction, "SELECT note FROM notes") == []


async def test_a_setting_that_the_server_refuses_is_an_error(db: Database) -> None:
    with pytest.raises(InvalidValue, match="the server refuses a value of settings"):
        async with db.transaction(settings={"work_mem": "lots"}):
            raise AssertionError
    with pytest.raises(StatementError, match="the server refuses settings, search_path or role"):
        async with db.transaction(settings={"no_such_setting": "x"}):
            raise AssertionError
    assert await rows(db, "SELECT 1") == [(1,)]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"settings": {"app.tenant": None}}, "settings: app.tenant must be a str, an int, a bool or a UUID, not NoneType"),
    ({"settings": {"app.tenant": "a\0"}}, "settings: app.tenant: text must not contain the NUL character"),
    ({"settings": {"app tenant": "a"}}, "settings: each name is a name of a setting, such as app.user_id"),
    ({"settings": {"Search_path": "a"}}, r"settings: Search_path has an argument of its own; write search_path=\["),
    ({"settings": {"role": "a"}}, 'settings: role has an argument of its own; write role="..."'),
    ({"settings": {"timezone": "Asia/Tokyo"}}, "settings: timezone must not be changed"),
    ({"settings": {"datestyle": "German"}}, "settings: datestyle must not be changed"),
    ({"search_path": []}, "search_path: expected the names of schemas"),
    ({"search_path": "a, b"}, "search_path: give each schema as an item of a list"),
    ({"search_path": ["pg_temp"]}, "search_path: give each schema as an item of a list, and no schema of PostgreSQL"),
    ({"role": "NONE"}, "role: expected the name of a role"),
    ({"role": ""}, "role: expected the name of a role"),
]


@pytest.mark.parametrize(("given", "message"), REFUSED)
async def test_a_wrong_argument_is_refused_before_anything_is_sent(
    given: dict[str, Any], message: str, db: Database
) -> None:
    with pytest.raises(InvalidValue, match=message):
        db.transaction(**given)


@pytest.mark.parametrize("given", [{"settings": {"app.tenant": "a"}}, {"search_path": "a"}, {"role": "a"}])
async def test_sqlite_refuses_them(given: dict[str, Any], sqlite_url: str, anyio_backend: str) -> None:
    async def nothing(transaction: Transaction) -> None: ...

    async with open_database(Settings(database_url=sqlite_url)) as db:
        with pytest.raises(InvalidValue, match="settings, search_path and role are for PostgreSQL"):
            db.transaction(**given)
        with pytest.raises(InvalidValue, match="On SQLite, pass the tenant or the user to each query"):
            await db.in_transaction(nothing, **given)


def test_they_hold_without_asyncio_too(postgres_url: str) -> None:
    with blocking.open_database(Settings(database_url=postgres_url)) as db:
        with db.transaction(settings={"app.tenant": "a"}) as tx:
            assert tx.call(setting, "app.tenant") == "a"
        assert db.in_transaction(lambda tx: tx.call(setting, "app.tenant"), settings={"app.tenant": "b"}) == "b"
        assert db.call(setting, "app.tenant") is None
