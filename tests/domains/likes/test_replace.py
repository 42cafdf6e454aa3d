"""INSERT OR REPLACE, which only SQLite has, deletes rows without a DELETE trigger."""

import pytest

from hangar_dal import COMMUNITY, Settings, builders, comments, likes, open_database, shares, social
from hangar_dal.errors import TriggerViolation
from hangar_dal.social import FollowCounts
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import sql_on


async def test_a_row_that_counts_is_not_replaced(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url), catalog=COMMUNITY) as db:
        owner = await person(db)
        made = await video(db, owner.id)
        written = await comment(db, made.id, owner.id)
        await likes.like_video(db, made.id, user_id=owner.id)
        await likes.like_comment(db, written.id, user_id=owner.id)
        await shares.share_video(db, builders.share(video=made, user=owner))
        fan = await person(db)
        await social.follow(db, follower_id=fan.id, followed_id=owner.id)
        for table in ("video_likes", "comment_likes", "comments", "shares", "follows"):
            with pytest.raises(TriggerViolation) as caught:
                await sql_on(db)(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
            assert caught.value.constraint == f"{table}_not_replaced"
        assert await likes.count_video_likes(db, made.id) == 1
        assert await comments.count_comments(db, made.id) == 1
        assert await shares.count_shares(db, made.id) == 1
        assert await social.count_follows(db, fan.id) == FollowCounts(followers=0, followed=1)
