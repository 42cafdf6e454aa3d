"""The inbox of a user: what is in it, in which order, and what was seen and read."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, notifications, social, uuid7
from hangar_dal.errors import CheckViolation
from hangar_dal.notifications import Channel, Notification
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql

SECOND = timedelta(seconds=1)


@pytest.fixture
async def user(database: Database) -> User:
    return await person(database)


async def tell(db: Database, user: User, **given: Any) -> Notification:
    stored = await notifications.notify(db, builders.notification(user, **given))
    assert stored is not None
    return stored


async def test_an_event_is_told_once(database: Database, user: User, clock: Clock) -> None:
    actor = await person(database)
    new = builders.notification(
        user,
        actor=actor,
        object_kind="video",
        object_id=uuid7(),
        group_key="likes-of-1",
        title="Ada likes your video",
        body="Flight",
        data={"n": 1},
        expires_at=database.now() + timedelta(days=90),
    )
    stored = await notifications.notify(database, new)
    assert stored is not None
    assert stored.model_dump() == {
        **new.model_dump(),
        "seen_at": None,
        "read_at": None,
        "created_at": database.now(),
    }
    clock.advance(SECOND)
    assert await notifications.notify(database, new) == stored
    assert await notifications.find_notification(database, user.id, new.event_id) == stored
    assert await notifications.find_notification(database, actor.id, new.event_id) is None


async def test_many_tasks_that_tell_one_event_store_one_notification(database: Database, user: User, sql: Sql) -> None:
    new = builders.notification(user)
    stored = await asyncio.gather(*(notifications.notify(database, new) for _ in range(64)))
    assert stored[0] is not None
    assert stored == stored[:1] * 64
    assert await sql("SELECT count(*) FROM notifications") == [(1,)]


async def test_many_users_are_told_in_one_statement_a_batch(
    database: Database, user: User, hangar_queries: HangarQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "ROWS_PER_STATEMENT", 4)
    others = [await person(database) for _ in range(3)]
    event_id = uuid7()
    rows = [
        builders.notification(each, actor=others[0], event_id=event_id, kind="news") for each in (user, *others, user)
    ]
    await notifications.set_preference(database, others[1].id, kind="news", channel=Channel.INBOX, is_enabled=False)
    await social.block(database, blocker_id=others[2].id, blocked_id=others[0].id)
    with hangar_queries() as sent:
        assert await notifications.notify_many(database, rows) == 1
    assert sent.names.count("notifications.insert_notifications") == 2
    assert await notifications.notify_many(database, rows) == 0


async def test_the_inbox_comes_in_pages_newest_first(database: Database, user: User, clock: Clock) -> None:
    for n in range(7):
        await tell(database, user, kind="odd" if n % 2 else "even", group_key=f"g{n % 3}", title=str(n))
        clock.advance(SECOND * (n % 2))  # so that pairs are of one instant
    await tell(database, await person(database))
    everything = await notifications.list_inbox(database, user.id)
    assert everything == sorted(everything, key=lambda each: (each.created_at, each.event_id), reverse=True)
    assert {each.title for each in everything} == set("0123456")
    pages, after = [], None
    while page := await notifications.list_inbox(database, user.id, after=after, limit=3):
        pages += page
        after = page[-1]
    assert pages == everything
    odd = await notifications.list_inbox(database, user.id, kind="odd")
    assert odd == [each for each in everything if each.kind == "odd"]
    group = await notifications.list_inbox(database, user.id, group_key="g1", after=everything[1])
    assert group == [each for each in everything[2:] if each.group_key == "g1"]


async def test_an_expired_notification_is_hidden_and_purged(database: Database, user: User, clock: Clock) -> None:
    told = [
        await tell(database, user, title=str(n), expires_at=database.now() + SECOND if n < 3 else None)
        for n in range(5)
    ]
    assert await notifications.count_unread(database, user.id) == 5
    clock.advance(SECOND)
    found = [await notifications.find_notification(database, user.id, each.event_id) for each in told]
    assert found == [None, None, None, *told[3:]]
    assert {each.title for each in await notifications.list_inbox(database, user.id)} == {"3", "4"}
    assert await notifications.count_unread(database, user.id) == 2
    assert await notifications.count_unseen(database, user.id) == 2
    assert await notifications.purge_notifications(database, batch_size=2) == 3
    assert await notifications.purge_notifications(database) == 0


async def test_one_or_several_are_read_and_read_stays_seen(database: Database, user: User, clock: Clock) -> None:
    told = [await tell(database, user) for _ in range(4)]
    other = await tell(database, await person(database))
    ids = [each.event_id for each in told]
    assert await notifications.mark_read(database, user.id, ids[:1]) == 1
    clock.advance(SECOND)
    assert await notifications.mark_read(database, user.id, [*ids[:2], other.event_id, uuid7()]) == 1
    first, second = [await notifications.find_notification(database, user.id, each) for each in ids[:2]]
    assert first is not None
    assert second is not None
    assert first.read_at == first.seen_at == database.now() - SECOND
    assert second.read_at == second.seen_at == database.now()
    assert (await notifications.count_unread(database, user.id), len(told)) == (2, 4)
    assert await notifications.list_inbox(database, user.id, only="unread") == [told[3], told[2]]
    assert await notifications.mark_unread(database, user.id, ids[0]) == 1
    assert await notifications.mark_unread(database, user.id, ids[0]) == 0
    assert await notifications.count_unread(database, user.id) == 3
    assert await notifications.count_unseen(database, user.id) == 2
    assert await notifications.count_unread(database, other.recipient_id) == 1


async def test_all_up_to_an_instant_are_seen_and_read(database: Database, user: User, clock: Clock) -> None:
    for _ in range(5):
        await tell(database, user)
        clock.advance(SECOND)
    shown = await notifications.list_inbox(database, user.id)
    await tell(database, await person(database))
    assert await notifications.mark_all_seen(database, user.id, until=shown[0].created_at, batch_size=2) == 5
    assert await notifications.mark_all_seen(database, user.id, until=shown[0].created_at) == 0
    assert await notifications.mark_all_read(database, user.id, until=shown[1].created_at, batch_size=2) == 4
    assert await notifications.list_inbox(database, user.id, only="unread") == [
        shown[0].model_copy(update={"seen_at": database.now()})
    ]
    assert await notifications.count_unseen(database, user.id) == 0


async def test_counts_are_exact_up_to_their_limit(database: Database, user: User) -> None:
    for _ in range(5):
        await tell(database, user)
    assert [await notifications.count_unread(database, user.id, up_to=n) for n in (1, 4, 5, 6)] == [1, 4, 5, 5]
    assert [await notifications.count_unseen(database, user.id, up_to=n) for n in (4, 6)] == [4, 5]


async def test_counts_are_exact_while_many_tasks_write(database: Database, user: User) -> None:
    async def write(n: int) -> None:
        told = [await tell(database, user) for _ in range(4)]
        await notifications.mark_read(database, user.id, [told[n % 4].event_id])

    await asyncio.gather(*(write(n) for n in range(64)))
    assert await notifications.count_unread(database, user.id) == 64 * 3
    assert await notifications.count_unseen(database, user.id) == 64 * 3


async def test_a_notification_is_deleted_by_its_recipient(database: Database, user: User) -> None:
    told = await tell(database, user)
    other = await person(database)
    assert await notifications.delete_notification(database, other.id, told.event_id) == 0
    assert await notifications.delete_notification(database, user.id, told.event_id) == 1
    assert await notifications.list_inbox(database, user.id) == []


async def test_a_user_who_does_not_exist_or_does_it_alone_is_not_told(database: Database, user: User) -> None:
    for recipient, actor in ((uuid7(), None), (user.id, user.id)):
        new = builders.notification(recipient, actor=actor)
        assert await notifications.notify(database, new) is None


async def test_an_object_has_a_kind_and_an_id(database: Database, user: User) -> None:
    with pytest.raises(CheckViolation) as caught:
        await tell(database, user, object_kind="video")
    assert caught.value.constraint == "notifications_object_check"
