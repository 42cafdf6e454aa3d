"""The years in which all rows came to be, and what the clock of a database shows while it is filled."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Final

END: Final = datetime(2026, 1, 1, tzinfo=UTC)
SPAN: Final = timedelta(days=3 * 365)
DAY: Final = timedelta(days=1)
ROWS_PER_INSTANT: Final = 500  # of those to which the database's clock gives their time

NOW: Final[ContextVar[datetime]] = ContextVar("NOW", default=END)  # when the rows came to be that are stored now


def clock() -> datetime:
    """For `open_database(clock=...)`."""
    return NOW.get()
