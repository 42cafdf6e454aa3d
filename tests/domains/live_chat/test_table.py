"""What the tables of a chat refuse, tried with SQL that bypasses the package."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import LIVESTREAMS, Database, Settings, User, builders, live_chat, open_database, sealing, social, uuid7
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from hangar_dal.live_chat import ChatRules, NewBan
from hangar_dal.livestreams import Livestream
from tests.helpers.clock import Clock
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.streaming import live

TABLES = ["live_moderators", "live_bans", "live_chats", "live_chat_messages"]


def insert(stream: Livestream, author_id: Any, at: Any, kind: str = "MESSAGE") -> str:
    return (
        "INSERT INTO live_chat_messages (id, livestream_id, author_id, kind, body, created_at) VALUES "
        f"('{uuid7()}', '{stream.id}', '{author_id}', '{kind}', 'Hello', '{at:%Y-%m-%dT%H:%M:%S.%fZ}')"
    )


@pytest.fixture
async def owner(database: Database) -> User:
    return await person(database)


@pytest.fixture
async def begun(database: Database, owner: User) -> Livestream:
    return await live(database, owner.id)


async def test_no_rule_of_a_chat_is_passed_with_sql(
    database: Database, sql: Sql, clock: Clock, owner: User, begun: Livestream
) -> None:
    fan, banned, blocked = [await person(database) for _ in range(3)]
    await live_chat.ban(database, NewBan(owner_id=owner.id, user_id=banned.id, banned_by=owner.id))
    await social.block(database, blocker_id=owner.id, blocked_id=blocked.id)
    await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    early, now = clock.now - timedelta(seconds=1), clock.now
    for author, at, rule in (
        (fan, early, "live_chat_open"),
        (banned, now, "live_chat_not_banned"),
        (blocked, now, "live_chat_seen"),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(insert(begun, author.id, at))
        assert refused.value.constraint == rule
    await live_chat.set_chat_rules(
        database, ChatRules(livestream_id=begun.id, slow_seconds=10, messages_per_second=2, is_followers_only=True)
    )
    stranger = await person(database)
    with pytest.raises(TriggerViolation) as followers:
        await sql(insert(begun, stranger.id, now))
    assert followers.value.constraint == "live_chat_followers_only"
    await sql(insert(begun, fan.id, now + timedelta(seconds=20)))
    for seconds in (11, 29):
        with pytest.raises(TriggerViolation) as slow:
            await sql(insert(begun, fan.id, now + timedelta(seconds=seconds)))
        assert slow.value.constraint == "live_chat_slow"
    # An earlier instant counts in the last second that had messages.
    await sql(insert(begun, owner.id, now + timedelta(seconds=5)))
    for seconds in (5, 20):
        with pytest.raises(TriggerViolation) as rate:
            await sql(insert(begun, owner.id, now + timedelta(seconds=seconds)))
        assert rate.value.constraint == "live_chat_rate"
    await sql(insert(begun, owner.id, now + timedelta(seconds=21)))


async def test_one_statement_with_many_messages_keeps_the_rules(
    database: Database, sql: Sql, clock: Clock, owner: User, begun: Livestream
) -> None:
    first, second = insert(begun, owner.id, clock.now), insert(begun, owner.id, clock.now)
    many = f"{first}, {second.partition('VALUES ')[2]}"
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, messages_per_second=1))
    with pytest.raises(TriggerViolation) as rate:
        await sql(many)
    assert rate.value.constraint == "live_chat_rate"
    # An earlier instant counts in the last second that had messages.
    later = insert(begun, owner.id, clock.now + timedelta(seconds=1))
    with pytest.raises(TriggerViolation) as back:
        await sql(f"{later}, {first.partition('VALUES ')[2]}")
    assert back.value.constraint == "live_chat_rate"
    fan = await person(database)
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, slow_seconds=1))
    with pytest.raises(TriggerViolation) as slow:
        await sql(many.replace(str(owner.id), str(fan.id)))
    assert slow.value.constraint == "live_chat_slow"
    await sql(many)


async def test_a_message_is_only_removed_and_stays_so(
    database: Database, sql: Sql, owner: User, begun: Livestream
) -> None:
    other = await live(database, owner.id)
    sent = await live_chat.send_chat_message(database, builders.chat_message(begun, author=owner))
    kept, at = "live_chat_messages_unchanged", "'2040-01-01T00:00:00.000000Z'"
    removed = "live_chat_messages_removed_check"
    for change, rule in (
        ("body = 'Better'", kept),
        ("metadata = '{\"n\": 1}'", kept),
        (f"livestream_id = '{other.id}'", kept),
        ("kind = 'SYSTEM'", kept),
        (f"created_at = {at}", kept),
        (f"id = '{uuid7()}'", kept),
        ("body = NULL", removed),
        (f"removed_at = {at}", removed),
        (f"removed_by = '{owner.id}'", removed),
        ("author_id = NULL", "live_chat_messages_author_check"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE live_chat_messages SET {change}")
        assert refused.value.constraint == rule, change
    await live_chat.remove_chat_message(database, sent.id, remover_id=owner.id)
    for change in ("body = 'Back', removed_at = NULL, removed_by = NULL", f"removed_at = {at}"):
        with pytest.raises(TriggerViolation) as again:
            await sql(f"UPDATE live_chat_messages SET {change}")
        assert again.value.constraint == kept


async def test_columns_refuse_what_is_no_value_of_their_kind(
    database: Database, sql: Sql, owner: User, begun: Livestream
) -> None:
    fan = await person(database)
    await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=fan.id)
    new = NewBan(owner_id=fan.id, user_id=owner.id, banned_by=fan.id, reason="Spam", expires_at=builders.LATER)
    await live_chat.ban(database, new)
    for _ in range(2):
        sent = await live_chat.send_chat_message(database, builders.chat_message(begun, author=fan))
    await live_chat.remove_chat_message(database, sent.id, remover_id=fan.id)
    await drop_triggers(database, sql)
    ahead = frozenset({"live_bans_self_check", "live_moderators_self_check"})
    assert await unrefused(database, sql, TABLES, ahead=ahead) == []
    for change, rule in (
        ("live_moderators SET moderator_id = owner_id", "live_moderators_self_check"),
        ("live_bans SET user_id = owner_id", "live_bans_self_check"),
        ("live_bans SET reason = ''", "live_bans_reason_check"),
        ("live_chats SET slow_seconds = 3601", "live_chats_slow_seconds_check"),
        ("live_chats SET messages_per_second = 0", "live_chats_messages_per_second_check"),
        ("live_chat_messages SET kind = 'SHOUT'", "live_chat_messages_kind_check"),
        ("live_chat_messages SET body = '' WHERE body IS NOT NULL", "live_chat_messages_body_check"),
        (f"live_chat_messages SET body = '{'x' * 501}' WHERE body IS NOT NULL", "live_chat_messages_body_check"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE {change}")
        assert refused.value.constraint == rule, change


async def test_one_statement_deletes_owners_authors_and_moderators(database: Database, sql: Sql) -> None:
    people = [await person(database) for _ in range(4)]
    for one in people:
        stream = await live(database, one.id)
        for other in people:
            await live_chat.send_chat_message(database, builders.chat_message(stream, author=other))
            if other is not one:
                await live_chat.add_moderator(database, owner_id=one.id, moderator_id=other.id)
                await live_chat.ban(database, NewBan(owner_id=one.id, user_id=other.id, banned_by=one.id))
    await sql(f"DELETE FROM users WHERE id IN ({', '.join(repr(str(each.id)) for each in people[:3])})")
    counts = [(await sql(f"SELECT count(*) FROM {table}"))[0][0] for table in TABLES]
    assert counts == [0, 0, 1, 1]


async def test_replace_does_not_bring_a_removed_message_back(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        begun = await live(db, (await person(db)).id)
        await live_chat.send_chat_message(db, builders.chat_message(begun, author=begun.owner_id))
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)("INSERT OR REPLACE INTO live_chat_messages SELECT * FROM live_chat_messages")
        assert refused.value.constraint == "live_chat_messages_not_replaced"
