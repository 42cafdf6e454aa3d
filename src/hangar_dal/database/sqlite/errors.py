"""Translate errors of SQLite by code, with the names that constraints have in PostgreSQL.

Runs in the connection's thread right after the error, so that it can read the schema. Below `connection`.
"""

import re
import sqlite3
from contextlib import suppress
from typing import Final

from hangar_dal.database.messages import READ_ONLY, foreign_key_message, unique_message
from hangar_dal.database.sqlite.replay import DRIVER_ERRORS as DRIVER_ERRORS
from hangar_dal.database.sqlite.replay import Failed
from hangar_dal.database.statement import Parameters, Statement
from hangar_dal.errors import (
    CheckViolation,
    ConnectionFailed,
    ConstraintViolation,
    DatabaseBusy,
    DatabaseError,
    ForeignKeyViolation,
    HangarError,
    InvalidValue,
    NotNullViolation,
    ReadOnlyTransaction,
    StatementError,
    StatementTimeout,
    TransactionConflict,
    UniqueViolation,
)

_TARGET: Final = re.compile(
    r"\b(?:INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO|UPDATE(?:\s+OR\s+\w+)?|DELETE\s+FROM)\s+\"?(\w+)", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# Messages about the text of a statement. Other messages may contain values.
_ABOUT_THE_TEXT: Final = re.compile(
    r"no such (?:table|column|function|index|view|trigger|savepoint)|near \"|ambiguous column name|incomplete input"
    r"|table \S+ (?:has|already exists)|wrong number of arguments|misuse of aggregate"
)
_PRIMARY_CODE: Final = 0xFF
# SQLite reports a violation of a foreign key with RESTRICT as an error of a trigger, with this message.
_RESTRICT: Final = "FOREIGN KEY constraint failed"
_CONSTRAINT_DATATYPE: Final = sqlite3.SQLITE_CONSTRAINT | 12 << 8  # the module sqlite3 does not define it


def is_busy(error: Exception) -> bool:
    """Whether the error means that another connection holds the lock."""
    return _code(error) & _PRIMARY_CODE in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def translated(
    error: Exception, statement: Statement | None, raw: sqlite3.Connection, parameters: Parameters | None = None
) -> HangarError:
    """Return the error to raise with `raise_alone`. It names the constraint and the table, but contains no values.

    Pass `parameters` if the statement may be run again, to find the constraint.
    """
    found = _translated(error, Failed(statement.text if statement else "", parameters, raw))
    if isinstance(found, DatabaseError) and statement is not None:
        found.query = statement.name or None
    return found


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK))


def _translated(error: Exception, failed: Failed) -> HangarError:
    if not isinstance(error, sqlite3.Error | sqlite3.Warning):
        return InvalidValue(
            "a parameter has a value that SQLite cannot store: an integer with more than 64 bits, or invalid text"
        )
    code, name = _code(error), str(getattr(error, "sqlite_errorname", "")) or type(error).__name__
    primary = code & _PRIMARY_CODE
    if code == _CONSTRAINT_DATATYPE:
        return InvalidValue("a parameter has a value that its column's type does not allow")
    if primary == sqlite3.SQLITE_CONSTRAINT:
        return _constraint(code, name, str(error), failed)
    if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
        return TransactionConflict("another transaction wrote first; run the transaction again", sqlstate=name)
    if primary in {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}:
        return InvalidValue("a parameter has a value that SQLite cannot store: it is too large, or has the wrong type")
    if primary == sqlite3.SQLITE_READONLY and _reads_only(failed.raw):
        return ReadOnlyTransaction(READ_ONLY, sqlstate=name)
    if primary in _BY_CODE:
        kind, message = _BY_CODE[primary]
        return kind(message, sqlstate=name)
    if primary in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_OK}:  # OK: an error of the module sqlite3 about the call
        said = str(error) if _ABOUT_THE_TEXT.match(str(error)) else "the statement cannot be run"
        return StatementError(f"SQLite: {said}", sqlstate=name)
    return DatabaseError(f"SQLite failed with {name}; see https://www.sqlite.org/rescode.html", sqlstate=name)


def _reads_only(raw: sqlite3.Connection) -> bool:
    """Whether the connection is in read-only mode, as in a read-only transaction. If not, the file is read-only."""
    with suppress(sqlite3.ProgrammingError):  # a connection that could not be opened is closed by now
        return bool(raw.execute("PRAGMA query_only").fetchone()[0])
    return False


