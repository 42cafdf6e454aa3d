"""Translate errors of PostgreSQL by SQLSTATE, without parts of the message that may contain values.

Below `connection`.
"""

import re
from typing import Final

import psycopg
from psycopg.errors import Diagnostic

from hangar_dal.database.messages import READ_ONLY, exclusion_message, foreign_key_message, unique_message
from hangar_dal.database.postgresql.triggers import raised_in
from hangar_dal.database.statement import Statement
from hangar_dal.errors import (
    CheckViolation,
    ConnectionFailed,
    ConstraintViolation,
    DatabaseBusy,
    DatabaseError,
    ExclusionViolation,
    ForeignKeyViolation,
    HangarError,
    InvalidValue,
    NotNullViolation,
    ReadOnlyTransaction,
    StatementError,
    StatementTimeout,
    TransactionConflict,
    TransactionExpired,
    TransactionFailed,
    UniqueViolation,
)

# OverflowError, UnicodeError: psycopg cannot send a value. ValueError: psycopg cannot read a value.
DRIVER_ERRORS: Final = (psycopg.Error, OverflowError, UnicodeError, ValueError)

# Matches the columns, never the values, in "Key (a, b)=(1, 2) already exists.", in any language.
_KEY: Final = re.compile(r"\(([^()=]+)\)=\(")

_BY_STATE: Final[dict[str, tuple[type[DatabaseError], str]]] = {
    "08P01": (StatementError, "the statement and its parameters do not match"),
    "0A000": (StatementError, "the server does not support a feature that the statement uses"),
    "21000": (
        StatementError,
        "a subquery used as one value returned several rows, or ON CONFLICT DO UPDATE or MERGE met a row twice",
    ),
    "22012": (StatementError, "the statement divided by zero; divide by nullif(divisor, 0)"),
    "22025": (
        StatementError,
        "a pattern of LIKE ends with its escape character; double that character in the argument, or end with '%'",
    ),
    "2201B": (StatementError, "an argument is not a valid regular expression"),
    "2201W": (StatementError, "LIMIT must not be negative; limit the argument by Annotated[int, Field(ge=0)]"),
    "2201X": (StatementError, "OFFSET must not be negative; limit the argument by Annotated[int, Field(ge=0)]"),
    "25006": (ReadOnlyTransaction, READ_ONLY),
    "25P02": (TransactionFailed, "an earlier statement of this transaction failed"),
    "25P03": (
        TransactionExpired,
        "the transaction ran no statement for longer than HANGAR_IDLE_IN_TRANSACTION_TIMEOUT: it was rolled back",
    ),
    "25P04": (TransactionExpired, "the transaction took longer than the server allows: it was rolled back"),
    "2D000": (
        StatementError,
        "a procedure that commits or rolls back was called in a transaction; call it on the Database",
    ),
    "40001": (TransactionConflict, "the transaction conflicts with a concurrent one; run it again"),
    "40P01": (TransactionConflict, "two transactions waited for each other (a deadlock); run the transaction again"),
    "53100": (DatabaseError, "the server's disk is full"),
    "53300": (ConnectionFailed, "the server has too many connections already"),
    "55P03": (DatabaseBusy, "a lock was not free within HANGAR_LOCK_TIMEOUT"),
    "57014": (
        StatementTimeout,
        "the statement took longer than HANGAR_STATEMENT_TIMEOUT, or it was cancelled on the server",
    ),
    "57P01": (ConnectionFailed, "the server closed the connection: it is shutting down, or somebody ended the session"),
    "57P02": (ConnectionFailed, "the server closed the connection: another of its processes crashed"),
    "57P03": (ConnectionFailed, "the server is starting up or shutting down"),
}
_BY_CLASS: Final[dict[str, tuple[type[DatabaseError], str]]] = {
    "08": (ConnectionFailed, "the connection to the server was lost"),
    "23": (ConstraintViolation, "a constraint of the table refused the row"),
    "40": (TransactionConflict, "the server rolled the transaction back; run it again"),
}
# Errors of class 42 about tables and columns: no permission, ON CONFLICT without a key, a generated column.
_OF_TABLES: Final = {"42501", "42P10", "42P18", "428C9"}
_BAD_VALUE: Final = {"22001", "22003", "22007", "22008", "22021", "22P02", "22P03", "22P05", "22023", "22030", "22032"}


