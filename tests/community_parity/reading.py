"""Every list of COMMUNITY, read page by page to its end, for a user or a viewer of the history."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from hangar_dal import Database, comments, likes, notifications, reports, shares, social, users, video_views, videos
from hangar_dal.notifications import Channel
from hangar_dal.reports import ReportStatus
from hangar_dal.videos import VideoStatus
from tests.community_parity.history import CATEGORIES, LANGUAGES, TAGS, WORDS, Call, History

MORE_THAN_ALL = 1000
Read = Callable[..., Awaitable[list[Any]]]


async def pages(db: Database, read: Read, limit: int) -> list[list[Any]]:
    """The pages up to the first empty one; together, they are what one large page has."""
    found: list[list[Any]] = []
    while page := await read(db, after=found[-1][-1] if found else None, limit=limit):
        found.append(page)
        assert len(found) <= MORE_THAN_ALL
    if limit < MORE_THAN_ALL:
        assert [row for page in found for row in page] == await read(db, after=None, limit=MORE_THAN_ALL)
    return found


def in_pages(read: Read, limit: int) -> Call:
    return lambda db: pages(db, read, limit)


def bound(read: Callable[..., Any], *given: Any, **named: Any) -> Read:
    """A list with its arguments, which lacks only its page."""
    return lambda db, **page: read(db, *given, **named, **page)


def question(at: History) -> str:
    """A word or two, of which the last may be a part; in capitals or not."""
    *whole, last = at.chance.choices(WORDS, k=at.some(1, 1, 1, 2, 3))
    text = " ".join([*whole, last[: at.chance.randint(1, len(last))]])
    return at.some(text, text.upper())


def lists(at: History, viewer_id: UUID | None) -> Iterator[tuple[str, Read]]:
    """Lists that show a viewer what belongs to others."""
    owner_id = at.user()
    yield "videos.of_owner", bound(videos.list_visible_videos_of_owner, owner_id, viewer_id=viewer_id)
    feeds: list[dict[str, Any]] = [
        {},
        {"language": at.some(*LANGUAGES), "category": at.some(*CATEGORIES)},
        {"any_tags": at.chance.sample(TAGS, 2), "category": at.some(*CATEGORIES)},
        {"all_tags": at.chance.sample(TAGS, at.some(1, 2, 3)), "language": at.some(*LANGUAGES)},
        {"any_tags": at.chance.sample(TAGS, 3), "all_tags": at.chance.sample(TAGS, 2)},
    ]
    for filters in feeds:
        yield f"videos.public {filters}", bound(videos.list_public_videos, viewer_id=viewer_id, **filters)
    for _ in range(3):
        yield f"videos.search {(text := question(at))!r}", bound(videos.search_videos, text, viewer_id=viewer_id)
    yield "views.trending", bound(video_views.list_trending_videos, days=at.some(1, 2, 7), viewer_id=viewer_id)
    for _ in range(3):
        video_id, comment_id, answers = at.known(at.video_ids), at.known(at.comment_ids), at.some(0, 1, 3)
        yield "comments.of_video", bound(comments.list_comments, video_id, viewer_id=viewer_id, answers=answers)
        yield "comments.answers", bound(comments.list_answers, comment_id, viewer_id=viewer_id)
        yield "likes.of_video", bound(likes.list_video_likes, video_id, viewer_id=viewer_id)
        yield "likes.of_comment", bound(likes.list_comment_likes, comment_id, viewer_id=viewer_id)
    yield "social.followers", bound(social.list_followers, owner_id, viewer_id=viewer_id)
    yield "social.following", bound(social.list_following, owner_id, viewer_id=viewer_id)
    for _ in range(3):
        one, other = at.two_users()
        mutual = bound(social.list_mutual_followers, one, other_id=other, viewer_id=viewer_id)
        yield "social.mutual", mutual


def own_lists(at: History, user_id: UUID) -> Iterator[tuple[str, Read]]:
    """Lists of a user's own rows, and those of moderators."""
    yield "videos.own", bound(videos.list_videos_of_owner, user_id, status=at.some(None, *VideoStatus))
    yield "social.feed", bound(social.list_followed_videos, user_id)
    yield "social.feed_of_many", bound(social.list_newest_followed_videos, user_id)
    for each in (user_id, at.user(), at.user()):
        yield "social.requests", bound(social.list_follow_requests, each)
        yield "social.blocked", bound(social.list_blocked_users, each)
        yield "social.friends", bound(social.list_friends, each)
        yield "shares.received", bound(shares.list_received_shares, each)
    yield "comments.own", bound(comments.list_comments_of_author, user_id)
    yield "likes.own", bound(likes.list_videos_liked_by, user_id)
    yield "shares.own", bound(shares.list_shares_of_user, user_id)
    inbox = {"only": at.some(None, "unread"), "kind": at.some(None, "like"), "group_key": at.some(None, "a")}
    yield f"inbox {inbox}", bound(notifications.list_inbox, user_id, **inbox)
    yield "inbox", bound(notifications.list_inbox, user_id)
    yield "reports.by_status", bound(reports.list_reports, at.some(*ReportStatus))
    yield "reports.of_target", bound(reports.list_reports_of_target, at.known([*at.video_ids, *at.user_ids]))
    yield "reports.of_reporter", bound(reports.list_reports_of_reporter, user_id)


