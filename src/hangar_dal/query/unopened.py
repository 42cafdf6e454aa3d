"""Skip and report rows whose sealed values cannot be opened, instead of raising an error."""

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

    `report` is called once for each such row. Its argument is the error, which names the table, the row and the key.
    If `report` raises an exception, the query ends. In a list of nested models, only the item is left out. A query that
    returns one row still raises. Tasks that are started inside the block skip rows too.
    """
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def current_report() -> Report | None:
    """Return the function that reports rows that cannot be opened; None outside of `skip_unopened_rows`."""
    return _report.get()
