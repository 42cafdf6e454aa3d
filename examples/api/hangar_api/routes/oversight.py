"""Sessions, events and statistics, for administrators."""

from datetime import datetime, timedelta
from uuid import UUID

from fastapi import APIRouter, status
from pydantic import AwareDatetime, BaseModel

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Administrator, Db, From
from hangar_api.schemas import Ended
from hangar_api.sessions import SessionResponse, end_session, list_sessions
from hangar_dal import Database, accounts, security_events, user_statistics, users
from hangar_dal.security_events import SecurityEvent
from hangar_dal.user_statistics import UserCount, UserCountOfDay

router = APIRouter(prefix="/admin", tags=["oversight"])
_KEY = ("occurred_at", "id")


class Statistics(BaseModel):
    """`active` counts a user once, on the day of the last sign-in. Days are in UTC."""

    now: list[UserCount]
    new: list[UserCountOfDay]
    active: list[UserCountOfDay]


@router.get("/users/{user_id}/sessions")
async def list_sessions_of_user(
    user_id: UUID, administrator: Administrator, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[SessionResponse]:
    await users.get_user(db, user_id)  # which reports an unknown user
    return await list_sessions(db, user_id, cursor, limit)


@router.delete("/users/{user_id}/sessions")
async def end_sessions_of_user(user_id: UUID, administrator: Administrator, db: Db, where: From) -> Ended:
    await users.get_user(db, user_id)
    ended = await accounts.sign_out_everywhere(db, user_id, actor_id=administrator.user.id, **where)
    return Ended(ended=ended)


@router.delete("/users/{user_id}/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_session_of_user(
    user_id: UUID, session_id: UUID, administrator: Administrator, db: Db, where: From
) -> None:
    await end_session(db, user_id, session_id, where, actor_id=administrator.user.id)


@router.get("/events")
async def list_events(
    administrator: Administrator, db: Db, user_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[SecurityEvent]:
    """Security events, newest first, of one user if given."""
    after = row_of(cursor, SecurityEvent, _KEY)
    found = await security_events.list_security_events(db, user_id=user_id, after=after, limit=limit)
    return page(found, limit, _KEY, lambda event: event)


@router.get("/statistics")
async def show_statistics(
    administrator: Administrator, db: Db, since: AwareDatetime | None = None, before: AwareDatetime | None = None
) -> Statistics:
    """Counts by status and type; new and active users of each day, of the last thirty days if no time is given."""
    first, last = _period(db, since, before)
    return Statistics(
        now=await user_statistics.count_users_by_status_and_type(db),
        new=await user_statistics.count_new_users_by_day(db, since=first, before=last),
        active=await user_statistics.count_active_users_by_day(db, since=first, before=last),
    )


def _period(db: Database, since: datetime | None, before: datetime | None) -> tuple[datetime, datetime]:
    now = db.now()
    return since or now - timedelta(days=30), before or now + timedelta(seconds=1)
