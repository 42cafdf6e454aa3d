"""Failed sign-ins, counted by login and by source."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from hangar_dal.models.row import Row

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
