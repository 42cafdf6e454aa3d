"""Imports at the same time: counters stay exact, and no two imports wait for each other in a circle."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from hangar_dal import Database, User, builders, comments, likes, shares, social, uuid7
from hangar_dal.comments import ImportedComment
from hangar_dal.errors import TriggerViolation
from hangar_dal.likes import CommentLike
from hangar_dal.shares import Share, ShareChannel
from hangar_dal.social import Block
from tests.helpers.community import catalog as catalog
from tests.helpers.community import comment, person, video

AT = builders.EARLIER
TARGETS, WRITERS, ROUNDS = 40, 8, 3


async def test_imports_that_count_the_same_rows_in_any_order_are_exact(database: Database) -> None:
    """Each import is one statement of each writer; the writers' rows are in orders of their own."""
    owner = await person(database)
    fans = [await person(database) for _ in range(WRITERS * ROUNDS)]
    idols = [await person(database) for _ in range(TARGETS)]
    seen = [await video(database, owner.id) for _ in range(TARGETS)]
    said = [await comment(database, seen[0].id, owner.id) for _ in range(TARGETS)]

    def answer(place: int, fan: Any) -> ImportedComment:
        new = builders.comment(video=seen[0], author=fan, parent=said[place])
        given = {"parent_id": said[place].id, "root_id": said[place].id, "depth": 2, "created_at": AT}
        return ImportedComment(id=new.id, video_id=seen[0].id, author_id=fan.id, body=new.body, **given)

    def share(place: int, fan: Any) -> Share:
        new = builders.share(video=seen[place], user=fan)
        return Share(**new.model_dump(exclude={"channel"}), channel=ShareChannel.LINK, created_at=AT)

    kinds: list[tuple[Callable[..., Awaitable[int]], Callable[[int, Any], Any]]] = [
        (likes.import_video_likes, lambda place, fan: builders.like(video=seen[place], user=fan)),
        (
            likes.import_comment_likes,
            lambda at, fan: CommentLike(comment_id=said[at].id, user_id=fan.id, created_at=AT),
        ),
        (social.import_follows, lambda place, fan: builders.follow(follower=fan, followed=idols[place])),
        (comments.import_comments, answer),
        (shares.import_shares, share),
    ]
    for store, make in kinds:
        for round_ in range(ROUNDS):
            chosen = [Random(place).sample(range(TARGETS), TARGETS) for place in range(WRITERS)]
            writers = fans[round_ * WRITERS : (round_ + 1) * WRITERS]
            rows = [[make(at, fan) for at in order] for fan, order in zip(writers, chosen, strict=True)]
            assert await asyncio.gather(*(store(database, each) for each in rows)) == [TARGETS] * WRITERS
    for place in range(TARGETS):
        assert await likes.count_video_likes(database, seen[place].id) == len(fans)
        assert await likes.count_comment_likes(database, said[place].id) == len(fans)
        assert (await social.count_follows(database, idols[place].id)).followers == len(fans)
        assert await shares.count_shares(database, seen[place].id) == len(fans)
    assert await comments.count_comments(database, seen[0].id) == TARGETS * (len(fans) + 1)


@pytest.mark.parametrize("batch_size", [3, 500])
async def test_follows_and_blocks_that_are_imported_at_once_never_both_stay(
    database: Database, batch_size: int
) -> None:
    people = [(await person(database)).id for _ in range(12)]
    pairs = [(one, other) for one in people for other in people if one < other]
    follows = [builders.follow(follower=one, followed=other) for one, other in pairs]
    blocks = [Block(blocker_id=other, blocked_id=one, created_at=AT) for one, other in pairs[::3]]
    await asyncio.gather(
        social.import_follows(database, follows, batch_size=batch_size),
        *(social.import_blocks(database, [each]) for each in blocks),
        return_exceptions=True,
    )
    async with social.stream_all_follows(database) as stream:
        stored = {(each.follower_id, each.followed_id) async for each in stream}
    kept = set()
    for one in people:
        async with social.stream_blocks(database, one) as found:
            kept |= {(each.blocked_id, each.blocker_id) async for each in found}
    assert len(kept) == len(blocks)
    assert stored.isdisjoint(kept)


async def of_one_shard(database: Database) -> User:
    """A user whose id ends in 0, so that all of them are counted in the same row of a counter."""
    made = next(key for key in iter(uuid7, None) if str(key).endswith("0"))
    return await person(database, id=made)


async def test_a_follow_takes_its_locks_before_it_counts_as_a_block_does(database: Database) -> None:
    """Both wait for the pair and for the counter of the first user: in different orders, they would deadlock."""
    for _ in range(10):
        ada, bob, eve = [await of_one_shard(database) for _ in range(3)]
        await social.follow(database, follower_id=bob.id, followed_id=ada.id)
        follows = [builders.follow(follower=eve, followed=ada), builders.follow(follower=ada, followed=bob)]
        stored, blocked = await asyncio.gather(
            social.import_follows(database, follows),
            social.block(database, blocker_id=ada.id, blocked_id=bob.id),
            return_exceptions=True,
        )
        assert isinstance(blocked, Block)
        assert stored == 2 or isinstance(stored, TriggerViolation)
