"""Security events: what happened to accounts, and from where."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Row, Source, UserAgent
from hangar_dal.values import uuid7


class SecurityEventKind(StrEnum):
    SIGN_IN = "SIGN_IN"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    LOCKED = "LOCKED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  (not a password)
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105  (not a password)
    PASSWORD_RESET_REQUESTED = "PASSWORD_RESET_REQUESTED"  # noqa: S105  (not a password)
    SECOND_FACTOR_STARTED = "SECOND_FACTOR_STARTED"
    SECOND_FACTOR_RESTARTED = "SECOND_FACTOR_RESTARTED"
    SECOND_FACTOR_ENABLED = "SECOND_FACTOR_ENABLED"
    SECOND_FACTOR_REPLACED = "SECOND_FACTOR_REPLACED"
    SECOND_FACTOR_DISABLED = "SECOND_FACTOR_DISABLED"
    SECOND_FACTOR_REQUIRED = "SECOND_FACTOR_REQUIRED"
    SECOND_FACTOR_VERIFIED = "SECOND_FACTOR_VERIFIED"
    SECOND_FACTOR_FAILED = "SECOND_FACTOR_FAILED"
    RECOVERY_CODES_CHANGED = "RECOVERY_CODES_CHANGED"
    RECOVERY_CODE_USED = "RECOVERY_CODE_USED"
    TOKEN_REUSED = "TOKEN_REUSED"  # noqa: S105  (not a password)
    SIGNED_OUT = "SIGNED_OUT"
    KEYS_ROTATED = "KEYS_ROTATED"
    RETENTION_CHANGED = "RETENTION_CHANGED"
    REGISTERED = "REGISTERED"
    USERNAME_CHANGED = "USERNAME_CHANGED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    PHONE_NUMBER_CHANGED = "PHONE_NUMBER_CHANGED"
    DISPLAY_NAME_CHANGED = "DISPLAY_NAME_CHANGED"
    IS_TEST_USER_CHANGED = "IS_TEST_USER_CHANGED"
    IS_PRIVATE_CHANGED = "IS_PRIVATE_CHANGED"
    METADATA_CHANGED = "METADATA_CHANGED"
    ROLE_CHANGED = "ROLE_CHANGED"
    STATUS_CHANGED = "STATUS_CHANGED"
    INVITED = "INVITED"
    INVITATION_ACCEPTED = "INVITATION_ACCEPTED"
    EMAIL_CONFIRMATION_REQUESTED = "EMAIL_CONFIRMATION_REQUESTED"
    EMAIL_CONFIRMED = "EMAIL_CONFIRMED"
    EXPORTED = "EXPORTED"
    ERASED = "ERASED"
    MERGED = "MERGED"


RetentionDays = Annotated[int, Field(ge=1, le=36_500)]


class SecurityEvent(Row):
    """An event of an account. `actor_id` is the administrator who caused it, if it was not the user.

    `user_id` is None if the user is unknown, as for a failed sign-in with an unknown name. The user may be deleted.
    """

    id: UUID
    kind: SecurityEventKind
    user_id: UUID | None
    actor_id: UUID | None
    source: str | None
    user_agent: str | None
    occurred_at: datetime


class NewSecurityEvent(Row):
    """An event for `record_security_event`. The database's clock sets the time. It must not contain secrets."""

    id: UUID = Field(default_factory=uuid7)
    kind: SecurityEventKind
    user_id: UUID | None = None
    actor_id: UUID | None = None
    source: Source | None = None
    user_agent: UserAgent | None = None
