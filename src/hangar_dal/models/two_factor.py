"""Second factors: the secret from which a device computes codes, and recovery codes for users who lost the device."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import NotNegative, Row
from hangar_dal.sealing import Sealed
from hangar_dal.values import uuid7

TotpSecret = Annotated[str, Sealed("two_factor", "secret", bind=("id", "user_id"))]
Step = NotNegative


class TwoFactor(Row):
    """A second factor, pending until its first correct code. `model_dump` reveals the secret, `repr` does not.

    `last_step` is the time step of the last accepted code. Steps are 30 seconds long and counted from 1970.
    """

    id: UUID
    user_id: UUID
    secret: TotpSecret = Field(repr=False)
    last_step: int | None
    enrolled_at: datetime
    confirmed_at: datetime | None


class TwoFactorSummary(Row):
    """A second factor without its secret, safe to display."""

    id: UUID
    user_id: UUID
    last_step: int | None
    enrolled_at: datetime
    confirmed_at: datetime | None


class RecoveryCode(Row):
    """A stored recovery code without its hash."""

    two_factor_id: UUID
    number: int
    created_at: datetime
    used_at: datetime | None


class NewTwoFactor(Row):
    """A second factor to store. `enrol_two_factor` creates the secret."""

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    secret: TotpSecret = Field(repr=False)
