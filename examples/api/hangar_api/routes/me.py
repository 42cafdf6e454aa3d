"""What users see and change of their own account."""

from uuid import UUID

from fastapi import APIRouter, status

from hangar_api.cursors import Cursor, Limit, Page
from hangar_api.dependencies import Current, Db, From
from hangar_api.schemas import PasswordChange, ProfileChanges, UserResponse
from hangar_api.sessions import SessionResponse, end_session, list_sessions
from hangar_dal import accounts

router = APIRouter(prefix="/me", tags=["my account"])


@router.get("")
async def show_me(current: Current) -> UserResponse:
    return UserResponse.of(current.user)


@router.patch("")
async def change_profile(changes: ProfileChanges, current: Current, db: Db, where: From) -> UserResponse:
    given = changes.model_dump(exclude_unset=True)
    if not given:
        return UserResponse.of(current.user)
    return UserResponse.of(await accounts.update_user(db, current.user.id, **where, **given))


@router.put("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(given: PasswordChange, current: Current, db: Db, where: From) -> None:
    """Ends all sessions, this one too: sign in again with the new password."""
    await accounts.change_password(db, current.user.id, old=given.old_password, new=given.new_password, **where)


@router.get("/sessions")
async def list_my_sessions(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[SessionResponse]:
    return await list_sessions(db, current.user.id, cursor, limit, current=current.session_id)


@router.delete("/sessions/{session_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_my_session(session_id: UUID, current: Current, db: Db, where: From) -> None:
    await end_session(db, current.user.id, session_id, where)