def is_stale_plan(error: Exception) -> bool:
    """Whether the tables of a prepared statement have changed: "cached plan must not change result type"."""
    return isinstance(error, psycopg.Error) and error.diag.source_function == "RevalidateCachedQuery"


def translated(error: Exception, statement: Statement, *, lost: bool) -> HangarError:
    """Return the error to raise with `raise_alone`. It names the constraint and the table, but contains no values."""
    found = _translated(error, lost=lost)
    if isinstance(found, DatabaseError):
        found.query = statement.name or None
    return found


def _translated(error: Exception, *, lost: bool) -> HangarError:
    if not isinstance(error, psycopg.Error):
        return InvalidValue("a value cannot be sent to PostgreSQL, or one that it sent cannot be read in Python")
    state = error.sqlstate
    if state in _CONSTRAINTS:
        return _raised(state) if raised_in(error) else _constraint(error, state)
    if state in _BAD_VALUE or (state is None and isinstance(error, psycopg.DataError)):
        return InvalidValue("a value does not fit the type that it has in the statement")
    if is_stale_plan(error):
        return TransactionConflict("the tables were changed during the transaction; run it again", sqlstate=state)
    if state == "08P01" and (lost or error.diag.severity_nonlocalized == "FATAL"):  # PgBouncer has lost the server
        return ConnectionFailed("the connection to the server was lost", sqlstate=state)
    if state in _BY_STATE:
        kind, message = _BY_STATE[state]
        return kind(message, sqlstate=state)
    if lost:
        return ConnectionFailed("the connection to the server was lost", sqlstate=state)
    if state is None:  # an error of psycopg about the call
        return StatementError(f"psycopg cannot send the statement ({type(error).__name__})")
    if state[:2] in _BY_CLASS:
        kind, message = _BY_CLASS[state[:2]]
        return kind(message, sqlstate=state)
    if state[:2] == "42" and _is_about_the_text(error.diag, state):
        return StatementError(f"PostgreSQL: {error.diag.message_primary}", sqlstate=state)
    if state[:2] in {"0A", "21", "22", "25", "34", "3B", "3F", "42", "54", "55", "P0"}:
        return StatementError(f"the statement failed ({type(error).__name__})", sqlstate=state)
    return DatabaseError(f"PostgreSQL failed with {state} ({type(error).__name__})", sqlstate=state)


_CONSTRAINTS: Final[dict[str | None, type[ConstraintViolation]]] = {
    "23502": NotNullViolation,
    "23001": ForeignKeyViolation,  # a key with RESTRICT, since PostgreSQL 18
    "23503": ForeignKeyViolation,
    "23505": UniqueViolation,
    "23514": CheckViolation,
    "23P01": ExclusionViolation,
}


def _is_about_the_text(diag: Diagnostic, state: str) -> bool:
    """Whether the error is about the text of the statement, so that its message contains no values.

    Messages of functions, or of `$1::regclass`, may contain values.
    """
    return diag.context is None and (diag.statement_position is not None or state in _OF_TABLES)


def _raised(state: str | None) -> ConstraintViolation:
    """Return the error for a RAISE in a function. The names in that RAISE are left out: they may contain values."""
    return _CONSTRAINTS[state]("a function of the database refused the change", sqlstate=state)


def _constraint(error: psycopg.Error, state: str | None) -> ConstraintViolation:
    diag = error.diag
    kind, table, constraint = _CONSTRAINTS[state], diag.table_name, diag.constraint_name
    found = _KEY.search(diag.message_detail or "")
    keys = [column.strip().strip('"') for column in found[1].split(",")] if found else []
    columns = tuple(column.removesuffix("_fold") for column in keys)
    match state:
        case "23502":
            columns, constraint = (diag.column_name,) if diag.column_name else (), None
            message = f"{table}.{diag.column_name} must have a value"
        case "23001" | "23503":
            # If a row that others refer to was deleted, the detail names the columns of that row instead.
            if constraint != f"{table}_{'_'.join(keys)}_fkey":
                columns = ()
            message = foreign_key_message(table, columns, constraint)
        case "23P01":
            message = exclusion_message(table, columns, constraint)
        case "23505":
            message = unique_message(table, columns, constraint)
        case _:
            message = f"a row violates the constraint {constraint} of {table}"
            columns = ()
    return kind(message, sqlstate=state, constraint=constraint, table=table, columns=columns)
