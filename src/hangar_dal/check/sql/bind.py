"""Find the column that each name of a statement means, by the rules of both dialects.

`bind` answers for one statement: the sources that each part can name, the column behind a name, and the columns of a
query. It returns None where it is not certain.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.names import NotUnderstood, name_of
from hangar_dal.check.sql.parse import parsed
from hangar_dal.check.sql.references import ColumnRef as ColumnRef
from hangar_dal.check.sql.references import Columns, TableAndColumn
from hangar_dal.check.sql.references import Output as Output
from hangar_dal.check.sql.references import Source as Source
from hangar_dal.check.sql.relations import StatementSources
from hangar_dal.check.sql.using import merges, side_of
from hangar_dal.check.sql.visible import (
    groups_of,
    is_sort_key,
    is_statement,
    may_name_outputs,
    output_name,
)
from hangar_dal.sqlscan import Dialect

# The system columns, which each table has and no schema lists.
SYSTEM_COLUMNS: Final[dict[Dialect, frozenset[str]]] = {
    "sqlite": frozenset({"rowid", "_rowid_", "oid"}),
    "postgresql": frozenset({"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"}),
}


@lru_cache(maxsize=512)
def bind(text: str, dialect: Dialect, tables: Tables) -> "Binding | None":
    """Return the `Binding` of a statement; None if the parser does not understand it."""
    tree = parsed(text, dialect)
    return Binding(tree, dialect, tables) if tree is not None else None


class Binding(StatementSources):
    """The meaning of the names in one tree. Names are resolved on demand, so the tree must not change."""

    def column(self, node: exp.Expr | None) -> ColumnRef | None:
        """Return the column that a name means; None if it means no column of a source, or if this is not certain."""
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return None
        if id(node) not in self._refs:
            self._asked.append(node)
            try:
                self._refs[id(node)] = self._meant(node)
            except (NotUnderstood, RecursionError):
                self._refs[id(node)] = None
        return self._refs[id(node)]

    def place(self, found: ColumnRef) -> int | None:
        """Return the position of a column among those that are listed for its source; None if it is not listed."""
        listed = self.columns(found.source).listed
        return next((place for place, column in enumerate(listed) if column is found.column), None)

    def origin(self, node: exp.Expr | None) -> TableAndColumn | None:
        """Return the column of a table that a name means, if the statement itself names the table."""
        found = self.column(node)
        return found.column.origin if found is not None and found.source.table is not None else None

    def followed(self, node: exp.Expr | None) -> Iterator[Output]:
        """Yield the column that a name means in its subquery, then the column that this one means, and so on."""
        found = self.column(node)
        while found is not None and found.column.value is not None:
            yield found.column
            found = self.column(found.column.value)

    def _meant(self, column: exp.Column) -> ColumnRef | None:
        """Return the column that a name means, found from the innermost query outwards. Raises `NotUnderstood`."""
        if column.args.get("db") or column.args.get("catalog"):
            return None
        name, qualifier = name_of(column.this, self.dialect), column.args.get("table")
        if qualifier is not None:
            return self._of_source(column, name, name_of(qualifier, self.dialect))
        guess: ColumnRef | None = None  # a column of the only source with unknown columns
        may_be_row = False  # on PostgreSQL, the name of a source means a whole row if no column has this name
        for statement, clause, among in self._around(column):
            if isinstance(statement, exp.SetOperation | exp.Subquery):
                return None  # a column of its result
            values = self._selected_as(column, name, clause, among, statement)
            found = self._unqualified(name, among, statement) if not values else None
            is_open = [each for each in among if self.columns(each).is_open]
            if values and is_open and not is_sort_key(column, clause, self.dialect):
                return None  # a column of a source is preferred
            if len(is_open) > 1 and not values and found is None:
                return None
            if guess is not None and (values or found is not None or is_open):
                return None
            if values or found is not None:
                refs = {self.column(value) for value in values} if values else {found}
                return refs.pop() if len(refs) == 1 else None
            guess = ColumnRef(statement, is_open[0], Output(name)) if is_open else guess
            may_be_row |= any(each.alias == name for each in among)
        return guess if not may_be_row else None

    def selected_as(self, column: exp.Expr) -> list[exp.Expr]:
        """Return what is selected under a name, if the name means a column of the result of the query around it."""
        if not isinstance(column, exp.Column) or column.args.get("table") or isinstance(column.this, exp.Star):
            return []
        try:
            statement, clause, among = next(self._around(column))
            return self._selected_as(column, name_of(column.this, self.dialect), clause, among, statement)
        except (NotUnderstood, StopIteration):
            return []

    def output_of(self, key: exp.Expr, query: exp.Expr) -> Output | None:
        """Return the column of the result that a key of ORDER BY or GROUP BY means, by its number or by its name.

        Returns None if the key is an expression or means a column of a source.
        """
        key = (key.this if isinstance(key, exp.Ordered) else key).unnest()
        outputs = self.outputs(query) or ()
        if isinstance(key, exp.Literal) and key.is_int:
            place = int(key.name) - 1
            return outputs[place] if 0 <= place < len(outputs) else None
        if isinstance(key, exp.Collate) and (self.dialect == "sqlite" or not isinstance(query, exp.Select)):
            key = key.this.unnest()
        if not isinstance(key, exp.Column) or isinstance(key.this, exp.Star) or key.args.get("table"):
            return None
        if not isinstance(query, exp.Select):
            name = name_of(key.this, self.dialect)
            return next((each for each in outputs if each.name == name), None)
        named = self.selected_as(key)
        known = (each for each in outputs if named and each.value is not None and each.value.unnest() is named[0])
        return next(known, Output(None, None, named[0], query) if named else None)

    def sort_key(self, ordered: exp.Expr) -> exp.Expr:
        """Return the expression of a sort key. A number or an alias stands for an expression of the select list."""
        key: exp.Expr = ordered.this if isinstance(ordered, exp.Ordered) else ordered
        order = ordered.parent
        select = order.parent if isinstance(order, exp.Order) else None
        found = self.output_of(key, select) if isinstance(select, exp.Select) else None
        return (
            found.value if found is not None and found.value is not None and not isinstance(key, exp.Collate) else key
        )

    def _selected_as(
        self, column: exp.Column, name: str, clause: exp.Expr, among: list[Source], statement: exp.Expr
    ) -> list[exp.Expr]:
        """Return what is selected under the name. SQLite knows only names given by AS, and takes the first.

        Raises `NotUnderstood` if another column of the result may have the name.
        """
        if not isinstance(statement, exp.Select):
            return []
        is_first = is_sort_key(column, clause, self.dialect)
        if not is_first and not may_name_outputs(column, clause, self.dialect):
            return []
        if self.dialect == "postgresql":
            outputs = self.outputs(statement)
            if outputs is None:
                raise NotUnderstood
            named = [each.value.unnest() for each in outputs if each.name == name and each.value is not None]
        else:
            given = [each for each in statement.expressions if isinstance(each, exp.Alias)]
            named = [each.this.unnest() for each in given if output_name(each, self.dialect) == name][:1]
        if not is_first and named and self._unqualified(name, among, statement) is not None:
            return []
        return named

    def _around(self, column: exp.Column) -> Iterator[tuple[exp.Expr, exp.Expr, list[Source]]]:
        """Yield each statement around a name, the clause that holds the name, and the sources that this clause sees.

        A set operation and a query in parentheses have no sources. They are yielded only if the name is in their ORDER
        BY, LIMIT or OFFSET.
        """
        at: exp.Expr = column
        part = at
        while at.parent is not None:
            clause, at = at, at.parent
            if isinstance(at, exp.SetOperation | exp.Subquery) and clause.arg_key in {"order", "limit", "offset"}:
                yield at, clause, []
            if is_statement(at):
                among = self._visible(at, part)
                if among is not None:
                    yield at, clause, among
                part = at

    def _of_source(self, column: exp.Column, name: str, alias: str) -> ColumnRef | None:
        """Return the column of the nearest source with this alias.

        If it has no such column, SQLite looks for another source with the alias in the queries around it.
        """
        guess: ColumnRef | None = None
        for statement, clause, among in self._around(column):
            if isinstance(statement, exp.Subquery):
                return None  # a column of its result
            named = [each for each in among if each.alias == alias]
            if clause.arg_key == "returning" and (version := self.version(statement, alias)) is not None:
                named = [version]
            if len(named) > 1 or (named and guess is not None):
                return None
            if not named and any(each.alias is None and each.query is None for each in among):
                return None  # a function with an unknown name
            if named:
                guess, is_listed = self._qualified(name, named[0], statement)
                if is_listed or self.dialect == "postgresql":
                    return guess
        return guess

    def _qualified(self, name: str, source: Source, at: exp.Expr) -> tuple[ColumnRef | None, bool]:
        """Return the column of the source, and whether the source certainly has it."""
        columns = self.columns(source)
        found = self._first(columns, name)
        if found is not None:
            return ColumnRef(at, source, found), True
        if name in SYSTEM_COLUMNS[self.dialect] and source.table in self.tables.keys:
            return ColumnRef(at, source, Output(name)), True
        return (ColumnRef(at, source, Output(name)) if columns.is_open else None), False

    def _first(self, columns: Columns, name: str) -> Output | None:
        """Return the column of this name; None if there is none. Of several, SQLite takes the first.

        Raises `NotUnderstood` if another column may be meant.
        """
        named = columns.named(name)
        before = columns.listed[: columns.listed.index(named[0])] if named else ()
        is_sure = all(each.name is not None for each in before) if self.dialect == "sqlite" else len(named) < 2
        if not is_sure:
            raise NotUnderstood
        return named[0] if named else None

    def _unqualified(self, name: str, among: list[Source], at: exp.Expr) -> ColumnRef | None:
        """Return the column of the only source that has it; None if no source has it.

        Raises `NotUnderstood` if several sources have it, unless a join merges their columns.
        """
        if isinstance(at, exp.Insert) and self.dialect == "sqlite":
            among = among[:1]  # never a column of `excluded`
        having = [source for source in among if self.columns(source).named(name)]
        if not having:
            return self._system(name, among, at) if name in SYSTEM_COLUMNS[self.dialect] else None
        groups = dict(zip(among, groups_of([source.node for source in among], self.dialect), strict=True))
        is_open = any(self.columns(source).is_open for source in among)
        winner: Source | None = having[0]
        for source in among:
            is_merged = merges(source.node, name, self.dialect)
            if source in having[1:]:
                if not is_merged or groups[source] != groups[having[0]]:
                    raise NotUnderstood
                winner = {"RIGHT": source, "FULL": None}.get(side_of(source.node), winner)
            elif is_merged and is_open:
                raise NotUnderstood  # an unknown column of another source may be merged
        found = self._first(self.columns(winner), name) if winner is not None else None
        if winner is None or found is None:
            raise NotUnderstood
        return ColumnRef(at, winner, found)

    def _system(self, name: str, among: list[Source], at: exp.Expr) -> ColumnRef | None:
        """Return a system column; None if no source has it. Raises `NotUnderstood` if several sources may have it."""
        tables = [source for source in among if source.table in self.tables.keys]
        others = [
            source for source in among if source.table is None and (self.dialect == "sqlite" or source.query is None)
        ]
        if len(tables) == 1 and not others:
            return ColumnRef(at, tables[0], Output(name))
        if tables or others:
            raise NotUnderstood
        return None

    def merged(
        self, join: exp.Expr, left: list[Source], right: list[Source], statement: exp.Expr
    ) -> list[tuple[ColumnRef, ColumnRef]]:
        """Return the pairs of columns that USING or NATURAL merges. Raises `NotUnderstood` if this is not certain."""
        groups = groups_of([source.node for source in (*left, *right)], self.dialect)
        left = [source for source, group in zip(left, groups, strict=False) if group == groups[-1]]
        names = [name_of(each, self.dialect) for each in join.args.get("using") or ()]
        if join.args.get("method"):
            if any(self.columns(source).is_open for source in (*left, *right)):
                raise NotUnderstood
            known = {column.name for source in left for column in self.columns(source).listed}
            shared = [column.name for source in right for column in self.columns(source).listed if column.name in known]
            names = list(dict.fromkeys(name for name in shared if name is not None))
        found: list[tuple[ColumnRef, ColumnRef]] = []
        for name in names:
            one, other = (self._unqualified(name, side, statement) for side in (left, right))
            if one is None or other is None:
                raise NotUnderstood
            found.append((one, other))
        return found
