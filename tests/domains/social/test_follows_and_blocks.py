"""Follows, requests and blocks, and what their tables refuse."""

import asyncio

import pytest

from hangar_dal import Database, social, users, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, ForeignKeyViolation, NotFound, TriggerViolation
from hangar_dal.social import FollowStatus
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql

AT = "2030-01-02T03:04:05.000000Z"


async def test_a_public_account_is_followed_at_once(database: Database) -> None:
    ada, bob = await person(database), await person(database)
    first = await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    assert first.status is FollowStatus.ACCEPTED
    assert first.accepted_at == database.now()
    assert await social.follow(database, follower_id=ada.id, followed_id=bob.id) == first


async def test_a_private_account_accepts_or_refuses(database: Database) -> None:
    ada, bob = await person(database), await person(database, is_private=True)
    pair = {"follower_id": ada.id, "followed_id": bob.id}
    assert (await social.follow(database, **pair)).status is FollowStatus.PENDING
    assert await social.refuse_follow(database, **pair) == 1
    assert await social.refuse_follow(database, **pair) == 0
    await social.follow(database, **pair)
    accepted = await social.accept_follow(database, **pair)
    assert accepted.status is FollowStatus.ACCEPTED
    assert await social.accept_follow(database, **pair) == accepted
    assert await social.follow(database, **pair) == accepted
    assert await social.refuse_follow(database, **pair) == 0
    assert await social.unfollow(database, **pair) == 1
    assert await social.unfollow(database, **pair) == 0
    with pytest.raises(NotFound):
        await social.accept_follow(database, **pair)


async def test_a_user_that_does_not_exist_or_is_not_active_is_not_followed(database: Database) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    follow = await social.follow(database, follower_id=ada.id, followed_id=eve.id)
    for each in (bob, eve):
        await users.set_user_status(database, each.id, users.UserStatus.SUSPENDED)
    for missing in (uuid7(), bob.id):
        with pytest.raises(NotFound):
            await social.follow(database, follower_id=ada.id, followed_id=missing)
    assert await social.follow(database, follower_id=ada.id, followed_id=eve.id) == follow
    with pytest.raises(ForeignKeyViolation):
        await social.follow(database, follower_id=uuid7(), followed_id=ada.id)
    with pytest.raises(CheckViolation):
        await social.follow(database, follower_id=ada.id, followed_id=ada.id)


async def test_a_block_ends_both_follows_and_prevents_new_ones(database: Database, sql: Sql) -> None:
    ada, bob = await person(database), await person(database)
    for one, other in ((ada, bob), (bob, ada)):
        await social.follow(database, follower_id=one.id, followed_id=other.id)
    blocked = await social.block(database, blocker_id=ada.id, blocked_id=bob.id)
    assert await social.block(database, blocker_id=ada.id, blocked_id=bob.id) == blocked
    assert await sql("SELECT 1 FROM follows") == []
    for one, other in ((ada, bob), (bob, ada)):
        with pytest.raises(TriggerViolation) as caught:
            await social.follow(database, follower_id=one.id, followed_id=other.id)
        assert caught.value.constraint == "follows_not_blocked"
    assert await social.unblock(database, blocker_id=ada.id, blocked_id=bob.id) == 1
    assert await social.unblock(database, blocker_id=ada.id, blocked_id=bob.id) == 0
    await social.follow(database, follower_id=bob.id, followed_id=ada.id)


async def test_a_follow_and_a_block_at_the_same_time_never_both_stay(database: Database, sql: Sql) -> None:
    for _ in range(10):
        ada, bob = await person(database), await person(database)
        await asyncio.gather(
            social.follow(database, follower_id=bob.id, followed_id=ada.id),
            social.block(database, blocker_id=ada.id, blocked_id=bob.id),
            return_exceptions=True,
        )
        assert await sql(f"SELECT 1 FROM blocks WHERE blocker_id = '{ada.id}'") != []
        assert await sql("SELECT 1 FROM follows") == []


async def test_a_user_that_is_deleted_takes_follows_and_blocks_along(database: Database, sql: Sql) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    for one, other in ((ada, bob), (bob, ada)):
        await social.follow(database, follower_id=one.id, followed_id=other.id)
    await social.block(database, blocker_id=ada.id, blocked_id=eve.id)
    await users.delete_user(database, ada.id)
    assert await sql("SELECT 1 FROM follows") == await sql("SELECT 1 FROM blocks") == []


@pytest.mark.parametrize(
    ("status", "accepted", "rule"),
    [
        ("GONE", "NULL", "follows_status_check"),
        ("PENDING", f"'{AT}'", "follows_accepted_check"),
        ("ACCEPTED", "NULL", "follows_accepted_check"),
    ],
)
async def test_the_table_refuses_a_follow_that_breaks_a_rule(
    database: Database, sql: Sql, status: str, accepted: str, rule: str
) -> None:
    ada, bob = await person(database), await person(database)
    with pytest.raises(ConstraintViolation) as caught:
        await sql(f"INSERT INTO follows VALUES ('{ada.id}', '{bob.id}', '{status}', '{AT}', {accepted})")
    assert caught.value.constraint == rule


async def test_the_table_refuses_other_users_and_a_step_back(database: Database, sql: Sql) -> None:
    ada, bob, eve = await person(database), await person(database), await person(database)
    await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    await social.block(database, blocker_id=ada.id, blocked_id=eve.id)
    for change, rule in (
        ("UPDATE follows SET status = 'PENDING', accepted_at = NULL", "follows_status_transition"),
        (f"UPDATE follows SET followed_id = '{eve.id}'", "follows_unchanged"),
        (f"UPDATE blocks SET blocked_id = '{bob.id}'", "blocks_unchanged"),
    ):
        with pytest.raises(TriggerViolation) as caught:
            await sql(change)
        assert caught.value.constraint == rule
