"""Descriptions of tables, as values that can be compared and stored in a file.

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
    value or a key. `detail` is "enum", "narrow" for an integer of less than 64 bits, or "locale" for a text whose
    collation is not "C" on PostgreSQL. On SQLite, it is the collation, unless this is BINARY. `narrow` is the
    PostgreSQL type if it holds fewer values than its kind, such as "smallint", "character varying(5)" or
    "timestamp(0) with time zone".
    """

    name: str
    kind: str
    nullable: bool
    allowed: tuple[str, ...] = ()
    fills_itself: bool = False
    detail: str = ""
    narrow: str = ""


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
    2 to this power, so that it is never infinite. `storage` is "number" or "text" if each value on SQLite is one.
    """

    never_null: bool = False
    bits: int | None = None
    storage: str = ""


@dataclass(frozen=True, slots=True)
class LaterWrite:
    """What an AFTER trigger changes in the written row: its columns, after an `event`, "insert" or "update".

    If `of` has columns, it fires when an UPDATE sets one of them. If `unless` is a column, it does not fire when the
    statement changes this one.
    """

    event: str
    of: tuple[str, ...]
    columns: tuple[str, ...]
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a scratch database with their columns in order.

    `keys` are the keys of each table in which no two rows are equal: the primary key, and unique keys that cannot
    be NULL. `loose` are the other unique keys. A table of at most one row has a key of no columns. A relation
    without an entry in `keys` is a view or a virtual or foreign table. `values` has further facts about columns, by
    table and column. `enums` are the labels of PostgreSQL's enums, in their order. `triggered` are the tables with
    a trigger or rule that may replace the values of a written row. `deferrable` are the unique keys of each table,
    by the names of their constraints, that PostgreSQL checks later, so that ON CONFLICT cannot use them. `later`
    are the changes that triggers of SQLite make after RETURNING. `types` are the kinds of PostgreSQL's types by
    name, and `composites` are the kinds of the attributes of composite types. Snapshots do not store these five.
    """

    columns: Mapping[str, Mapping[str, TableColumn]]
    keys: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    loose: Mapping[str, tuple[NullableUniqueKey, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Values]] = field(default_factory=dict)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    triggered: Mapping[str, bool] = field(default_factory=dict)
    deferrable: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    later: Mapping[str, tuple[LaterWrite, ...]] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    composites: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Allows caches by tables, although the mappings cannot be hashed."""
        return len(self.columns)
