"""Which columns a query can name, and whether each may be NULL. Knows SQL's rules of visibility and no expressions.

"May be NULL" has three answers throughout: False for never, True for yes, None for what cannot be known. What is not
provably False is never False.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from sqlglot import exp

from hangar_dal.contract.model import Tables
from hangar_dal.contract.names import name_of, stored_name
from hangar_dal.sqlscan import Dialect

MayBeNull = bool | None
# What is known of a value's type: a number, or at least no JSON, array, range or type of the user's own.
TypeClass = Literal["number", "plain"]

_TYPE_CLASSES: Final[Mapping[str, TypeClass]] = {
    "int": "number",
    "float": "number",
    "real": "number",
    "numeric": "number",
    "text": "plain",
    "character": "plain",
    "bool": "plain",
    "bytes": "plain",
    "uuid": "plain",
    "instant": "plain",
    "date": "plain",
}
# Every table has these, though no list of its columns tells.
_HIDDEN: Final = frozenset({"rowid", "_rowid_", "oid", "ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a relation. `name` is None where the database makes one up; `stored`: it is a table's own.

    `hidden`: it can be named, and `*` passes it over.
    """

    name: str | None
    may_be_null: MayBeNull = None
    type_class: TypeClass | None = None
    stored: bool = False
    hidden: bool = False
    bits: int | None = None  # on SQLite: a number below 2 to this power


@dataclass(slots=True)
class Source:
    """What stands in FROM under a name. `is_open`: it may have columns by names that are not known.

    `proven` are columns of a table that a condition keeps from being NULL.
    """

    alias: str | None
    columns: tuple[Output, ...]
    is_open: bool = False
    on_nullable_side: bool = False
    proven: set[str] = field(default_factory=set)

    def named(self, name: str) -> list[Output]:
        named = [column for column in self.columns if column.name == name]
        if self.on_nullable_side:
            return [replace(column, may_be_null=True) for column in named]
        return [replace(column, may_be_null=False) for column in named] if name in self.proven else named

    def join_nullable_side(self) -> None:
        """From here on there may be rows of NULLs, whatever was proven before."""
        self.on_nullable_side = True
        self.proven.clear()

    def prove(self, name: str) -> None:
        """No row of NULLs is left either: this column would be NULL in it."""
        self.on_nullable_side = False
        self.proven.add(name)


Relation = tuple[Output, ...] | None  # None: its columns are not known


def source_of(alias: str | None, relation: Relation) -> Source:
    """A column whose name the database makes up might have any."""
    return Source(alias, relation or (), is_open=relation is None or any(column.name is None for column in relation))


@dataclass
class Scope:
    """One SELECT, or one statement that returns rows, within those around it."""

    dialect: Dialect
    tables: Tables
    parent: "Scope | None" = None
    ctes: dict[str, Relation] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    joins_by_name: bool = False  # USING or NATURAL: some columns are one
    columns_may_vanish: bool = False  # a row of nothing but aggregates, or of a grouping set
    has_groups: bool = False  # each row stands for at least one

    def inside(self) -> "Scope":
        """The scope of a query within this one."""
        return Scope(self.dialect, self.tables, self)

    def name_of(self, identifier: Any) -> str:
        """As the database compares it."""
        return name_of(identifier, self.dialect)

    def relation(self, table: exp.Table) -> Relation:
        """What a name in FROM means: a query of WITH, else a table."""
        name = self.name_of(table.this)
        if table.args.get("db") is None:
            scope: Scope | None = self
            while scope:
                if name in scope.ctes:
                    return scope.ctes[name]
                scope = scope.parent
        found = self._named(table)
        return None if found is None else self._columns(found, is_read=True)

    def table(self, table: exp.Table) -> Relation:
        """A table of the database that a statement writes to, never a query of WITH."""
        found = self._named(table)
        return None if found is None else self._columns(found, is_read=False)

    def _named(self, table: exp.Table) -> str | None:
        """The name of the table among those that are known."""
        if table.args.get("catalog"):
            return None
        name = self.name_of(table.this)
        names = [name]
        if schema := table.args.get("db"):
            names = [f"{self.name_of(schema)}.{name}"]
            if self.name_of(schema) in {"public", "main"}:
                names.append(name)
        found = next((known for known in names if known in self.tables.columns), None)
        if found is None and self.dialect == "sqlite":
            found = next(
                (known for known in self.tables.columns if stored_name(known, self.dialect) == names[-1]), None
            )
        return found

    def _columns(self, found: str, *, is_read: bool) -> tuple[Output, ...]:
        """What a view gives is known of the rows that are read from it; a trigger may return any others."""
        is_stored, values = found in self.tables.keys, self.tables.values.get(found, {})
        known = values if is_stored or is_read else {}
        columns = tuple(
            Output(
                stored_name(column.name, self.dialect),
                (not known[column.name].never_null if column.name in known else True)
                and column.nullable
                and (True if is_stored else None),
                _TYPE_CLASSES.get(column.kind),
                stored=is_stored,
                bits=known[column.name].bits if column.name in known else None,
            )
            for column in self.tables.columns[found].values()
        )
        # A virtual table of SQLite has hidden columns, by any name. A view whose definition was understood has none.
        is_closed = is_stored or self.dialect == "postgresql" or values.keys() == self.tables.columns[found].keys()
        return columns if is_closed else (*columns, Output(None))

    def resolve(self, column: exp.Column) -> Output:
        """The column that is meant; one of which nothing is known, if that is not sure."""
        if column.args.get("db") or column.args.get("catalog"):
            return Output(None)
        name = self.name_of(column.this)
        qualifier = column.args.get("table")
        return self.lookup(name, self.name_of(qualifier) if qualifier else None)

    def lookup(self, name: str, alias: str | None) -> Output:
        among = [source for source in self.sources if alias in (None, source.alias)]
        found = [column for source in among for column in source.named(name)]
        # Of equal names within one source SQLite takes the first, where PostgreSQL refuses.
        if any(source.is_open for source in among if self.dialect == "sqlite" or not source.named(name)):
            return Output(None)
        if found:
            return self._weighed(found)
        if (among and (alias or name in _HIDDEN)) or self.parent is None:
            return Output(None)
        return self.parent.lookup(name, alias)

    def might_have(self, name: str) -> bool:
        """Whether it could be a column, of this query or of one around it."""
        here = any(source.is_open or source.named(name) for source in self.sources)
        return here or (self.parent is not None and self.parent.might_have(name))

    def _weighed(self, found: list[Output]) -> Output:
        """Of columns that USING makes one, or that a sloppy query leaves ambiguous: the worst."""
        worst = worst_of(column.may_be_null for column in found)
        if self.columns_may_vanish and worst is False:
            worst = True
        first = found[0]
        if len(found) > 1:
            return Output(first.name, worst)
        if first.may_be_null is worst and not first.hidden:
            return first
        return replace(first, may_be_null=worst, hidden=False)

    def local(self, column: exp.Column, start: int = 0) -> Source | None:
        """The one source of this very query, from the given one on, to which a column belongs for sure."""
        name, qualifier = self.name_of(column.this), column.args.get("table")
        alias = self.name_of(qualifier) if qualifier else None
        among = [source for source in self.sources[start:] if alias in (None, source.alias)]
        having = [source for source in among if source.named(name)]
        return having[0] if len(having) == 1 and not any(source.is_open for source in among) else None


def worst_of(answers: Iterable[MayBeNull]) -> MayBeNull:
    """False only if all are; True if one is; else None."""
    given = set(answers)
    return True if True in given else None if None in given else False
