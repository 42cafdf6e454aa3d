"""INSERT OR REPLACE, which only SQLite has, deletes rows without a DELETE trigger."""

import pytest

from community import comment, person, video
from domain_fixtures import sql_on
from hangar_dal import COMMUNITY, Settings, comments, likes, open_database
from hangar_dal.errors import TriggerViolation


async def test_a_row_that_counts_is_not_replaced(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url), catalog=COMMUNITY) as db:
        owner = await person(db)
        made = await video(db, owner.id)
        written = await comment(db, made.id, owner.id)
        await likes.like_video(db, made.id, user_id=owner.id)
        await likes.like_comment(db, written.id, user_id=owner.id)
        for table in ("video_likes", "comment_likes", "comments"):
            with pytest.raises(TriggerViolation) as caught:
                await sql_on(db)(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
            assert caught.value.constraint == f"{table}_not_replaced"
        assert await likes.count_video_likes(db, made.id) == 1
        assert await comments.count_comments(db, made.id) == 1
