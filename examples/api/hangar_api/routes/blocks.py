"""Whom a user has blocked. A block hides the two from each other, and ends both follows."""

from uuid import UUID

from fastapi import APIRouter, status

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Current, Db
from hangar_api.schemas import ListedUserResponse
from hangar_dal import social
from hangar_dal.errors import ForeignKeyViolation, NotFound
from hangar_dal.social import ListedUser

router = APIRouter(tags=["blocks"])
_KEY = ("id",)


@router.put("/users/{user_id}/block", status_code=status.HTTP_204_NO_CONTENT)
async def block(user_id: UUID, current: Current, db: Db) -> None:
    """Repeating it changes nothing. A user who is hidden already can be blocked: the other's block may end."""
    try:
        await social.block(db, blocker_id=current.user.id, blocked_id=user_id)
    except ForeignKeyViolation:
        raise NotFound("there is no such user") from None


@router.delete("/users/{user_id}/block", status_code=status.HTTP_204_NO_CONTENT)
async def unblock(user_id: UUID, current: Current, db: Db) -> None:
    """The follows do not come back. The answer is the same if there was no block."""
    await social.unblock(db, blocker_id=current.user.id, blocked_id=user_id)


@router.get("/me/blocks")
async def list_blocked(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[ListedUserResponse]:
    rows = await social.list_blocked_users(db, current.user.id, after=row_of(cursor, ListedUser, _KEY), limit=limit)
    return page(rows, limit, _KEY, ListedUserResponse.of)
