"""What users are told: their inbox, and which kinds of events they want to hear of."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, or_not_found
from hangar_api.events import EventKind
from hangar_api.schemas import Request
from hangar_dal import Database, JsonObject, notifications
from hangar_dal.errors import NotFound
from hangar_dal.notifications import Channel, Notification, Preference

router = APIRouter(prefix="/me/notifications", tags=["notifications"])
_KEY = ("created_at", "event_id")


class InboxQuery(Request):
    only: Literal["unread"] | None = None
    kind: EventKind | None = None
    group_key: Annotated[str, Field(max_length=200)] | None = None
    cursor: Cursor = None
    limit: Limit = 50


class NotificationResponse(BaseModel):
    """What a user was told. Those of one `group_key` can be shown as one."""

    model_config = ConfigDict(from_attributes=True)

    event_id: UUID
    kind: str
    actor_id: UUID | None
    object_kind: str | None
    object_id: UUID | None
    group_key: str | None
    title: str
    body: str
    data: JsonObject
    seen_at: datetime | None
    read_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, notification: Notification) -> "NotificationResponse":
        return cls.model_validate(notification)


class Counts(BaseModel):
    """1,000 stands for that many or more."""

    unread: int
    unseen: int


class Several(Request):
    event_ids: Annotated[list[UUID], Field(max_length=1000)]


class UpTo(Request):
    """`until` is the `created_at` of the newest notification that was shown, so that later ones stay as they are."""

    until: AwareDatetime


class Marked(BaseModel):
    """How many were changed."""

    marked: int


class Wanted(Request):
    is_enabled: bool


class PreferenceResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    kind: str
    channel: Channel
    is_enabled: bool
    updated_at: datetime

    @classmethod
    def of(cls, preference: Preference) -> "PreferenceResponse":
        return cls.model_validate(preference)


@router.get("")
async def list_inbox(query: Annotated[InboxQuery, Query()], current: Current, db: Db) -> Page[NotificationResponse]:
    """The newest first."""
    rows = await notifications.list_inbox(
        db,
        current.user.id,
        only=query.only,
        kind=query.kind and query.kind.value,
        group_key=query.group_key,
        after=row_of(query.cursor, Notification, _KEY),
        limit=query.limit,
    )
    return page(rows, query.limit, _KEY, NotificationResponse.of)


@router.get("/counts")
async def count(current: Current, db: Db) -> Counts:
    user_id = current.user.id
    unread = await notifications.count_unread(db, user_id)
    return Counts(unread=unread, unseen=await notifications.count_unseen(db, user_id))


@router.post("/seen")
async def mark_all_seen(given: UpTo, current: Current, db: Db) -> Marked:
    """Mark all up to an instant as seen: they were shown in a list."""
    return Marked(marked=await notifications.mark_all_seen(db, current.user.id, until=given.until))


@router.post("/read-all")
async def mark_all_read(given: UpTo, current: Current, db: Db) -> Marked:
    """Mark all up to an instant as read, and so as seen."""
    return Marked(marked=await notifications.mark_all_read(db, current.user.id, until=given.until))


@router.post("/read")
async def mark_several_read(given: Several, current: Current, db: Db) -> Marked:
    """Mark several as read. Those that are read already, are gone or belong to others are left out."""
    return Marked(marked=await notifications.mark_read(db, current.user.id, given.event_ids))


@router.get("/preferences")
async def list_preferences(current: Current, db: Db) -> list[PreferenceResponse]:
    """A kind that is not listed for a channel is on."""
    return [PreferenceResponse.of(row) for row in await notifications.list_preferences(db, current.user.id)]


@router.put("/preferences/{kind}/{channel}")
async def set_preference(
    kind: EventKind, channel: Channel, given: Wanted, current: Current, db: Db
) -> PreferenceResponse:
    """Switch a kind of event on or off. What is in the inbox stays there."""
    preference = await notifications.set_preference(
        db, current.user.id, kind=kind.value, channel=channel, is_enabled=given.is_enabled
    )
    return PreferenceResponse.of(preference)


@router.delete("/preferences/{kind}/{channel}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_preference(kind: EventKind, channel: Channel, current: Current, db: Db) -> None:
    """Go back to the default, which is on. The answer is the same if there was no preference."""
    await notifications.delete_preference(db, current.user.id, kind=kind.value, channel=channel)


@router.get("/{event_id}")
async def show(event_id: UUID, current: Current, db: Db) -> NotificationResponse:
    return await _own(db, current.user.id, event_id)


@router.put("/{event_id}/read")
async def mark_read(event_id: UUID, current: Current, db: Db) -> NotificationResponse:
    """Mark one as read. Repeating it changes nothing."""
    await notifications.mark_read(db, current.user.id, [event_id])
    return await _own(db, current.user.id, event_id)


@router.delete("/{event_id}/read")
async def mark_unread(event_id: UUID, current: Current, db: Db) -> NotificationResponse:
    """Mark one as unread. It stays seen."""
    await notifications.mark_unread(db, current.user.id, event_id)
    return await _own(db, current.user.id, event_id)


@router.delete("/{event_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(event_id: UUID, current: Current, db: Db) -> None:
    if not await notifications.delete_notification(db, current.user.id, event_id):
        raise NotFound("the user has no such notification")


async def _own(db: Database, user_id: UUID, event_id: UUID) -> NotificationResponse:
    return NotificationResponse.of(or_not_found(await notifications.find_notification(db, user_id, event_id)))
