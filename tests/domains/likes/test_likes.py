"""Likes of videos and comments: once per user, counted exactly, and only of what the user sees."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from hangar_dal import Database, builders, likes, social, users, uuid7, videos
from hangar_dal.errors import ConstraintViolation, ForeignKeyViolation, NotFound
from hangar_dal.videos import VideoVisibility
from tests.helpers.clock import Clock
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql


class Kind(NamedTuple):
    """The functions for likes of one kind, which have the same tests."""

    name: str
    like: Any
    unlike: Any
    count: Any
    list: Any
    target: Callable[[Database, UUID], Awaitable[UUID]]


async def _video(db: Database, owner_id: UUID) -> UUID:
    return (await video(db, owner_id)).id


async def _comment(db: Database, owner_id: UUID) -> UUID:
    return (await comment(db, (await video(db, owner_id)).id, owner_id)).id


KINDS = (
    Kind(
        name="video",
        like=likes.like_video,
        unlike=likes.unlike_video,
        count=likes.count_video_likes,
        list=likes.list_video_likes,
        target=_video,
    ),
    Kind(
        name="comment",
        like=likes.like_comment,
        unlike=likes.unlike_comment,
        count=likes.count_comment_likes,
        list=likes.list_comment_likes,
        target=_comment,
    ),
)
each_kind = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


@each_kind
async def test_a_user_likes_once_and_may_take_it_back(database: Database, kind: Kind) -> None:
    owner, fan = await person(database), await person(database)
    target = await kind.target(database, owner.id)
    first = await kind.like(database, target, user_id=fan.id)
    assert await kind.like(database, target, user_id=fan.id) == first
    await kind.like(database, target, user_id=owner.id)
    assert await kind.count(database, target) == 2
    assert await kind.unlike(database, target, user_id=fan.id) == 1
    assert await kind.unlike(database, target, user_id=fan.id) == 0
    assert await kind.count(database, target) == 1


@each_kind
async def test_pages_of_likes_are_the_newest_first(database: Database, clock: Clock, kind: Kind) -> None:
    owner = await person(database)
    target = await kind.target(database, owner.id)
    made = []
    for _ in range(5):
        made.append(await kind.like(database, target, user_id=(await person(database)).id))
        clock.advance(timedelta(seconds=1))
    page = await kind.list(database, target, viewer_id=None, limit=2)
    rest = await kind.list(database, target, viewer_id=None, after=page[-1])
    assert [*page, *rest] == made[::-1]


@each_kind
async def test_nobody_likes_what_a_block_hides(database: Database, kind: Kind) -> None:
    owner, fan, other = await person(database), await person(database), await person(database)
    target = await kind.target(database, owner.id)
    await kind.like(database, target, user_id=other.id)
    await social.block(database, blocker_id=owner.id, blocked_id=fan.id)
    with pytest.raises(NotFound):
        await kind.like(database, target, user_id=fan.id)
    assert await kind.list(database, target, viewer_id=fan.id) == []
    await social.block(database, blocker_id=owner.id, blocked_id=other.id)
    assert await kind.list(database, target, viewer_id=owner.id) == []
    assert await kind.count(database, target) == 1


@each_kind
async def test_there_is_no_like_of_what_does_not_exist(database: Database, kind: Kind) -> None:
    with pytest.raises(NotFound):
        await kind.like(database, uuid7(), user_id=(await person(database)).id)
    target = await kind.target(database, (await person(database)).id)
    with pytest.raises(ForeignKeyViolation):
        await kind.like(database, target, user_id=uuid7())


async def test_a_private_video_is_liked_by_its_owner_alone(database: Database) -> None:
    owner, fan = await person(database), await person(database)
    made = await video(database, owner.id, visibility=VideoVisibility.PRIVATE)
    with pytest.raises(NotFound):
        await likes.like_video(database, made.id, user_id=fan.id)
    await likes.like_video(database, made.id, user_id=owner.id)


async def test_a_user_sees_what_they_liked_while_they_see_the_videos(database: Database, clock: Clock) -> None:
    owner, fan = await person(database), await person(database)
    made = [await video(database, owner.id) for _ in range(3)]
    for each in made:
        await likes.like_video(database, each.id, user_id=fan.id)
        clock.advance(timedelta(seconds=1))
    page = await likes.list_videos_liked_by(database, fan.id, limit=2)
    rest = await likes.list_videos_liked_by(database, fan.id, after=page[-1])
    assert [each.video_id for each in [*page, *rest]] == [each.id for each in reversed(made)]
    await videos.remove_video(database, made[0].id)
    assert len(await likes.list_videos_liked_by(database, fan.id)) == 2
    await social.block(database, blocker_id=fan.id, blocked_id=owner.id)
    assert await likes.list_videos_liked_by(database, fan.id) == []


async def test_likes_are_imported_once_and_counted(database: Database) -> None:
    owner = await person(database)
    target = await video(database, owner.id)
    at = database.now()
    rows = [builders.like(video=target, user=await person(database), created_at=at) for _ in range(5)]
    assert await likes.import_video_likes(database, [*rows, *rows], batch_size=4) == 5
    assert await likes.import_video_likes(database, rows) == 0
    assert await likes.count_video_likes(database, target.id) == 5
    async with likes.stream_video_likes(database) as stream:
        assert {row.user_id async for row in stream} == {row.user_id for row in rows}


@each_kind
async def test_counts_are_exact_while_many_like_and_unlike_at_once(database: Database, kind: Kind) -> None:
    target = await kind.target(database, (await person(database)).id)
    fans = [await person(database) for _ in range(12)]

    async def change(fan_id: UUID, keeps: bool) -> None:
        await kind.like(database, target, user_id=fan_id)
        await kind.unlike(database, target, user_id=fan_id)
        if keeps:
            await asyncio.gather(*(kind.like(database, target, user_id=fan_id) for _ in range(2)))

    await asyncio.gather(*(change(fan.id, number % 3 == 0) for number, fan in enumerate(fans)))
    assert await kind.count(database, target) == 4
    assert len(await kind.list(database, target, viewer_id=None)) == 4


@each_kind
async def test_the_tables_refuse_a_like_that_is_changed_or_of_nothing(database: Database, sql: Sql, kind: Kind) -> None:
    owner, fan = await person(database), await person(database)
    target = await kind.target(database, owner.id)
    await kind.like(database, target, user_id=fan.id)
    table, at = f"{kind.name}_likes", "2030-01-02T03:04:05.000000Z"
    for change, rule in (
        (f"UPDATE {table} SET user_id = '{owner.id}'", f"{table}_unchanged"),
        (f"UPDATE {table} SET created_at = '{at}'", f"{table}_unchanged"),
        (f"UPDATE {kind.name}_like_counts SET likes = -1", f"{kind.name}_like_counts_likes_check"),
        (f"UPDATE {kind.name}_like_counts SET shard = 'g'", f"{kind.name}_like_counts_shard_check"),
    ):
        with pytest.raises(ConstraintViolation) as caught:
            await sql(change)
        assert caught.value.constraint == rule
    for first, second in ((uuid7(), fan.id), (target, uuid7())):
        with pytest.raises(ForeignKeyViolation):
            await sql(f"INSERT INTO {table} VALUES ('{first}', '{second}', '{at}')")
    assert await kind.count(database, target) == 1


@each_kind
async def test_counts_follow_every_way_in_which_likes_go(database: Database, sql: Sql, kind: Kind) -> None:
    owner, fan, other = await person(database), await person(database), await person(database)
    target = await kind.target(database, owner.id)
    for user in (owner, fan, other):
        await kind.like(database, target, user_id=user.id)
    await users.delete_user(database, fan.id)
    assert await kind.count(database, target) == 2
    await sql(f"DELETE FROM {kind.name}_likes WHERE user_id = '{other.id}'")
    assert await kind.count(database, target) == 1
    await users.delete_user(database, owner.id)
    assert await sql(f"SELECT 1 FROM {kind.name}_like_counts") == []
    assert await sql(f"SELECT 1 FROM {kind.name}_likes") == []
