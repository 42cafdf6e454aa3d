"""The interface of a connection, which is used by one task at a time.

Both dialects implement it; `pool`, `transaction` and `database` use it.
"""

from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

from hangar_dal.database.batch import Call
from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import DatabaseError

Isolation = Literal["read committed", "repeatable read", "serializable"]
ISOLATIONS: Final = ("read committed", "repeatable read", "serializable")

# Notes that are added to the CancelledError of a cancelled caller.
COMMITTED: Final = "transaction was committed"
UNKNOWN: Final = "it is not known whether the transaction was committed"


class Borrower(Protocol):
    """The part of a transaction that the pool uses."""

    @property
    def place(self) -> str:
        """The file and the line where the transaction was opened."""
        ...

    @property
    def holder(self) -> object:
        """Who opened the transaction, as `holder()` returns it."""
        ...

    @property
    def savepoint_name(self) -> str | None:
        """The name of the innermost savepoint, to which a failed statement is rolled back; None if there is none."""
        ...

    def expire(self, error: DatabaseError) -> None:
        """Take the connection away from the transaction, between two statements. Each later use raises this error."""
        ...


class Connection(Protocol):
    """A connection of a dialect. Raises errors of `errors`, and CancelledError unchanged."""

    borrower: Borrower | None
    running: bool  # a call runs, or was cancelled and `settle` has not finished
    elapsed_ticks: int  # how often `check_timeout` was called since the last call began or ended

    @property
    def ready(self) -> bool:
        """True if the connection is idle, without an open transaction, and can be given to another task."""
        ...

    @property
    def in_transaction(self) -> bool:
        """True if a transaction is open in the database, even if it has failed."""
        ...

    @property
    def lost(self) -> bool:
        """True if the database has closed the connection."""
        ...

    @property
    def applied(self) -> bool | None:
        """Whether the last statement was applied; None if that is not known."""
        ...

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        """Run one statement and fetch its rows. After a cancellation, the caller must call `settle`."""
        ...

    async def run_batch(self, calls: Sequence[Call], *, begin: bool, commit: bool) -> list[Result]:
        """Run several statements in one round trip, with BEGIN before and COMMIT after them if asked for.

        Raises the error of the first statement that failed; no later one was run. `applied` tells about the COMMIT.
        """
        ...

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None: ...

    async def commit(self) -> None:
        """Commit. Raises `CommitUnknown` if there is no answer. Any other error means that nothing was committed."""
        ...

    async def open_cursor(self, statement: Statement, parameters: Parameters) -> Any: ...

    async def fetch(self, cursor: Any, size: int) -> list[Row]: ...

    async def close_cursor(self, cursor: Any) -> None: ...

    async def copy_in(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """Write many rows by one statement: all of them, or none if it raises an error."""
        ...

    async def lend(self, *, read_only: bool) -> Any:
        """Return the connection of the driver. The lender must call `take_back` later, and nothing else before."""
        ...

    async def take_back(self) -> bool:
        """End what runs on the driver's connection, and roll back. Return True if it is clean, and can be used again.

        Does not raise errors.
        """
        ...

    async def check(self) -> None:
        """Raise `ConnectionFailed` if the database does not answer within a time limit."""
        ...

    async def settle(self) -> bool:
        """Stop the running statement and roll back. Return False if the connection cannot be used again.

        Does not raise errors.
        """
        ...

    def check_timeout(self) -> None:
        """Stop the running statement if it has taken too long. The pool calls this at regular intervals."""
        ...

    async def close(self) -> None:
        """Close the connection in any state. A running statement is stopped and raises `DatabaseClosed`."""
        ...

    def disown(self) -> None:
        """In a forked child, drop the connection without sending anything, because the parent still uses it."""
        ...
