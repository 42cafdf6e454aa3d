"""User accounts: local accounts with a password, and EVE SSO accounts with a character."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypedDict
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, model_validator

from hangar_dal.emails import EmailAddress
from hangar_dal.grams import Searchable, long_enough
from hangar_dal.models.row import Confidential, EveCharacterId, Row
from hangar_dal.names import visible_name
from hangar_dal.values import CaseInsensitive, JsonObject, uuid7


class UserType(StrEnum):
    EVE_SSO = "EVE_SSO"
    LOCAL = "LOCAL"


class UserStatus(StrEnum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    SUSPENDED = "SUSPENDED"
    DELETED = "DELETED"


class UserRole(StrEnum):
    USER = "USER"
    MODERATOR = "MODERATOR"
    ADMIN = "ADMIN"


# A username contains neither `@` nor the two characters that fold to it, so it can never look like an address.
Username = Annotated[
    str,
    CaseInsensitive,
    Searchable,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[^@\x{FE6B}\x{FF20}]+$"),
    AfterValidator(visible_name),
]
Email = Annotated[str, EmailAddress, Searchable]
# ITU-T E.164: a plus sign and up to fifteen digits.
PhoneNumber = Annotated[str, Searchable, StringConstraints(pattern=r"^\+[1-9][0-9]{1,14}$")]
DisplayName = Annotated[
    str, CaseInsensitive, Searchable, StringConstraints(min_length=1, max_length=100), AfterValidator(visible_name)
]

# A lookup value need not be valid, only short enough.
Lookup = Annotated[str, CaseInsensitive, StringConstraints(max_length=254)]
Address = Annotated[str, EmailAddress]
Part = Annotated[str, Searchable, StringConstraints(max_length=254), AfterValidator(long_enough)]


class User(Row):
    """An account without its password hash. `is_active` and `is_admin` are derived from `status` and `role`."""

    id: UUID
    username: str | None
    email: str | None
    phone_number: str | None
    display_name: Annotated[str, CaseInsensitive]
    user_type: UserType
    eve_character_id: int | None
    eve_scopes: list[str]
    status: UserStatus
    role: UserRole
    is_active: bool
    is_admin: bool
    is_test_user: bool
    is_private: bool
    last_login_at: datetime | None
    metadata: JsonObject
    created_at: datetime
    updated_at: datetime


class _Account(Row):
    """The fields of a new account without its password. `display_name` defaults to the username."""

    id: UUID = Field(default_factory=uuid7)
    username: Username | None = None
    email: Email | None = None
    phone_number: PhoneNumber | None = None
    display_name: DisplayName = Field(default_factory=lambda data: data.get("username") or "")
    user_type: UserType = UserType.LOCAL
    eve_character_id: EveCharacterId | None = None
    eve_scopes: list[str] = Field(default_factory=list)
    status: UserStatus = UserStatus.ACTIVE
    role: UserRole = UserRole.USER
    is_test_user: bool = False
    is_private: bool = False
    metadata: JsonObject = Field(default_factory=dict)

    def _check_whole(self, password: object) -> None:
        if not self.display_name:
            raise ValueError("display_name: needed where there is no username")
        if self.user_type is UserType.LOCAL and not (self.username and self.email and password):
            raise ValueError("a LOCAL account needs username, email and password")
        if self.user_type is UserType.EVE_SSO and self.eve_character_id is None:
            raise ValueError("an EVE_SSO account needs eve_character_id")
        if self.user_type is UserType.EVE_SSO and self.email is not None:
            raise ValueError("an EVE_SSO account has no email")


class NewUser(_Account):
    """An account for `create_user`.

    LOCAL needs a username, an e-mail address and a password; EVE_SSO needs a character. `display_name` defaults to the
    username.
    """

    password: SecretStr | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _whole_for_its_type(self) -> Self:
        self._check_whole(self.password)
        return self


class ImportedUser(_Account):
    """An account of another system for `accounts.import_users`, with the argon2 hash of its password."""

    hashed_password: Annotated[str | None, Confidential] = Field(default=None, repr=False)
    created_at: datetime

    @model_validator(mode="after")
    def _whole_for_its_type(self) -> Self:
        self._check_whole(self.hashed_password)
        return self


class UserChanges(TypedDict, total=False):
    """The fields that `update_user` may change.

    Omitted fields stay as they are; None, if allowed, is stored as NULL.
    """

    username: Username
    email: Email | None
    phone_number: PhoneNumber | None
    display_name: DisplayName
    is_test_user: bool
    is_private: bool
    metadata: JsonObject


class Login(Row):
    """The id, status and password hash of a user, for `authenticate`. Never returned to the application."""

    id: UUID
    status: UserStatus
    hashed_password: Annotated[str | None, Confidential] = Field(repr=False)
