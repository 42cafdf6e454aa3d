"""The relations of a statement with their functional dependencies, and the attribute that each column name means."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, Dependency, Rule, closure
from hangar_dal.check.sql.bind import Binding, ColumnRef, Source
from hangar_dal.check.sql.names import NotUnderstood, name_of, stored_name
from hangar_dal.sqlscan import Dialect

_ROWID: Final = frozenset({"rowid", "_rowid_", "oid"})
_MOST: Final = 400  # relations in one statement; a query of WITH counts each time it is used


@dataclass(slots=True)
class StatementContext:
    """The facts that all queries of one statement share.

    `kinds` are the types of columns. `origins` are the table and the name of each attribute that is a table's column.
    `allowed` are the values that a CHECK lists, and NULL for a nullable column. `literals` are the possible values of
    an attribute that is a constant: whether they are texts, and their spelling. `lists` are the row identities of
    functions that return the items of a list parameter. `last` is the highest number of a relation.
    """

    binding: Binding
    kinds: dict[Attribute, str] = field(default_factory=dict)
    origins: dict[Attribute, tuple[str, str]] = field(default_factory=dict)
    allowed: dict[Attribute, set[str | None]] = field(default_factory=dict)
    literals: dict[Attribute, tuple[bool, frozenset[str]]] = field(default_factory=dict)
    lists: set[Attribute] = field(default_factory=set)
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

    def stored_name(self, name: str) -> str:
        """Return a stored name in the form that `name_of` returns."""
        return stored_name(name, self.dialect)


@dataclass(frozen=True, slots=True)
class ConditionalKey:
    """A unique key in which rows may be equal: if a column is NULL, or outside of a partial index.

    `where` are the conditions of a partial index that AND joins, without those that hold for all rows. `has_expression`
    is True for an index with an expression, which is not among the columns.
    """

    columns: tuple[Attribute, ...]
    row: Attribute
    where: tuple[exp.Expr, ...] = ()
    is_partial: bool = False
    has_expression: bool = False


@dataclass(slots=True)
class RowFacts:
    """Facts about the rows of a relation: dependencies, columns that are never NULL, and conditional keys."""

    rules: list[Rule] = field(default_factory=list)
    never_null: set[Attribute] = field(default_factory=set)
    conditional_keys: list[ConditionalKey] = field(default_factory=list)

    def add(self, other: "RowFacts") -> None:
        self.rules += other.rules
        self.never_null |= other.never_null
        self.conditional_keys += other.conditional_keys


@dataclass(slots=True)
class Relation:
    """The rows of a table, a function or a query.

    `row` is the attribute for the identity of a row. `members` are the numbers of this relation and of all relations
    that it reads, and `read` are the tables, in order. `collapsed` are those of which one row may stand for several, as
    in a GROUP BY. If `is_open` is True, the relation may have columns that are not listed.
    """

    row: Attribute
    columns: list[Attribute]
    facts: RowFacts
    members: set[int]
    read: tuple[str, ...] = ()
    collapsed: frozenset[str] = frozenset()
    is_open: bool = False
    has_rowid: bool = False


@dataclass(slots=True)
class BoundRelation:
    """A relation in FROM with its source as `bind` returns it. `label` is its name in messages."""

    source: Source
    label: str
    relation: Relation


@dataclass
class OrderScope:
    """The sources and dependencies of one SELECT.

    `facts` hold for the rows that WHERE selects. `extra` are the dependencies between expressions. `matched` are the
    columns that are NULL only if an outer join finds no row.
    """

    context: StatementContext
    number: int
    sources: list[BoundRelation] = field(default_factory=list)
    facts: RowFacts = field(default_factory=RowFacts)
    extra: list[Rule] = field(default_factory=list)
    matched: set[Attribute] = field(default_factory=set)
    group: Attributes = NOTHING  # the keys of GROUP BY
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    expressions: set[Attribute] = field(default_factory=set)  # those that have an attribute
    extremes: dict[Attribute, Attribute] = field(default_factory=dict)  # the column of each max(column) and min(column)
    may_repeat: bool = False  # a table is also read by a subquery that collapses rows

    @property
    def row(self) -> Attribute:
        """The identity of a row of the result."""
        return self.number, "row"

    @property
    def input_row(self) -> Attribute:
        """The identity of a row after GROUP BY, but before DISTINCT and set-returning functions."""
        return self.number, "input row"

    @property
    def rows(self) -> frozenset[Attribute]:
        """The row identities of all sources."""
        return frozenset(source.relation.row for source in self.sources)

    def add_dependency(
        self, left: frozenset[Attribute], right: frozenset[Attribute], *, is_proven: bool = True
    ) -> None:
        """Add the dependency of `right` on `left`."""
        self.extra.append(Dependency(left, right, is_proven))

    def doubt(self) -> None:
        """Record that the rows may be distinct, or only one, for a reason that is not understood.

        Nothing is then reported about the query.
        """
        self.add_dependency(NOTHING, frozenset({self.row, self.input_row}), is_proven=False)

    def all_rules(self) -> tuple[Rule, ...]:
        """Return all dependencies of the query."""
        doubts = (
            [Dependency(NOTHING, frozenset({self.row, self.input_row}), is_proven=False)] if self.may_repeat else []
        )
        return (*self.facts.rules, *self.extra, *doubts)

    def add_extremes(self) -> None:
        """Add the dependencies on max() and min().

        Each is the value of a row of the group. If the column determines the group, the extreme value does so too.
        """
        for value, column in self.extremes.items():
            if self.group and self.group <= closure({column}, self.all_rules()):
                self.add_dependency(frozenset({value}), frozenset({self.input_row}))

    def source_of(self, attribute: Attribute) -> BoundRelation | None:
        """Return the source to which an attribute belongs; None if it belongs to none."""
        return next((source for source in self.sources if attribute[0] in source.relation.members), None)

    def resolve(self, column: exp.Column) -> Attribute:
        """Return the attribute of the column that a name means; an attribute without dependencies if it is unknown."""
        found = self.context.binding.column(column)
        attribute = self.attribute(found) if found is not None else None
        return attribute or self._unknown(column.sql(comments=False))

    def attribute(self, found: ColumnRef) -> Attribute | None:
        """Return the attribute of a column; None if it is a column of another query."""
        source = next((each for each in self.sources if each.source is found.source), None)
        if source is None:
            return None
        relation, place = source.relation, self.context.binding.place(found)
        if place is not None and place < len(relation.columns):
            return relation.columns[place]
        if relation.has_rowid and found.column.name in _ROWID:
            return relation.row
        attribute = (relation.row[0], f"?{found.column.name}")
        self.extra.append(Dependency(frozenset({relation.row}), frozenset({attribute}), is_kept=True))
        if not relation.is_open:  # a system column, such as `ctid`
            self.add_dependency(frozenset({attribute}), frozenset({relation.row}), is_proven=False)
        return attribute

    def _unknown(self, name: str) -> Attribute:
        self.doubt()
        return self.number, f"?{name}"


def number_of(literal: exp.Expr) -> int | None:
    """Return the value of an integer literal of at most 18 digits; None for any other expression."""
    is_whole = isinstance(literal, exp.Literal) and not literal.is_string and literal.name.isdecimal()
    return int(literal.name) if is_whole and len(literal.name) < 19 else None
