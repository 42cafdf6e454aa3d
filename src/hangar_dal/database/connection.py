"""What a dialect provides: one connection, used by one task at a time.

The two dialects fulfil it; `pool`, `transaction` and `database` use it. Builds on `statement`.
"""

from typing import Any, Final, Literal, Protocol

from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import DatabaseError

Isolation = Literal["read committed", "repeatable read", "serializable"]
ISOLATIONS: Final = ("read committed", "repeatable read", "serializable")

# Notes that are added to the CancelledError of a caller.
COMMITTED: Final = "transaction was committed"
UNKNOWN: Final = "it is not known whether the transaction was committed"


class Borrower(Protocol):
    """A transaction, as the pool knows it."""

    @property
    def place(self) -> str:
        """Where in the code it was opened: file and line."""
        ...

    @property
    def savepoint_name(self) -> str | None:
        """The innermost savepoint: all that a failed statement has to be rolled back to."""
        ...

    def expire(self, error: DatabaseError) -> None:
        """Take its connection away, between two statements. Every later use raises this error."""
        ...


class Connection(Protocol):
    """A dialect's connection. Errors are those of `errors`; a cancellation passes through as it is."""

    borrower: Borrower | None
    running: bool  # a call is under way, or was cancelled and has not been settled
    elapsed_ticks: int  # how often `check_timeout` was called since the last call began or ended

    @property
    def ready(self) -> bool:
        """Nothing is under way and no transaction is open: the next task may have it."""
        ...

    @property
    def in_transaction(self) -> bool:
        """The database still holds the transaction open, failed or not."""
        ...

    @property
    def lost(self) -> bool:
        """The database has closed it: nothing that is sent now would arrive."""
        ...

    @property
    def applied(self) -> bool | None:
        """Whether the last statement ran to its end; None if that cannot be known."""
        ...

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        """One statement, its rows fetched. A cancelled one must be followed by `settle`."""
        ...

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None: ...

    async def commit(self) -> None:
        """Raises `CommitUnknown` if the answer does not come; another error means that nothing was committed."""
        ...

    async def open_cursor(self, statement: Statement, parameters: Parameters) -> Any: ...

    async def fetch(self, cursor: Any, size: int) -> list[Row]: ...

    async def close_cursor(self, cursor: Any) -> None: ...

    async def check(self) -> None:
        """Raises `ConnectionFailed` if the database does not answer soon."""
        ...

    async def settle(self) -> bool:
        """Stop what is under way and roll back. False if the connection cannot be used again. Raises nothing."""
        ...

    def check_timeout(self) -> None:
        """A little time has passed: stop a statement that has taken too long."""
        ...

    async def close(self) -> None:
        """Close it, whatever its state. A statement under way is stopped and raises `DatabaseClosed`."""
        ...

    def disown(self) -> None:
        """In a forked child: give the connection up without telling the database, whose parent still uses it."""
        ...
