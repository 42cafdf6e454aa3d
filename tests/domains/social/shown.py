"""A crowd of users, and whether each query shows one of them something of another."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from hangar_dal import Database, builders, comments, likes, notifications, shares, social, video_views, videos
from hangar_dal.videos import Video
from tests.helpers.community import comment, person, video


@dataclass(frozen=True)
class Crowd:
    """Users, and what they have made."""

    db: Database
    people: list[UUID]
    host_id: UUID
    """A friend of everybody, on whose video everybody comments."""
    guest_id: UUID
    """Somebody else whom everybody follows."""
    shared: Video
    top_id: UUID
    """The comment of the host, which everybody answers."""
    made: dict[UUID, Video]
    written: dict[UUID, UUID]
    """The comment of each on the video of the host."""
    below: dict[UUID, UUID]
    """The answer of the host to each of these, with an answer of the host."""
    on_theirs: dict[UUID, UUID]
    """The comment of the host on the video of each, with an answer of the host."""
    events: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict)
    """What each recipient was told about each actor."""

    @property
    def pairs(self) -> list[tuple[UUID, UUID]]:
        return [(one, other) for one in self.people for other in self.people if one != other]


async def strangers(db: Database, size: int) -> Crowd:
    """Nobody has done anything to anybody yet."""
    people = [(await person(db)).id for _ in range(size)]
    host_id, guest_id = (await person(db)).id, (await person(db)).id
    shared = await video(db, host_id, title="Host")
    made = {each: await video(db, each, tags=["tag", "other"]) for each in people}
    written = {each: (await comment(db, shared.id, each)).id for each in people}
    on_theirs = {each: (await comment(db, made[each].id, host_id)).id for each in people}
    below = {each: (await comment(db, shared.id, host_id, parent_id=written[each])).id for each in people}
    for each in people:
        await comment(db, shared.id, host_id, parent_id=below[each])
        await comment(db, made[each].id, host_id, parent_id=on_theirs[each])
    top_id = (await comment(db, shared.id, host_id)).id
    return Crowd(db, people, host_id, guest_id, shared, top_id, made, written, below, on_theirs)


async def crowd(db: Database, size: int) -> Crowd:
    """Everybody has done everything to everybody."""
    at = await strangers(db, size)
    for one in at.people:
        for followed_id in (at.host_id, at.guest_id):
            await social.follow(db, follower_id=one, followed_id=followed_id)
        await social.follow(db, follower_id=at.host_id, followed_id=one)
        await likes.like_video(db, at.shared.id, user_id=one)
        await comment(db, at.shared.id, one, parent_id=at.top_id)
    for one, other in at.pairs:
        await social.follow(db, follower_id=one, followed_id=other)
        await likes.like_video(db, at.made[other].id, user_id=one)
        await likes.like_comment(db, at.written[other], user_id=one)
        await comment(db, at.made[other].id, one)
        await video_views.record_view(db, at.made[other].id, viewer_id=one)
        await shares.share_video(db, builders.share(video=at.shared, user=one, recipient=other))
        event = builders.notification(one, actor=other)
        await notifications.notify(db, event)
        at.events[one, other] = event.event_id
    for one in at.people:
        for liked in (at.written[one], at.below[one], at.on_theirs[one]):
            await likes.like_comment(db, liked, user_id=at.host_id)
    await video_views.refresh_trends(db)
    return at


Shows = Callable[[Crowd, UUID, UUID], Awaitable[bool]]


def _of(name: str, read: Callable[[Crowd, UUID, UUID], Awaitable[Iterable[Any]]]) -> Shows:
    """Whether a row has the other user in this field."""

    async def shows(at: Crowd, viewer: UUID, other: UUID) -> bool:
        return any(getattr(each, name) == other for each in await read(at, viewer, other))

    return shows


def _any(read: Callable[[Crowd, UUID, UUID], Awaitable[object]]) -> Shows:
    """Whether anything is found of what belongs to the other user."""

    async def shows(at: Crowd, viewer: UUID, other: UUID) -> bool:
        return bool(await read(at, viewer, other))

    return shows


async def _first_answers(at: Crowd, viewer: UUID, _: UUID) -> list[comments.CommentAuthor | None]:
    threads = await comments.list_comments(at.db, at.shared.id, viewer_id=viewer)
    return [answer.author for thread in threads if thread.id == at.top_id for answer in thread.first_answers]


async def _authors(page: Awaitable[Iterable[comments.CommentDetails]]) -> list[comments.CommentAuthor]:
    return [each.author for each in await page if each.author is not None]


async def _videos_of_likes(at: Crowd, viewer: UUID, _: UUID) -> list[Video]:
    return [await videos.get_video(at.db, each.video_id) for each in await likes.list_videos_liked_by(at.db, viewer)]


async def _is_not_to_be_left_out(at: Crowd, viewer: UUID, other: UUID) -> bool:
    return await social.list_hidden_users(at.db, [other], viewer_id=viewer) == []


def _counts(count: Callable[[Database, UUID], Awaitable[int]]) -> Shows:
    """Whether everybody is counted: each has one notification about each of the others."""

    async def shows(at: Crowd, viewer: UUID, other: UUID) -> bool:
        told = [each for (recipient, _), each in at.events.items() if recipient == viewer]
        left = [each for each in told if await notifications.find_notification(at.db, viewer, each)]
        assert await count(at.db, viewer) == len(left)
        return at.events[viewer, other] in left

    return shows


def _hidden_with(name: str, read: Callable[..., Awaitable[object]]) -> dict[str, Shows]:
    """A query by the id of a comment: one of theirs, one below theirs, and one on their video."""
    return {
        f"{name} of theirs": _any(lambda at, me, other: read(at.db, at.written[other], viewer_id=me)),
        f"{name} below theirs": _any(lambda at, me, other: read(at.db, at.below[other], viewer_id=me)),
        f"{name} on their video": _any(lambda at, me, other: read(at.db, at.on_theirs[other], viewer_id=me)),
    }


# A detail after the name tells two cases of one query apart.
SHOWN: Final[Mapping[str, Shows]] = {
    "videos.list_newest_videos": _of("owner_id", lambda at, me, _: videos.list_public_videos(at.db, viewer_id=me)),
    "videos.list_tagged_videos any": _of(
        "owner_id", lambda at, me, _: videos.list_public_videos(at.db, viewer_id=me, any_tags=["tag"])
    ),
    "videos.list_tagged_videos all": _of(
        "owner_id", lambda at, me, _: videos.list_public_videos(at.db, viewer_id=me, all_tags=["tag", "other"])
    ),
    "videos.search_videos_by_words": _of(
        "owner_id", lambda at, me, _: videos.search_videos(at.db, "flight", viewer_id=me)
    ),
    "videos.list_visible_videos_of_owner": _any(
        lambda at, me, other: videos.list_visible_videos_of_owner(at.db, other, viewer_id=me)
    ),
    "videos.find_visible_video": _any(
        lambda at, me, other: videos.find_visible_video(at.db, at.made[other].id, viewer_id=me)
    ),
    "video_views.list_trending_videos": _of(
        "owner_id", lambda at, me, _: video_views.list_trending_videos(at.db, viewer_id=me)
    ),
    "social.list_newest_followed_videos": _of(
        "owner_id", lambda at, me, _: social.list_newest_followed_videos(at.db, me)
    ),
    "social.list_followed_videos_by_owner": _of(
        "owner_id", lambda at, me, _: social.list_followed_videos_by_owner(at.db, me)
    ),
    "social.find_profile": _any(lambda at, me, other: social.find_profile(at.db, other, viewer_id=me)),
    "social.find_follow to": _any(lambda at, me, other: social.find_follow(at.db, follower_id=me, followed_id=other)),
    "social.find_follow from": _any(lambda at, me, other: social.find_follow(at.db, follower_id=other, followed_id=me)),
    "social.list_followers": _of("id", lambda at, me, _: social.list_followers(at.db, at.host_id, viewer_id=me)),
    "social.list_followers own": _of("id", lambda at, me, _: social.list_followers(at.db, me, viewer_id=me)),
    "social.list_followers of theirs": _any(lambda at, me, other: social.list_followers(at.db, other, viewer_id=me)),
    "social.list_following": _of("id", lambda at, me, _: social.list_following(at.db, at.host_id, viewer_id=me)),
    "social.list_following own": _of("id", lambda at, me, _: social.list_following(at.db, me, viewer_id=me)),
    "social.list_following of theirs": _any(lambda at, me, other: social.list_following(at.db, other, viewer_id=me)),
    "social.list_friends": _of("id", lambda at, me, _: social.list_friends(at.db, me)),
    "social.list_mutual_followers": _of(
        "id",
        lambda at, me, _: social.list_mutual_followers(at.db, at.host_id, other_id=at.guest_id, viewer_id=me),
    ),
    "social.list_mutual_followers of theirs": _any(
        lambda at, me, other: social.list_mutual_followers(at.db, other, other_id=at.host_id, viewer_id=me)
    ),
    "social.list_mutual_followers with theirs": _any(
        lambda at, me, other: social.list_mutual_followers(at.db, at.host_id, other_id=other, viewer_id=me)
    ),
    "social.list_hidden_users": _is_not_to_be_left_out,
    "comments.list_comments": _of(
        "id", lambda at, me, _: _authors(comments.list_comments(at.db, at.shared.id, viewer_id=me))
    ),
    "comments.list_comments answers": _of("id", _first_answers),
    "comments.list_comments on theirs": _any(
        lambda at, me, other: comments.list_comments(at.db, at.made[other].id, viewer_id=me)
    ),
    "comments.list_answers": _of(
        "id", lambda at, me, _: _authors(comments.list_answers(at.db, at.top_id, viewer_id=me))
    ),
    "comments.list_branch": _of("id", lambda at, me, _: _authors(comments.list_branch(at.db, at.top_id, viewer_id=me))),
    "likes.list_video_likes": _of(
        "user_id", lambda at, me, _: likes.list_video_likes(at.db, at.shared.id, viewer_id=me)
    ),
    "likes.list_video_likes of theirs": _any(
        lambda at, me, other: likes.list_video_likes(at.db, at.made[other].id, viewer_id=me)
    ),
    "likes.list_comment_likes": _of(
        "user_id", lambda at, me, _: likes.list_comment_likes(at.db, at.written[me], viewer_id=me)
    ),
    "likes.list_videos_liked_by": _of("owner_id", _videos_of_likes),
    "shares.list_received_shares": _of("user_id", lambda at, me, _: shares.list_received_shares(at.db, me)),
    "notifications.list_inbox": _of("actor_id", lambda at, me, _: notifications.list_inbox(at.db, me)),
    "notifications.find_notification": _any(
        lambda at, me, other: notifications.find_notification(at.db, me, at.events[me, other])
    ),
    "notifications.count_unread": _counts(notifications.count_unread),
    "notifications.count_unseen": _counts(notifications.count_unseen),
    **_hidden_with("comments.list_answers", comments.list_answers),
    **_hidden_with("comments.list_branch", comments.list_branch),
    **_hidden_with("likes.list_comment_likes", likes.list_comment_likes),
    **_hidden_with("comments.find_visible_comment", comments.find_visible_comment),
}
