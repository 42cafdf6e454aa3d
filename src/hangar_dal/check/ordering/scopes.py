"""The relations in FROM of a query with their functional dependencies, and the attribute that each name means."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlglot import exp

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, Dependency, Rule
from hangar_dal.check.sql.allowed_values import conditions_in
from hangar_dal.check.sql.bind import Binding, ColumnRef, Source
from hangar_dal.check.sql.names import NotUnderstood, name_of, stored_name
from hangar_dal.sqlscan import Dialect

_ROWID: Final = frozenset({"rowid", "_rowid_", "oid"})
_MOST: Final = 400  # relations in one statement; a query of WITH counts each time it is used


@dataclass(slots=True)
class StatementContext:
    """What all queries of one statement share: the columns of tables by attribute, and the last relation's number."""

    binding: Binding
    stored: dict[Attribute, TableColumn] = field(default_factory=dict)
    last: int = 0

    def new(self) -> int:
        """Return a new number for a relation. Raises `NotUnderstood` if there are too many."""
        self.last += 1
        if self.last > _MOST:
            raise NotUnderstood
        return self.last

    @property
    def dialect(self) -> Dialect:
        return self.binding.dialect

    @property
    def tables(self) -> Tables:
        return self.binding.tables

    def name_of(self, identifier: Any) -> str:
        """Return the name in the form in which the database compares names."""
        return name_of(identifier, self.dialect)


@dataclass(frozen=True, slots=True)
class ConditionalKey:
    """A unique key in which rows may be equal: if a column is NULL, or outside of a partial index.

    `where` are the conditions of a partial index that AND joins. `has_expression` is True for an index with an
    expression, which is not among the columns.
    """

    columns: Attributes
    row: Attribute
    where: tuple[exp.Expr, ...] = ()
    has_expression: bool = False


@dataclass(slots=True)
class Relation:
    """The rows of a table, a function or a query.

    `row` is the attribute for the identity of a row. `members` are the numbers of this relation and of all relations
    that it reads, and `read` are the tables, in order. `collapsed` are those of which one row may stand for several, as
    in a GROUP BY. If `is_open` is True, the relation may have columns that are not listed. If `is_distinct` is True,
    each column may be distinct, as the items of a list.
    """

    row: Attribute
    columns: list[Attribute]
    rules: list[Rule]
    members: set[int]
    read: tuple[str, ...] = ()
    keys: list[ConditionalKey] = field(default_factory=list)
    collapsed: frozenset[str] = frozenset()
    is_open: bool = False
    is_distinct: bool = False


@dataclass(slots=True)
class BoundRelation:
    """A relation in FROM with its source as `bind` returns it. `label` is its name in messages."""

    source: Source
    label: str
    relation: Relation


@dataclass
class OrderScope:
    """The sources and dependencies of one SELECT.

    `outer` is the scope whose columns a LATERAL query can name. `never_null` are the columns that are not NULL in the
    rows that its conditions select.
    """

    context: StatementContext
    number: int
    outer: "OrderScope | None" = None
    sources: list[BoundRelation] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    keys: list[ConditionalKey] = field(default_factory=list)
    never_null: set[Attribute] = field(default_factory=set)
    group: Attributes = NOTHING  # the keys of GROUP BY
    expressions: set[Attribute] = field(default_factory=set)  # those that have an attribute
    may_repeat: bool = False  # a table is also read by a subquery that collapses rows

    @property
    def row(self) -> Attribute:
        """The identity of a row of the result."""
        return self.number, "row"

    @property
    def rows(self) -> Attributes:
        """The row identities of all sources."""
        return frozenset(source.relation.row for source in self.sources)

    def add(self, left: Attributes, *right: Attribute) -> None:
        """Add the dependency of `right` on `left`."""
        self.rules.append(Dependency(left, frozenset(right)))

    def doubt(self) -> None:
        """Record that there may be only one row, for a reason that is not understood. Nothing is then reported."""
        self.add(NOTHING, self.row)

    def all_rules(self) -> list[Rule]:
        """Return all dependencies of the query."""
        return [*self.rules, *([Dependency(NOTHING, frozenset({self.row}))] if self.may_repeat else [])]

    def is_never_null(self, attribute: Attribute) -> bool:
        """Return whether a column is not NULL in the selected rows, apart from rows that an outer join pads."""
        stored = self.context.stored.get(attribute)
        is_row = attribute in self.rows
        return attribute in self.never_null or is_row or (stored is not None and not stored.nullable)

    def resolve(self, column: exp.Column) -> Attribute:
        """Return the attribute of the column that a name means; an attribute without dependencies if it is unknown."""
        found = self.context.binding.column(column)
        attribute = self.attribute(found) if found is not None else None
        if attribute is None:
            self.doubt()
            return self.number, f"?{column.sql(comments=False)}"
        return attribute

    def attribute(self, found: ColumnRef) -> Attribute | None:
        """Return the attribute of a column; None if it is a column of another query."""
        relation = next((each.relation for each in self.sources if each.source is found.source), None)
        if relation is None:
            return self.outer.attribute(found) if self.outer is not None else None
        place = self.context.binding.place(found)
        if place is not None and place < len(relation.columns):
            return relation.columns[place]
        if found.source.table is not None and found.column.name in _ROWID:
            return relation.row
        attribute = (relation.row[0], f"?{found.column.name}")
        self.add(frozenset({relation.row}), attribute)
        if relation.is_distinct or not relation.is_open:  # an item, or a system column, such as `ctid`
            self.add(frozenset({attribute}), relation.row)
        return attribute


def opened(context: StatementContext, label: str = "") -> Relation:
    """Return a relation about which nothing is known, such as a function. It may have one row or many."""
    row = (context.new(), "row")
    rules: list[Rule] = [Dependency(NOTHING, frozenset({row}))]
    return Relation(row, [], rules, {row[0]}, (label,) if label else (), is_open=True)


def several_rows(context: StatementContext) -> Relation:
    """Return a relation of several rows, such as the items of a list. Its values may be distinct in any column."""
    row = (context.new(), "row")
    return Relation(row, [], [], {row[0]}, is_open=True, is_distinct=True)


def table_of(table: str, context: StatementContext) -> Relation:
    """Return the relation of a table or view. The keys of a view are not known."""
    number = context.new()
    row: Attribute = (number, "row")

    def attribute(name: str) -> Attribute:
        return number, f".{stored_name(name, context.dialect)}"

    columns = {attribute(each.name): each for each in context.tables.columns[table].values()}
    context.stored.update(columns)
    keys = context.tables.keys.get(table)
    unique = [NOTHING] if keys is None else [frozenset(attribute(name) for name in key) for key in keys]
    conditional = []
    for loose in context.tables.loose.get(table, ()):
        named = [attribute(name) for name in loose.columns if name]
        where = tuple(conditions_in(loose.where, context.dialect))
        conditional.append(ConditionalKey(frozenset(named), row, where, len(named) < len(loose.columns)))
    rules: list[Rule] = [Dependency(frozenset({row}), frozenset(columns))]
    rules += [Dependency(key, frozenset({row})) for key in unique]
    return Relation(row, list(columns), rules, {number}, (table,), conditional)
