"""Store the recording of a livestream as a video."""

from uuid import UUID

from hangar_dal import livestreams, videos
from hangar_dal.database import Executor, atomic
from hangar_dal.livestreams import Livestream
from hangar_dal.videos import NewVideo


async def record_livestream(db: Executor, livestream_id: UUID, video: NewVideo) -> Livestream:
    """Store the recording of a livestream as a video of its owner, both or neither.

    Repeating the call with the same video changes nothing. Raises `TriggerViolation` if the livestream has another
    recording or the video has another owner, and `CheckViolation` if the livestream has not ended.
    """
    async with atomic(db) as tx:
        stored = await videos.create_video(tx, video)
        return await livestreams.set_recording(tx, livestream_id, video_id=stored.id)
