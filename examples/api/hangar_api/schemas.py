"""What clients send and get. No answer has a field for a hash, and none repeats a password or a cookie."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, SecretStr

from hangar_api.settings import ApiSettings
from hangar_api.tokens import issue_access_token
from hangar_dal import User, UserRole, UserStatus, UserType
from hangar_dal.accounts import SignedIn


class Request(BaseModel):
    """Unknown fields are refused: a client that sends `role` learns that it has no effect."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Registration(Request):
    """What people may say about their own account: neither role nor status."""

    username: str
    email: str
    password: SecretStr
    display_name: str | None = None
    phone_number: str | None = None
    is_private: bool = False


class Login(Request):
    """`login` is a username or an e-mail address; `code` is one of the second factor."""

    login: str
    password: SecretStr
    code: SecretStr | None = None


class RefreshTokenRequest(Request):
    refresh_token: SecretStr


class OneTimeTokenRequest(Request):
    token: SecretStr


class ForgottenPassword(Request):
    email: str


class NewPasswordByToken(Request):
    token: SecretStr
    password: SecretStr


class ProfileChanges(Request):
    """A field that is left out stays as it is."""

    username: str | None = None
    display_name: str | None = None
    phone_number: str | None = None
    is_private: bool | None = None


class PasswordChange(Request):
    old_password: SecretStr
    new_password: SecretStr


class Token(BaseModel):
    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int

    @classmethod
    def of(cls, settings: ApiSettings, signed_in: SignedIn) -> "Token":
        session = signed_in.session
        return cls(
            access_token=issue_access_token(settings, user_id=session.user_id, session_id=session.family_id),
            refresh_token=signed_in.refresh_token.get_secret_value(),
            expires_in=settings.access_token_seconds,
        )


class UserResponse(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str | None
    email: str | None
    phone_number: str | None
    display_name: str
    user_type: UserType
    status: UserStatus
    role: UserRole
    is_active: bool
    is_admin: bool
    is_private: bool
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserResponse":
        return cls.model_validate(user)


class ShortUser(BaseModel):
    """What everybody may see of a user, next to what the user has made."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str | None
    display_name: str

    @classmethod
    def of(cls, user: object) -> "ShortUser":
        """Of a user, an owner, an author or an entry of a list, which all have these fields."""
        return cls.model_validate(user)


class ListedUserResponse(ShortUser):
    """A user in a list of followers, requests or blocked users. `created_at` says since when."""

    created_at: datetime

    @classmethod
    def of(cls, user: object) -> "ListedUserResponse":
        return cls.model_validate(user)


class Ended(BaseModel):
    """How many sessions were ended."""

    ended: int
