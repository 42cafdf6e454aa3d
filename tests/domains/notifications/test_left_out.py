"""Who is not told: those who switched the kind off, and those of whom one has blocked the other."""

import pytest

from hangar_dal import COMMUNITY, Database, User, builders, notifications, open_database, sealing, social, uuid7
from hangar_dal.errors import ForeignKeyViolation
from hangar_dal.notifications import Channel
from hangar_dal.settings import Settings
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on

# PostgreSQL's DROP TRIGGER names the table.
ON_BLOCKS = {"sqlite": "", "postgresql": "ON blocks"}


async def test_a_kind_that_is_switched_off_is_not_stored(database: Database, clock: Clock) -> None:
    ada = await person(database)
    off = await notifications.set_preference(database, ada.id, kind="like", channel=Channel.INBOX, is_enabled=False)
    assert (off.is_enabled, off.updated_at) == (False, database.now())
    for kind, is_told in (("like", False), ("follow", True)):
        new = builders.notification(ada, kind=kind)
        assert (await notifications.notify(database, new) is not None) is is_told
    on = await notifications.set_preference(database, ada.id, kind="like", channel=Channel.INBOX, is_enabled=True)
    assert await notifications.list_preferences(database, ada.id) == [on]
    assert await notifications.notify(database, builders.notification(ada))


async def test_channels_are_switched_apart(database: Database) -> None:
    ada, bob, eve = sorted([await person(database) for _ in range(3)], key=lambda user: str(user.id))
    ids = [eve.id, bob.id, ada.id, uuid7()]
    await notifications.set_preference(database, bob.id, kind="like", channel=Channel.EMAIL, is_enabled=False)
    await notifications.set_preference(database, eve.id, kind="like", channel=Channel.PUSH, is_enabled=False)
    await notifications.set_preference(database, eve.id, kind="like", channel=Channel.EMAIL, is_enabled=True)

    async def wanting(kind: str, channel: Channel) -> list[object]:
        return list(await notifications.list_users_who_want(database, ids, kind=kind, channel=channel))

    assert await wanting("like", Channel.EMAIL) == [ada.id, eve.id]
    assert await wanting("like", Channel.PUSH) == [ada.id, bob.id]
    assert await wanting("follow", Channel.EMAIL) == [ada.id, bob.id, eve.id]
    assert await notifications.delete_preference(database, bob.id, kind="like", channel=Channel.EMAIL) == 1
    assert await notifications.delete_preference(database, bob.id, kind="like", channel=Channel.EMAIL) == 0
    assert await wanting("like", Channel.EMAIL) == [ada.id, bob.id, eve.id]
    with pytest.raises(ForeignKeyViolation):
        await notifications.set_preference(database, uuid7(), kind="like", channel=Channel.PUSH, is_enabled=True)


@pytest.mark.parametrize("who", ["recipient", "actor"])
async def test_a_block_deletes_notifications_and_prevents_new_ones(database: Database, sql: Sql, who: str) -> None:
    ada, bob, eve = [await person(database) for _ in range(3)]

    async def tell(recipient: User, actor: User) -> bool:
        return await notifications.notify(database, builders.notification(recipient, actor=actor)) is not None

    for recipient, actor in ((ada, bob), (bob, ada), (ada, eve)):
        assert await tell(recipient, actor)
    blocker, blocked = (ada, bob) if who == "recipient" else (bob, ada)
    await social.block(database, blocker_id=blocker.id, blocked_id=blocked.id)
    assert [each.actor_id for each in await notifications.list_inbox(database, ada.id)] == [eve.id]
    assert await notifications.list_inbox(database, bob.id) == []
    assert await sql("SELECT count(*) FROM notifications") == [(1,)]
    assert not await tell(ada, bob)
    assert not await tell(bob, ada)
    await social.unblock(database, blocker_id=blocker.id, blocked_id=blocked.id)
    assert await tell(ada, bob)


@pytest.mark.parametrize("who", ["recipient", "actor"])
async def test_a_notification_that_a_block_has_missed_is_hidden(database: Database, sql: Sql, who: str) -> None:
    ada, bob = (await person(database)).id, (await person(database)).id
    new = builders.notification(ada, actor=bob)
    assert await notifications.notify(database, new)
    await sql(f"DROP TRIGGER blocks_end_notifications {ON_BLOCKS[database.dialect]}")
    blocker, blocked = (ada, bob) if who == "recipient" else (bob, ada)
    await social.block(database, blocker_id=blocker, blocked_id=blocked)
    assert await sql("SELECT count(*) FROM notifications") == [(1,)]
    assert await notifications.find_notification(database, ada, new.event_id) is None
    assert await notifications.list_inbox(database, ada) == []
    assert await notifications.count_unread(database, ada) == 0
    assert await notifications.count_unseen(database, ada) == 0


async def test_a_notification_at_the_moment_of_a_block_is_hidden(postgres_url: str) -> None:
    """The block does not see it, and it does not see the block. SQLite has one writer, so that one of them is first."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMUNITY) as db:
        ada, bob = await person(db), await person(db)
        new = builders.notification(ada, actor=bob)
        async with db.transaction() as tx:
            await social.block(tx, blocker_id=ada.id, blocked_id=bob.id)
            assert await notifications.notify(db, new)
        assert await sql_on(db)("SELECT count(*) FROM notifications") == [(1,)]
        assert await notifications.list_inbox(db, ada.id) == []
