"""Who sees what after a block, over every list, for each pair of users."""

from uuid import UUID

from community import comment, person, video
from hangar_dal import Database, builders, comments, likes, shares, social, video_views, videos


async def test_each_list_hides_what_a_block_hides(database: Database) -> None:
    """Everybody does everything to everybody first; then the first blocks the second, and nobody blocks the third."""
    blocker, blocked, third = people = [(await person(database)).id for _ in range(3)]
    made = {owner: await video(database, owner, tags=["tag"]) for owner in people}
    host, guest = await person(database), await person(database)
    shared = await video(database, host.id, title="Host")
    written: dict[UUID, UUID] = {}
    for one in people:
        await social.follow(database, follower_id=one, followed_id=host.id)
        await social.follow(database, follower_id=one, followed_id=guest.id)
        await social.follow(database, follower_id=host.id, followed_id=one)
        await likes.like_video(database, shared.id, user_id=one)
        written[one] = (await comment(database, shared.id, one)).id
        for other in set(people) - {one}:
            await social.follow(database, follower_id=one, followed_id=other)
            await likes.like_video(database, made[other].id, user_id=one)
            await shares.share_video(database, builders.share(video=shared, user=one, recipient=other))
            await comment(database, made[other].id, one)
            await video_views.record_view(database, made[other].id, viewer_id=one)
    top = await comment(database, shared.id, host.id)
    for one in people:
        await comment(database, shared.id, one, parent_id=top.id)
        for other in people:
            await likes.like_comment(database, written[other], user_id=one)
    await video_views.refresh_trends(database)

    async def seen(viewer: UUID, other: UUID) -> dict[str, bool]:
        """Where the viewer finds the other user, or something of theirs."""
        video_id = made[other].id
        owners = {
            "feed": await videos.list_public_videos(database, viewer_id=viewer),
            "tag": await videos.list_public_videos(database, viewer_id=viewer, any_tags=["tag"]),
            "search": await videos.search_videos(database, "flight", viewer_id=viewer),
            "videos of an owner": await videos.list_visible_videos_of_owner(database, other, viewer_id=viewer),
            "followed": await social.list_followed_videos(database, viewer),
            "trending": await video_views.list_trending_videos(database, viewer_id=viewer),
        }
        users = {
            "followers": await social.list_followers(database, host.id, viewer_id=viewer),
            "following": await social.list_following(database, host.id, viewer_id=viewer),
            "friends": await social.list_friends(database, viewer),
            "mutual": await social.list_mutual_followers(database, host.id, other_id=guest.id, viewer_id=viewer),
        }
        found = {name: any(each.owner_id == other for each in page) for name, page in owners.items()}
        found |= {name: any(each.id == other for each in page) for name, page in users.items()}
        threads = await comments.list_comments(database, shared.id, viewer_id=viewer)
        answers = await comments.list_answers(database, top.id, viewer_id=viewer)
        branch = await comments.list_branch(database, top.id, viewer_id=viewer)
        below = [each for thread in threads for each in thread.first_answers]
        for name, page in {"comments": threads, "first": below, "answers": answers, "branch": branch}.items():
            found[name] = any(each.author is not None and each.author.id == other for each in page)
        return found | {
            "profile": await social.find_profile(database, other, viewer_id=viewer) is not None,
            "their followers": await social.list_followers(database, other, viewer_id=viewer) != [],
            "their followed": await social.list_following(database, other, viewer_id=viewer) != [],
            "comment": await comments.find_visible_comment(database, written[other], viewer_id=viewer) is not None,
            "video": await videos.find_visible_video(database, video_id, viewer_id=viewer) is not None,
            "comments on their video": await comments.list_comments(database, video_id, viewer_id=viewer) != [],
            "likes of their video": await likes.list_video_likes(database, video_id, viewer_id=viewer) != [],
            "likes of their comment": await likes.list_comment_likes(database, written[other], viewer_id=viewer) != [],
            "likers": any(
                each.user_id == other for each in await likes.list_video_likes(database, shared.id, viewer_id=viewer)
            ),
            "liked": any(each.video_id == video_id for each in await likes.list_videos_liked_by(database, viewer)),
            "received": any(each.user_id == other for each in await shares.list_received_shares(database, viewer)),
            "not to be left out": await social.list_hidden_users(database, [other], viewer_id=viewer) == [],
        }

    pairs = [(one, other) for one in people for other in people if one != other]
    for viewer, other in pairs:
        assert [name for name, is_seen in (await seen(viewer, other)).items() if not is_seen] == []
    await social.block(database, blocker_id=blocker, blocked_id=blocked)
    for viewer, other in pairs:
        is_hidden = third not in (viewer, other)
        wrong = [name for name, is_seen in (await seen(viewer, other)).items() if is_seen is is_hidden]
        assert wrong == []
