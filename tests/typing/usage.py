"""Code that mypy --strict and pyright must accept, with the types that they infer. It is checked, and never run."""
# mypy: disable-error-code="empty-body"

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypedDict, assert_type
from uuid import UUID

from pydantic import SecretStr
from typing_extensions import Unpack

from hangar_dal import (
    ACCOUNTS,
    Catalog,
    Database,
    Executor,
    JsonArray,
    JsonObject,
    NewSessionCookie,
    NewUser,
    Pending,
    Row,
    RowCount,
    SessionCookie,
    Stream,
    Transaction,
    User,
    UserStatus,
    UserWithSessionCookies,
    adhoc,
    atomic,
    blocking,
    builders,
    bulk,
    comments,
    errors,
    open_database,
    session_cookies,
    skip_unopened_rows,
    transaction_dependency,
    users,
    uuid7,
    videos,
)
from hangar_dal_pytest import HangarQueries

CATALOG = Catalog("shop", sql="sql", migrations="migrations", modules="shop", uses=[ACCOUNTS])
query = CATALOG.query


class Order(Row):
    id: UUID
    note: str | None


class OrderChanges(TypedDict, total=False):
    note: str | None


@query
async def get_order(db: Executor, order_id: UUID) -> Order: ...


@query
async def find_order(db: Executor, *, note: str, by: Literal["id", "note"] = "id") -> Order | None: ...


@query
async def list_orders(db: Executor, ids: list[UUID]) -> list[Order]: ...


@query
async def count_orders(db: Executor) -> int: ...


@query
async def update_order(db: Executor, order_id: UUID, **changes: Unpack[OrderChanges]) -> Order: ...


@query
async def delete_order(db: Executor, order_id: UUID) -> RowCount: ...


@query
def stream_orders(db: Executor, *, since: datetime) -> Stream[Order]: ...


async def declared_queries(db: Database) -> None:
    key = uuid7()
    assert_type(key, UUID)
    assert_type(await get_order(db, key), Order)
    assert_type(await find_order(db, note="x", by="note"), Order | None)
    assert_type(await list_orders(db, [key]), list[Order])
    assert_type(await count_orders(db), int)
    assert_type(await update_order(db, key, note=None), Order)
    assert_type(await delete_order(db, key), RowCount)
    assert_type((await delete_order(db, key)) + 1, int)
    async with stream_orders(db, since=datetime.now(UTC)) as orders:
        assert_type(orders, AsyncIterator[Order])
        async for order in orders:
            assert_type(order, Order)
            assert_type(order.note, str | None)


@dataclass
class Brief:
    id: UUID


@query
async def list_briefs(db: Executor, ids: set[UUID]) -> list[Brief]: ...


async def statements(db: Database) -> None:
    assert_type(await adhoc.fetch(db, "SELECT 1 AS one", int), int)
    assert_type(await adhoc.fetch(db, "SELECT id FROM orders ORDER BY id", list[Brief], {}), list[Brief])
    assert_type(await list_briefs(db, {uuid7()}), list[Brief])
    assert_type(await bulk.copy_in(db, "orders", [Order(id=uuid7(), note=None)]), RowCount)
    async with bulk.copy_out(db, "orders", Order) as rows:
        assert_type(rows, AsyncIterator[Order])
    async with db.transaction(settings={"app.user_id": uuid7()}, search_path=["shop"], role="reader") as transaction:
        assert_type(transaction, Transaction)
    async with db.batch() as batch, db.transaction() as transaction, transaction.batch() as inner:
        assert_type(batch.add(get_order, uuid7()), Pending[Order])
        assert_type(batch.add(find_order, note="x").result(), Order | None)
        assert_type(inner.add(delete_order, uuid7()).result(), RowCount)
    async with db.driver(read_only=True) as connection:
        await connection.execute("SELECT 1")


async def users_and_cookies(db: Database) -> None:
    user = await users.create_user(db, NewUser(username="ada", email="ada@example.org", password=SecretStr("...")))
    assert_type(user, User)
    assert_type(await users.find_user_by_email(db, "ada@example.org"), User | None)
    exported: users.User = user  # a domain exports its models
    assert_type(exported, User)
    assert_type(await users.list_users(db, order="name", status=UserStatus.ACTIVE, after=user, limit=10), list[User])
    assert_type(await users.update_user(db, user.id, email=None, username="ada"), User)
    assert_type(await users.delete_user(db, user.id), RowCount)
    new = NewSessionCookie(user_id=user.id, platform="eve", cookies={"a": 1}, expires_at=datetime.now(UTC))
    cookie = await session_cookies.create_session_cookie(db, new)
    assert_type(cookie, SessionCookie)
    assert_type(cookie.cookies, JsonObject | JsonArray)
    page = await session_cookies.list_users_with_session_cookies(db, after=user)
    assert_type(page, list[UserWithSessionCookies])
    assert_type(page[0].session_cookies, list[SessionCookie])
    assert_type(await session_cookies.purge_expired_session_cookies(db, progress=print), int)
    skipped: list[errors.SealError] = []
    with skip_unopened_rows(skipped.append), skip_unopened_rows(print):
        assert_type(await session_cookies.list_session_cookies(db, user_id=user.id), list[SessionCookie])


async def built(db: Database, user: User) -> None:
    video = await videos.create_video(db, builders.video(owner=user, title="A red car", language=None))
    assert_type(builders.video(owner=user.id), videos.NewVideo)
    assert_type(builders.comment(video=video, author=user), comments.NewComment)
    assert_type(builders.user(username="ada"), NewUser)


def counted(hangar_queries: HangarQueries) -> None:
    with hangar_queries(at_most=1) as sent:
        assert_type(sent.names, list[str])


async def databases() -> None:
    async with open_database(catalog=CATALOG, clock=lambda: datetime.now(UTC)) as db:
        assert_type(db, Database)
        async with db.transaction(isolation="serializable") as tx, tx.savepoint() as inner:
            assert_type(inner, Transaction)
            await get_order(inner, uuid7())
        async with atomic(db) as tx:
            assert_type(tx, Transaction)
        assert_type(await db.in_transaction(count_orders), int)
    waited = await open_database(catalog=CATALOG)
    assert_type(waited, Database)
    await waited.close()


def dependency(db: Database) -> None:
    get_db = transaction_dependency(lambda: db, read_only=True)
    assert_type(get_db(), AsyncIterator[Transaction])


def calls(db: blocking.BlockingDatabase, order_id: UUID, now: datetime) -> None:
    assert_type(db.call(get_order, order_id), Order)
    assert_type(db.call(find_order, note="x"), Order | None)
    assert_type(db.in_transaction(lambda tx: tx.call(get_order, order_id)), Order)
    with db.transaction() as tx:
        assert_type(tx.call(delete_order, order_id), RowCount)
    with db.stream(stream_orders, since=now) as rows:
        assert_type(list(rows), list[Order])
