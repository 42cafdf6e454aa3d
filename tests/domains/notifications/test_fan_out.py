"""All followers are told once, in batches that can be repeated and resumed and that hold up nobody."""

import asyncio
import time
from datetime import timedelta

import pytest

from hangar_dal import Database, User, notifications, social
from hangar_dal.notifications import Channel, FanOutCursor, NewEvent
from tests.domains.notifications.filling import add_followers
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql

SECOND = timedelta(seconds=1)


async def followed(db: Database, clock: Clock, count: int) -> tuple[User, list[User]]:
    """A user and their followers, two of each instant."""
    actor = await person(db)
    followers = [await person(db) for _ in range(count)]
    for n, follower in enumerate(followers):
        await social.follow(db, follower_id=follower.id, followed_id=actor.id)
        clock.advance(SECOND * (n % 2))
    return actor, followers


def event_of(db: Database, actor: User) -> NewEvent:
    return NewEvent(actor_id=actor.id, kind="publish", title="A new video", data={"n": 1}, created_at=db.now())


async def told(db: Database, users: list[User], event: NewEvent) -> list[bool]:
    return [await notifications.find_notification(db, each.id, event.event_id) is not None for each in users]


async def test_every_follower_is_told_once(database: Database, clock: Clock) -> None:
    actor, followers = await followed(database, clock, 7)
    stranger = await person(database)
    event = event_of(database, actor)
    reached: list[FanOutCursor] = []
    assert await notifications.notify_followers(database, event, batch_size=3, progress=reached.append) == 7
    assert await told(database, [*followers, stranger, actor], event) == [True] * 7 + [False] * 2
    assert len(reached) == 3
    assert await notifications.notify_followers(database, event) == 0
    stored = await notifications.find_notification(database, followers[0].id, event.event_id)
    assert stored is not None
    assert (stored.title, stored.data, stored.created_at) == (event.title, {"n": 1}, event.created_at)


async def test_a_fan_out_goes_on_from_where_it_was_stopped(database: Database, clock: Clock, sql: Sql) -> None:
    actor, followers = await followed(database, clock, 7)
    event = event_of(database, actor)

    def stop(_: FanOutCursor) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        await notifications.notify_followers(database, event, batch_size=3, progress=stop)
    assert await sql("SELECT count(*) FROM notifications") == [(3,)]
    cursor = await notifications.find_fan_out_end(database, actor.id, until=event.created_at, after=None, batch_size=3)
    await sql("DELETE FROM notifications")
    assert await notifications.notify_followers(database, event, after=cursor, batch_size=3) == 4
    assert await told(database, followers, event) == [False] * 3 + [True] * 4
    assert await notifications.notify_followers(database, event, batch_size=3) == 3


async def test_who_is_left_out(database: Database, clock: Clock) -> None:
    actor, [off, mail_off, blocker, blocked, *others] = await followed(database, clock, 6)
    await notifications.set_preference(database, off.id, kind="publish", channel=Channel.INBOX, is_enabled=False)
    await notifications.set_preference(database, mail_off.id, kind="publish", channel=Channel.EMAIL, is_enabled=False)
    await social.block(database, blocker_id=blocker.id, blocked_id=actor.id)
    await social.block(database, blocker_id=actor.id, blocked_id=blocked.id)
    private = await person(database, is_private=True)
    await social.follow(database, follower_id=others[0].id, followed_id=private.id)
    event = event_of(database, actor)
    clock.advance(SECOND)
    later = await person(database)
    await social.follow(database, follower_id=later.id, followed_id=actor.id)
    assert await notifications.notify_followers(database, event, batch_size=2) == 3
    assert await told(database, [off, mail_off, blocker, blocked, *others, later], event) == [
        False, True, False, False, True, True, False,
    ]  # fmt: skip
    assert await notifications.notify_followers(database, event_of(database, private)) == 0


async def test_a_batch_of_which_nobody_is_told_does_not_end_the_fan_out(database: Database, clock: Clock) -> None:
    actor, followers = await followed(database, clock, 6)
    for each in followers[:4]:
        await notifications.set_preference(database, each.id, kind="publish", channel=Channel.INBOX, is_enabled=False)
    assert await notifications.notify_followers(database, event_of(database, actor), batch_size=2) == 2


async def test_two_fan_outs_of_one_event_at_once_tell_everybody_once(database: Database, clock: Clock) -> None:
    actor, followers = await followed(database, clock, 10)
    event = event_of(database, actor)
    stored = await asyncio.gather(
        *(notifications.notify_followers(database, event, batch_size=n) for n in (1, 2, 3, 10))
    )
    assert sum(stored) == 10
    assert await told(database, followers, event) == [True] * 10


FOLLOWERS = [pytest.param(3_000, id="short"), pytest.param(100_000, id="long", marks=pytest.mark.long)]


@pytest.mark.slow
@pytest.mark.parametrize("count", FOLLOWERS)
async def test_other_writers_do_not_wait_for_a_fan_out(database: Database, sql: Sql, count: int) -> None:
    """The longest wait of another writer is far below the time of the whole, and everybody is told."""
    actor, writer = await person(database), await person(database)
    await add_followers(sql, actor.id, count)
    event = event_of(database, actor)
    fan_out = asyncio.create_task(notifications.notify_followers(database, event))
    began, waits = time.perf_counter(), []
    while not fan_out.done():
        before = time.perf_counter()
        await notifications.set_preference(database, writer.id, kind="k", channel=Channel.PUSH, is_enabled=True)
        waits.append(time.perf_counter() - before)
    took = time.perf_counter() - began
    assert await fan_out == count
    assert await sql("SELECT count(*) FROM notifications") == [(count,)]
    print(f"{count} told in {took:.2f} s; {len(waits)} other writes, the longest waited {max(waits) * 1000:.0f} ms")
    assert len(waits) >= count / 500 / 2  # others get in between the batches
