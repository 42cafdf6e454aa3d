"""One SQL statement in its dialect's own form, and what running it gives. Below `connection`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = tuple[Any, ...]
Result = tuple[list[Row], int]  # the rows, and how many rows were returned or affected
Parameters = Mapping[str, Any] | Sequence[Any]  # as the codecs left them: by name for SQLite, by place for PostgreSQL


@dataclass(slots=True, eq=False)
class Statement:
    """Made once, run often. `writes` sends it to SQLite's one writer, and keeps it out of read-only transactions.

    `name` goes into errors. `columns` is filled when the statement has run once; empty if it returns no rows.
    """

    name: str
    text: str
    writes: bool
    columns: tuple[str, ...] | None = None
