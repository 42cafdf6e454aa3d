"""What the floor needs from a dialect: one connection, used by one task at a time.

Stands above `statement`; the two dialects fulfil it, `shelf`, `transaction` and `database` use it.
"""

from typing import Any, Final, Literal, Protocol

from hangar_dal.database.statement import Parameters, Result, Row, Statement

Isolation = Literal["read committed", "repeatable read", "serializable"]
ISOLATIONS: Final = ("read committed", "repeatable read", "serializable")

# What a cancelled caller is told, as a note on its CancelledError.
COMMITTED: Final = "transaction was committed"
UNKNOWN: Final = "it is not known whether the transaction was committed"


class Connection(Protocol):
    """A dialect's connection. Errors are those of `errors`; a cancellation passes through as it is."""

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
        """The database has closed it."""
        ...

    @property
    def applied(self) -> bool | None:
        """Whether the last statement ran to its end; None if nobody can know any more."""
        ...

    async def run(self, statement: Statement, parameters: Parameters) -> Result:
        """One statement, its rows fetched. A cancelled one must be followed by `settle`."""
        ...

    async def begin(self, isolation: Isolation | None, read_only: bool) -> None: ...

    async def commit(self) -> None:
        """Raises `CommitUnknown` when the answer does not come; another error means that nothing was committed."""
        ...

    async def open_cursor(self, statement: Statement, parameters: Parameters) -> Any: ...

    async def fetch(self, cursor: Any, size: int) -> list[Row]: ...

    async def close_cursor(self, cursor: Any) -> None: ...

    async def settle(self) -> bool:
        """Stop what is under way and roll back. False if the connection cannot be used again. Raises nothing."""
        ...

    def tick(self) -> None:
        """A little time has passed: stop a statement that has taken too long."""
        ...

    async def close(self) -> None: ...

    def disown(self) -> None:
        """In a forked child: give the connection up without telling the database, whose parent still uses it."""
        ...