_BY_CODE: Final[dict[int, tuple[type[DatabaseError], str]]] = {
    sqlite3.SQLITE_BUSY: (DatabaseBusy, "another process held SQLite's write lock for longer than HANGAR_LOCK_TIMEOUT"),
    sqlite3.SQLITE_LOCKED: (DatabaseBusy, "a table is locked by another statement on this connection"),
    sqlite3.SQLITE_INTERRUPT: (StatementTimeout, "the statement took longer than HANGAR_STATEMENT_TIMEOUT"),
    sqlite3.SQLITE_READONLY: (
        DatabaseError,
        "the database file cannot be written; check the permissions of the file and of its directory",
    ),
    sqlite3.SQLITE_CANTOPEN: (ConnectionFailed, "SQLite cannot open the database file, or a file beside it"),
    sqlite3.SQLITE_NOTADB: (ConnectionFailed, "the file is not a SQLite database"),
    sqlite3.SQLITE_PERM: (ConnectionFailed, "no permission to open the database file"),
    sqlite3.SQLITE_FULL: (DatabaseError, "the disk is full; the transaction was rolled back"),
    sqlite3.SQLITE_CORRUPT: (DatabaseError, "the database file is damaged; restore a backup"),
    sqlite3.SQLITE_MISUSE: (StatementError, "the statement cannot be run"),
    sqlite3.SQLITE_RANGE: (StatementError, "the statement and its parameters do not match"),
    sqlite3.SQLITE_AUTH: (StatementError, "the statement is not allowed on this connection"),
}


def _constraint(code: int, name: str, message: str, failed: Failed) -> ConstraintViolation:
    subject = message.partition("failed: ")[2]
    match code:
        case sqlite3.SQLITE_CONSTRAINT_UNIQUE | sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY | sqlite3.SQLITE_CONSTRAINT_ROWID:
            from hangar_dal.database.sqlite.unique_keys import broken_key  # noqa: PLC0415 - only this error needs it

            constraint, table, columns = broken_key(code, subject, failed)
            return UniqueViolation(
                unique_message(table, columns, constraint),
                sqlstate=name, constraint=constraint, table=table, columns=columns,
            )  # fmt: skip
        case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
            table, _, column = subject.rpartition(".")
            return NotNullViolation(
                f"{table}.{column} must have a value", sqlstate=name, table=table or None, columns=(column,)
            )
        case sqlite3.SQLITE_CONSTRAINT_CHECK:
            constraint = subject if subject.isidentifier() else None
            target = _target(failed.text)
            return CheckViolation(
                f"a row violates the constraint {constraint or '(unnamed)'} of {target or 'its table'}",
                sqlstate=name, constraint=constraint, table=target,
            )  # fmt: skip
        case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            return _foreign_key(name, failed)
        case sqlite3.SQLITE_CONSTRAINT_TRIGGER if message == _RESTRICT:
            return _foreign_key(name, failed)
        case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            from hangar_dal.database.sqlite.triggers import trigger_violation  # noqa: PLC0415 - as above

            return trigger_violation(name, message, failed.raw)
        case _:
            return ConstraintViolation(
                "a constraint of the table refused the row", sqlstate=name, table=_target(failed.text)
            )


def _target(text: str) -> str | None:
    found = _TARGET.search(_COMMENT.sub(" ", text))
    return found[1] if found else None


def _foreign_key(name: str, failed: Failed) -> ForeignKeyViolation:
    # Only this error needs them.
    from hangar_dal.database.sqlite.constraint_names import constraint_names, key_of  # noqa: PLC0415
    from hangar_dal.database.sqlite.foreign_keys import broken  # noqa: PLC0415

    table = _target(failed.text)
    found = broken(table, failed) if table else None
    if found is None:
        where = f"of {table} " if table else ""
        message = (
            f"a foreign key {where}is violated: the referenced row is missing, or other rows still refer to this row"
        )
        return ForeignKeyViolation(message, sqlstate=name, table=table)
    key = found.key
    default = f"{key.table}_{'_'.join(key.columns)}_fkey"
    constraint = constraint_names(key.table, failed.raw).get(key_of("FOREIGN", key.columns), default)
    # Only columns of a row that was written. PostgreSQL shows which row that was by the default name alone.
    columns = key.columns if found.is_written and constraint == default else ()
    return ForeignKeyViolation(
        foreign_key_message(key.table, columns, constraint),
        sqlstate=name, constraint=constraint, table=key.table, columns=columns,
    )  # fmt: skip
