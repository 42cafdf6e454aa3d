"""What is read of a database: its objects as statements, and its tables as columns and keys."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An object that the result lacks, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the baseline. `drop` undoes it; "" if dropping another object does."""

    create: str
    drop: str = ""


@dataclass(frozen=True, slots=True)
class ImportedColumn:
    """A column. `type` is its declared type, `base` the type below its domains, and `limited` that with its limits.

    `default` is the expression of the default, in the words of the database. `filled` is True if the database makes the
    value and refuses one that is given. `sampled` are the kinds of values that SQLite's first rows hold. `sorts` is
    False if the values have no order.
    """

    name: str
    type: str
    base: str
    nullable: bool
    default: str | None = None
    filled: bool = False
    counts: bool = False  # an identity column, a serial column, or SQLite's rowid: the database numbers the rows
    allowed: tuple[str, ...] = ()
    sampled: frozenset[str] = frozenset()
    comment: str = ""
    length: int | None = None
    sorts: bool = True
    limited: str = ""  # only of PostgreSQL


@dataclass(frozen=True, slots=True)
class ImportedTable:
    """A table or a view. `key` are the columns that identify a row; empty if there is no such key.

    `schema` is empty for the schema to which names without a schema refer. `kind` is `table`, `view`,
    `materialized view` or `virtual table`.
    """

    schema: str
    name: str
    kind: str
    columns: tuple[ImportedColumn, ...]
    key: tuple[str, ...] = ()
    comment: str = ""

    @property
    def label(self) -> str:
        """The name for messages."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class Imported:
    """A database as it was read. `notes` say what the statements lack and nobody need act on."""

    statements: tuple[Statement, ...]
    tables: tuple[ImportedTable, ...]
    left_out: tuple[LeftOut, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)  # how many objects of each kind the statements make


def is_null(default: str | None) -> bool:
    """Return whether the default of a column is NULL, which is the same as none."""
    return default is not None and re.fullmatch(r"NULL(?:::.*)?", default, re.IGNORECASE) is not None
