"""Videos that users pass on, to each other or elsewhere."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, VisibleVideo, or_not_found
from hangar_api.events import EventKind, tell
from hangar_api.schemas import Request
from hangar_dal import Executor, Transaction, User, shares, social, uuid7, videos
from hangar_dal.errors import NotFound
from hangar_dal.shares import NewShare, Share, ShareChannel

router = APIRouter(tags=["shares"])
_KEY = ("created_at", "id")


class CreatedShare(Request):
    """The channel USER has a `recipient_id`, and no other channel has one.

    `id` is for clients that repeat a request whose answer was lost: the same id makes one share.
    """

    id: UUID = Field(default_factory=uuid7)
    channel: ShareChannel = ShareChannel.LINK
    recipient_id: UUID | None = None
    message: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] | None = None


class ShareResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    video_id: UUID
    user_id: UUID
    recipient_id: UUID | None
    channel: ShareChannel
    message: str | None
    created_at: datetime

    @classmethod
    def of(cls, share: Share) -> "ShareResponse":
        return cls.model_validate(share)


@router.post("/videos/{video_id}/shares", status_code=status.HTTP_201_CREATED)
async def share(current: Current, video: VisibleVideo, given: CreatedShare, db: Db) -> ShareResponse:
    """Pass a video on. A recipient is told, and finds it in a list, if they may see the video."""
    new = NewShare(video_id=video.id, user_id=current.user.id, **given.model_dump())

    async def work(tx: Transaction) -> Share:
        if new.recipient_id is not None:
            or_not_found(await social.find_profile(tx, new.recipient_id, viewer_id=new.user_id))
        made = await shares.insert_share(tx, new)
        if made is None:
            return await shares.share_video(tx, new)  # which is there already, or is hidden now
        await _tell(tx, made, current.user)
        return made

    return ShareResponse.of(await db.in_transaction(work))


@router.get("/me/shares")
async def list_sent(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ShareResponse]:
    """What the user has shared, the newest first."""
    rows = await shares.list_shares_of_user(db, current.user.id, after=row_of(cursor, Share, _KEY), limit=limit)
    return page(rows, limit, _KEY, ShareResponse.of)


@router.get("/me/shares/received")
async def list_received(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ShareResponse]:
    """What others have shared with the user, the newest first, as far as the user still sees sender and video."""
    rows = await shares.list_received_shares(db, current.user.id, after=row_of(cursor, Share, _KEY), limit=limit)
    return page(rows, limit, _KEY, ShareResponse.of)


@router.delete("/shares/{share_id}", status_code=status.HTTP_204_NO_CONTENT)
async def take_back(share_id: UUID, current: Current, db: Db) -> None:
    if not await shares.delete_share(db, share_id, user_id=current.user.id):
        raise NotFound("the user has no such share")


async def _tell(tx: Executor, made: Share, sender: User) -> None:
    recipient_id = made.recipient_id
    if recipient_id and await videos.find_visible_video(tx, made.video_id, viewer_id=recipient_id):
        await tell(tx, recipient_id, EventKind.VIDEO_SHARED, actor=sender, object_id=made.video_id)
