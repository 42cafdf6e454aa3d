"""Who sees which video, over every list."""

from hangar_dal import Database, social, users, video_views, videos
from hangar_dal.database import Statement
from hangar_dal.users import UserStatus
from hangar_dal.videos import VideoVisibility
from tests.helpers.community import person, video

VIEWERS = ("owner", "follower", "requester", "stranger", "nobody", "blocked", "blocker")


OTHERS = {"follower", "requester", "stranger", "nobody"}
# Who sees a video by its id and in lists of its owner, besides the owner. Only PUBLIC videos are in other lists.
SEEN = {
    ("PUBLIC", "open"): (OTHERS, OTHERS),
    ("UNLISTED", "open"): (OTHERS, set()),
    ("FOLLOWERS", "open"): ({"follower"}, {"follower"}),
    ("PRIVATE", "open"): (set(), set()),
    ("PUBLIC", "private"): ({"follower"}, {"follower"}),
    ("UNLISTED", "private"): ({"follower"}, set()),
    ("FOLLOWERS", "private"): ({"follower"}, {"follower"}),
    ("PRIVATE", "private"): (set(), set()),
    **{(visibility, "suspended"): (set(), set()) for visibility in VideoVisibility},
}


async def test_each_viewer_sees_what_visibility_account_follows_and_blocks_allow(database: Database) -> None:
    for (visibility, account), (expected_by_id, expected_of_owner) in SEEN.items():
        people = {name: await person(database) for name in VIEWERS if name != "nobody"}
        owner = people["owner"]
        made = await video(database, owner.id, visibility=VideoVisibility(visibility), tags=["tag"])
        await social.follow(database, follower_id=people["follower"].id, followed_id=owner.id)
        await _request(database, people["requester"].id, owner.id)
        await social.block(database, blocker_id=owner.id, blocked_id=people["blocked"].id)
        await social.block(database, blocker_id=people["blocker"].id, blocked_id=owner.id)
        await video_views.record_view(database, made.id, viewer_id=owner.id)
        await video_views.refresh_trends(database)
        if account == "private":
            await users.update_user(database, owner.id, is_private=True)
        if account == "suspended":
            await users.set_user_status(database, owner.id, UserStatus.SUSPENDED)
        seen: dict[str, set[str]] = {}
        for name in VIEWERS:
            viewer = people[name].id if name in people else None
            by_id = await videos.find_visible_video(database, made.id, viewer_id=viewer)
            lists = {
                "by id": [by_id] if by_id else [],
                "of owner": await videos.list_visible_videos_of_owner(database, owner.id, viewer_id=viewer),
                "newest": await videos.list_public_videos(database, viewer_id=viewer),
                "tagged": await videos.list_public_videos(database, viewer_id=viewer, any_tags=["tag"]),
                "search": await videos.search_videos(database, "fli", viewer_id=viewer),
                "trending": await video_views.list_trending_videos(database, viewer_id=viewer),
            }
            for kind, page in lists.items():
                seen.setdefault(kind, set()).update(name for each in page if each.owner_id == owner.id)
            if viewer and name != "owner":
                has_counted = await video_views.record_view(database, made.id, viewer_id=viewer)
                assert has_counted == (by_id is not None), name
        everywhere = {"owner", *OTHERS} if (visibility, account) == ("PUBLIC", "open") else set()
        assert seen == {
            "by id": {"owner", *expected_by_id},
            "of owner": {"owner", *expected_of_owner},
            **dict.fromkeys(("newest", "tagged", "search", "trending"), everywhere),
        }, (visibility, account)


async def _request(database: Database, follower_id: object, followed_id: object) -> None:
    """A request that the owner has not accepted."""
    sql = (
        f"INSERT INTO follows VALUES ('{follower_id}', '{followed_id}', 'PENDING', '2030-01-02T03:04:05.000000Z', NULL)"
    )
    await database.run(Statement("test", sql, True), ())


async def test_others_see_only_what_is_published_and_not_removed(database: Database) -> None:
    owner, viewer = await person(database), await person(database)
    made = await video(database, owner.id, published_at=None)
    for viewer_id in (owner.id, viewer.id, None):
        found = await videos.find_visible_video(database, made.id, viewer_id=viewer_id)
        assert (found is not None) is (viewer_id == owner.id)
    await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert await videos.find_visible_video(database, made.id, viewer_id=None)
    await videos.remove_video(database, made.id)
    for viewer_id in (owner.id, viewer.id, None):
        assert await videos.find_visible_video(database, made.id, viewer_id=viewer_id) is None
    assert await videos.list_public_videos(database) == []
