"""Run one script on an open connection. An error names the file, the number of the statement and its line.

Recognizes both drivers by their connections, and does not import psycopg.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Final

from hangar_dal.errors import MigrationBlocked, MigrationError, raise_alone
from hangar_dal.migrations.scripts import Script, ScriptStatement
from hangar_dal.sqlscan import Dialect

# Messages of PostgreSQL with these SQLSTATEs may contain values of rows: data exceptions, constraints, RAISE.
_SQLSTATES_WITH_VALUES: Final = ("22", "23", "P0")
_LOCK_NOT_AVAILABLE: Final = "55P03"
_INSUFFICIENT_PRIVILEGE: Final = "42501"


def dialect_of(connection: Any) -> Dialect | None:
    """Return the dialect of a connection; None if its driver is neither sqlite3 nor psycopg."""
    if isinstance(connection, sqlite3.Connection):
        return "sqlite"
    return "postgresql" if type(connection).__module__.partition(".")[0] == "psycopg" else None


def run(script: Script, connection: Any, *, begin: bool = False) -> None:
    """Run the statements of a script. Raises `MigrationError` at the first statement that fails.

    With `begin`, runs the script in its own transaction. On SQLite, foreign keys are not enforced while the script
    runs, so that it can rebuild a table without losing the rows that refer to it. Afterwards all foreign keys are
    checked.
    """
    with _transaction(connection) if begin else nullcontext():
        for statement in script.statements():
            _execute(script, statement, connection)
        if script.dialect == "sqlite":
            _check_foreign_keys(script, connection)


@contextmanager
def _transaction(connection: Any) -> Generator[None]:
    connection.execute("BEGIN")
    try:
        yield
        connection.commit()
    except BaseException:
        with suppress(Exception):  # if the connection is lost, do not hide the first error
            connection.rollback()
        raise


def _execute(script: Script, statement: ScriptStatement, connection: Any) -> None:
    try:
        connection.execute(statement.text)
    except Exception as error:
        reason = explain(error)
        if reason is None:
            raise
        left = "" if script.transactional else "; it is not transactional, so the statements before it remain applied"
        is_blocked = getattr(error, "sqlstate", None) == _LOCK_NOT_AVAILABLE
        failed = MigrationBlocked if is_blocked else MigrationError
        raise_alone(failed(f"{script.name}, statement {statement.number} (line {statement.line}): {reason}{left}"))


def explain(error: Exception) -> str | None:
    """Return the reason of a driver's error without values of rows; None if it is not an error of a driver."""
    if isinstance(error, sqlite3.Error):
        is_no_database = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB
        return "the file is not a SQLite database; check the URL of the database" if is_no_database else str(error)
    sqlstate, diagnosis = getattr(error, "sqlstate", None), getattr(error, "diag", None)
    if diagnosis is None:
        return None
    if sqlstate is None:
        return "the connection was lost"
    if not sqlstate.startswith(_SQLSTATES_WITH_VALUES):
        return f"{diagnosis.message_primary} (SQLSTATE {sqlstate})"
    place = diagnosis.constraint_name or diagnosis.column_name or diagnosis.table_name
    return f"{type(error).__name__}{f' at {place}' if place else ''} (SQLSTATE {sqlstate})"


def explain_history(error: Exception) -> str | None:
    """Explain the error of a statement on yoyo's tables. If permission is missing, name the role to use."""
    if getattr(error, "sqlstate", None) == _INSUFFICIENT_PRIVILEGE:
        return f"{explain(error)}; use the URL of the role that owns the tables"
    return explain(error)


def _check_foreign_keys(script: Script, connection: sqlite3.Connection) -> None:
    try:
        rows = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:  # a foreign key to columns that are not unique in the other table
        raise_alone(MigrationError(f"{script.name}: {error}"))
    broken = sorted({f"{table} to {parent}" for table, _, parent, _ in rows})
    if broken:
        raise MigrationError(f"{script.name}: some rows have a foreign key that refers to no row: {', '.join(broken)}")
