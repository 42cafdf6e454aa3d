"""Accounts: local ones with a password, and EVE SSO ones that belong to a character."""

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


# Without `@`, and without the two characters that fold to it, a username can never pose as an e-mail address.
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

# What is looked up need not be well formed, only short enough to be worth a look.
Lookup = Annotated[str, CaseInsensitive, StringConstraints(max_length=254)]
Address = Annotated[str, EmailAddress]
Part = Annotated[str, Searchable, StringConstraints(max_length=254), AfterValidator(long_enough)]


class User(Row):
    """An account. `is_active` and `is_admin` follow from `status` and `role`; the password's hash is not part of it."""

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
    """What a new account has besides its password. `display_name` is the username unless given."""

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
    """What `create_user` needs. A LOCAL account has a username, an e-mail and a password; an EVE_SSO one a character.

    `display_name` is the username unless given.
    """

    password: SecretStr | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _whole_for_its_type(self) -> Self:
        self._check_whole(self.password)
        return self


class ImportedUser(_Account):
    """What `import_users` needs: an account of another system, with the argon2 hash of its password."""

    hashed_password: Annotated[str | None, Confidential] = Field(default=None, repr=False)
    created_at: datetime

    @model_validator(mode="after")
    def _whole_for_its_type(self) -> Self:
        self._check_whole(self.hashed_password)
        return self


class UserChanges(TypedDict, total=False):
    """What `update_user` may change. A field left out stays; None, where it is allowed, becomes NULL."""

    username: Username
    email: Email | None
    phone_number: PhoneNumber | None
    display_name: DisplayName
    is_test_user: bool
    is_private: bool
    metadata: JsonObject


class Login(Row):
    """What `authenticate` compares; it never leaves the domain."""

    id: UUID
    status: UserStatus
    hashed_password: Annotated[str | None, Confidential] = Field(repr=False)
