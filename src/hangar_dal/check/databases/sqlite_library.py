"""Call the SQLite library of Python's sqlite3 module directly, for the origins of columns and the places of errors.

Loads the library by ctypes from the file of the module, and uses it only if its source id is that of the module. Does
not depend on the rest of this package. The functions are documented on sqlite.org, "C-language Interface
Specification".
"""

import ctypes
import sqlite3
from ctypes import c_char_p, c_int, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_READ_ONLY: Final = 0x1
_DQS_DML: Final = 1013  # SQLITE_DBCONFIG_DQS_DML: whether an unknown name in double quotes is a string
_COLUMN_TEXTS: Final = ("name", "decltype", "table_name", "origin_name")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled statement. A column is its name, its declared type, and the table and column of its origin or None."""

    parameters: tuple[str, ...]
    columns: tuple[tuple[str, str | None, str | None, str | None], ...]
    reads_only: bool


class NotCompiled(Exception):
    """Raised if SQLite cannot compile the statement. `offset` counts characters; None before SQLite 3.38."""

    def __init__(self, reason: str, offset: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class Library:
    """A database file that is opened read-only. No statement is executed."""

    def __init__(self, functions: Any, path: str) -> None:
        self._functions = functions
        self._database = c_void_p()
        if functions.sqlite3_open_v2(path.encode(), ctypes.byref(self._database), _READ_ONLY, None):
            self.close()
            raise sqlite3.OperationalError(f"{path} cannot be opened")
        # Otherwise SQLite would read a misspelt "column" as a text, and PostgreSQL refuses it.
        functions.sqlite3_db_config(self._database, _DQS_DML, c_int(0), None)

    def close(self) -> None:
        self._functions.sqlite3_close_v2(self._database)
        self._database = c_void_p()

    def compile(self, text: str) -> Compiled:
        """Compile the statement and return its description. Raises `NotCompiled` if SQLite refuses it."""
        call, encoded, statement = self._functions, text.encode(), c_void_p()
        if call.sqlite3_prepare_v2(self._database, encoded, len(encoded), ctypes.byref(statement), None):
            raise NotCompiled(call.sqlite3_errmsg(self._database).decode(), self._offset(encoded))
        try:
            names = [
                call.sqlite3_bind_parameter_name(statement, number)
                for number in range(1, call.sqlite3_bind_parameter_count(statement) + 1)
            ]
            columns = [
                tuple(self._text(f"sqlite3_column_{what}", statement, at) for what in _COLUMN_TEXTS)
                for at in range(call.sqlite3_column_count(statement))
            ]
            return Compiled(
                tuple(name.decode()[1:] for name in names if name),
                tuple((name or "", decltype, table, origin) for name, decltype, table, origin in columns),
                bool(call.sqlite3_stmt_readonly(statement)),
            )
        finally:
            call.sqlite3_finalize(statement)

    def _text(self, function: str, statement: c_void_p, at: int) -> str | None:
        """Return the text of a column; None if it has none, or if the library was built without the function."""
        found = getattr(self._functions, function, None)
        text: bytes | None = found(statement, at) if found else None
        return None if text is None else text.decode()

    def _offset(self, encoded: bytes) -> int | None:
        ask = getattr(self._functions, "sqlite3_error_offset", None)
        offset = ask(self._database) if ask else -1
        return len(encoded[:offset].decode(errors="ignore")) if offset >= 0 else None


def open_library(path: str) -> Library | None:
    """Open the file; None if the library cannot be loaded, as in a Python that links it without exported symbols."""
    functions = _functions()
    return Library(functions, path) if functions else None


@cache
def _functions() -> Any:
    try:
        import _sqlite3  # noqa: PLC0415 - an implementation's own module, which another Python may lack

        library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        library.sqlite3_sourceid.restype = c_char_p
        if library.sqlite3_sourceid().decode() != _source_id():
            return None
        _declare(library)
    except (ImportError, OSError, AttributeError):
        return None
    return library


def _source_id() -> str:
    connection = sqlite3.connect(":memory:")
    try:
        return str(connection.execute("SELECT sqlite_source_id()").fetchone()[0])
    finally:
        connection.close()


def _declare(library: ctypes.CDLL) -> None:
    """Declare the types of the functions, because ctypes assumes 32-bit integers instead of pointers.

    Raises `AttributeError` if a function is missing.
    """
    library.sqlite3_open_v2.argtypes = [c_char_p, c_void_p, c_int, c_char_p]
    library.sqlite3_close_v2.argtypes = [c_void_p]
    library.sqlite3_db_config.argtypes = [c_void_p, c_int]  # further arguments are variadic
    library.sqlite3_prepare_v2.argtypes = [c_void_p, c_char_p, c_int, c_void_p, c_void_p]
    library.sqlite3_finalize.argtypes = [c_void_p]
    library.sqlite3_errmsg.argtypes = [c_void_p]
    library.sqlite3_errmsg.restype = c_char_p
    library.sqlite3_bind_parameter_count.argtypes = [c_void_p]
    library.sqlite3_bind_parameter_name.argtypes = [c_void_p, c_int]
    library.sqlite3_bind_parameter_name.restype = c_char_p
    library.sqlite3_column_count.argtypes = [c_void_p]
    library.sqlite3_stmt_readonly.argtypes = [c_void_p]
    for what in _COLUMN_TEXTS:
        if found := getattr(library, f"sqlite3_column_{what}", None):
            found.argtypes = [c_void_p, c_int]
            found.restype = c_char_p
    if found := getattr(library, "sqlite3_error_offset", None):
        found.argtypes = [c_void_p]
