"""The cursors of a connection: one of psycopg for its statements, and those that are open on the server.

Rows arrive in the binary format if all their columns allow it. JSON stays text, because Pydantic parses it while it
validates a row: to validate parsed JSON takes much more time. Below `connection`.
"""

from typing import Any, Final

from psycopg import AsyncRawCursor
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.postgres import types
from psycopg.pq import Format

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.texts import BinaryJsonbTextLoader, BinaryJsonTextLoader, JsonTextLoader
from hangar_dal.database.statement import Statement

# psycopg reads equal values of these types in both formats.
_EQUAL: Final = (
    *("bool", "bytea", "bpchar", "date", "float8", "int2", "int4", "int8", "json", "jsonb", "name", "numeric", "oid"),
    *("text", "time", "timestamp", "timestamptz", "uuid", "varchar"),
)
_IN_BINARY: Final = frozenset(oid for name in _EQUAL for oid in (types[name].oid, types[name].array_oid))
# psycopg reads other values of these types in the binary format, or does not know the format of the type.
_UNKNOWN: Final = 0  # stands for the types that psycopg does not know
_DIFFERENT: Final = (_UNKNOWN, types["float4"].oid, types["interval"].oid, types["record"].oid)


class _RefusingLoader(Loader):
    """Raises an error for a value that must not be read in the binary format. Its column had another type before."""

    format = Format.BINARY

    def load(self, data: Buffer) -> Any:
        raise TypeError


def row_cursor(driver: Driver) -> Any:  # Any: psycopg's types accept only literal strings
    """Return a cursor for statements. It returns JSON as text; the other cursors of the connection parse JSON."""
    cursor = AsyncRawCursor(driver)
    for name in ("json", "jsonb"):
        cursor.adapters.register_loader(name, JsonTextLoader)
    cursor.adapters.register_loader("json", BinaryJsonTextLoader)
    cursor.adapters.register_loader("jsonb", BinaryJsonbTextLoader)
    for oid in _DIFFERENT:
        cursor.adapters.register_loader(oid, _RefusingLoader)
    return cursor


def may_be_binary(cursor: Any) -> bool:
    """Return whether the rows of the cursor's result would be equal in the binary format."""
    result = cursor.pgresult
    return result.nfields > 0 and all(result.ftype(at) in _IN_BINARY for at in range(result.nfields))


class OpenCursor:
    """A cursor of the server: its name, its statement, and the statements that fetch its next rows."""

    __slots__ = ("_fetches", "name", "statement")

    def __init__(self, name: str, statement: Statement) -> None:
        self.name = name
        self.statement = statement
        self._fetches: dict[int, Statement] = {}

    def fetch(self, size: int) -> Statement:
        """Return the statement for this number of rows. It is kept: only after its first run may it be binary."""
        if size not in self._fetches:
            text = f"FETCH FORWARD {size} FROM {self.name}"
            self._fetches[size] = Statement("", text, writes=False, expects_gaps=self.statement.expects_gaps)
        return self._fetches[size]
