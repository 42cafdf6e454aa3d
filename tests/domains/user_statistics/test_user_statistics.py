"""Counts of users by status, type and day, as Python counts them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hangar_dal import Database, User, UserStatus, builders, user_statistics, users
from tests.helpers.clock import Clock

START = datetime(2030, 3, 30, 22, tzinfo=UTC)


async def crowd(database: Database, clock: Clock) -> list[User]:
    """Nine users, one every four hours; every other one signs in a day later."""
    made = []
    for index in range(9):
        clock.now = START + timedelta(hours=4 * index)
        status = list(UserStatus)[index % 3]
        new = builders.user(status=status, password="not read") if index % 4 == 0 else builders.eve_user(status=status)
        user = await users.insert_user(database, new, hashed_password="x" if index % 4 == 0 else None)
        if index % 2:
            clock.now += timedelta(days=1)
            user = await users.touch_last_login(database, user.id)
        made.append(user)
    return made


def counted(counts: Counter[Any]) -> list[tuple[Any, ...]]:
    return sorted((*key, number) for key, number in counts.items())


async def test_users_are_counted_by_status_and_type(database: Database, clock: Clock) -> None:
    assert await user_statistics.count_users_by_status_and_type(database) == []
    made = await crowd(database, clock)
    found = await user_statistics.count_users_by_status_and_type(database)
    rows = [(row.status, row.user_type, row.users) for row in found]
    assert rows == counted(Counter((user.status, user.user_type) for user in made))


async def test_new_and_active_users_are_counted_by_the_day_in_utc(database: Database, clock: Clock) -> None:
    made = await crowd(database, clock)
    for since, before in ((START, START + timedelta(days=9)), (made[2].created_at, made[7].created_at)):
        span = {"since": since, "before": before}
        found = await user_statistics.count_new_users_by_day(database, **span)
        new = [user for user in made if since <= user.created_at < before]
        rows = [(row.day, row.status, row.user_type, row.users) for row in found]
        assert rows == counted(Counter((user.created_at.date(), user.status, user.user_type) for user in new))
        found = await user_statistics.count_active_users_by_day(database, **span)
        instants = [(user.last_login_at, user) for user in made if user.last_login_at]
        active = [(at.date(), user.status, user.user_type) for at, user in instants if since <= at < before]
        rows = [(row.day, row.status, row.user_type, row.users) for row in found]
        assert rows == counted(Counter(active))
        assert len({row.day for row in found}) > 1 or before == made[7].created_at
