"""Every error this package raises, in one tree.

    HangarError
    ├── SettingsError              a setting is wrong, missing or half given
    ├── CatalogError               SQL files and signatures disagree; lists every finding, with file and line
    ├── CatalogNotOpened           the database was opened without the catalog of this query
    ├── InvalidValue               a value that both databases refuse; found before any I/O (also a ValueError)
    │   └── WeakPassword           too short, too long, or among the most common
    ├── SealError                  a sealed value cannot be opened: wrong key, moved or altered
    ├── InvalidCredentials         unknown user, wrong password or an account that is not active: never which
    ├── AccountNotActive           the account exists and may not sign in
    ├── HashingBusy                too many passwords wait to be hashed; nothing was read or written
    ├── NotFound                   a row that had to exist does not
    ├── TooManyRows                more rows than the signature allows
    ├── MigrationError             a migration file is missing, broken or failed
    │   ├── MigrationBlocked       other sessions kept a lock that the migration needs
    │   └── SchemaDiffers          the schema is not the one the migrations would give
    ├── BackupFailed               the copy could not be made or did not pass its checks; nothing of it is left
    └── DatabaseError              the database, or the way to it, refused
        ├── SchemaOutOfDate        migrations are pending; names them and the command
        ├── UnsupportedVersion     the server or library is older than this package needs
        ├── ScratchError           there is no scratch database to check against, or a connection leads elsewhere
        ├── ConstraintViolation
        │   ├── UniqueViolation
        │   ├── ForeignKeyViolation
        │   ├── CheckViolation
        │   ├── NotNullViolation
        │   └── TriggerViolation     a trigger refused the change, with the rule's name and its author's words
        ├── StatementError         the statement itself is at fault: syntax, missing table, wrong type, no permission
        ├── StatementTimeout       stopped by the statement timeout
        ├── TransactionError
        │   ├── TransactionBusy      two tasks used one transaction at once
        │   ├── TransactionClosed    used after its block ended
        │   ├── TransactionFailed    used again after a statement in it failed
        │   ├── TransactionExpired   ran no statement for too long and was rolled back
        │   ├── ReadOnlyTransaction  a write in a read-only transaction
        │   ├── TransactionConflict  serialization failure or deadlock; the whole unit may be tried again
        │   └── CommitUnknown        the connection was lost while COMMIT was under way
        ├── DatabaseBusy           a lock, the pool or SQLite's writer was not free in time
        ├── ConnectionFailed       the server cannot be reached, or the connection was lost
        ├── DatabaseFileLost       an open SQLite file was deleted, moved or replaced
        ├── ForkedDatabase         used in a child of the process that opened it
        ├── WrongEventLoop         used in another event loop, or another thread, than it was opened in
        └── DatabaseClosed         used before it was opened or after it was closed

Messages say what happened, where and what to do. They never hold a row's values or a secret. What a driver says does,
so `database/<dialect>/` translates it, and `raise_alone` makes sure that it cannot be reached from our errors.
"""

import copyreg
from collections.abc import Mapping, Sequence
from typing import Any

from hangar_dal.raising import raise_alone as raise_alone


class HangarError(Exception):
    """The root: catch it to catch all that this package raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Copied and pickled with all attributes, whatever the arguments of the class are."""
        return copyreg.__newobj__, (type(self), *self.args), vars(self)  # type: ignore[attr-defined]  # not in typeshed


class SettingsError(HangarError):
    """Set the variable that the message names."""


class CatalogError(HangarError):
    """Correct the SQL file or the signature at each place in `findings`, one sentence each."""

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


class CatalogNotOpened(HangarError):
    """Open the database with the catalog that the message names."""


class InvalidValue(HangarError, ValueError):
    """Pass a value that both databases can hold. Nothing was sent and nothing has changed."""


class WeakPassword(InvalidValue):
    """Ask for another password; the message can be shown to the user."""


class SealError(HangarError):
    """Configure the key that the message names; if it is configured, the value was moved or altered.

    `table` and `column` say where it is stored, `key_id` its key, and `row` has the UUIDs and integers it is bound to.
    """

    def __init__(
        self, reason: str, *, table: str, column: str, key_id: str | None = None, row: Mapping[str, str] | None = None
    ) -> None:
        self.reason, self.table, self.column, self.key_id = reason, table, column, key_id
        self.row = dict(row or {})
        where = "".join(f", {name} {value}" for name, value in self.row.items())
        super().__init__(f"{table}.{column}{where}: {reason}")


class InvalidCredentials(HangarError):
    """Show one sentence to the user for all its causes, as this error does."""


class AccountNotActive(HangarError):
    """Tell the user that the account is suspended, inactive or deleted; `status` says which."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class HashingBusy(HangarError):
    """Answer "try again later" (HTTP 503): more sign-ins arrive than this process can hash."""


class NotFound(HangarError):
    """Nothing matched where exactly one row was expected; `query` names the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class TooManyRows(HangarError):
    """Narrow the statement's WHERE, or declare the query as a list; `query` names the query."""

    def __init__(self, message: str, *, query: str | None = None) -> None:
        super().__init__(message)
        self.query = query


class MigrationError(HangarError):
    """Correct the migration file that the message names; a transactional migration that failed left nothing behind."""


class MigrationBlocked(MigrationError):
    """Other sessions kept a lock that the migration needs. Nothing of it was applied; end them, or try again later."""


class SchemaDiffers(MigrationError):
    """Compare `differences`, one line each, with the migration files; nothing was changed or marked."""

    def __init__(self, message: str, *, differences: Sequence[str] = ()) -> None:
        self.differences = tuple(differences)
        super().__init__("\n".join([message, *(f"  {line}" for line in self.differences)]))


class BackupFailed(HangarError):
    """Remove the cause that the message names and make the backup again. The database itself was not changed.

    `unopened` holds an error for each sealed value in the copy that the keys at hand do not open, at most 1,000.
    """

    def __init__(self, message: str, *, unopened: Sequence[SealError] = ()) -> None:
        super().__init__(message)
        self.unopened = tuple(unopened)


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


class DatabaseFileLost(DatabaseError):
    """Stop the application, and put the file back or restore a backup. The message says which file is meant."""


class ForkedDatabase(DatabaseError):
    """Open a database in each process, after the fork. The parent's connections are not touched."""


class WrongEventLoop(DatabaseError):
    """Open a database in each event loop, and use it in that loop only."""


class DatabaseClosed(DatabaseError):
    """Use the database inside `async with open_database(...)`."""
