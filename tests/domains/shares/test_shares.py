"""Shares: what a user sees may be passed on, and is counted."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Database, builders, shares, social, users, uuid7, videos
from hangar_dal.errors import CheckViolation, ConstraintViolation, NotFound, UniqueViolation
from hangar_dal.shares import Share, ShareChannel
from hangar_dal.videos import VideoVisibility
from tests.helpers.clock import Clock
from tests.helpers.community import person, video
from tests.helpers.domain_fixtures import Sql


async def share(db: Database, video_id: UUID, user_id: UUID, recipient_id: UUID | None = None, **given: Any) -> Share:
    return await shares.share_video(db, builders.share(video=video_id, user=user_id, recipient=recipient_id, **given))


async def test_a_share_is_stored_and_counted_once(database: Database) -> None:
    owner, fan = await person(database), await person(database)
    made = await video(database, owner.id)
    new = builders.share(video=made, user=fan, message="Look", metadata={"from": "player"})
    first = await shares.share_video(database, new)
    assert (first.channel, first.message, first.metadata) == (ShareChannel.LINK, "Look", {"from": "player"})
    assert await shares.share_video(database, new) == first
    with pytest.raises(UniqueViolation):
        await shares.share_video(database, new.model_copy(update={"user_id": owner.id}))
    await share(database, made.id, fan.id)
    assert await shares.count_shares(database, made.id) == 2
    assert await shares.delete_share(database, first.id, user_id=owner.id) == 0
    assert await shares.delete_share(database, first.id, user_id=fan.id) == 1
    assert await shares.count_shares(database, made.id) == 1


async def test_a_user_receives_what_they_still_see(database: Database, clock: Clock) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made = [await video(database, owner.id) for _ in range(3)]
    sent = []
    for each in made:
        sent.append(await share(database, each.id, ada.id, bob.id))
        clock.advance(timedelta(seconds=1))
    page = await shares.list_received_shares(database, bob.id, limit=2)
    rest = await shares.list_received_shares(database, bob.id, after=page[-1])
    assert [*page, *rest] == sent[::-1]
    mine = await shares.list_shares_of_user(database, ada.id, limit=1)
    assert [*mine, *await shares.list_shares_of_user(database, ada.id, after=mine[-1])] == sent[::-1]
    await videos.update_video(database, made[0].id, visibility=VideoVisibility.PRIVATE)
    assert len(await shares.list_received_shares(database, bob.id)) == 2
    await social.block(database, blocker_id=bob.id, blocked_id=ada.id)
    assert await shares.list_received_shares(database, bob.id) == []


async def test_nothing_hidden_is_shared_and_nobody_hidden_receives(database: Database) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made = await video(database, owner.id)
    await social.block(database, blocker_id=bob.id, blocked_id=ada.id)
    with pytest.raises(NotFound):
        await share(database, made.id, ada.id, bob.id)
    await social.block(database, blocker_id=owner.id, blocked_id=ada.id)
    for video_id in (made.id, uuid7()):
        with pytest.raises(NotFound):
            await share(database, video_id, ada.id)
    with pytest.raises(CheckViolation):
        await share(database, made.id, bob.id, channel=ShareChannel.USER)


async def test_the_table_refuses_a_share_that_breaks_a_rule(database: Database, sql: Sql) -> None:
    owner, fan = await person(database), await person(database)
    made = await video(database, owner.id)
    first = await share(database, made.id, owner.id, fan.id)
    at = "2030-01-02T03:04:05.000000Z"

    def new(recipient: str, channel: str, message: str = "NULL", metadata: str = "{}") -> str:
        return (
            f"INSERT INTO shares VALUES ('{uuid7()}', '{made.id}', '{owner.id}', {recipient}, '{channel}', {message}, "
            f"'{metadata}', '{at}')"
        )

    for rule, statement in (
        ("shares_channel_check", new("NULL", "FAX")),
        ("shares_recipient_check", new(f"'{fan.id}'", "LINK")),
        ("shares_recipient_check", new("NULL", "USER")),
        ("shares_self_check", new(f"'{owner.id}'", "USER")),
        ("shares_message_check", new("NULL", "LINK", "''")),
        ("shares_metadata_check", new("NULL", "LINK", metadata="[]")),
        ("shares_unchanged", "UPDATE shares SET channel = 'EMAIL', recipient_id = NULL"),
        ("shares_self_check", f"UPDATE shares SET recipient_id = '{owner.id}'"),
        ("shares_unchanged", f"UPDATE shares SET id = '{uuid7()}'"),
        ("video_share_counts_shares_check", "UPDATE video_share_counts SET shares = -1"),
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(statement)
        assert caught.value.constraint == rule
    assert await shares.get_share(database, first.id) == first


async def test_a_deleted_user_takes_sent_and_received_shares_along(database: Database, sql: Sql) -> None:
    owner, ada, bob = await person(database), await person(database), await person(database)
    made = await video(database, owner.id)
    await share(database, made.id, ada.id, bob.id)
    await share(database, made.id, bob.id, ada.id)
    await share(database, made.id, owner.id)
    await users.delete_user(database, ada.id)
    assert await shares.count_shares(database, made.id) == 1
    await users.delete_user(database, owner.id)
    assert await sql("SELECT 1 FROM shares") == await sql("SELECT 1 FROM video_share_counts") == []