def values(at: History, viewer_id: UUID | None) -> Iterator[tuple[str, Call]]:
    """What is read at once: branches, details, profiles and counts."""
    ids, video_ids = at.user_ids[:1000], at.chance.sample(at.video_ids, 4)
    user_id, video_id, comment_id = at.user(), at.known(at.video_ids), at.known(at.comment_ids)
    for root in at.chance.choices(at.comment_ids, k=3):
        yield "branch", lambda db, root=root: comments.list_branch(db, root, viewer_id=viewer_id)
        yield "comment", lambda db, root=root: comments.find_visible_comment(db, root, viewer_id=viewer_id)
    yield "part of a branch", lambda db: comments.list_branch(db, comment_id, viewer_id=viewer_id, limit=2)
    yield "video", lambda db: videos.find_visible_video(db, video_id, viewer_id=viewer_id)
    yield "details", lambda db: videos.get_video_details(db, video_ids)
    yield "profile", lambda db: social.find_profile(db, user_id, viewer_id=viewer_id)
    yield "hidden", lambda db: social.list_hidden_users(db, ids, viewer_id=user_id)
    yield "preferences", lambda db: notifications.list_preferences(db, user_id)
    yield "wanted", lambda db: notifications.list_users_who_want(db, ids, kind="like", channel=Channel.INBOX)
    yield "claimed", lambda db: reports.list_claimed_reports(db, user_id)

    up_to, until = at.some(1, 2, 1000), at.clock.now.date()
    since = until - timedelta(days=at.some(0, 1, 7))

    async def counts(db: Database) -> list[Any]:
        return [
            await social.count_follows(db, user_id),
            await likes.count_video_likes(db, video_id),
            await likes.count_comment_likes(db, comment_id),
            await comments.count_comments(db, video_id),
            await shares.count_shares(db, video_id),
            await video_views.count_views(db, video_id),
            await video_views.list_views_by_day(db, video_id, since=since, until=until),
            await notifications.count_unread(db, user_id, up_to=up_to),
            await notifications.count_unseen(db, user_id),
        ]

    yield "counts", counts


def exports(at: History) -> Iterator[tuple[str, Call]]:
    """The streams of whole tables."""
    streams: dict[str, Callable[[Database], Any]] = {
        "videos": videos.stream_videos,
        "comments": comments.stream_comments,
        "likes": likes.stream_video_likes,
        "follows": social.stream_all_follows,
    }
    for name, stream in streams.items():

        async def rows(db: Database, stream: Callable[[Database], Any] = stream) -> list[Any]:
            async with stream(db) as opened:
                return [row async for row in opened]

        yield name, rows
    yield "users", lambda db: users.list_users(db, limit=1000)
    for user_id in at.user_ids:

        async def of_user(db: Database, user_id: UUID = user_id) -> list[Any]:
            found: list[Any] = []
            for stream in STREAMS_OF_USER:
                async with stream(db, user_id) as opened:
                    found += [row async for row in opened]
            return found

        yield "export", of_user


STREAMS_OF_USER: list[Callable[[Database, UUID], Any]] = [
    videos.stream_renditions,
    video_views.stream_views,
    social.stream_follows,
    social.stream_blocks,
    likes.stream_video_likes_of_user,
    likes.stream_comment_likes_of_user,
    comments.stream_comments_of_author,
    shares.stream_shares_of_user,
    reports.stream_reports_of_reporter,
    notifications.stream_notifications,
]


def reads(at: History, viewers: int) -> Iterator[tuple[str, Call]]:
    """All of it for several viewers, one of whom is not signed in, with small pages and large ones."""
    for viewer_id in dict.fromkeys([None, *(at.user() for _ in range(viewers))]):
        for name, read in [*lists(at, viewer_id), *own_lists(at, viewer_id or at.user())]:
            limit = at.some(1, 2, 3, 5, MORE_THAN_ALL)
            yield f"{name}, viewer {viewer_id}, pages of {limit}", in_pages(read, limit)
        yield from values(at, viewer_id)
    yield from exports(at)
