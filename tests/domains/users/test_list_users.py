"""`list_users`: every walk of pages gives the sorted whole, once each, whatever the order and the filter."""

from collections.abc import Callable
from datetime import UTC, timedelta
from itertools import product
from typing import Any, Literal

import pytest

from hangar_dal import Database, User, UserRole, UserStatus, UserType, builders, users
from hangar_dal.errors import InvalidValue
from hangar_dal.values import fold
from tests.helpers.clock import Clock

Order = Literal["newest", "oldest", "name"]
SIGNED_IN: tuple[Literal["never", "ever"] | None, ...] = (None, "never", "ever")
ORDERS: tuple[Order, ...] = ("newest", "oldest", "name")
# Equal names in other cases and in other scripts: they are equal by their fold, and the id decides.
NAMES = ("Straße", "STRASSE", "strasse", "aaa", "Zoë", "zoe", "Ω", "🚀", "Ёж", "_", "~")


def by(order: Order) -> Callable[[User], Any]:
    if order == "name":
        return lambda user: (fold("display_name", user.display_name), user.id)
    return lambda user: (user.created_at, user.id)


async def crowd(database: Database, clock: Clock, number: int = 60) -> list[User]:
    """Several at each instant, several of each name, all statuses."""
    made = []
    for index, status in zip(range(number), list(UserStatus) * number, strict=False):
        if index % 7 == 0:
            clock.advance(timedelta(microseconds=1))
        made.append(
            await users.create_user(database, builders.eve_user(status=status, display_name=NAMES[index % len(NAMES)]))
        )
    return made


async def walk(
    database: Database, limit: int, *, order: Order, status: UserStatus | None, between: Any = None
) -> list[User]:
    seen: list[User] = []
    while page := await users.list_users(
        database, order=order, status=status, after=seen[-1] if seen else None, limit=limit
    ):
        assert len(page) <= limit
        seen += page
        if between is not None:
            await between(page)
    return seen


@pytest.mark.parametrize("order", ORDERS)
async def test_list_users_page_by_page_is_the_sorted_whole(database: Database, clock: Clock, order: Order) -> None:
    made = await crowd(database, clock)
    for status, limit in product([None, *UserStatus], [1, 7, 1000]):
        wanted = [user for user in made if status in (None, user.status)]
        wanted.sort(key=by(order), reverse=order == "newest")
        assert await walk(database, limit, order=order, status=status) == wanted


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("status", [None, UserStatus.ACTIVE])
async def test_list_users_misses_and_repeats_nobody_while_others_come_and_go(
    database: Database, clock: Clock, order: Order, status: UserStatus | None
) -> None:
    made = await crowd(database, clock)
    doomed: set[Any] = set()
    victims = made[::7]

    async def between(page: list[User]) -> None:
        if not victims:  # else each appended user would make a next page, for ever
            return
        # The last of the page, which the next page begins behind, and somebody who may not have been seen yet.
        for gone in (page[-1].id, victims.pop().id):
            doomed.add(gone)
            await users.delete_user(database, gone)
        clock.advance(timedelta(microseconds=1))
        await users.create_user(database, builders.eve_user(display_name="aaa"))
        await users.create_user(database, builders.eve_user(display_name="zzz"))

    seen = [user.id for user in await walk(database, 5, order=order, status=status, between=between)]
    stayed = [user.id for user in made if user.id not in doomed and status in (None, user.status)]
    assert len(seen) == len(set(seen))
    assert set(stayed) <= set(seen)


async def test_list_users_is_newest_first_unless_told_otherwise(database: Database, clock: Clock) -> None:
    made = await crowd(database, clock, 12)
    assert await users.list_users(database) == sorted(made, key=by("newest"), reverse=True)


async def test_list_users_gives_fifty_unless_told_otherwise(database: Database, clock: Clock) -> None:
    made = await crowd(database, clock, 51)
    assert len(await users.list_users(database)) == 50
    assert len(await users.list_users(database, limit=1000)) == len(made)


async def test_list_users_of_nobody_is_empty(database: Database) -> None:
    for order, status in product(ORDERS, [None, *UserStatus]):
        assert await users.list_users(database, order=order, status=status) == []


