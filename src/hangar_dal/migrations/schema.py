"""What a schema is, in values that can be compared with another schema of the same dialect.

Read from a live database by `schema_sqlite` and `schema_postgresql`, one layer above. `twins` compares the dialects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.migrations.formatting import readable

_TYPE_CHECK: Final = "{table}_{column}_type_check"


@dataclass(frozen=True, slots=True)
class Column:
    """`type` says all that the dialect knows of it, its collation included; texts are the dialect's own."""

    name: str
    type: str
    nullable: bool
    default: str | None
    generated: str | None


@dataclass(frozen=True, slots=True)
class Unique:
    """`options` are what the dialects write behind a plain one: `deferrable`, `nulls not distinct`."""

    name: str
    columns: tuple[str, ...]
    options: str = ""

    @property
    def text(self) -> str:
        return f"{listed(self.columns)} {self.options}".rstrip()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`options` are what else the dialects write: `on update cascade`, `deferrable initially deferred`."""

    name: str
    columns: tuple[str, ...]
    table: str
    referred: tuple[str, ...]
    on_delete: str
    options: str = ""

    @property
    def text(self) -> str:
        target = f"{self.table} {listed(self.referred)} on delete {self.on_delete.lower()} {self.options}"
        return f"{listed(self.columns)} to {target}".rstrip()


@dataclass(frozen=True, slots=True)
class Check:
    """`rule` is the dialect's own text of it, with one way to write the spaces."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class Index:
    """A column that counts downwards ends in ` DESC`; `text` is the dialect's own; `valid`: it was built to its end."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    text: str
    valid: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The order of columns and of constraints says nothing: both are sorted by name.

    `order` alone keeps the columns as the table has them, to be shown so; two tables are equal whatever it is.
    `partition_of` is the partitioned table that this one is a partition of, if it is one.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    uniques: tuple[Unique, ...]
    foreign_keys: tuple[ForeignKey, ...]
    checks: tuple[Check, ...]
    indexes: tuple[Index, ...]
    options: str = ""
    order: tuple[str, ...] = field(default=(), compare=False)
    partition_of: str = ""

    def ordered(self) -> tuple[Column, ...]:
        """The columns as the table has them."""
        return tuple(sorted(self.columns, key=lambda column: self.order.index(column.name)))

    @property
    def type_checks(self) -> frozenset[str]:
        """The names of the CHECKs that do for SQLite what a type does for PostgreSQL."""
        return frozenset(_TYPE_CHECK.format(table=self.name, column=column.name) for column in self.columns)

    def facts(self) -> Iterator[tuple[str, str]]:
        yield f"table {self.name}", self.options
        yield f"{self.name}: primary key", listed(self.primary_key)
        for column in self.columns:
            yield f"{self.name}: column {column.name}", described(column)
        for unique in self.uniques:
            yield self._rule("unique", unique.name, unique.text)
        for key in self.foreign_keys:
            yield self._rule("foreign key", key.name, key.text)
        for check in self.checks:
            yield self._rule("check", check.name, check.rule)
        for index in self.indexes:
            yield (
                f"{self.name}: index {index.name}",
                index.text + ("" if index.valid else " (invalid: its build failed)"),
            )

    def _rule(self, kind: str, name: str, text: str) -> tuple[str, str]:
        """Several may have no name, so their texts identify them."""
        return (f"{self.name}: {kind} {name}", text) if name else (f"{self.name}: {kind} {text}", "")


@dataclass(frozen=True, slots=True)
class Other:
    """A view, a trigger, a function, a sequence, a type ...; `table` is the one that a trigger stands on."""

    kind: str
    name: str
    text: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables by name, and all else by kind and name; what is yoyo's is no part of it."""

    tables: tuple[Table, ...]
    others: tuple[Other, ...] = ()

    def only(self, names: frozenset[str]) -> "Schema":
        """Without what others have in the same database."""
        return Schema(
            tuple(table for table in self.tables if table.name in names),
            tuple(other for other in self.others if {other.name, other.table} & names),
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        """Each thing that can differ: what it is, and how it is here."""
        for table in self.tables:
            yield from table.facts()
        for other in self.others:
            yield f"{f'{other.table}: ' if other.table else ''}{other.kind} {other.name}", other.text

    @property
    def names(self) -> frozenset[str]:
        return frozenset([*(table.name for table in self.tables), *(other.name for other in self.others)])


def differences(expected: Schema, found: Schema) -> tuple[str, ...]:
    """What differs, as lines of a diff: `- ` is in `expected` and `+ ` in `found`; nothing if they are equal."""
    lines: list[str] = []
    for what, wanted, present in _unequal(expected, found):
        # Of a table that only one side has, one line says enough.
        table = what.partition(":")[0]
        if table != what and (table in expected.names) != (table in found.names):
            continue
        if wanted is not None:
            lines.append(f"- {readable(what)} {readable(wanted)}".rstrip())
        if present is not None:
            lines.append(f"+ {readable(what)} {readable(present)}".rstrip())
    return tuple(lines)


def distance(expected: Schema, found: Schema) -> int:
    """In how many things they differ, those of missing tables included."""
    return sum(1 for _ in _unequal(expected, found))


def _unequal(expected: Schema, found: Schema) -> Iterator[tuple[str, str | None, str | None]]:
    wanted, present = dict(expected.facts()), dict(found.facts())
    for what in sorted(wanted.keys() | present.keys()):
        if wanted.get(what) != present.get(what):
            yield what, wanted.get(what), present.get(what)


def described(column: Column) -> str:
    """All that the dialect knows of it in one line."""
    parts = [column.type, "null" if column.nullable else "not null"]
    if column.default is not None:
        parts.append(f"default {column.default}")
    if column.generated is not None:
        parts.append(f"generated {column.generated}")
    return " ".join(parts)


def listed(columns: tuple[str, ...]) -> str:
    """In parentheses, as SQL writes them."""
    return f"({', '.join(columns)})"
