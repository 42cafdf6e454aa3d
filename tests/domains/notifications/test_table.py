"""What the tables of notifications refuse, also from SQL that bypasses the package, and what deletion leaves."""

import pytest

from hangar_dal import COMMUNITY, Database, Settings, builders, notifications, open_database, users, uuid7
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from hangar_dal.notifications import Channel
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on

AT, LATER = "2030-01-02T03:04:05.000000Z", "2030-01-03T03:04:05.000000Z"


async def test_the_table_refuses_a_notification_that_breaks_a_rule(database: Database, sql: Sql) -> None:
    ada, bob = (await person(database)).id, (await person(database)).id

    def new(**changed: str) -> str:
        values = {
            "recipient_id": f"'{ada}'",
            "event_id": f"'{uuid7()}'",
            "kind": "'like'",
            "actor_id": f"'{bob}'",
            "object_kind": "NULL",
            "object_id": "NULL",
            "group_key": "NULL",
            "title": "'t'",
            "body": "''",
            "data": "'{}'",
            "seen_at": "NULL",
            "read_at": "NULL",
            "expires_at": "NULL",
            "created_at": f"'{AT}'",
        } | changed
        return f"INSERT INTO notifications ({', '.join(values)}) VALUES ({', '.join(values.values())})"

    await sql(new())
    for rule, statement in (
        ("notifications_self_check", new(actor_id=f"'{ada}'")),
        ("notifications_kind_check", new(kind="''")),
        ("notifications_object_check", new(object_kind="'video'")),
        ("notifications_object_check", new(object_id=f"'{uuid7()}'")),
        ("notifications_object_kind_check", new(object_kind="''", object_id=f"'{uuid7()}'")),
        ("notifications_group_key_check", new(group_key="''")),
        ("notifications_title_check", new(title="''")),
        ("notifications_body_check", new(body=f"'{'x' * 2001}'")),
        ("notifications_data_check", new(data="'[]'")),
        ("notifications_read_check", new(read_at=f"'{LATER}'")),
        ("notifications_expiry_check", new(expires_at=f"'{AT}'")),
        ("notifications_unchanged", "UPDATE notifications SET title = 'other'"),
        ("notifications_unchanged", "UPDATE notifications SET actor_id = NULL"),
        ("notifications_unchanged", f"UPDATE notifications SET recipient_id = '{bob}', actor_id = '{ada}'"),
        ("notifications_read_check", f"UPDATE notifications SET read_at = '{LATER}'"),
        (
            "notification_preferences_channel_check",
            f"INSERT INTO notification_preferences VALUES ('{ada}', 'like', 'FAX', TRUE, '{AT}')",
        ),
        (
            "notification_preferences_kind_check",
            f"INSERT INTO notification_preferences VALUES ('{ada}', '', 'PUSH', TRUE, '{AT}')",
        ),
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(statement)
        assert caught.value.constraint == rule
    assert await notifications.count_unread(database, ada) == 1


async def test_what_was_seen_stays_seen(database: Database, sql: Sql) -> None:
    ada = await person(database)
    await notifications.notify(database, builders.notification(ada))
    await sql(f"UPDATE notifications SET seen_at = '{LATER}', read_at = '{LATER}'")
    for statement in ("SET seen_at = NULL, read_at = NULL", f"SET seen_at = '{AT}'"):
        with pytest.raises(TriggerViolation) as caught:
            await sql(f"UPDATE notifications {statement}")
        assert caught.value.constraint == "notifications_seen_kept"
    await sql("UPDATE notifications SET read_at = NULL")
    assert await notifications.count_unread(database, ada.id) == 1


async def test_sql_that_bypasses_the_package_tells_nobody_over_a_block(database: Database, sql: Sql) -> None:
    ada, bob = (await person(database)).id, (await person(database)).id
    await sql(f"INSERT INTO blocks VALUES ('{ada}', '{bob}', '{AT}')")
    for recipient, actor in ((ada, bob), (bob, ada)):
        await sql(
            "INSERT INTO notifications (recipient_id, event_id, kind, actor_id, title, body, data, created_at) "
            f"VALUES ('{recipient}', '{uuid7()}', 'like', '{actor}', 't', '', '{{}}', '{AT}')"
        )
    assert await sql("SELECT count(*) FROM notifications") == [(0,)]


async def test_a_notification_is_not_replaced(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which only SQLite has, deletes rows without a DELETE trigger."""
    async with open_database(Settings(database_url=sqlite_url), catalog=COMMUNITY) as db:
        ada = await person(db)
        await notifications.notify(db, builders.notification(ada))
        with pytest.raises(TriggerViolation) as caught:
            await sql_on(db)("INSERT OR REPLACE INTO notifications SELECT * FROM notifications")
        assert caught.value.constraint == "notifications_not_replaced"


async def test_a_deleted_user_takes_along_what_they_were_told_and_what_they_caused(
    database: Database, sql: Sql
) -> None:
    ada, bob, eve = [await person(database) for _ in range(3)]
    for recipient, actor in ((ada, bob), (bob, ada), (bob, eve)):
        new = builders.notification(recipient, actor=actor)
        assert await notifications.notify(database, new)
    for user in (ada, bob):
        await notifications.set_preference(database, user.id, kind="like", channel=Channel.PUSH, is_enabled=False)
    await users.delete_user(database, ada.id)
    assert await sql("SELECT CAST(actor_id AS text) FROM notifications") == [(str(eve.id),)]
    assert await sql("SELECT CAST(user_id AS text) FROM notification_preferences") == [(str(bob.id),)]
    assert await notifications.purge_notifications_of_actor(database, eve.id, batch_size=1) == 1
