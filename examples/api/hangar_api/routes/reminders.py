"""Reminders of livestreams: set, listed and taken back by their user."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db, or_not_found
from hangar_dal import livestream_reminders, livestreams
from hangar_dal.livestream_reminders import Reminder
from hangar_dal.livestreams import LivestreamStatus

router = APIRouter(tags=["reminders"])
_KEY = ("created_at", "livestream_id")


class ReminderResponse(BaseModel):
    """`queued_at` is when it was sent; None if the livestream is still to begin."""

    model_config = ConfigDict(from_attributes=True)

    livestream_id: UUID
    queued_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, reminder: Reminder) -> "ReminderResponse":
        return cls.model_validate(reminder)


@router.put("/livestreams/{livestream_id}/reminder", status_code=status.HTTP_204_NO_CONTENT)
async def set_reminder(livestream_id: UUID, current: Current, db: Db) -> None:
    """Shortly before the livestream begins, the inbox has a reminder. Repeating it changes nothing."""
    if await livestream_reminders.set_reminder(db, livestream_id, user_id=current.user.id):
        return
    found = or_not_found(await livestreams.find_visible_livestream(db, livestream_id, viewer_id=current.user.id))
    if found.status is not LivestreamStatus.SCHEDULED:
        raise HTTPException(409, "Only a livestream that is still to begin has reminders.")


@router.delete("/livestreams/{livestream_id}/reminder", status_code=status.HTTP_204_NO_CONTENT)
async def cancel_reminder(livestream_id: UUID, current: Current, db: Db) -> None:
    """The answer is the same if there was no reminder, or if it was sent already."""
    await livestream_reminders.cancel_reminder(db, livestream_id, user_id=current.user.id)


@router.get("/me/reminders")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ReminderResponse]:
    """What the user wants or wanted to be reminded of, the last set first."""
    after = row_of(cursor, Reminder, _KEY)
    rows = await livestream_reminders.list_reminders(db, current.user.id, after=after, limit=limit)
    return page(rows, limit, _KEY, ReminderResponse.of)
