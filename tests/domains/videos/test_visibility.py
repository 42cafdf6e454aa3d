"""Who sees which video, over every list."""

from itertools import product

import pytest

from community import person, video
from hangar_dal import Database, social, videos
from hangar_dal.database import Statement
from hangar_dal.videos import VideoVisibility

VIEWERS = ("owner", "follower", "requester", "stranger", "nobody", "blocked", "blocker")


@pytest.mark.parametrize("visibility", VideoVisibility)
async def test_each_viewer_sees_what_visibility_follows_and_blocks_allow(
    database: Database, visibility: VideoVisibility
) -> None:
    people = {name: await person(database) for name in VIEWERS if name != "nobody"}
    owner = people["owner"]
    made = await video(database, owner.id, visibility=visibility)
    await social.follow(database, follower_id=people["follower"].id, followed_id=owner.id)
    await _request(database, people["requester"].id, owner.id)
    await social.block(database, blocker_id=owner.id, blocked_id=people["blocked"].id)
    await social.block(database, blocker_id=people["blocker"].id, blocked_id=owner.id)
    strangers = {"requester", "stranger", "nobody"}
    by_id = {
        "PUBLIC": {"owner", "follower", *strangers},
        "UNLISTED": {"owner", "follower", *strangers},
        "FOLLOWERS": {"owner", "follower"},
        "PRIVATE": {"owner"},
    }[visibility]
    in_lists = by_id - ({"follower", *strangers} if visibility == "UNLISTED" else set())
    everywhere = by_id if visibility == "PUBLIC" else set()
    seen: dict[str, set[str]] = {name: set() for name in ("by id", "of owner", "feed", "search", "trending")}
    await videos.record_view(database, made.id, viewer_id=owner.id)
    for name in VIEWERS:
        viewer = people[name].id if name in people else None
        if await videos.find_visible_video(database, made.id, viewer_id=viewer):
            seen["by id"].add(name)
        for kind, page in {
            "of owner": await videos.list_visible_videos_of_owner(database, owner.id, viewer_id=viewer),
            "feed": await videos.list_public_videos(database, viewer_id=viewer),
            "search": await videos.search_videos(database, "fli", viewer_id=viewer),
            "trending": await videos.list_trending_videos(database, since=database.now().date(), viewer_id=viewer),
        }.items():
            if page:
                seen[kind].add(name)
    assert seen == {
        "by id": by_id,
        "of owner": in_lists,
        "feed": everywhere,
        "search": everywhere,
        "trending": everywhere,
    }


async def _request(database: Database, follower_id: object, followed_id: object) -> None:
    """A request that the owner has not accepted."""
    sql = (
        f"INSERT INTO follows VALUES ('{follower_id}', '{followed_id}', 'PENDING', '2030-01-02T03:04:05.000000Z', NULL)"
    )
    await database.run(Statement("test", sql, True), ())


async def test_others_see_only_what_is_published_and_not_removed(database: Database) -> None:
    owner, viewer = await person(database), await person(database)
    made = await video(database, owner.id, published_at=None)
    for viewer_id, is_seen in product((owner.id, viewer.id), (True,)):
        found = await videos.find_visible_video(database, made.id, viewer_id=viewer_id)
        assert (found is not None) is (is_seen and viewer_id == owner.id)
    await videos.publish_video(database, made.id, visibility=VideoVisibility.PUBLIC)
    assert await videos.find_visible_video(database, made.id, viewer_id=None)
    await videos.remove_video(database, made.id)
    for viewer_id in (owner.id, viewer.id, None):
        assert await videos.find_visible_video(database, made.id, viewer_id=viewer_id) is None
    assert await videos.list_public_videos(database) == []
