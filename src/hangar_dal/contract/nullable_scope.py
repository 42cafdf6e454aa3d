"""Which columns a query can name, and whether each may be NULL. Knows SQL's rules of visibility and no expressions.

"May be NULL" has three answers throughout: False for never, True for yes, None for what cannot be known. What is not
provably False is never False.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlglot import exp

from hangar_dal.contract.facts import Tables
from hangar_dal.sqlscan import Dialect

MayBeNull = bool | None
# What is known of a value's type: a number, or at least no JSON, array, range or type of the user's own.
Sort = Literal["number", "plain"]

_SORTS: Final[Mapping[str, Sort]] = {
    "int": "number",
    "float": "number",
    "text": "plain",
    "bool": "plain",
    "bytes": "plain",
    "uuid": "plain",
    "instant": "plain",
    "date": "plain",
}
# Every table has these, though no list of its columns tells.
_HIDDEN: Final = frozenset({"rowid", "_rowid_", "oid", "ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})


class NotUnderstood(Exception):
    """The statement holds something whose meaning for NULLs is not known here."""


@dataclass(frozen=True, slots=True)
class Output:
    """One column of a relation. `name` is None where the database makes one up; `stored`: it is a table's own."""

    name: str | None
    may_be_null: MayBeNull = None
    sort: Sort | None = None
    stored: bool = False


@dataclass(slots=True)
class Source:
    """What stands in FROM under a name. `is_open`: it may have columns that are not listed."""

    alias: str | None
    columns: tuple[Output, ...]
    is_open: bool = False
    on_nullable_side: bool = False

    def outputs(self) -> tuple[Output, ...]:
        if not self.on_nullable_side:
            return self.columns
        return tuple(Output(column.name, True, column.sort, column.stored) for column in self.columns)

    def named(self, name: str) -> list[Output]:
        return [column for column in self.outputs() if column.name == name]


Relation = tuple[Output, ...] | None  # None: its columns are not known


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
    proven: set[tuple[str | None, str]] = field(default_factory=set)  # source and column that WHERE holds NOT NULL

    def inside(self) -> "Scope":
        """The scope of a query within this one."""
        return Scope(self.dialect, self.tables, self)

    def name_of(self, identifier: Any) -> str:
        """As the database compares it."""
        if not isinstance(identifier, exp.Identifier):
            raise NotUnderstood
        text: str = identifier.this
        return text if identifier.args.get("quoted") and self.dialect == "postgresql" else text.lower()

    def relation(self, table: exp.Table) -> Relation:
        """What a name in FROM means: a query of WITH, else a table."""
        name = self.name_of(table.this)
        if table.args.get("db") is None:
            scope: Scope | None = self
            while scope:
                if name in scope.ctes:
                    return scope.ctes[name]
                scope = scope.parent
        return self.table(table)

    def table(self, table: exp.Table) -> Relation:
        """A table of the database, never a query of WITH."""
        name = self.name_of(table.this)
        names = [name]
        if schema := table.args.get("db"):
            names = [f"{self.name_of(schema)}.{name}"]
            if self.name_of(schema) in {"public", "main"}:
                names.append(name)
        found = next((self.tables.columns[known] for known in names if known in self.tables.columns), None)
        if found is None and self.dialect == "sqlite":
            found = next(
                (columns for known, columns in self.tables.columns.items() if known.lower() == names[-1]), None
            )
        if found is None or table.args.get("catalog"):
            return None
        return tuple(
            Output(self._stored_name(column.name), column.nullable, _SORTS.get(column.kind), stored=True)
            for column in found.values()
        )

    def _stored_name(self, name: str) -> str:
        return name.lower() if self.dialect == "sqlite" else name

    def resolve(self, column: exp.Column) -> Output:
        """The column that is meant; one of which nothing is known, if that is not sure."""
        if column.args.get("db") or column.args.get("catalog"):
            return Output(None)
        name = self.name_of(column.this)
        qualifier = column.args.get("table")
        return self._lookup(name, self.name_of(qualifier) if qualifier else None)

    def _lookup(self, name: str, alias: str | None) -> Output:
        among = [source for source in self.sources if alias in (None, source.alias)]
        found = [(source, column) for source in among for column in source.named(name)]
        if found:
            if any(source.is_open for source in among if not source.named(name)):
                return Output(None)
            return self._weighed([self._proven(source, column) for source, column in found])
        if any(source.is_open for source in among) or (among and (alias or name in _HIDDEN)) or self.parent is None:
            return Output(None)
        return self.parent._lookup(name, alias)

    def _proven(self, source: Source, column: Output) -> Output:
        if (source.alias, column.name) in self.proven:
            return Output(column.name, False, column.sort, column.stored)
        return column

    def _weighed(self, found: list[Output]) -> Output:
        """Of columns that USING makes one, or that a sloppy query leaves ambiguous: the worst."""
        worst = worst_of(column.may_be_null for column in found)
        if self.columns_may_vanish and worst is False:
            worst = True
        first = found[0]
        return Output(
            first.name, worst, first.sort if len(found) == 1 else None, stored=len(found) == 1 and first.stored
        )

    def local(self, column: exp.Column) -> Source | None:
        """The one source of this very query to which a column belongs for sure."""
        name, qualifier = self.name_of(column.this), column.args.get("table")
        alias = self.name_of(qualifier) if qualifier else None
        among = [source for source in self.sources if alias in (None, source.alias)]
        having = [source for source in among if source.named(name)]
        return having[0] if len(having) == 1 and not any(source.is_open for source in among) else None


def worst_of(answers: Iterable[MayBeNull]) -> MayBeNull:
    """False only if all are; True if one is; else None."""
    given = set(answers)
    return True if True in given else None if None in given else False
