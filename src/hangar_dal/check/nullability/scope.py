"""Record for each query whether the columns of its sources may be NULL, and their types.

`bind` finds the column that a name means. "May be NULL" has three answers: False for never, True for yes, and None for
unknown. An answer is False only if it is proven.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from sqlglot import exp

from hangar_dal.check.sql.bind import SYSTEM_COLUMNS, Binding, ColumnRef, Source
from hangar_dal.check.sql.parse import parameter_name
from hangar_dal.database.kinds import postgresql_kind
from hangar_dal.sqlscan import Dialect

MayBeNull = bool | None
# The storage class on SQLite of the items of a list, which is sent as JSON.
_ITEMS: Final[Mapping[str, str]] = {
    "bool": "number",
    "date": "text",
    "float": "number",
    "instant": "text",
    "int": "number",
    "text": "text",
    "uuid": "text",
}
# A number, or another built-in type that is no JSON, array or range. None stands for all other types.
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
    """Facts about a value. `stored` is True for a column of a table, False for an expression or a column of a view.

    On SQLite, `bits` means that the magnitude of the number is below 2**bits, and `storage` is the only storage class.
    """

    may_be_null: MayBeNull = None
    type_class: TypeClass | None = None
    stored: bool = False
    bits: int | None = None
    storage: str = ""


UNKNOWN: Final = ValueFacts()
KnownColumns = tuple[ValueFacts, ...] | None  # in the order of the columns; None if unknown


@dataclass(slots=True)
class SourceFacts:
    """Facts about the columns of a source.

    `on_nullable_side` is True if an outer join may add rows of NULLs. `proven` are the positions of the columns that a
    condition proves to be not NULL.
    """

    source: Source
    columns: KnownColumns
    on_nullable_side: bool = False
    proven: set[int] = field(default_factory=set)

    def of(self, place: int) -> ValueFacts:
        """Return the facts about the column at this position, after joins and conditions."""
        if self.columns is None or place >= len(self.columns):
            return UNKNOWN
        if self.on_nullable_side:
            return replace(self.columns[place], may_be_null=True)
        return replace(self.columns[place], may_be_null=False) if place in self.proven else self.columns[place]

    def join_nullable_side(self) -> None:
        """Record an outer join that may add rows of NULLs. They invalidate what earlier conditions proved."""
        self.on_nullable_side = True
        self.proven.clear()

    def prove(self, place: int) -> None:
        """Record that the column is not NULL. This also excludes the rows of NULLs that an outer join adds."""
        self.on_nullable_side = False
        self.proven.add(place)


@dataclass
class NullScope:
    """The sources of one SELECT, or of one statement with RETURNING. `parent` is the scope of the query around it.

    `queries` are the columns of the queries of its WITH, by the ids of their nodes. `given` are the types of the
    parameters that are never None. `aggregates` are those that HAVING proves to be not NULL, and `counted` the
    arguments of count() that it proves to be more than 0. `visited` are the scopes of all queries of the statement, by
    the ids of their nodes.
    """

    binding: Binding
    parent: "NullScope | None" = None
    queries: dict[int, KnownColumns] = field(default_factory=dict)
    sources: list[SourceFacts] = field(default_factory=list)
    columns_may_vanish: bool = False  # an aggregate query without GROUP BY, or grouping sets
    has_groups: bool = False  # GROUP BY, or HAVING count(*) > 0: each row is a group of at least one row
    given: Mapping[str, str] = field(default_factory=dict)
    aggregates: list[exp.Expr] = field(default_factory=list)
    counted: list[exp.Expr] = field(default_factory=list)
    visited: "dict[int, NullScope]" = field(default_factory=dict)

    @property
    def dialect(self) -> Dialect:
        return self.binding.dialect

    def inside(self) -> "NullScope":
        """Return a new scope for a subquery."""
        return NullScope(self.binding, self, given=self.given, visited=self.visited)

    def parameter(self, placeholder: exp.Placeholder) -> ValueFacts:
        """Return the facts about a parameter. A text is sent without a type, like a quoted literal."""
        type_ = self.given.get(parameter_name(placeholder))
        kind = "text" if type_ == "" else postgresql_kind(type_ or "")
        return ValueFacts(None if type_ is None else False, _TYPE_CLASSES.get(kind))

    def item(self, placeholder: exp.Placeholder) -> ValueFacts | None:
        """Return the facts about each item of a list parameter; None if it may be None or is no such list."""
        type_ = self.given.get(parameter_name(placeholder), "")
        kind = postgresql_kind(type_.removesuffix("[]"))
        if not type_.endswith("[]") or kind not in _ITEMS:
            return None
        bits = 64 if kind == "int" else None
        return ValueFacts(False, _TYPE_CLASSES[kind], bits=bits, storage=_ITEMS[kind])

    @contextmanager
    def assuming(self, columns: Iterable[exp.Column]) -> Iterator[None]:
        """Regard these columns as not NULL within the block."""
        before = [(source, source.on_nullable_side, set(source.proven)) for source in self.sources]
        try:
            self.prove(columns)
            yield
        finally:
            for source, on_nullable_side, proven in before:
                source.on_nullable_side, source.proven = on_nullable_side, proven

    def prove(self, columns: Iterable[exp.Column]) -> None:
        """Record that these columns are not NULL. Other values than stored ones may differ when they are read again."""
        for column in columns:
            found = self.local(column)
            if found is not None and found[0].of(found[1]).stored:
                found[0].prove(found[1])

    def query(self, cte: exp.CTE) -> KnownColumns:
        """Return the columns of a query of WITH; None if they are unknown, or are not determined yet."""
        scope: NullScope | None = self
        while scope is not None:
            if id(cte) in scope.queries:
                return scope.queries[id(cte)]
            scope = scope.parent
        return None

    def table(self, table: str, *, is_read: bool = False) -> KnownColumns:
        """Return the columns of a table or view.

        The definition of a view applies only if the view is read (`is_read`). With RETURNING, a trigger may return any
        other values.
        """
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
                known[column.name].storage if column.name in known else "",
            )
            for column in tables.columns[table].values()
        )

    def resolve(self, column: exp.Column) -> ValueFacts:
        """Return the facts about the column that a name means; `UNKNOWN` if it is not found."""
        found = self.binding.column(column)
        scope: NullScope | None = self
        while found is not None and scope is not None:
            for each in scope.sources:
                if each.source is found.source:
                    return scope._facts_of(each, found)
            scope = scope.parent
        return UNKNOWN

    def might_have(self, name: str) -> bool:
        """Return whether the name may be a column of this query or of a query around it."""
        columns = [self.binding.columns(each.source) for each in self.sources]
        here = any(each.is_open or each.named(name) for each in columns)
        return here or (self.parent is not None and self.parent.might_have(name))

    def _facts_of(self, source: SourceFacts, found: ColumnRef) -> ValueFacts:
        """Return the facts about a column, which may be NULL in any case if `columns_may_vanish`."""
        place = self.binding.place(found)
        facts = source.of(place) if place is not None else self._system(source, found)
        vanishes = self.columns_may_vanish and facts.may_be_null is False
        return replace(facts, may_be_null=True) if vanishes else facts

    def _system(self, source: SourceFacts, found: ColumnRef) -> ValueFacts:
        """Return the facts about a system column of a table, which each row has; `UNKNOWN` for any other column."""
        is_of_table = source.source.table in self.binding.tables.keys
        if found.column.name not in SYSTEM_COLUMNS[self.dialect] or not is_of_table:
            return UNKNOWN
        if self.dialect == "sqlite":
            return ValueFacts(source.on_nullable_side, "number", bits=64, storage="number")
        return ValueFacts(source.on_nullable_side)

    def local(self, column: exp.Column) -> tuple[SourceFacts, int] | None:
        """Return the source and the position of a column; None if it belongs to another query or is not known."""
        found = self.binding.column(column)
        place = self.binding.place(found) if found is not None else None
        if found is None or place is None:
            return None
        return next(((each, place) for each in self.sources if each.source is found.source), None)


def worst_of(answers: Iterable[MayBeNull]) -> MayBeNull:
    """Return True if any answer is True, otherwise None if any answer is None, otherwise False."""
    given = set(answers)
    return True if True in given else None if None in given else False
