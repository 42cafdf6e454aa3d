"""Builders for the catalog COMMUNITY: videos, follows, comments, likes, shares, reports and notifications."""

from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import built, id_of, numbers, past
from hangar_dal.models.comments import Comment, CommentBody, CommentDetails, NewComment
from hangar_dal.models.likes import VideoLike
from hangar_dal.models.notifications import NewEvent, NewNotification
from hangar_dal.models.reports import NewReport, ReportReason, ReportTarget
from hangar_dal.models.row import LongText, NotNegative, ShortText
from hangar_dal.models.shares import NewShare, ShareChannel
from hangar_dal.models.social import FollowStatus, NewFollow
from hangar_dal.models.users import User
from hangar_dal.models.videos import (
    Category,
    Description,
    Duration,
    Language,
    NewVideo,
    Rendition,
    Tags,
    Title,
    Video,
    VideoStatus,
    VideoVisibility,
)
from hangar_dal.values import JsonObject


class VideoFields(TypedDict, total=False):
    id: UUID
    title: Title
    description: Description
    language: Language | None
    category: Category | None
    tags: Tags
    duration_ms: Duration | None
    status: VideoStatus
    visibility: VideoVisibility
    thumbnail: LongText | None
    metadata: JsonObject
    published_at: datetime | None


class RenditionFields(TypedDict, total=False):
    name: ShortText
    width: int
    height: int
    bitrate: int
    codec: str
    url: LongText
    size: NotNegative


class FollowFields(TypedDict, total=False):
    created_at: datetime
    status: FollowStatus


class CommentFields(TypedDict, total=False):
    id: UUID
    body: CommentBody
    metadata: JsonObject


class LikeFields(TypedDict, total=False):
    created_at: datetime


class ShareFields(TypedDict, total=False):
    id: UUID
    channel: ShareChannel
    message: str | None
    metadata: JsonObject


class ReportFields(TypedDict, total=False):
    id: UUID
    target_kind: ReportTarget
    reason: ReportReason
    details: LongText | None
    metadata: JsonObject


class NotificationFields(TypedDict, total=False):
    event_id: UUID
    kind: ShortText
    object_kind: ShortText | None
    object_id: UUID | None
    group_key: str | None
    title: str
    body: str
    data: JsonObject
    expires_at: datetime | None


class EventFields(NotificationFields, total=False):
    created_at: datetime


def video(owner: User | UUID, **fields: Unpack[VideoFields]) -> NewVideo:
    """A published PUBLIC video. If `status` is not READY, the video is not published."""
    number = next(numbers)
    is_ready = fields.get("status", VideoStatus.READY) is VideoStatus.READY
    return built(
        NewVideo,
        fields,
        owner_id=id_of(owner),
        title=f"Flight {number}",
        language="en",
        tags=["flight"],
        duration_ms=90_000,
        status=VideoStatus.READY,
        visibility=VideoVisibility.PUBLIC,
        published_at=past(number) if is_ready else None,
    )


def rendition(**fields: Unpack[RenditionFields]) -> Rendition:
    """A rendition of a video in high definition."""
    url = f"https://cdn.example.org/{next(numbers)}/hd.mp4"
    sizes: dict[str, Any] = {"width": 1280, "height": 720, "bitrate": 2_500_000, "size": 28_125_000}
    return built(Rendition, fields, name="hd", codec="av1", url=url, **sizes)


def follow(*, follower: User | UUID, followed: User | UUID, **fields: Unpack[FollowFields]) -> NewFollow:
    """An accepted follow for `import_follows`; with `status=PENDING`, a request."""
    pair = {"follower_id": id_of(follower), "followed_id": id_of(followed)}
    return built(NewFollow, fields, **pair, created_at=past(next(numbers)))


def comment(
    *,
    video: Video | UUID,
    author: User | UUID,
    parent: Comment | CommentDetails | UUID | None = None,
    **fields: Unpack[CommentFields],
) -> NewComment:
    """A comment on a video, or an answer to `parent`."""
    return built(
        NewComment,
        fields,
        video_id=_id(video),
        parent_id=None if parent is None else _id(parent),
        author_id=id_of(author),
        body=f"Well flown, number {next(numbers)}",
    )


def like(*, video: Video | UUID, user: User | UUID, **fields: Unpack[LikeFields]) -> VideoLike:
    """A like, for `import_video_likes`."""
    return built(VideoLike, fields, video_id=_id(video), user_id=id_of(user), created_at=past(next(numbers)))


def share(
    *, video: Video | UUID, user: User | UUID, recipient: User | UUID | None = None, **fields: Unpack[ShareFields]
) -> NewShare:
    """A share of a video as a link, or with `recipient`."""
    return built(
        NewShare,
        fields,
        video_id=_id(video),
        user_id=id_of(user),
        recipient_id=None if recipient is None else id_of(recipient),
        channel=ShareChannel.LINK if recipient is None else ShareChannel.USER,
    )


def report(
    target: Video | Comment | CommentDetails | User | UUID, *, reporter: User | UUID, **fields: Unpack[ReportFields]
) -> NewReport:
    """A report about a video, a comment or a user. An id is a video id unless `target_kind` is given."""
    kind = ReportTarget.VIDEO
    if isinstance(target, User):
        kind = ReportTarget.USER
    elif isinstance(target, Comment | CommentDetails):
        kind = ReportTarget.COMMENT
    target_id = target if isinstance(target, UUID) else target.id
    return built(
        NewReport, fields, reporter_id=id_of(reporter), target_kind=kind, target_id=target_id, reason=ReportReason.SPAM
    )


def notification(
    recipient: User | UUID, *, actor: User | UUID | None = None, **fields: Unpack[NotificationFields]
) -> NewNotification:
    """A notification about a new event."""
    return built(
        NewNotification,
        fields,
        recipient_id=id_of(recipient),
        actor_id=None if actor is None else id_of(actor),
        kind="like",
        title=f"Somebody likes your flight {next(numbers)}",
    )


def event(actor: User | UUID, **fields: Unpack[EventFields]) -> NewEvent:
    """An event for the followers of a user, for `notify_followers`."""
    number = next(numbers)
    defaults = {"kind": "video", "title": f"Flight {number} is ready to watch", "created_at": past(number)}
    return built(NewEvent, fields, actor_id=id_of(actor), **defaults)


def _id(of: Video | Comment | CommentDetails | UUID) -> UUID:
    return of if isinstance(of, UUID) else of.id
