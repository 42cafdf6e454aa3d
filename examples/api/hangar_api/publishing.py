"""A published video is announced to the followers of its owner: first in the outbox, then by a worker."""

from typing import Final
from uuid import UUID

from hangar_api.events import TEXTS, EventKind, same_event
from hangar_dal import Database, Executor, errors, notifications, outbox, users, videos
from hangar_dal.notifications import NewEvent
from hangar_dal.outbox import ClaimedMessage
from hangar_dal.videos import Video, VideoStatus, VideoVisibility

TOPIC: Final = "video-published"
_FOR_FOLLOWERS = {VideoVisibility.PUBLIC, VideoVisibility.FOLLOWERS}


async def announce(tx: Executor, video: Video) -> None:
    """Leave a message for the worker, in the transaction that publishes the video or shows it to more people.

    A video is announced once, however often it is hidden and shown again.
    """
    if _is_for_followers(video):
        await outbox.put(tx, TOPIC, {"video_id": str(video.id)}, dedup_key=str(video.id))


async def tell_followers(db: Database, message: ClaimedMessage) -> None:
    """Repeating it tells nobody twice, so a worker that died in the middle leaves no harm."""
    video_id = UUID(str(message.payload["video_id"]))
    try:
        video = await videos.get_video(db, video_id)
        owner = await users.get_user(db, video.owner_id)
    except errors.NotFound:
        return  # deleted since
    if not _is_for_followers(video) or not owner.is_active:
        return  # hidden since
    kind = EventKind.VIDEO_PUBLISHED
    object_kind, title = TEXTS[kind]
    event = NewEvent(
        event_id=same_event(kind, owner.id, video.id),
        actor_id=owner.id,
        kind=kind,
        object_kind=object_kind,
        object_id=video.id,
        title=title.format(name=owner.display_name),
        created_at=message.created_at,
    )
    await notifications.notify_followers(db, event)


def _is_for_followers(video: Video) -> bool:
    is_published = video.status is VideoStatus.READY and video.published_at is not None
    return is_published and video.visibility in _FOR_FOLLOWERS