async def test_list_users_behind_the_last_is_empty(database: Database, clock: Clock) -> None:
    await crowd(database, clock, 5)
    for order in ORDERS:
        last = (await users.list_users(database, order=order))[-1]
        assert await users.list_users(database, order=order, after=last) == []


async def test_list_users_goes_on_in_another_order_from_where_a_user_stands_in_it(
    database: Database, clock: Clock
) -> None:
    made = await crowd(database, clock, 30)
    for order, pivot in product(ORDERS, made[::9]):
        ordered = sorted(made, key=by(order), reverse=order == "newest")
        behind = ordered[ordered.index(pivot) + 1 :]
        assert await users.list_users(database, order=order, after=pivot, limit=1000) == behind


async def test_list_users_refuses_a_limit_out_of_bounds(database: Database) -> None:
    for limit in [0, -1, 1001, 2**63, True, 1.0, "1", None]:
        with pytest.raises(InvalidValue, match=r"^limit: "):
            await users.list_users(database, limit=limit)


async def test_list_users_refuses_an_order_that_it_does_not_have(database: Database) -> None:
    for order in ["", "NEWEST", "id", "created_at; DROP TABLE users", None, 1]:
        with pytest.raises(InvalidValue, match=r"^order: must (be one of 'newest', 'oldest', 'name'|not be None)$"):
            await users.list_users(database, order=order)


async def test_list_users_refuses_a_status_that_is_none(database: Database) -> None:
    for status in ["ACTIVE", "gone", 1]:
        with pytest.raises(InvalidValue, match=r"^status: expected UserStatus, got (str|int)$"):
            await users.list_users(database, status=status)


async def test_list_users_refuses_an_after_that_is_no_user(database: Database, user: User) -> None:
    for order in ORDERS:
        with pytest.raises(InvalidValue, match=r"^after: expected User, got UUID$"):
            await users.list_users(database, order=order, after=user.id)


async def test_count_users_counts_by_status(database: Database, clock: Clock) -> None:
    assert await users.count_users(database) == 0
    made = await crowd(database, clock, 13)
    assert await users.count_users(database) == 13
    for status in UserStatus:
        assert await users.count_users(database, status=status) == sum(user.status is status for user in made)


async def test_list_users_may_end_behind_a_user_with_an_account_of_either_type(database: Database) -> None:
    first = await users.create_user(database, builders.user(display_name="a"))
    second = await users.create_user(database, builders.eve_user(display_name="b"))
    assert await users.list_users(database, order="name", after=first) == [second]


async def test_list_users_passes_those_that_all_filters_let_through(database: Database, clock: Clock) -> None:
    made = []
    for index in range(48):
        clock.advance(timedelta(seconds=index % 3))
        given: dict[str, Any] = {"status": list(UserStatus)[index % 2], "role": list(UserRole)[index % 3]}
        local = builders.user(password="not read", **given)
        new = local if index % 5 == 0 else builders.eve_user(display_name=NAMES[index % len(NAMES)], **given)
        user = await users.insert_user(database, new, hashed_password=None if index % 5 else "x")
        made.append(await users.touch_last_login(database, user.id) if index % 4 == 0 else user)
    middle, late = made[20].created_at, made[40].created_at
    spans: list[dict[str, Any]] = [{}, {"created_since": middle}, {"created_before": late}]
    spans += [{"created_since": middle, "created_before": late}]
    for order, span, status, role, user_type, signed_in in product(
        ORDERS, spans, (None, UserStatus.ACTIVE), (None, UserRole.ADMIN), (None, UserType.LOCAL), SIGNED_IN
    ):
        wanted = [
            user
            for user in made
            if status in (None, user.status)
            and role in (None, user.role)
            and user_type in (None, user.user_type)
            and signed_in in (None, "ever" if user.last_login_at else "never")
            and span.get("created_since", middle.min.replace(tzinfo=UTC)) <= user.created_at
            and user.created_at < span.get("created_before", middle.max.replace(tzinfo=UTC))
        ]
        wanted.sort(key=by(order), reverse=order == "newest")
        filters: dict[str, Any] = {"status": status, "role": role, "user_type": user_type, "signed_in": signed_in}
        first = await users.list_users(database, order=order, limit=7, **filters, **span)
        assert first == wanted[:7]
        if first:
            page = await users.list_users(database, order=order, limit=1000, after=first[-1], **filters, **span)
            assert page == wanted[7:]
