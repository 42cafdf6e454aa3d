"""What somebody may do with a video, over every combination of who they are and who sees it."""

from collections.abc import Awaitable
from uuid import UUID

import pytest

from hangar_dal import Database, comments, likes, shares, social, users, videos
from hangar_dal.errors import NotFound
from hangar_dal.likes import VideoLike
from hangar_dal.shares import NewShare, ShareChannel
from hangar_dal.users import UserStatus
from hangar_dal.videos import VideoVisibility
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql

VIEWERS = ("owner", "follower", "requester", "stranger", "nobody", "blocked")
ACCOUNTS = ("open", "private", "suspended")


async def succeeds(call: Awaitable[object]) -> bool:
    try:
        await call
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("visibility", VideoVisibility)
async def test_only_who_sees_a_video_uses_it(database: Database, sql: Sql, visibility: VideoVisibility) -> None:
    """`find_visible_video`, which has a test of its own, says who sees it."""
    people = {name: (await person(database)).id for name in VIEWERS if name != "nobody"}
    host, owner, friend = await person(database), people["owner"], await person(database)
    made = (await video(database, owner, visibility=visibility)).id
    await social.follow(database, follower_id=people["follower"], followed_id=owner)
    asked = "'PENDING', '2030-01-02T03:04:05.000000Z', NULL"
    await sql(f"INSERT INTO follows VALUES ('{people['requester']}', '{owner}', {asked})")
    # Everybody has used it before, while it was seen by all of them.
    await videos.update_video(database, made, visibility=VideoVisibility.PUBLIC)
    for user_id in [each for each in people.values() if each != owner]:
        await likes.like_video(database, made, user_id=user_id)
        await shares.share_video(
            database, NewShare(video_id=made, user_id=host.id, recipient_id=user_id, channel=ShareChannel.USER)
        )
    first = await comment(database, made, host.id)
    await comment(database, made, host.id, parent_id=first.id)
    await likes.like_comment(database, first.id, user_id=host.id)
    own = {user_id: await comment(database, made, user_id) for user_id in people.values()}
    await videos.update_video(database, made, visibility=visibility)
    await social.block(database, blocker_id=owner, blocked_id=people["blocked"])

    async def uses(viewer: UUID | None) -> dict[str, bool]:
        found = {
            "the comment": await comments.find_visible_comment(database, first.id, viewer_id=viewer) is not None,
            "comments": await comments.list_comments(database, made, viewer_id=viewer) != [],
            "answers": await comments.list_answers(database, first.id, viewer_id=viewer) != [],
            "branch": await comments.list_branch(database, first.id, viewer_id=viewer) != [],
            "likes": await likes.list_video_likes(database, made, viewer_id=viewer) != [],
            "likes of a comment": await likes.list_comment_likes(database, first.id, viewer_id=viewer) != [],
        }
        if viewer is None:
            return found
        if viewer != owner:
            found["liked"] = await likes.list_videos_liked_by(database, viewer) != []
            found["received"] = await shares.list_received_shares(database, viewer) != []
        await likes.unlike_video(database, made, user_id=viewer)
        share = NewShare(video_id=made, user_id=viewer, recipient_id=friend.id, channel=ShareChannel.USER)
        return found | {
            "like": await succeeds(likes.like_video(database, made, user_id=viewer)),
            "like a comment": await succeeds(likes.like_comment(database, own[owner].id, user_id=viewer)),
            "comment": await succeeds(comment(database, made, viewer)),
            "answer": await succeeds(comment(database, made, viewer, parent_id=first.id)),
            "edit": await succeeds(comments.edit_comment(database, own[viewer].id, author_id=viewer, body="Changed")),
            "share": await succeeds(shares.share_video(database, share)),
        }

    for account in ACCOUNTS:
        await users.update_user(database, owner, is_private=account == "private")
        await users.set_user_status(
            database, owner, UserStatus.SUSPENDED if account == "suspended" else UserStatus.ACTIVE
        )
        for name in VIEWERS:
            viewer = people.get(name)
            is_seen = await videos.find_visible_video(database, made, viewer_id=viewer) is not None
            wrong = [what for what, is_done in (await uses(viewer)).items() if is_done != is_seen]
            assert wrong == [], (account, name, is_seen)
            if viewer is not None:  # likes the video and not the comment, as before
                await likes.unlike_comment(database, own[owner].id, user_id=viewer)
                at = database.now()
                await likes.insert_video_likes(database, [VideoLike(video_id=made, user_id=viewer, created_at=at)])
        feed = await social.list_followed_videos(database, people["follower"])
        is_fed = account != "suspended" and visibility in {VideoVisibility.PUBLIC, VideoVisibility.FOLLOWERS}
        assert bool(feed) is is_fed, account
