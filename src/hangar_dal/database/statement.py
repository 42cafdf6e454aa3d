"""A SQL statement in the form that the driver needs, and its result. Below `connection`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Row = tuple[Any, ...]
Result = tuple[list[Row], int]  # the rows, and how many rows were returned or affected
Parameters = Mapping[str, Any] | Sequence[Any]  # encoded: by name for SQLite, by position for PostgreSQL


@dataclass(slots=True, eq=False)
class Statement:
    """A statement that is created once and run often. If `writes` is True, SQLite runs it on the writer connection.

    `name` is the name for errors. `columns` is set after the first run, and is empty if the statement returns no rows.
    With `expects_gaps`, a row may contain `UNREADABLE`. `commented` is the same statement with its name as a comment,
    once it was sent so. `is_binary` is True if PostgreSQL shall send its rows in the binary format. It is set after the
    first run.
    """

    name: str
    text: str
    writes: bool
    columns: tuple[str, ...] | None = None
    expects_gaps: bool = False
    commented: "Statement | None" = None
    is_binary: bool = False


class _Unreadable:
    """Stands for a value that the driver cannot read. It fits no type of a field."""

    __slots__ = ()
    reason: Final = (
        "Python cannot hold the value: it is infinite, lies before year 1 or after year 9999, is an interval with "
        "months or years, or is text in a wrong encoding"
    )


UNREADABLE: Final = _Unreadable()
