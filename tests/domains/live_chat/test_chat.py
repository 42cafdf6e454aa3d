"""Messages by key, rules of a chat, removal, moderators and bans."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, accounts, builders, live_chat, livestreams, social, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.live_chat import Ban, ChatMessage, ChatMessageKind, ChatRules, Moderator, NewBan
from hangar_dal.livestreams import Livestream
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.streaming import announced, ended, live

SECOND = timedelta(seconds=1)


async def said(db: Database, stream: Livestream, author_id: Any, **given: Any) -> ChatMessage:
    return await live_chat.send_chat_message(db, builders.chat_message(stream, author=author_id, **given))


async def refused(db: Database, stream: Livestream, author_id: Any, **given: Any) -> str | None:
    """The rule that refuses a message; None if it is sent."""
    try:
        await said(db, stream, author_id, **given)
    except TriggerViolation as error:
        return error.constraint
    return None


async def test_a_chat_page_by_page_both_ways(database: Database, clock: Clock) -> None:
    owner, fan, other = [await person(database) for _ in range(3)]
    begun, elsewhere = await live(database, owner.id), await live(database, owner.id)
    sent = []
    for number in range(9):
        sent.append(await said(database, begun, (fan, other)[number % 2].id))
        if number % 2:
            clock.advance(SECOND)
    await said(database, elsewhere, fan.id)
    sent.sort(key=lambda each: (each.created_at, each.id))
    for order, wanted in (("newest", sent[::-1]), ("oldest", sent)):
        seen: list[ChatMessage] = []
        given: Any = {"order": order, "limit": 2}
        while page := await live_chat.list_chat_messages(database, begun.id, after=seen[-1] if seen else None, **given):
            seen += page
        assert seen == wanted
    await social.block(database, blocker_id=other.id, blocked_id=owner.id)
    shown = await live_chat.list_chat_messages(database, begun.id, viewer_id=owner.id)
    assert {each.author_id for each in shown} == {fan.id}


async def test_a_message_that_is_sent_again_is_one_message(database: Database) -> None:
    owner, fan = await person(database), await person(database)
    begun = await live(database, owner.id)
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, slow_seconds=60))
    new = builders.chat_message(begun, author=fan)
    sent = await live_chat.send_chat_message(database, new)
    assert await live_chat.send_chat_message(database, new) == sent
    with pytest.raises(UniqueViolation):
        await live_chat.send_chat_message(database, new.model_copy(update={"author_id": owner.id}))
    assert await live_chat.get_chat_message(database, new.id) == sent


async def test_only_those_who_see_what_is_live_write(database: Database, clock: Clock) -> None:
    owner, fan, stranger, blocked = [await person(database) for _ in range(4)]
    await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    await social.block(database, blocker_id=owner.id, blocked_id=blocked.id)
    begun = await live(database, owner.id, visibility=livestreams.VideoVisibility.FOLLOWERS)
    public = await live(database, owner.id)
    assert [await refused(database, begun, each.id) for each in (owner, fan, stranger, blocked)] == [
        None,
        None,
        "live_chat_seen",
        "live_chat_seen",
    ]
    assert [await refused(database, public, each.id) for each in (stranger, blocked)] == [None, "live_chat_seen"]
    assert await refused(database, await announced(database, owner.id), owner.id) == "live_chat_open"
    over = await ended(database, owner.id)
    clock.advance(SECOND)
    assert await refused(database, over, owner.id) == "live_chat_open"
    short = await live(database, owner.id)
    clock.advance(2 * SECOND)
    await livestreams.end_livestream(database, short.id)
    clock.advance(-SECOND)  # a machine whose clock is behind sends what comes after the end
    assert await refused(database, short, owner.id) == "live_chat_open"
    await users.update_user(database, owner.id, is_private=True)
    assert [await refused(database, public, each.id) for each in (fan, stranger)] == [None, "live_chat_seen"]
    readers = [
        bool(await live_chat.list_chat_messages(database, begun.id, viewer_id=each and each.id))
        for each in (owner, fan, stranger, blocked, None)
    ]
    assert readers == [True, True, False, False, False]
    clock.advance(timedelta(minutes=-5))  # a machine whose clock is behind
    assert (await said(database, public, owner.id)).created_at == public.started_at


async def test_slow_mode_and_followers_only_do_not_hold_moderators(database: Database, clock: Clock) -> None:
    owner, fan, stranger, moderator = [await person(database) for _ in range(4)]
    begun = await live(database, owner.id)
    assert await live_chat.find_chat_rules(database, begun.id) is None
    rules = ChatRules(livestream_id=begun.id, slow_seconds=10, is_followers_only=True)
    assert await live_chat.set_chat_rules(database, rules) == rules
    assert await live_chat.find_chat_rules(database, begun.id) == rules
    assert await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=moderator.id) == 1
    assert await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=moderator.id) == 0
    await social.follow(database, follower_id=fan.id, followed_id=owner.id)
    assert await refused(database, begun, stranger.id) == "live_chat_followers_only"
    for each, rule in ((owner, None), (moderator, None), (fan, "live_chat_slow")):
        assert await refused(database, begun, each.id) is None
        assert await refused(database, begun, each.id) == rule
    clock.advance(9 * SECOND)
    assert await refused(database, begun, fan.id) == "live_chat_slow"
    clock.advance(SECOND)
    assert await refused(database, begun, fan.id) is None
    assert await live_chat.remove_moderator(database, owner_id=owner.id, moderator_id=moderator.id) == 1
    assert await refused(database, begun, moderator.id) == "live_chat_followers_only"
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id))
    assert await refused(database, begun, stranger.id) is None


async def test_a_chat_has_so_many_messages_a_second(database: Database, clock: Clock) -> None:
    owner, fan = await person(database), await person(database)
    begun, other = await live(database, owner.id), await live(database, owner.id)
    await live_chat.set_chat_rules(database, ChatRules(livestream_id=begun.id, messages_per_second=3))
    answers = [await refused(database, begun, fan.id) for _ in range(5)]
    assert answers == [None] * 3 + ["live_chat_rate"] * 2
    assert await refused(database, other, fan.id) is None
    await live_chat.send_chat_message(
        database, builders.chat_message(begun, author=None, kind=ChatMessageKind.SYSTEM, body="Half time")
    )
    clock.advance(SECOND)
    assert await refused(database, begun, fan.id) is None


async def test_moderators_and_authors_remove_and_a_placeholder_stays(database: Database, clock: Clock) -> None:
    owner, fan, moderator, stranger = [await person(database) for _ in range(4)]
    begun = await live(database, owner.id)
    await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=moderator.id)
    for remover in (owner, fan, moderator):
        sent = await said(database, begun, fan.id, metadata={"n": 1})
        with pytest.raises(NotFound):
            await live_chat.remove_chat_message(database, sent.id, remover_id=stranger.id)
        gone = await live_chat.remove_chat_message(database, sent.id, remover_id=remover.id)
        clock.advance(SECOND)
        assert await live_chat.remove_chat_message(database, sent.id, remover_id=owner.id) == gone
        assert (gone.body, gone.metadata, gone.removed_by) == (None, {}, remover.id)
        assert gone in await live_chat.list_chat_messages(database, begun.id)
    for _ in range(3):
        await said(database, begun, fan.id)
    of_fan: Any = {"author_id": fan.id, "livestream_id": begun.id}
    assert await live_chat.remove_chat_messages_of_author(database, **of_fan, remover_id=stranger.id) == 0
    assert await live_chat.remove_chat_messages_of_author(database, **of_fan, remover_id=moderator.id) == 3
    assert await live_chat.remove_chat_messages_of_author(database, **of_fan, remover_id=moderator.id) == 0


async def test_a_ban_holds_until_it_expires_or_is_lifted(database: Database, clock: Clock) -> None:
    owner, fan, moderator, stranger = [await person(database) for _ in range(4)]
    begun = await live(database, owner.id)
    await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=moderator.id)
    whom: Any = {"owner_id": owner.id, "user_id": fan.id}
    assert await live_chat.ban(database, NewBan(**whom, banned_by=stranger.id)) is None
    until = clock.now + timedelta(minutes=1)
    banned = await live_chat.ban(database, NewBan(**whom, banned_by=moderator.id, reason="Spam", expires_at=until))
    assert banned is not None
    assert await live_chat.find_ban(database, **whom) == banned
    assert await refused(database, begun, fan.id) == "live_chat_not_banned"
    clock.advance(timedelta(minutes=1))
    assert await live_chat.find_ban(database, **whom) is None
    assert await refused(database, begun, fan.id) is None
    assert await live_chat.purge_bans(database, batch_size=1) == 1
    await live_chat.ban(database, NewBan(**whom, banned_by=owner.id))
    clock.advance(timedelta(days=9))
    assert await refused(database, begun, fan.id) == "live_chat_not_banned"
    assert await live_chat.purge_bans(database) == 0
    assert await live_chat.lift_ban(database, **whom) == 1
    assert await live_chat.lift_ban(database, **whom) == 0
    assert await refused(database, begun, fan.id) is None


async def test_bans_and_moderators_page_by_page(database: Database, clock: Clock) -> None:
    owner, *others = [await person(database) for _ in range(6)]
    bans = []
    for each in others:
        bans.append(await live_chat.ban(database, NewBan(owner_id=owner.id, user_id=each.id, banned_by=owner.id)))
        await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=each.id)
        clock.advance(SECOND)
    first = await live_chat.list_bans(database, owner.id, limit=2)
    assert first + await live_chat.list_bans(database, owner.id, after=first[-1]) == bans[::-1]
    some = await live_chat.list_moderators(database, owner.id, limit=2)
    rest = await live_chat.list_moderators(database, owner.id, after=some[-1])
    assert [each.moderator_id for each in some + rest] == sorted(each.id for each in others)


async def test_an_import_is_of_the_time_of_its_livestream_and_a_purge_goes_to_the_end(
    database: Database, clock: Clock
) -> None:
    owner, fan = await person(database), await person(database)
    over = await ended(database, owner.id)
    rows = [
        ChatMessage(**builders.chat_message(over, author=fan).model_dump(), **given)
        for given in [{"created_at": clock.now, "removed_at": None, "removed_by": None}] * 5
    ]
    rows.sort(key=lambda row: row.id)
    assert await live_chat.import_chat_messages(database, [*rows, rows[0]], batch_size=4) == 5
    assert await live_chat.import_chat_messages(database, rows) == 0
    async with live_chat.stream_chat_messages_of_author(database, fan.id) as stream:
        assert [row async for row in stream] == rows
    late = rows[0].model_copy(update={"id": uuid7(), "created_at": clock.now + SECOND})
    with pytest.raises(TriggerViolation):
        await live_chat.import_chat_messages(database, [late])
    assert await live_chat.purge_chat_messages(database, before=clock.now, batch_size=2) == 0
    assert await live_chat.purge_chat_messages(database, before=clock.now + SECOND, batch_size=2) == 5


async def test_an_import_of_moderators_and_bans_leaves_out_what_exists(database: Database) -> None:
    owner, *others = sorted([await person(database) for _ in range(4)], key=lambda each: each.id)
    at = database.now()
    moderators = [Moderator(owner_id=owner.id, moderator_id=each.id, created_at=at) for each in others]
    given: dict[str, Any] = {"owner_id": owner.id, "reason": "spam", "expires_at": at + SECOND, "created_at": at}
    bans = [Ban(**given, user_id=each.id, banned_by=each.id) for each in others]
    for store, rows in ((live_chat.import_moderators, moderators), (live_chat.import_bans, bans)):
        bad = rows[0].model_copy(update={"owner_id": uuid7()})
        with pytest.raises(ForeignKeyViolation):
            await store(database, [*rows, bad], batch_size=2)
        assert await store(database, [*rows, rows[0]], batch_size=2) == 3
        assert await store(database, rows) == 0
    assert await live_chat.list_moderators(database, owner.id) == moderators
    assert await live_chat.list_bans(database, owner.id) == bans[::-1]


async def test_a_recorded_chat_is_imported_whatever_its_rules_were(database: Database, clock: Clock) -> None:
    owner, banned = await person(database), await person(database)
    begun = await live(database, owner.id)
    await live_chat.ban(database, NewBan(owner_id=owner.id, user_id=banned.id, banned_by=owner.id))
    strict = ChatRules(livestream_id=begun.id, slow_seconds=60, messages_per_second=1, is_followers_only=True)
    await live_chat.set_chat_rules(database, strict)
    rows = [
        ChatMessage(
            **builders.chat_message(begun, author=banned).model_dump(),
            created_at=clock.now,
            removed_at=None,
            removed_by=None,
        )
        for _ in range(30)
    ]
    with pytest.raises(TriggerViolation) as refused:
        await live_chat.import_chat_messages(database, rows)
    assert refused.value.constraint == "live_chat_not_banned"
    await livestreams.end_livestream(database, begun.id)
    assert await live_chat.import_chat_messages(database, rows) == 30


async def test_a_merge_moves_messages_moderators_and_bans(database: Database) -> None:
    owner, kept, merged, fan = [await person(database) for _ in range(4)]
    begun = await live(database, owner.id)
    sent = await said(database, begun, merged.id)
    for of in (kept, merged):
        await live_chat.add_moderator(database, owner_id=of.id, moderator_id=fan.id)
        await live_chat.ban(database, NewBan(owner_id=of.id, user_id=owner.id, banned_by=of.id))
    await live_chat.add_moderator(database, owner_id=merged.id, moderator_id=kept.id)
    await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=merged.id)
    await live_chat.ban(database, NewBan(owner_id=merged.id, user_id=fan.id, banned_by=merged.id))
    await live_chat.ban(database, NewBan(owner_id=fan.id, user_id=merged.id, banned_by=fan.id))
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    assert (await live_chat.get_chat_message(database, sent.id)).author_id == kept.id
    assert [each.moderator_id for each in await live_chat.list_moderators(database, kept.id)] == [fan.id]
    assert [each.moderator_id for each in await live_chat.list_moderators(database, owner.id)] == [kept.id]
    assert {each.user_id for each in await live_chat.list_bans(database, kept.id)} == {owner.id, fan.id}
    assert await live_chat.find_ban(database, owner_id=fan.id, user_id=kept.id) is not None


async def test_the_messages_of_a_deleted_user_go(database: Database, clock: Clock) -> None:
    owner, fan, moderator = [await person(database) for _ in range(3)]
    begun = await live(database, owner.id)
    await live_chat.add_moderator(database, owner_id=owner.id, moderator_id=moderator.id)
    mine, theirs = await said(database, begun, owner.id), await said(database, begun, fan.id)
    await live_chat.remove_chat_message(database, mine.id, remover_id=moderator.id)
    await live_chat.ban(database, NewBan(owner_id=owner.id, user_id=fan.id, banned_by=moderator.id))
    await users.delete_user(database, moderator.id)
    found = await live_chat.find_ban(database, owner_id=owner.id, user_id=fan.id)
    assert found is not None
    assert found.banned_by is None
    assert (await live_chat.get_chat_message(database, mine.id)).removed_by is None
    await users.delete_user(database, fan.id)
    assert [each.id for each in await live_chat.list_chat_messages(database, begun.id)] == [mine.id]
    with pytest.raises(NotFound):
        await live_chat.get_chat_message(database, theirs.id)
