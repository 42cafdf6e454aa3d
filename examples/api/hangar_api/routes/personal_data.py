"""Everything about a user: export it, erase it, or move it to another account. For administrators."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status
from fastapi.responses import StreamingResponse

from hangar_api.dependencies import Administrator, Db, From
from hangar_api.schemas import Request, UserResponse
from hangar_dal import accounts

router = APIRouter(prefix="/admin/users", tags=["personal data"])


class Merge(Request):
    merged: UUID


async def _pieces(
    user_id: UUID, administrator: Administrator, db: Db, where: From
) -> AsyncIterator[AsyncIterator[str]]:
    """An export that is open until its answer was sent, or the client is gone."""
    async with accounts.export_user(db, user_id, actor_id=administrator.user.id, **where) as pieces:
        yield pieces


@router.get(
    "/{user_id}/export", response_class=StreamingResponse, responses={200: {"content": {"application/json": {}}}}
)
async def export_user(pieces: Annotated[AsyncIterator[str], Depends(_pieces)]) -> StreamingResponse:
    """All rows about a user as JSON, without hashes, tokens, cookies and other secrets."""
    return StreamingResponse(pieces, media_type="application/json")


@router.delete("/{user_id}", status_code=status.HTTP_204_NO_CONTENT)
async def erase_user(user_id: UUID, administrator: Administrator, db: Db, where: From) -> None:
    """Delete a user and all that belongs to them. Their security events stay, without personal data."""
    await accounts.erase_user(db, user_id, actor_id=administrator.user.id, **where)


@router.post("/{user_id}/merge")
async def merge_users(user_id: UUID, given: Merge, administrator: Administrator, db: Db, where: From) -> UserResponse:
    """Move what belongs to the account `merged` to this one, and erase `merged`."""
    kept = await accounts.merge_users(db, kept=user_id, merged=given.merged, actor_id=administrator.user.id, **where)
    return UserResponse.of(kept)
