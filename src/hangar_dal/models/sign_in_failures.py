"""Failed sign-ins, counted by login and by source."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from hangar_dal.models.row import Row

# From this number of failures on, each failure starts a lock.
FreeAttempts = Annotated[int, Field(ge=2)]


class SignInFailures(Row):
    """The number of consecutive failed attempts for a key. A running attempt counts as failed until it succeeds.

    `refused` is the number of attempts refused since the last lock began. They are not counted as failures.
    """

    key: str
    failures: int
    refused: int
    locked_until: datetime | None
    attempted_at: datetime
