"""Accounts of others, for administrators: invite, find, change."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime, BaseModel, SecretStr

from hangar_api import mail
from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import Administrator, Db, From, Outbox
from hangar_api.schemas import ProfileChanges, Request, UserResponse
from hangar_dal import User, UserRole, UserStatus, UserType, accounts, users
from hangar_dal.one_time_tokens import TokenPurpose

router = APIRouter(prefix="/admin/users", tags=["administration"])
_KEY = ("created_at", "display_name", "id")  # the orders of the list begin with one of the first two


class NewInvitation(Request):
    username: str
    email: str
    display_name: str | None = None
    phone_number: str | None = None
    role: UserRole = UserRole.USER
    is_private: bool = False


class OneTimeLink(BaseModel):
    """`token` is None if it was sent to the user by mail. Otherwise pass it on to the user, and to nobody else."""

    user: UserResponse
    token: str | None
    expires_at: datetime


class UserQuery(Request):
    """The filters of `users.list_users`, and the page."""

    status: UserStatus | None = None
    role: UserRole | None = None
    user_type: UserType | None = None
    created_since: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    signed_in: Literal["never", "ever"] | None = None
    order: Literal["newest", "oldest", "name"] = "newest"
    cursor: Cursor = None
    limit: Limit = 50


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
async def invite(new: NewInvitation, administrator: Administrator, db: Db, where: From, outbox: Outbox) -> OneTimeLink:
    """Create an account for another person, who chooses the password at `/invitations/accept`."""
    invited = await accounts.invite_user(db, **new.model_dump(), actor_id=administrator.user.id, **where)
    email = invited.user.email or new.email
    return _sent(outbox, invited.user, TokenPurpose.INVITATION, email, invited.token, invited.expires_at)


@router.get("")
async def list_users(
    administrator: Administrator,
    db: Db,
    query: Annotated[UserQuery, Query()],
) -> Page[UserResponse]:
    filters = query.model_dump(exclude={"cursor"})
    found = await users.list_users(db, **filters, after=row_of(query.cursor, User, _KEY))
    return page(found, query.limit, _KEY, UserResponse.of)


@router.get("/search")
async def search_users(
    administrator: Administrator,
    db: Db,
    part: Annotated[str, Query(max_length=254, description="at least three characters")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[UserResponse]:
    """Users with the part in their username, display name, e-mail address or phone number."""
    found = await users.search_users(db, part, after=row_of(cursor, User, _KEY), limit=limit)
    return page(found, limit, _KEY, UserResponse.of)


@router.get("/{user_id}")
async def show_user(user_id: UUID, administrator: Administrator, db: Db) -> UserResponse:
    return UserResponse.of(await users.get_user(db, user_id))


@router.patch("/{user_id}")
async def update_user(
    user_id: UUID, changes: Changes, administrator: Administrator, db: Db, where: From
) -> UserResponse:
    given = changes.model_dump(exclude_unset=True)
    if not given:
        return UserResponse.of(await users.get_user(db, user_id))
    changed = await accounts.update_user(db, user_id, actor_id=administrator.user.id, **where, **given)
    return UserResponse.of(changed)


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
async def request_email_confirmation(
    user_id: UUID, administrator: Administrator, db: Db, where: From, outbox: Outbox
) -> OneTimeLink:
    """Make a token by which the user confirms the address, at `/email/confirm`."""
    issued = await accounts.request_email_confirmation(db, user_id, **where)
    user, stored = await users.get_user(db, user_id), issued.stored
    return _sent(outbox, user, stored.purpose, stored.email, issued.token, stored.expires_at)


def _sent(
    outbox: Outbox, user: User, purpose: TokenPurpose, email: str, token: SecretStr, expires_at: datetime
) -> OneTimeLink:
    """Send a token to the user, or show it to the administrator if the application cannot send mail."""
    link = OneTimeLink(user=UserResponse.of(user), token=None, expires_at=expires_at)
    if outbox is None:
        return link.model_copy(update={"token": token.get_secret_value()})
    outbox(mail.message(purpose, email, token))
    return link
