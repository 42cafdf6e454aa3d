"""What is known about the columns that a query can name: whether each may be NULL, and its type.

`bind` finds the column that a name means. "May be NULL" has three answers: False for never, True for yes, None if it is
not known. An answer is False only if it is proven.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding, ColumnRef, Source
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


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """What is known about a value. `stored`: it is a column of a table, and not calculated."""

    may_be_null: MayBeNull = None
    type_class: TypeClass | None = None
    stored: bool = False
    bits: int | None = None  # on SQLite: a number below 2 to this power


UNKNOWN: Final = ValueFacts()
Relation = tuple[ValueFacts, ...] | None  # by the place of the column; None if the columns are not known


@dataclass(slots=True)
class SourceFacts:
    """What is known about the columns of a source. `proven` are those that a condition keeps from being NULL."""

    source: Source
    columns: Relation
    on_nullable_side: bool = False
    proven: set[int] = field(default_factory=set)

    def of(self, place: int) -> ValueFacts:
        if self.columns is None or place >= len(self.columns):
            return UNKNOWN
        if self.on_nullable_side:
            return replace(self.columns[place], may_be_null=True)
        return replace(self.columns[place], may_be_null=False) if place in self.proven else self.columns[place]

    def join_nullable_side(self) -> None:
        """From here on there may be rows of NULLs, whatever was proven before."""
        self.on_nullable_side = True
        self.proven.clear()

    def prove(self, place: int) -> None:
        """No row of NULLs is left either: this column would be NULL in it."""
        self.on_nullable_side = False
        self.proven.add(place)


@dataclass
class Scope:
    """One SELECT, or one statement that returns rows, within those around it.

    `queries` are the queries of its WITH, by the ids of their nodes.
    """

    binding: Binding
    parent: "Scope | None" = None
    queries: dict[int, Relation] = field(default_factory=dict)
    sources: list[SourceFacts] = field(default_factory=list)
    columns_may_vanish: bool = False  # a row of nothing but aggregates, or of a grouping set
    has_groups: bool = False  # each row stands for at least one

    @property
    def dialect(self) -> Dialect:
        return self.binding.dialect

    def inside(self) -> "Scope":
        """The scope of a query within this one."""
        return Scope(self.binding, self)

    def query(self, cte: exp.CTE) -> Relation:
        """The columns of a query of WITH; None if they are not known, or not yet."""
        scope: Scope | None = self
        while scope is not None:
            if id(cte) in scope.queries:
                return scope.queries[id(cte)]
            scope = scope.parent
        return None

    def table(self, table: str, *, is_read: bool = False) -> Relation:
        """The columns of a table. What a view gives is known of rows that are read; a trigger may return any others."""
        tables = self.binding.tables
        is_stored, values = table in tables.keys, tables.values.get(table, {})
        known = values if is_stored or is_read else {}
        return tuple(
            ValueFacts(
                (not known[column.name].never_null if column.name in known else True)
                and column.nullable
                and (True if is_stored else None),
                _TYPE_CLASSES.get(column.kind),
                is_stored,
                known[column.name].bits if column.name in known else None,
            )
            for column in tables.columns[table].values()
        )

    def resolve(self, column: exp.Column) -> ValueFacts:
        """What is known about the column that is meant."""
        found = self.binding.column(column)
        scope: Scope | None = self
        while found is not None and scope is not None:
            for each in scope.sources:
                if each.source is found.source:
                    return scope._weighed(each, found)
            scope = scope.parent
        return UNKNOWN

    def might_have(self, name: str) -> bool:
        """Return whether the name may be a column of this query or of one around it."""
        columns = [self.binding.columns(each.source) for each in self.sources]
        here = any(each.is_open or each.named(name) for each in columns)
        return here or (self.parent is not None and self.parent.might_have(name))

    def _weighed(self, source: SourceFacts, found: ColumnRef) -> ValueFacts:
        place = self.binding.place(found)
        facts = source.of(place) if place is not None else UNKNOWN
        vanishes = self.columns_may_vanish and facts.may_be_null is False
        return replace(facts, may_be_null=True) if vanishes else facts

    def local(self, column: exp.Column) -> tuple[SourceFacts, int] | None:
        """The source of this very query, and the place in it, to which a column belongs for sure."""
        found = self.binding.column(column)
        place = self.binding.place(found) if found is not None else None
        if found is None or place is None:
            return None
        return next(((each, place) for each in self.sources if each.source is found.source), None)


def worst_of(answers: Iterable[MayBeNull]) -> MayBeNull:
    """False only if all are; True if one is; else None."""
    given = set(answers)
    return True if True in given else None if None in given else False
