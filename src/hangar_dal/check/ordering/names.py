"""What is known of the rows of a relation, and of the columns that a query names."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.ordering.dependencies import NOTHING, Attribute, Attributes, Dependency, Rule, closure
from hangar_dal.check.sql.bind import Binding, ColumnRef
from hangar_dal.check.sql.bind import Source as Bound
from hangar_dal.check.sql.names import NotUnderstood, name_of, stored_name
from hangar_dal.sqlscan import Dialect

_ROWID: Final = frozenset({"rowid", "_rowid_", "oid"})
_MOST: Final = 400  # relations within one statement; a query of WITH counts wherever it is named


@dataclass(slots=True)
class Statement:
    """What all queries of one statement share.

    `origins` are the tables' own columns, `literals` what is one of few values: texts, or else numbers.
    `lists` are the rows of lists that the caller gives.
    """

    binding: Binding
    kinds: dict[Attribute, str] = field(default_factory=dict)
    origins: dict[Attribute, tuple[str, str]] = field(default_factory=dict)
    literals: dict[Attribute, tuple[bool, frozenset[str]]] = field(default_factory=dict)
    lists: set[Attribute] = field(default_factory=set)
    last: int = 0

    def new(self) -> int:
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
        """As the database compares it."""
        return name_of(identifier, self.dialect)

    def same(self, name: str) -> str:
        """A stored name in the form that `name_of` gives."""
        return stored_name(name, self.dialect)


@dataclass(frozen=True, slots=True)
class Loose:
    """Columns that are unique as far as none of them is NULL. `where`: only among the rows of which its words tell."""

    columns: tuple[Attribute, ...]
    row: Attribute
    where: str = ""


@dataclass(slots=True)
class Facts:
    """What is known of rows: the dependencies, the columns that are never NULL, and the keys that may hold NULL."""

    rules: list[Rule] = field(default_factory=list)
    never_null: set[Attribute] = field(default_factory=set)
    loose: list[Loose] = field(default_factory=list)

    def add(self, other: "Facts") -> None:
        self.rules += other.rules
        self.never_null |= other.never_null
        self.loose += other.loose


@dataclass(slots=True)
class Relation:
    """What stands in FROM. `row` is which row it is. `is_open`: it may have columns that are not listed.

    `read` are the tables beneath, in order; `collapsed` those of which one row may stand for several, as in a GROUP BY.
    """

    row: Attribute
    columns: list[Attribute]
    facts: Facts
    members: set[int]
    read: tuple[str, ...] = ()
    collapsed: frozenset[str] = frozenset()
    is_open: bool = False
    has_rowid: bool = False


@dataclass(slots=True)
class Source:
    """A relation, the source that it is for the binder, and the name by which a reader knows it."""

    bound: Bound
    label: str
    relation: Relation


@dataclass
class Scope:
    """One SELECT. `row` is which row of its result it is, `whole` which row before DISTINCT.

    `matched` is what is never NULL in a row that an outer join found.
    """

    statement: Statement
    number: int
    sources: list[Source] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)
    extra: list[Rule] = field(default_factory=list)  # of names and values, as they are met
    matched: set[Attribute] = field(default_factory=set)
    group: Attributes = NOTHING  # what GROUP BY groups by
    windows: dict[str, exp.Expr] = field(default_factory=dict)
    expressions: set[Attribute] = field(default_factory=set)  # expressions
    extremes: dict[Attribute, Attribute] = field(default_factory=dict)  # max(column), min(column)
    may_repeat: bool = False  # a table is read beside a query of which one row stands for several of its rows

    @property
    def row(self) -> Attribute:
        return self.number, "row"

    @property
    def whole(self) -> Attribute:
        return self.number, "whole"

    @property
    def rows(self) -> frozenset[Attribute]:
        return frozenset(source.relation.row for source in self.sources)

    def give(self, left: frozenset[Attribute], right: frozenset[Attribute], *, is_proven: bool = True) -> None:
        self.extra.append(Dependency(left, right, is_proven))

    def doubt(self) -> None:
        """There may be a reason for which no two rows are equal."""
        self.give(NOTHING, frozenset({self.row, self.whole}), is_proven=False)

    def all_rules(self) -> tuple[Rule, ...]:
        doubts = [Dependency(NOTHING, frozenset({self.row, self.whole}), is_proven=False)] if self.may_repeat else []
        return (*self.facts.rules, *self.extra, *doubts)

    def weigh_extremes(self) -> None:
        """The greatest value of a column is one of a row in the group: if that tells the group, so does this."""
        for value, column in self.extremes.items():
            if self.group and self.group <= closure({column}, self.all_rules()):
                self.give(frozenset({value}), frozenset({self.whole}))

    def source_of(self, attribute: Attribute) -> Source | None:
        return next((source for source in self.sources if attribute[0] in source.relation.members), None)

    def resolve(self, column: exp.Column) -> Attribute:
        """The column that is meant; one of which nothing is known, if that is not sure."""
        found = self.statement.binding.column(column)
        attribute = self.attribute(found) if found is not None else None
        return attribute or self._unknown(column.sql(comments=False))

    def attribute(self, found: ColumnRef) -> Attribute | None:
        """The attribute of a column; None if it is a column of another query."""
        source = next((each for each in self.sources if each.bound is found.source), None)
        if source is None:
            return None
        relation, place = source.relation, self.statement.binding.place(found)
        if place is not None and place < len(relation.columns):
            return relation.columns[place]
        if relation.has_rowid and found.column.name in _ROWID:
            return relation.row
        attribute = (relation.row[0], f"?{found.column.name}")
        self.extra.append(Dependency(frozenset({relation.row}), frozenset({attribute}), is_kept=True))
        if not relation.is_open:  # a column of the database's own, as `ctid`
            self.give(frozenset({attribute}), frozenset({relation.row}), is_proven=False)
        return attribute

    def _unknown(self, name: str) -> Attribute:
        self.doubt()
        return self.number, f"?{name}"


def number_of(literal: exp.Expr) -> int | None:
    """The number that is written, if it is a whole one and not absurd."""
    is_whole = isinstance(literal, exp.Literal) and not literal.is_string and literal.name.isdecimal()
    return int(literal.name) if is_whole and len(literal.name) < 19 else None
