"""Reading on when a sealed value does not open: its row is left out, and reported.

Builds on `errors` alone.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from hangar_dal.errors import SealError

Report = Callable[[SealError], object]

_report: Final[ContextVar[Report | None]] = ContextVar("hangar_dal_unopened_rows", default=None)


@contextmanager
def skip_unopened_rows(report: Report) -> Generator[None]:
    """Within the block, leave rows out of lists and streams if a sealed value in them cannot be opened.

        skipped: list[SealError] = []
        with skip_unopened_rows(skipped.append):
            sessions = await session_cookies.list_session_cookies(db, user_id=user_id)

    `report` is called once for each such row, with the error that says which table, row and key. An exception that it
    raises ends the query. Lists of nested models lose such items alone. A query that returns one row still raises.
    Tasks that are started in the block skip rows too.
    """
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def current_report() -> Report | None:
    """Where to report rows that cannot be opened; None if the error is to be raised."""
    return _report.get()
