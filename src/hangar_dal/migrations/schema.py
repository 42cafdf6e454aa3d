"""The classes that describe a schema. Schemas of the same dialect can be compared.

`schema_sqlite` and `schema_postgresql`, one layer above, read a schema from a live database. `twins` compares the
schemas of the two dialects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hangar_dal.migrations.formatting import readable

_TYPE_CHECK: Final = "{table}_{column}_type_check"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `type` includes the collation. All texts are in the words of the dialect."""

    name: str
    type: str
    nullable: bool
    default: str | None
    generated: str | None


@dataclass(frozen=True, slots=True)
class Unique:
    """A UNIQUE constraint. `options` is the text after the columns: `deferrable`, `nulls not distinct`."""

    name: str
    columns: tuple[str, ...]
    options: str = ""

    @property
    def text(self) -> str:
        return f"{listed(self.columns)} {self.options}".rstrip()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key. `options` has the other clauses: `on update cascade`, `deferrable initially deferred`."""

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
    """A CHECK. `rule` is its text in the dialect, with normalized spaces."""

    name: str
    rule: str


@dataclass(frozen=True, slots=True)
class Index:
    """An index. A descending column ends in ` DESC`, and `text` is the definition in the dialect.

    `valid` is False if a concurrent build of the index failed. `where` is the condition of a partial index.
    """

    name: str
    columns: tuple[str, ...]
    unique: bool
    text: str
    valid: bool = True
    where: str = ""
    nulls_not_distinct: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table. Columns and constraints are sorted by name, so their order in the database does not matter.

    `order` has the names of the columns in the order of the table, for display; it is not compared. `partition_of` is
    the name of the partitioned table, or empty if the table is not a partition.
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
        """Return the columns in the order of the table."""
        return tuple(sorted(self.columns, key=lambda column: self.order.index(column.name)))

    @property
    def type_checks(self) -> frozenset[str]:
        """The names that SQLite's CHECKs have if a type of PostgreSQL enforces the same rule."""
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
        """Return the name and the text of a constraint. A constraint without a name is identified by its text."""
        return (f"{self.name}: {kind} {name}", text) if name else (f"{self.name}: {kind} {text}", "")


@dataclass(frozen=True, slots=True)
class Other:
    """A view, a trigger, a function, a sequence, a type ... `table` is the table of a trigger, policy or index."""

    kind: str
    name: str
    text: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables, sorted by name, and the other objects, sorted by kind and name, without yoyo's tables."""

    tables: tuple[Table, ...]
    others: tuple[Other, ...] = ()

    def only(self, names: frozenset[str]) -> "Schema":
        """Return a schema with only the tables and other objects of these names."""
        return Schema(
            tuple(table for table in self.tables if table.name in names),
            tuple(other for other in self.others if {other.name, other.table} & names),
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield each part that can differ between schemas: its name and its definition."""
        for table in self.tables:
            yield from table.facts()
        for other in self.others:
            yield f"{f'{other.table}: ' if other.table else ''}{other.kind} {other.name}", other.text

    @property
    def names(self) -> frozenset[str]:
        return frozenset([*(table.name for table in self.tables), *(other.name for other in self.others)])


def differences(expected: Schema, found: Schema) -> tuple[str, ...]:
    """Return the differences as lines of a diff: `- ` is in `expected` and `+ ` in `found`. Empty if they are equal."""
    lines: list[str] = []
    for what, wanted, present in _unequal(expected, found):
        # A table that only one side has gets one line.
        table = what.partition(":")[0]
        if table != what and (table in expected.names) != (table in found.names):
            continue
        if wanted is not None:
            lines.append(f"- {readable(what)} {readable(wanted)}".rstrip())
        if present is not None:
            lines.append(f"+ {readable(what)} {readable(present)}".rstrip())
    return tuple(lines)


def distance(expected: Schema, found: Schema) -> int:
    """Return the number of differences, including those inside missing tables."""
    return sum(1 for _ in _unequal(expected, found))


def _unequal(expected: Schema, found: Schema) -> Iterator[tuple[str, str | None, str | None]]:
    wanted, present = dict(expected.facts()), dict(found.facts())
    for what in sorted(wanted.keys() | present.keys()):
        if wanted.get(what) != present.get(what):
            yield what, wanted.get(what), present.get(what)


def described(column: Column) -> str:
    """Return type, nullability, default and generation rule of a column in one line."""
    parts = [column.type, "null" if column.nullable else "not null"]
    if column.default is not None:
        parts.append(f"default {column.default}")
    if column.generated is not None:
        parts.append(f"generated {column.generated}")
    return " ".join(parts)


def listed(columns: tuple[str, ...]) -> str:
    """Return the columns in parentheses, separated by commas."""
    return f"({', '.join(columns)})"
