"""Descriptions of statements and tables, as values that can be compared and stored in a file.

`databases.postgresql` and `databases.sqlite` make them. Kinds are those of `database.types`: "text", "int", "bool",
"uuid", "instant", "json" and others. The kind of a list names its items, as in "list:text". Any other type keeps the
name that the database gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as the migrations made it. `allowed` are the values that a CHECK lists, or the labels of an enum.

    `fills_itself` is True if the database fills the column when an INSERT leaves it out: by a default, a generated
    value or a key. `detail` is set for columns of PostgreSQL: "enum", "narrow" for an integer of less than 64 bits, or
    "locale" for a text whose collation is not "C". `narrow` is the PostgreSQL type if it holds fewer values than its
    kind, such as "smallint" or "character varying(5)".
    """

    name: str
    kind: str
    nullable: bool
    allowed: tuple[str, ...] = ()
    fills_itself: bool = False
    detail: str = ""
    narrow: str = ""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result. `table` and `column` are its origin if it is a column of a table, not an expression."""

    name: str
    kind: str | None
    table: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class SentAs:
    """A parameter as the driver sends it. `type` is "" if PostgreSQL infers the type. None is sent without a type."""

    name: str
    type: str
    may_be_none: bool = False


@dataclass(frozen=True, slots=True)
class PrepareError:
    """The error with which the database refuses to prepare the statement. `offset` is the place in the text, if known.

    `untyped` is the parameter whose type PostgreSQL could not infer, if that is the reason.
    """

    reason: str
    offset: int | None = None
    untyped: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A database's description of one statement.

    `parameters` are kinds by name: a kind that PostgreSQL inferred, or None. `misfits` are the types that PostgreSQL
    expects for parameters whose type, as the driver sends it, it refuses. `without_value` are the errors that
    PostgreSQL raises if a parameter is None.
    """

    parameters: Mapping[str, str | None] = field(default_factory=dict)
    misfits: Mapping[str, str] = field(default_factory=dict)
    without_value: Mapping[str, PrepareError] = field(default_factory=dict)
    columns: tuple[ResultColumn, ...] = ()
    reads_only: bool | None = None
    refusal: PrepareError | None = None


@dataclass(frozen=True, slots=True)
class NullableUniqueKey:
    """A unique index in which two rows may be equal: by NULL in a column, or because its condition does not hold.

    The name of an expression in the index is "".
    """

    columns: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """Facts about all values of a column that its declaration does not state.

    `never_null` is used for columns of views. `bits` means that each value on SQLite is a number with a magnitude below
    2 to this power, so that it is never infinite.
    """

    never_null: bool = False
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a scratch database with their columns in order.

    `keys` are the keys of each table in which no two rows are equal: the primary key, and unique keys that cannot be
    NULL. `loose` are the other unique keys. A table of at most one row has a key of no columns. A relation without an
    entry in `keys` is a view or a virtual or foreign table. `values` has further facts about columns, by table and
    column. `enums` are the labels of PostgreSQL's enums, in their order.
    """

    columns: Mapping[str, Mapping[str, TableColumn]]
    keys: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    loose: Mapping[str, tuple[NullableUniqueKey, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Allows caches by tables, although the mappings cannot be hashed."""
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a statement reads as a whole, because no index can serve it, and the indexes that could."""

    table: str
    indexes: tuple[str, ...] = ()
