"""Failed sign-ins, counted by login and by source."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from hangar_dal.models.row import Row

# The SHA-256 of a login or a source.
AttemptKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# From this number of failures on, each one locks.
FreeAttempts = Annotated[int, Field(ge=2)]


class SignInFailures(Row):
    """How many attempts in a row have failed. An attempt counts as failed until it has succeeded.

    `refused` is the number of attempts since the last lock began, which were not counted.
    """

    key: str
    failures: int
    refused: int
    locked_until: datetime | None
    attempted_at: datetime
