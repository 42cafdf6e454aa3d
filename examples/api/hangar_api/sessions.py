"""Sessions of signed-in devices, for their owner and for administrators."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from hangar_api.cursors import Page, page, row_of
from hangar_api.dependencies import Where
from hangar_dal import Database, Transaction, refresh_tokens, security_events
from hangar_dal.errors import NotFound
from hangar_dal.refresh_tokens import RefreshToken
from hangar_dal.security_events import NewSecurityEvent, SecurityEventKind

_KEY = ("issued_at", "jti")


class SessionResponse(BaseModel):
    id: UUID
    user_agent: str | None
    source: str | None
    signed_in_at: datetime
    refreshed_at: datetime
    expires_at: datetime
    is_current: bool


async def list_sessions(
    db: Database, user_id: UUID, cursor: str | None, limit: int, *, current: UUID | None = None
) -> Page[SessionResponse]:
    after = row_of(cursor, RefreshToken, _KEY)
    rows = await refresh_tokens.list_refresh_tokens(db, user_id=user_id, after=after, limit=limit)
    return page(rows, limit, _KEY, lambda row: _shown(row, current))


async def end_session(
    db: Database, user_id: UUID, session_id: UUID, where: Where, *, actor_id: UUID | None = None
) -> None:
    """End one session of a user. `NotFound` if it had ended before, or is another user's."""

    async def end(tx: Transaction) -> None:
        if not await refresh_tokens.revoke_sessions(tx, user_id=user_id, family_id=session_id):
            raise NotFound("the user has no such session")
        event = NewSecurityEvent(kind=SecurityEventKind.SIGNED_OUT, user_id=user_id, actor_id=actor_id, **where)
        await security_events.record_security_event(tx, event)

    await db.in_transaction(end)


def _shown(row: RefreshToken, current: UUID | None) -> SessionResponse:
    return SessionResponse(
        id=row.family_id,
        user_agent=row.user_agent,
        source=row.source,
        signed_in_at=row.signed_in_at,
        refreshed_at=row.issued_at,
        expires_at=row.expires_at,
        is_current=row.family_id == current,
    )
