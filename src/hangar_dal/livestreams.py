"""Livestreams: status, visibility, lists, and stream keys for broadcasting.

`from hangar_dal import livestreams`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import SecretStr
from typing_extensions import Unpack

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.livestreams import IssuedStreamKey as IssuedStreamKey
from hangar_dal.models.livestreams import Livestream as Livestream
from hangar_dal.models.livestreams import LivestreamChanges as LivestreamChanges
from hangar_dal.models.livestreams import LivestreamStatus as LivestreamStatus
from hangar_dal.models.livestreams import NewLivestream as NewLivestream
from hangar_dal.models.livestreams import VideoVisibility as VideoVisibility
from hangar_dal.models.row import PageSize, Sha256
from hangar_dal.models.videos import Category, Language
from hangar_dal.query import RowCount, Stream
from hangar_dal.tokens import new_token, token_hash

query = LIVESTREAMS.query


@query
async def insert_livestream(db: Executor, new: NewLivestream) -> Livestream | None:
    """Store a livestream; None if its id is taken. Used by `create_livestream`."""
    ...


@query
async def insert_livestreams(db: Executor, rows: list[NewLivestream]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_livestreams`."""
    ...


@query
async def get_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """Return the livestream with this id. Does not check who may see it."""
    ...


@query
async def find_visible_livestream(db: Executor, livestream_id: UUID, *, viewer_id: UUID | None) -> Livestream | None:
    """Return the livestream if this viewer may see it, otherwise None. `viewer_id=None` means not signed in."""
    ...


@query
async def list_livestreams_of_owner(
    db: Executor,
    owner_id: UUID,
    *,
    status: LivestreamStatus | None = None,
    after: Livestream | None = None,
    limit: PageSize = 50,
) -> list[Livestream]:
    """Return a page of all livestreams of an owner, newest first; `after` is the last one of the previous page."""
    ...


@query
async def list_visible_livestreams_of_owner(
    db: Executor,
    owner_id: UUID,
    *,
    viewer_id: UUID | None,
    status: LivestreamStatus | None = None,
    after: Livestream | None = None,
    limit: PageSize = 50,
) -> list[Livestream]:
    """Return a page of an owner's livestreams that this viewer may see in lists, newest first."""
    ...


@query
async def list_live_livestreams(
    db: Executor,
    *,
    viewer_id: UUID | None = None,
    language: Language | None = None,
    category: Category | None = None,
    after: Livestream | None = None,
    limit: PageSize = 50,
) -> list[Livestream]:
    """Return a page of the public live livestreams, most recently started first, without those hidden by a block."""
    ...


@query
async def list_followed_livestreams(
    db: Executor, follower_id: UUID, *, after: Livestream | None = None, limit: PageSize = 50
) -> list[Livestream]:
    """Return a page of the live livestreams of the users whom a user follows, most recently started first."""
    ...


@query
async def list_scheduled_livestreams(
    db: Executor,
    *,
    since: datetime,
    viewer_id: UUID | None = None,
    language: Language | None = None,
    category: Category | None = None,
    after: Livestream | None = None,
    limit: PageSize = 50,
) -> list[Livestream]:
    """Return a page of the public scheduled livestreams, earliest start first.

    Pass the current time as `since`, or a slightly earlier time to include livestreams that start late.
    """
    ...


@query
def stream_livestreams(db: Executor, *, owner_id: UUID | None = None) -> Stream[Livestream]:
    """Stream all livestreams, or the livestreams of one owner, ordered by id, for an export."""
    ...


@query
async def update_livestream(db: Executor, livestream_id: UUID, **changes: Unpack[LivestreamChanges]) -> Livestream:
    """Change the given fields. Omitted fields stay as they are; None is stored as NULL."""
    ...


@query
async def start_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """Set a livestream to LIVE. Raises `TriggerViolation` if it has ended or was cancelled.

    A repeated call changes nothing.
    """
    ...


@query
async def end_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """End a livestream. Raises `TriggerViolation` if it was never live. Repeating the call changes nothing."""
    ...


@query
async def cancel_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """Cancel a livestream. Raises `TriggerViolation` if it is or was live. Repeating the call changes nothing."""
    ...


@query
async def store_recording(db: Executor, livestream_id: UUID, *, video_id: UUID) -> Livestream | None:
    """Store the recording of a livestream; None if the video is the recording of another one.

    Used by `set_recording`.
    """
    ...


@query
async def delete_livestream(db: Executor, livestream_id: UUID) -> RowCount:
    """Delete a livestream and all its rows, but not its recording; 0 if there is no such livestream."""
    ...


@query
async def move_livestreams(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give all livestreams of the owner `merged` to the owner `kept`."""
    ...


@query
async def store_stream_key(db: Executor, livestream_id: UUID, *, key_hash: Sha256) -> datetime:
    """Replace the stored hash of the stream key and return the time. `rotate_stream_key` creates the key."""
    ...


@query
async def find_livestream_by_key_hash(db: Executor, key_hash: Sha256) -> Livestream | None:
    """Return the livestream with this hash of a stream key; None if there is none. Used by `find_livestream_by_key`."""
    ...


@query
async def delete_stream_key(db: Executor, livestream_id: UUID) -> RowCount:
    """Delete the stream key of a livestream, so that nobody can broadcast until there is a new key."""
    ...


async def create_livestream(db: Executor, new: NewLivestream) -> Livestream:
    """Store a livestream. A repeated call returns it. Raises `UniqueViolation` if another owner has the id."""
    if (livestream := await insert_livestream(db, new)) is not None:
        return livestream
    livestream = await get_livestream(db, new.id)
    if livestream.owner_id != new.owner_id:
        raise UniqueViolation("livestreams: another livestream has this id", constraint="livestreams_pkey")
    return livestream


async def import_livestreams(db: Executor, rows: Iterable[NewLivestream], *, batch_size: int = 500) -> int:
    """Store livestreams in batches, all or none, except those whose id is taken; return how many were stored."""
    return sum(await store_in_batches(db, insert_livestreams, rows, batch_size, key=lambda new: new.id))


async def set_recording(db: Executor, livestream_id: UUID, *, video_id: UUID) -> Livestream:
    """Set a video of the owner as the recording of an ended livestream. Repeating the call changes nothing.

    Raises `TriggerViolation` if the livestream has another recording or the video has another owner, `UniqueViolation`
    if the video is the recording of another livestream, and `CheckViolation` if the livestream has not ended.
    `streaming.record_livestream` also stores the video.
    """
    if livestream := await store_recording(db, livestream_id, video_id=video_id):
        return livestream
    await get_livestream(db, livestream_id)
    raise UniqueViolation(
        "livestreams: another livestream has this recording", constraint="livestreams_recording_id_key"
    )


async def rotate_stream_key(db: Executor, livestream_id: UUID) -> IssuedStreamKey:
    """Create a new stream key, which replaces the previous key. It cannot be read again: only its hash is stored.

    Raises `NotFound` if there is no such livestream or it has ended.
    """
    key = new_token()
    issued_at = await store_stream_key(db, livestream_id, key_hash=token_hash(key))
    return IssuedStreamKey(livestream_id=livestream_id, key=key, issued_at=issued_at)


async def find_livestream_by_key(db: Executor, key: SecretStr) -> Livestream | None:
    """Return the livestream of this stream key; None if the key is not valid or the livestream has ended."""
    return await find_livestream_by_key_hash(db, token_hash(key))
