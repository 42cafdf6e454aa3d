"""Reminders: set by those who may see the livestream, and given to the outbox once each."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from hangar_dal import (
    LIVESTREAMS,
    Database,
    Settings,
    accounts,
    builders,
    livestream_reminders,
    livestreams,
    open_database,
    outbox,
    sealing,
    social,
    streaming,
    users,
)
from hangar_dal.errors import TriggerViolation
from hangar_dal.livestream_reminders import Reminder
from tests.helpers.clock import Clock
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.streaming import announced, live

HOUR = timedelta(hours=1)


async def reminded(db: Database) -> list[tuple[str, str]]:
    """The livestream and the user of each message of the outbox."""
    claimed = await outbox.claim(db, streaming.REMINDERS)
    return sorted((str(each.payload["livestream_id"]), str(each.payload["user_id"])) for each in claimed)


async def test_only_those_who_see_what_is_announced_are_reminded(database: Database, clock: Clock) -> None:
    owner, fan, blocked = [await person(database) for _ in range(3)]
    await social.block(database, blocker_id=owner.id, blocked_id=blocked.id)
    made, begun = await announced(database, owner.id), await live(database, owner.id)
    hidden = await announced(database, owner.id, visibility=livestreams.VideoVisibility.PRIVATE)
    answers = [
        await livestream_reminders.set_reminder(database, each.id, user_id=who.id)
        for each, who in ((made, fan), (made, fan), (made, blocked), (begun, fan), (hidden, fan), (hidden, owner))
    ]
    assert answers == [1, 0, 0, 0, 0, 1]
    assert await livestream_reminders.cancel_reminder(database, hidden.id, user_id=owner.id) == 1
    clock.advance(timedelta(seconds=1))
    other = await announced(database, owner.id)
    await livestream_reminders.set_reminder(database, other.id, user_id=fan.id)
    [first] = await livestream_reminders.list_reminders(database, fan.id, limit=1)
    [second] = await livestream_reminders.list_reminders(database, fan.id, after=first)
    assert [first.livestream_id, second.livestream_id] == [other.id, made.id]


async def test_what_is_due_becomes_one_message_each(database: Database, clock: Clock) -> None:
    owner, *fans = [await person(database) for _ in range(6)]
    soon = await announced(database, owner.id, scheduled_at=clock.now + HOUR)
    early = await announced(database, owner.id, scheduled_at=clock.now + 9 * HOUR)
    late = await announced(database, owner.id, scheduled_at=clock.now + 9 * HOUR)
    off = await announced(database, owner.id, scheduled_at=clock.now + HOUR)
    for each in (soon, early, late, off):
        for fan in fans:
            assert await livestream_reminders.set_reminder(database, each.id, user_id=fan.id) == 1
    assert await streaming.queue_reminders(database) == 0
    clock.advance(HOUR - timedelta(minutes=10))
    await livestreams.cancel_livestream(database, off.id)
    await livestreams.start_livestream(database, early.id)
    assert [await streaming.queue_reminders(database, limit=4) for _ in range(4)] == [4, 4, 2, 0]
    wanted = sorted((str(each.id), str(fan.id)) for each in (soon, early) for fan in fans)
    assert await reminded(database) == wanted
    assert await livestream_reminders.cancel_reminder(database, soon.id, user_id=fans[0].id) == 0
    assert await livestream_reminders.cancel_reminder(database, late.id, user_id=fans[0].id) == 1


async def test_nobody_is_reminded_of_what_began_long_ago_or_was_never_begun(database: Database, clock: Clock) -> None:
    owner, fan = [await person(database) for _ in range(2)]
    forgotten, begun = [await announced(database, owner.id, scheduled_at=clock.now + HOUR) for _ in range(2)]
    for each in (forgotten, begun):
        assert await livestream_reminders.set_reminder(database, each.id, user_id=fan.id) == 1
    clock.advance(2 * HOUR + timedelta(seconds=1))
    assert await streaming.queue_reminders(database) == 0
    await livestreams.start_livestream(database, begun.id)
    clock.advance(HOUR + timedelta(seconds=1))
    assert await streaming.queue_reminders(database) == 0
    assert await streaming.queue_reminders(database, delay=timedelta(minutes=61)) == 1
    assert await streaming.queue_reminders(database, delay=4 * HOUR) == 1


async def test_many_tasks_queue_each_reminder_once(database: Database) -> None:
    owner, *fans = [await person(database) for _ in range(9)]
    made = await announced(database, owner.id, scheduled_at=database.now())
    rows = [
        Reminder(livestream_id=made.id, user_id=fan.id, queued_at=None, created_at=builders.EARLIER) for fan in fans
    ]
    assert await livestream_reminders.import_reminders(database, [*rows, rows[0]], batch_size=5) == 8
    assert await livestream_reminders.import_reminders(database, rows) == 0
    found = await asyncio.gather(*(streaming.queue_reminders(database, limit=2) for _ in range(64)))
    assert sum(found) == 8
    assert await streaming.queue_reminders(database) == 0
    assert await reminded(database) == sorted((str(made.id), str(fan.id)) for fan in fans)


async def test_a_reminder_that_is_rolled_back_is_due_again(database: Database) -> None:
    owner = await person(database)
    made = await announced(database, owner.id, scheduled_at=database.now())
    await livestream_reminders.set_reminder(database, made.id, user_id=owner.id)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            assert await streaming.queue_reminders(tx) == 1
            raise ZeroDivisionError
    assert await reminded(database) == []
    assert await streaming.queue_reminders(database) == 1


async def test_raw_sql_gives_a_reminder_to_the_outbox_once(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made = await announced(database, owner.id, scheduled_at=database.now())
    await livestream_reminders.set_reminder(database, made.id, user_id=owner.id)
    await streaming.queue_reminders(database)
    at = "'2040-01-01T00:00:00.000000Z'"
    for change in ("queued_at = NULL", f"queued_at = {at}", f"created_at = {at}", f"livestream_id = '{UUID(int=1)}'"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE livestream_reminders SET {change}")
        assert refused.value.constraint == "livestream_reminders_unchanged", change


async def test_reminders_move_with_a_merge_and_go_with_their_user(database: Database) -> None:
    owner, kept, merged = [await person(database) for _ in range(3)]
    both, one = await announced(database, owner.id), await announced(database, owner.id)
    for each, who in ((both, kept), (both, merged), (one, merged)):
        await livestream_reminders.set_reminder(database, each.id, user_id=who.id)
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    found = await livestream_reminders.list_reminders(database, kept.id)
    assert {each.livestream_id for each in found} == {both.id, one.id}
    async with livestream_reminders.stream_reminders(database, kept.id) as stream:
        assert sorted([row async for row in stream], key=repr) == sorted(found, key=repr)
    await users.delete_user(database, kept.id)
    assert await livestream_reminders.list_reminders(database, kept.id) == []


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql) -> None:
    owner = await person(database)
    made = await announced(database, owner.id, scheduled_at=database.now())
    await livestream_reminders.set_reminder(database, made.id, user_id=owner.id)
    await streaming.queue_reminders(database)
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["livestream_reminders"], ahead=frozenset()) == []


async def test_replace_does_not_remind_again(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        made = await announced(db, (await person(db)).id)
        await livestream_reminders.set_reminder(db, made.id, user_id=made.owner_id)
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)("INSERT OR REPLACE INTO livestream_reminders SELECT * FROM livestream_reminders")
        assert refused.value.constraint == "livestream_reminders_not_replaced"
