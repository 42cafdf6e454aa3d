"""Livestreams: their states, who may see them, lists, and the keys with which they are sent.

`from hangar_dal import livestreams`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import SecretStr
from typing_extensions import Unpack

from hangar_dal.batching import batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor, atomic
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
    """Store a livestream; None if its id is taken. `create_livestream` says what to do then."""
    ...


@query
async def insert_livestreams(db: Executor, rows: list[NewLivestream]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_livestreams` makes the batches."""
    ...


@query
async def get_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """The livestream with this id. It does not ask who may see it."""
    ...


@query
async def find_visible_livestream(db: Executor, livestream_id: UUID, *, viewer_id: UUID | None) -> Livestream | None:
    """The livestream if this viewer may see it; None stands for somebody who is not signed in."""
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
    """A page of an owner's livestreams, the newest first, for the owner; `after` is the last of the page before."""
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
    """A page of an owner's livestreams that this viewer sees in lists, the newest first."""
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
    """A page of the public livestreams that are live, the last begun first, without those that a block hides."""
    ...


@query
async def list_followed_livestreams(
    db: Executor, follower_id: UUID, *, after: Livestream | None = None, limit: PageSize = 50
) -> list[Livestream]:
    """A page of what is live from those whom a user follows, the last begun first."""
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
    """A page of the public livestreams that are to begin, the next first.

    `since` is the current time, or a little earlier, so that the list has livestreams that are late.
    """
    ...


@query
def stream_livestreams(db: Executor, *, owner_id: UUID | None = None) -> Stream[Livestream]:
    """All livestreams, or those of one owner, by id, for an export."""
    ...


@query
async def update_livestream(db: Executor, livestream_id: UUID, **changes: Unpack[LivestreamChanges]) -> Livestream:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL."""
    ...


@query
async def start_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """Go live; `TriggerViolation` if it is over or was cancelled. Repeating it changes nothing."""
    ...


@query
async def end_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """End a livestream; `TriggerViolation` if it never was live. Repeating it changes nothing."""
    ...


@query
async def cancel_livestream(db: Executor, livestream_id: UUID) -> Livestream:
    """Call off a livestream before it is live; `TriggerViolation` later. Repeating it changes nothing."""
    ...


@query
async def store_recording(db: Executor, livestream_id: UUID, *, video_id: UUID) -> Livestream | None:
    """Give a livestream its recording; None if that is the recording of another one. For `set_recording`."""
    ...


@query
async def delete_livestream(db: Executor, livestream_id: UUID) -> RowCount:
    """Delete a livestream with all that belongs to it, except for its recording; 0 if there is no such livestream."""
    ...


@query
async def move_livestreams(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give all livestreams of one owner to another."""
    ...


@query
async def store_stream_key(db: Executor, livestream_id: UUID, *, key_hash: Sha256) -> datetime:
    """Store the hash of a key in place of the one before; `rotate_stream_key` makes the key."""
    ...


@query
async def find_livestream_by_key_hash(db: Executor, key_hash: Sha256) -> Livestream | None:
    """The livestream with this hash of a key; `find_livestream_by_key` makes the hash."""
    ...


@query
async def delete_stream_key(db: Executor, livestream_id: UUID) -> RowCount:
    """Take the key of a livestream away, so that nobody can send it until there is a new one."""
    ...


async def create_livestream(db: Executor, new: NewLivestream) -> Livestream:
    """Store a livestream. Repeating it with the same id returns it; `UniqueViolation` if another owner has the id."""
    if (livestream := await insert_livestream(db, new)) is not None:
        return livestream
    livestream = await get_livestream(db, new.id)
    if livestream.owner_id != new.owner_id:
        raise UniqueViolation("livestreams: another livestream has this id", constraint="livestreams_pkey")
    return livestream


async def import_livestreams(db: Executor, rows: Iterable[NewLivestream], *, batch_size: int = 500) -> int:
    """Store many, one statement a batch, all or none; returns how many. Ids that are taken are left out."""
    once = batches(rows, batch_size, key=lambda new: new.id)
    async with atomic(db) as tx:
        return sum([await insert_livestreams(tx, batch) for batch in once])


async def set_recording(db: Executor, livestream_id: UUID, *, video_id: UUID) -> Livestream:
    """Give a livestream that has ended its recording, a video of its owner. Repeating it changes nothing.

    `TriggerViolation` if it has another recording, or if the video belongs to somebody else; `UniqueViolation` if the
    video is the recording of another livestream; `CheckViolation` if it has not ended. `streaming.record_livestream`
    stores the video too.
    """
    if livestream := await store_recording(db, livestream_id, video_id=video_id):
        return livestream
    await get_livestream(db, livestream_id)
    raise UniqueViolation("livestreams: another one has this recording", constraint="livestreams_recording_id_key")


async def rotate_stream_key(db: Executor, livestream_id: UUID) -> IssuedStreamKey:
    """Make a new key. The one before no longer works, and this one cannot be read again: only its hash is stored.

    `NotFound` if there is no such livestream, or if it is over.
    """
    key = new_token()
    issued_at = await store_stream_key(db, livestream_id, key_hash=token_hash(key))
    return IssuedStreamKey(livestream_id=livestream_id, key=key, issued_at=issued_at)


async def find_livestream_by_key(db: Executor, key: SecretStr) -> Livestream | None:
    """The livestream that may be sent with this key; None if the key is not valid, or if the livestream is over."""
    return await find_livestream_by_key_hash(db, token_hash(key))
