"""Wrong uses: mypy --strict and pyright reject each line marked `# error`, and no other."""
# ruff: noqa: B018

from datetime import datetime
from uuid import UUID

from hangar_dal import Database, NewUser, User, blocking, builders, session_cookies, users
from tests.typing.usage import Order, delete_order, find_order, get_order, list_orders, stream_orders, update_order


async def wrong_arguments(db: Database, user_id: UUID, now: datetime) -> None:
    await get_order(db, "id")  # error
    await get_order(user_id)  # error
    await get_order(db)  # error
    await get_order(db, user_id, user_id)  # error
    await get_order(db, user=user_id)  # error
    await find_order(db, note=1)  # error
    await find_order(db, "note")  # error
    await find_order(db, note="x", by="colour")  # error
    await list_orders(db, [1])  # error
    await list_orders(db, user_id)  # error
    await update_order(db, user_id, note=1)  # error
    await update_order(db, user_id, colour="red")  # error
    stream_orders(db, since="now")  # error
    await users.update_user(db, user_id, username=None)  # error
    await users.update_user(db, user_id, user_type="LOCAL")  # error
    await users.list_users(db, order="age")  # error
    await users.list_users(db, after=user_id)  # error
    await users.set_user_status(db, user_id, "ACTIVE")  # error
    await users.create_user(db, User)  # error
    await users.set_password(db, user_id, "in clear")  # error
    await session_cookies.find_session_cookie(db, user_id, "eve")  # error
    await session_cookies.list_session_cookies(db)  # error
    await db.transaction(isolation="chaos").__aenter__()  # error
    await db.in_transaction(stream_orders)  # error
    async with db.batch() as batch:
        batch.add(get_order, "id")  # error
        batch.add(get_order)  # error
        batch.add(stream_orders, since=now)  # error
        batch.add(get_order, user_id).result().name  # error
    builders.video()  # error
    builders.video(owner="ada")  # error
    builders.video(owner=user_id, titel="x")  # error
    builders.video(owner=user_id, title=1)  # error


async def wrong_results(db: Database, user_id: UUID, now: datetime) -> None:
    get_order(db, user_id).note  # error
    (await get_order(db, user_id)).name  # error
    (await get_order(db, user_id)).note.upper()  # error
    (await find_order(db, note="x")).id  # error
    (await list_orders(db, [user_id])).id  # error
    order: Order = await find_order(db, note="x")  # error
    orders: list[User] = await list_orders(db, [user_id])  # error
    count: str = await delete_order(db, user_id)  # error
    for number in await delete_order(db, user_id):  # error
        print(number)
    async for order in stream_orders(db, since=now):  # error
        print(order)
    await stream_orders(db, since=now)  # error
    (await users.find_user_by_email(db, "a@b.c")).id  # error
    (await users.get_user(db, user_id)).hashed_password  # error
    print(order, orders, count, NewUser)


def wrong_calls(db: blocking.BlockingDatabase, user_id: UUID) -> None:
    db.call(users.get_user, "id")  # error
    db.call(users.get_user)  # error
    db.call(users.get_user, user=user_id)  # error
    db.call(stream_orders)  # error
    db.call(users.get_user, user_id).user_name  # error
    with db.transaction() as tx:
        tx.call(users.create_user, user_id)  # error
    with db.stream(get_order, user_id) as rows:  # error
        list(rows)
