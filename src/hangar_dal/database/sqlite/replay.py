"""Run a statement that a constraint refused again, to ask which constraint that was, and undo it. Below `errors`.

SQLite names neither the foreign key nor, of several unique keys that a row breaks, the first one. Temporary triggers
see each row that the statement writes. In a transaction, SQLite reads its schema again after each such question, which
takes milliseconds for hundreds of tables. `inserted_row` answers for an INSERT of one row without it.
"""

import sqlite3
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from typing import Any, Final, NamedTuple

from hangar_dal.database.rows_by_key import quoted as quoted
from hangar_dal.database.statement import Parameters

# OverflowError, UnicodeError: sqlite3 cannot send a value. ValueError: the statement contains a NUL character.
DRIVER_ERRORS: Final = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError, ValueError)

Note = Callable[..., None]


class Failed(NamedTuple):
    """A statement that failed, and its connection. `parameters` is None if the statement cannot be run again."""

    text: str
    parameters: Parameters | None
    raw: sqlite3.Connection


class Watch(NamedTuple):
    """A temporary trigger: `AFTER INSERT`, a table, and statements that may call `hangar_note`."""

    event: str
    table: str
    statements: Iterable[str]


@contextmanager
def replayed(failed: Failed, watches: list[Watch], note: Note, *, defers_keys: bool) -> Generator[None]:
    """Run the statement again, with `note` as the SQL function `hangar_note`. Undo the statement after the block.

    If `defers_keys` is true, foreign keys do not stop the statement. An error of the statement is ignored.
    """
    text, parameters, raw = failed
    names = [f"hangar_watch_{number}" for number in range(len(watches))]
    deferred = raw.execute("PRAGMA defer_foreign_keys").fetchone()[0]
    raw.create_function("hangar_note", -1, note)
    try:
        # Before the savepoint: outside of a transaction, SQLite then keeps its parsed schema when this is undone.
        for name, (event, table, statements) in zip(names, watches, strict=True):
            body = "".join(f"{each}; " for each in statements)
            raw.execute(f"CREATE TEMP TRIGGER {name} {event} ON main.{quoted(table)} BEGIN {body}END")
        raw.execute("SAVEPOINT hangar_replay")
        try:
            raw.execute(f"PRAGMA defer_foreign_keys = {int(defers_keys or deferred)}")
            with suppress(*DRIVER_ERRORS):
                raw.execute(text, parameters or ()).fetchall()
            yield
        finally:
            _surely(raw, "ROLLBACK TO hangar_replay")
            _surely(raw, "RELEASE hangar_replay")
            _surely(raw, f"PRAGMA defer_foreign_keys = {deferred}")
    finally:
        for name in names:
            _surely(raw, f"DROP TRIGGER IF EXISTS temp.{name}")
        raw.create_function("hangar_note", -1, None)


def _surely(raw: sqlite3.Connection, text: str) -> None:
    """Run a statement again until it was not interrupted: the interrupt was meant for the statement before."""
    while True:
        try:
            raw.execute(text)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
        else:
            return


def exists(table: str, condition: str) -> str:
    """Return the condition that the table has such a row."""
    return f"EXISTS (SELECT 1 FROM main.{quoted(table)} WHERE {condition})"  # noqa: S608 - quoted names


def all_of(conditions: Iterable[str]) -> str:
    """Return a condition that is true if all of these are."""
    return " AND ".join(conditions) or "TRUE"


def row_of(alias: str, columns: Iterable[Any]) -> str:
    """Return a subquery with the row NEW or OLD of a trigger, so that expressions may name its columns."""
    return f"(SELECT {', '.join(f'{alias}.{quoted(name)} AS {quoted(name)}' for name in columns)})"
