"""Second factors: the secret that a device makes codes with, and the codes for users who have lost the device."""

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

    `last_step` is the step of the code that was accepted last: the number of half minutes since 1970.
    """

    id: UUID
    user_id: UUID
    secret: TotpSecret = Field(repr=False)
    last_step: int | None
    enrolled_at: datetime
    confirmed_at: datetime | None


class TwoFactorSummary(Row):
    """What can be shown about a second factor, without its secret."""

    id: UUID
    user_id: UUID
    last_step: int | None
    enrolled_at: datetime
    confirmed_at: datetime | None


class RecoveryCode(Row):
    """What is stored about a recovery code, without its hash."""

    two_factor_id: UUID
    number: int
    created_at: datetime
    used_at: datetime | None


class NewTwoFactor(Row):
    """What `insert_pending_two_factor` needs; `enrol_two_factor` makes the secret."""

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    secret: TotpSecret = Field(repr=False)
