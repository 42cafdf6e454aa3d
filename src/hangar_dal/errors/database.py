"""Errors of the database, or of the connection to it."""

from collections.abc import Sequence
from typing import Self

from hangar_dal.errors.root import HangarError


class DatabaseError(HangarError):
    """The base class of errors of the database or its connection.

    `sqlstate` is the code of PostgreSQL or the error name of SQLite. `query` is the name of the query that failed, such
    as `users.get_user`. It is BEGIN, COMMIT or SAVEPOINT if the beginning or the end of a block failed, and None if no
    query was called, as while the database is opened.
    """

    def __init__(self, message: str, fix: str = "", *, sqlstate: str | None = None) -> None:
        super().__init__(message, fix)
        self.sqlstate = sqlstate
        self.query: str | None = None

    def of(self, query: str) -> Self:
        """Return the error with the name of its query. An error that has a name keeps it."""
        self.query = self.query or query or None
        return self


class SchemaOutOfDate(DatabaseError):
    """Run the command that the message names. `pending` has the ids of the pending migrations, in order."""

    def __init__(self, message: str, *, pending: Sequence[str]) -> None:
        super().__init__(message)
        self.pending = tuple(pending)


class ScratchError(DatabaseError):
    """Grant CREATEDB, or name an empty throwaway database, as the message says. No other database was changed."""


class UnsupportedVersion(DatabaseError):
    """Upgrade the server, or the SQLite library that Python was built with."""


class ConstraintViolation(DatabaseError):
    """A constraint of a table refused the row. Nothing of the statement was applied.

    `constraint` is the name of the constraint, `table` its table and `columns` its columns. They are the same on both
    databases. A part that the database does not report is None or empty. In place of a `*_fold` column, `columns` has
    the column whose fold it stores.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        constraint: str | None = None,
        table: str | None = None,
        columns: Sequence[str] = (),
    ) -> None:
        super().__init__(message, sqlstate=sqlstate)
        self.constraint, self.table, self.columns = constraint, table, tuple(columns)


class UniqueViolation(ConstraintViolation):
    """Another row already has this value: choose another, or update that row."""


class ExclusionViolation(ConstraintViolation):
    """The row conflicts with another one, such as a booking of the same room at the same time. PostgreSQL only."""


class ForeignKeyViolation(ConstraintViolation):
    """The row refers to a row that does not exist, or other rows still refer to the row to be deleted."""


class CheckViolation(ConstraintViolation):
    """The row violates a CHECK of the table. `constraint` is its name."""


class NotNullViolation(ConstraintViolation):
    """A NOT NULL column got NULL."""


class TriggerViolation(ConstraintViolation):
    """A trigger refused the change. `constraint` is the name of the rule, and `text` the sentence for the user.

    Both are None if the message is not a literal `name: text` in the trigger's definition: it may contain row values.
    """

    def __init__(self, rule: tuple[str, str] | None, *, sqlstate: str | None = None, table: str | None = None) -> None:
        self.text = rule[1] if rule else None
        said = f": {rule[0]}: {rule[1]}" if rule else "; its message is not a literal `name: text`, so it is not shown"
        message = f"a trigger{f' of {table}' if table else ''} refused the change{said}"
        super().__init__(message, sqlstate=sqlstate, constraint=rule[0] if rule else None, table=table)


class StatementError(DatabaseError):
    """Correct the SQL in the file that `query` names."""


class StatementTimeout(DatabaseError):
    """Make the statement cheaper, or raise HANGAR_STATEMENT_TIMEOUT. The statement was not applied."""


class TransactionError(DatabaseError):
    """A transaction was used wrongly, or could not be completed."""


class TransactionBusy(TransactionError):
    """Await one query of a transaction before the next, or give each task its own transaction."""


class TransactionClosed(TransactionError):
    """Use the transaction inside its `async with` block only."""


class TransactionFailed(TransactionError):
    """Let the error leave the block, or wrap the statement that may fail in `tx.savepoint()`. Nothing is kept."""


class TransactionExpired(TransactionError):
    """Do nothing slow inside the block. The transaction was idle for too long and was rolled back; nothing is kept."""


class ReadOnlyTransaction(TransactionError):
    """Open the transaction without `read_only=True` to write."""


class TransactionConflict(TransactionError):
    """Run the whole transaction again, as `db.in_transaction(work)` does. Nothing was applied."""


class CommitUnknown(TransactionError):
    """Check whether the work was saved before you repeat it: the connection was lost after COMMIT was sent."""


class DatabaseBusy(DatabaseError):
    """Try again later, shorten the transactions that hold the lock, or raise the limit that the message names."""


class ConnectionFailed(DatabaseError):
    """Check that the server runs and that DATABASE_URL is right. The work that was running was not applied."""


class ListenNotSupported(DatabaseError):
    """Read the tables at intervals, or listen on a direct connection to PostgreSQL, as the message says."""


class DatabaseFileLost(DatabaseError):
    """Stop the application, and put the file back or restore a backup. The message says which file is meant."""


class ForkedDatabase(DatabaseError):
    """Open a database in each process, after the fork. The parent's connections are not touched.

    On SQLite, close the database before the fork, because a child cannot open a file that was open at the fork.
    """


class WrongEventLoop(DatabaseError):
    """Open a database in each event loop, and use it in that loop only."""


class DatabaseClosed(DatabaseError):
    """Use the database inside `async with open_database(...)`."""
