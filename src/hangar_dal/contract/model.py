"""What a database says about a statement and its tables, in values that can be compared and kept in a file.

Made by `describe_postgresql` and `describe_sqlite`; nothing here knows how. Kinds are those of `database.types`
("text", "int", "bool", "uuid", "instant", "json", "list" with its item behind a colon: "list:text"); a type that is
none of them keeps the database's own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column as the migrations made it. `allowed` are the values that a CHECK names, if one does.

    `fills_itself`: a row that does not name it gets a default, a generated value or a key of the database's own.
    `detail` is what PostgreSQL adds to the kind: "enum", "narrow" for an integer below 64 bits, "locale" for a text
    whose collation is not "C". `narrow` is the PostgreSQL type, where it holds less than its kind: "smallint",
    "character varying(5)".
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
    """A column of a result. `table` and `column` are its origin, where it is a column of a table as it stands there."""

    name: str
    kind: str | None
    table: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class SentAs:
    """A parameter as the driver sends it: with this type, empty if PostgreSQL is to infer one; None has no type."""

    name: str
    type: str
    may_be_none: bool = False


@dataclass(frozen=True, slots=True)
class PrepareError:
    """The database would not prepare the statement: its reason, and the offset in the text if there is one.

    `untyped` is the parameter whose type PostgreSQL could not infer, if that is the reason.
    """

    reason: str
    offset: int | None = None
    untyped: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One variant of one query in one dialect.

    `parameters` have a kind where PostgreSQL inferred it. `misfits` are the types that PostgreSQL takes parameters for
    when it refuses those that the driver sends; `without_value` is why it refuses the statement when a parameter is
    None.
    """

    parameters: Mapping[str, str | None] = field(default_factory=dict)
    misfits: Mapping[str, str] = field(default_factory=dict)
    without_value: Mapping[str, PrepareError] = field(default_factory=dict)
    columns: tuple[ResultColumn, ...] = ()
    reads_only: bool | None = None
    refusal: PrepareError | None = None


@dataclass(frozen=True, slots=True)
class NullableUniqueKey:
    """A unique index that two rows may share: by NULL in one of its columns, or where its condition does not hold.

    A column that is an expression has no name.
    """

    columns: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of every value of a column beyond its declaration.

    `never_null` is about the columns of views. `bits`: on SQLite, each value is a number whose magnitude is below 2 to
    this power, so it is never infinite.
    """

    never_null: bool = False
    bits: int | None = None


@dataclass(frozen=True, slots=True)
class Tables:
    """Every table of a scratch database with its columns in order.

    `keys` are those of each table that no two rows share: the primary one, and the unique ones that hold no NULL;
    `loose` are the other unique ones. A table of at most one row has a key of no columns. A relation that has no entry
    in `keys` is a view, or a virtual or foreign table:
    what it shows is not what is stored. `values` has the columns of which more is known, by table.
    `enums` are the values of PostgreSQL's enums, in their order.
    """

    columns: Mapping[str, Mapping[str, TableColumn]]
    keys: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    loose: Mapping[str, tuple[NullableUniqueKey, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scan:
    """A table that a statement reads from end to end, since no index can serve it, and the indexes that could."""

    table: str
    indexes: tuple[str, ...] = ()
