"""Error messages that are the same for both databases.

Imports no other module of this package.
"""

from typing import Final

READ_ONLY: Final = "the statement writes, but its transaction is read-only; open it without read_only=True to write"
READ_ONLY_SESSION: Final = (
    "the statement writes, but the server makes every transaction of this session read-only. The role or the database "
    "sets default_transaction_read_only, or the server is a standby: use another role, or the URL of the primary"
)


def unique_message(table: str | None, columns: tuple[str, ...], constraint: str | None) -> str:
    name = f" ({constraint})" if constraint else ""
    return f"{_what(table, columns)} must be unique, and another row already has this value{name}"


def foreign_key_message(table: str | None, columns: tuple[str, ...], constraint: str | None) -> str:
    """Without columns, the statement has deleted the other row, or the name of the constraint does not tell them."""
    if not columns:
        return f"rows of {table} must refer to existing rows ({constraint})"
    return f"{_what(table, columns)} must refer to an existing row ({constraint})"


def exclusion_message(table: str | None, columns: tuple[str, ...], constraint: str | None) -> str:
    return f"{_what(table, columns)} must not overlap or conflict with those of another row ({constraint})"


def _what(table: str | None, columns: tuple[str, ...]) -> str:
    return f"{table}: {', '.join(columns)}" if columns else str(table)
