"""Accounts of others, for administrators: invite, find, change."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, SecretStr

from hangar_api.cursors import Cursor, Limit, Page, user_after, user_cursor
from hangar_api.dependencies import Administrator, Db, From
from hangar_api.schemas import ProfileChanges, Request, UserResponse
from hangar_dal import User, UserRole, UserStatus, UserType, accounts, users

router = APIRouter(prefix="/admin/users", tags=["administration"])


class NewInvitation(Request):
    username: str
    email: str
    display_name: str | None = None
    phone_number: str | None = None
    role: UserRole = UserRole.USER
    is_private: bool = False


class OneTimeLink(BaseModel):
    """`token` is shown once, for a link that is sent to the user and to nobody else."""

    user: UserResponse
    token: str
    expires_at: datetime


class Changes(ProfileChanges):
    email: str | None = None
    is_test_user: bool | None = None


class NewStatus(Request):
    status: UserStatus


class NewRole(Request):
    role: UserRole


class NewPassword(Request):
    password: SecretStr


@router.post("", status_code=status.HTTP_201_CREATED)
async def invite(new: NewInvitation, administrator: Administrator, db: Db, where: From) -> OneTimeLink:
    """Create an account for another person, who chooses the password at `/invitations/accept`."""
    invited = await accounts.invite_user(db, **new.model_dump(), actor_id=administrator.user.id, **where)
    token = invited.token.get_secret_value()
    return OneTimeLink(user=UserResponse.of(invited.user), token=token, expires_at=invited.expires_at)


@router.get("")
async def list_users(
    administrator: Administrator,
    db: Db,
    has_status: Annotated[UserStatus | None, Query(alias="status")] = None,
    role: UserRole | None = None,
    user_type: UserType | None = None,
    created_since: datetime | None = None,
    created_before: datetime | None = None,
    signed_in: Literal["never", "ever"] | None = None,
    order: Literal["newest", "oldest", "name"] = "newest",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[UserResponse]:
    found = await users.list_users(
        db,
        status=has_status,
        role=role,
        user_type=user_type,
        created_since=created_since,
        created_before=created_before,
        signed_in=signed_in,
        order=order,
        after=user_after(cursor),
        limit=limit,
    )
    return _page(found, limit)


@router.get("/search")
async def search_users(
    administrator: Administrator,
    db: Db,
    part: Annotated[str, Query(max_length=254, description="at least three characters")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[UserResponse]:
    """Users with the part in their username, display name, e-mail address or phone number."""
    return _page(await users.search_users(db, part, after=user_after(cursor), limit=limit), limit)


@router.get("/{user_id}")
async def show_user(user_id: UUID, administrator: Administrator, db: Db) -> UserResponse:
    return UserResponse.of(await users.get_user(db, user_id))


@router.patch("/{user_id}")
async def update_user(user_id: UUID, changes: Changes, administrator: Administrator, db: Db) -> UserResponse:
    given = changes.model_dump(exclude_unset=True)
    if not given:
        return UserResponse.of(await users.get_user(db, user_id))
    return UserResponse.of(await users.update_user(db, user_id, **given))


@router.put("/{user_id}/status")
async def change_status(
    user_id: UUID, new: NewStatus, administrator: Administrator, db: Db, where: From
) -> UserResponse:
    """An account that is not ACTIVE has no sessions. The last active administrator stays one."""
    return UserResponse.of(await accounts.set_status(db, user_id, new.status, actor_id=administrator.user.id, **where))


@router.put("/{user_id}/role")
async def change_role(user_id: UUID, new: NewRole, administrator: Administrator, db: Db, where: From) -> UserResponse:
    return UserResponse.of(await accounts.set_role(db, user_id, new.role, actor_id=administrator.user.id, **where))


@router.put("/{user_id}/password", status_code=status.HTTP_204_NO_CONTENT)
async def reset_password(user_id: UUID, new: NewPassword, administrator: Administrator, db: Db, where: From) -> None:
    """Replaces the password and ends all sessions of the user."""
    await accounts.reset_password(db, user_id, new=new.password, actor_id=administrator.user.id, **where)


@router.post("/{user_id}/email-confirmation", status_code=status.HTTP_201_CREATED)
async def request_email_confirmation(user_id: UUID, administrator: Administrator, db: Db, where: From) -> OneTimeLink:
    """Make a token by which the user confirms the address, at `/email/confirm`."""
    issued = await accounts.request_email_confirmation(db, user_id, **where)
    user = UserResponse.of(await users.get_user(db, user_id))
    return OneTimeLink(user=user, token=issued.token.get_secret_value(), expires_at=issued.stored.expires_at)


def _page(found: list[User], limit: int) -> Page[UserResponse]:
    return Page(items=[UserResponse.of(user) for user in found], next_cursor=user_cursor(found, limit))
