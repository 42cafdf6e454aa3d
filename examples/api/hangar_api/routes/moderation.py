"""Any video, for moderators and administrators, whatever its visibility."""

from uuid import UUID

from fastapi import APIRouter, status

from hangar_api.dependencies import Db, Moderator, or_not_found
from hangar_api.events import EventKind, tell
from hangar_api.videos import TAKEN_DOWN, VideoDetailsResponse, VideoResponse, details_of, was_taken_down
from hangar_dal import Transaction, uuid7, videos
from hangar_dal.videos import Video

router = APIRouter(prefix="/moderation/videos", tags=["moderation"])


@router.get("/{video_id}")
async def show(video_id: UUID, moderator: Moderator, db: Db) -> VideoDetailsResponse:
    """A video in any status and with any visibility."""
    found = await details_of(db, [await videos.get_video(db, video_id)])
    return or_not_found(found[0] if found else None)


@router.delete("/{video_id}", status_code=status.HTTP_204_NO_CONTENT)
async def take_down(video_id: UUID, moderator: Moderator, db: Db) -> None:
    """Hide a video from everybody. The owner is told, and cannot restore it. Repeating it changes nothing."""

    async def work(tx: Transaction) -> None:
        video = await _locked(tx, video_id)
        if was_taken_down(video):
            return
        notes = {**video.metadata, TAKEN_DOWN: tx.now().isoformat()}
        await videos.update_video(tx, video.id, metadata=notes)
        await videos.remove_video(tx, video.id)
        # It may happen again after it was restored, so each time is an event of its own. Who did it is not told.
        await tell(tx, video.owner_id, EventKind.VIDEO_REMOVED, actor=None, object_id=video.id, event_id=uuid7())

    await db.in_transaction(work)


@router.post("/{video_id}/restore")
async def restore(video_id: UUID, moderator: Moderator, db: Db) -> VideoResponse:
    """Give a removed video the status back that it had."""

    async def work(tx: Transaction) -> Video:
        video = await _locked(tx, video_id)
        notes = {name: value for name, value in video.metadata.items() if name != TAKEN_DOWN}
        await videos.update_video(tx, video.id, metadata=notes)
        return await videos.restore_video(tx, video.id)

    return VideoResponse.of(await db.in_transaction(work))


async def _locked(tx: Transaction, video_id: UUID) -> Video:
    await videos.lock_video(tx, video_id)
    return await videos.get_video(tx, video_id)
