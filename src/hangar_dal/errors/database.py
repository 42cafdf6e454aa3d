"""What a database, or the way to it, refuses."""

from collections.abc import Sequence

from hangar_dal.errors.root import HangarError


class DatabaseError(HangarError):
    """`sqlstate` is PostgreSQL's code or SQLite's error name; `query` the query that was running, if any."""

    def __init__(self, message: str, *, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.query: str | None = None


class SchemaOutOfDate(DatabaseError):
    """Run the command that the message names; `pending` holds the migrations' ids in order."""

    def __init__(self, message: str, *, pending: Sequence[str]) -> None:
        super().__init__(message)
        self.pending = tuple(pending)


class ScratchError(DatabaseError):
    """Grant CREATEDB, or name an empty throwaway database, as the message says. No other database was changed."""


class UnsupportedVersion(DatabaseError):
    """Upgrade the server, or the SQLite library that Python was built with."""


class ConstraintViolation(DatabaseError):
    """A rule of a table refused the row; nothing of the statement was applied.

    `constraint` is the rule's name, `table` its table and `columns` the columns it covers, the same on both
    databases; a part that the database does not tell is None or empty. A `*_fold` column is given by the name of
    the column that it folds.
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


class ForeignKeyViolation(ConstraintViolation):
    """The row that is referred to does not exist, or rows still refer to the one to be deleted."""


class CheckViolation(ConstraintViolation):
    """The row breaks a rule of the table; the constraint's name says which."""


class NotNullViolation(ConstraintViolation):
    """A column that must have a value got none."""


class TriggerViolation(ConstraintViolation):
    """A trigger refused the change: `constraint` is its rule's name, and `text` its author's words for the user.

    Both are None if the message is not a literal `name: text` in the trigger's definition: it may hold row values.
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
    """Run the whole unit again: `db.in_transaction(work)` does so. Nothing was applied."""


class CommitUnknown(TransactionError):
    """Look up whether the work is there before doing it again: COMMIT was sent and its answer never came."""


class DatabaseBusy(DatabaseError):
    """Try again later, shorten the transactions that hold the lock, or raise the limit that the message names."""


class ConnectionFailed(DatabaseError):
    """Check that the server runs and that DATABASE_URL is right. Work that was under way was not applied."""


class ListenNotSupported(DatabaseError):
    """Look at the tables from time to time, or listen on a direct connection to PostgreSQL, as the message says."""


class DatabaseFileLost(DatabaseError):
    """Stop the application, and put the file back or restore a backup. The message says which file is meant."""


class ForkedDatabase(DatabaseError):
    """Open a database in each process, after the fork. The parent's connections are not touched."""


class WrongEventLoop(DatabaseError):
    """Open a database in each event loop, and use it in that loop only."""


class DatabaseClosed(DatabaseError):
    """Use the database inside `async with open_database(...)`."""
