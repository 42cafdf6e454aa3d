"""Find the sources of each statement, and the columns of each source and of each query.

Calls `column`, which `Binding` defines.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.names import NotUnderstood, name_of, stored_name
from hangar_dal.check.sql.parse import below
from hangar_dal.check.sql.references import ColumnRef, Columns, Output, Source, renamed
from hangar_dal.check.sql.table_functions import columns_of_function, name_of_function
from hangar_dal.check.sql.using import joined
from hangar_dal.check.sql.visible import (
    alias_of,
    cte_of,
    groups_of,
    items_of,
    output_name,
    target_of,
    visible,
)
from hangar_dal.sqlscan import Dialect

_ROWS: Final = (exp.Query, exp.Values, exp.Insert, exp.Update, exp.Delete, exp.Merge)
# The rows of the changed table before and after the change, which RETURNING of PostgreSQL 18 sees.
_VERSIONS: Final = ("old", "new")


@lru_cache(maxsize=8)
def _stored(tables: Tables, dialect: Dialect) -> dict[str, str]:
    """Return the stored name of each table by the form in which the database compares names."""
    return {stored_name(name, dialect): name for name in tables.columns}


class StatementSources:
    """The sources and columns of one tree. They are determined on demand, so the tree must not change."""

    def __init__(self, tree: exp.Expr, dialect: Dialect, tables: Tables) -> None:
        self.tree = tree
        self.dialect: Dialect = dialect
        self.tables = tables
        self._tables = _stored(tables, dialect)
        self._sources: dict[int, tuple[Source, ...]] = {}
        self._versions: dict[tuple[int, str], Source] = {}
        self._columns: dict[Source, Columns] = {}
        self._outputs: dict[int, tuple[Output, ...] | None] = {}
        self._refs: dict[int, ColumnRef | None] = {}
        self._asked: list[exp.Expr] = []  # keeps nodes of other trees alive, so that no id is used twice

    @cached_property
    def nodes(self) -> tuple[exp.Expr, ...]:
        """All nodes of the tree, the root first."""
        return tuple(below(self.tree))

    def column(self, node: exp.Expr | None) -> ColumnRef | None:
        """Return the column that a name means; None if it means no column of a source, or if this is not certain."""
        raise NotImplementedError

    def sources(self, statement: exp.Expr) -> tuple[Source, ...]:
        """Return the sources of a SELECT, INSERT, UPDATE, DELETE or MERGE in order. The target of a write is first."""
        if id(statement) not in self._sources:
            self._asked.append(statement)
            target = target_of(statement)
            found = [self._target(target)] if target is not None else []
            if isinstance(statement, exp.Insert):
                found += [replace(target, alias="excluded") for target in found]
            found += [self._source(item) for item in items_of(statement)]
            self._sources[id(statement)] = tuple(found)
        return self._sources[id(statement)]

    def version(self, statement: exp.Expr, name: str) -> Source | None:
        """Return the source `old` or `new`, which RETURNING sees; None for another name or an item with that name."""
        target = target_of(statement)
        if target is None or self.dialect != "postgresql" or name not in _VERSIONS:
            return None
        if any(source.alias == name for source in self.sources(statement)):
            return None
        return self._versions.setdefault((id(statement), name), Source(name, target, self.table(target)))

    def columns(self, source: Source) -> Columns:
        """Return the columns of a source."""
        if source not in self._columns:
            # A recursive query reads this value while its own columns are being determined.
            self._columns[source] = Columns((), is_open=True, is_complete=False)
            self._columns[source] = self._columns_of(source)
        return self._columns[source]

    def outputs(self, query: exp.Expr) -> tuple[Output, ...] | None:
        """Return the columns of a query, or of what a write returns; None if they are not known."""
        if id(query) not in self._outputs:
            self._asked.append(query)
            self._outputs[id(query)] = None  # a recursive query reads this value
            try:
                self._outputs[id(query)] = self._outputs_of(query)
            except (NotUnderstood, RecursionError):
                return None
        return self._outputs[id(query)]

    def table(self, node: exp.Expr | None) -> str | None:
        """Return the stored name of the table that is named here. Ignores CTEs."""
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier) or node.args.get("catalog"):
            return None
        name = name_of(node.this, self.dialect)
        if node.args.get("db") is None:
            return self._tables.get(name)
        schema = name_of(node.args["db"], self.dialect)
        qualified = self._tables.get(f"{schema}.{name}")
        return qualified or (self._tables.get(name) if schema in {"public", "main"} else None)

    def _target(self, node: exp.Expr) -> Source:
        return Source(alias_of(node, self.dialect), node, self.table(node))

    def _source(self, node: exp.Expr) -> Source:
        inner = node.this if isinstance(node, exp.Lateral) else node
        alias = alias_of(node, self.dialect) or name_of_function(inner)
        if (cte := cte_of(node, self.dialect)) is not None:
            return Source(alias, node, query=cte.this, cte=cte)
        query = inner.unnest() if isinstance(inner, exp.Subquery) else inner
        return Source(alias, node, self.table(node), query if isinstance(query, _ROWS) else None)

    def _columns_of(self, source: Source) -> Columns:
        """Return the columns of a source, with the names that its alias gives them."""
        alias = source.node.args.get("alias")
        if source.table is not None:
            names = [column.name for column in self.tables.columns[source.table].values()]
            stored = tuple(Output(stored_name(name, self.dialect), (source.table, name)) for name in names)
            found: tuple[Output, ...] | None = renamed(stored, alias, self.dialect)
            return Columns(found or (), found is None or self._has_hidden(source.table), found is not None)
        if source.query is None:
            return columns_of_function(source.node, source.alias, self.dialect)
        found = self.outputs(source.query)
        if source.cte is not None:
            found = renamed(found, source.cte.args.get("alias"), self.dialect)
            with_ = source.cte.parent
            if with_ is not None and with_.args.get("search"):  # SEARCH and CYCLE add columns
                return Columns(found or (), is_open=True, is_complete=False)
        found = renamed(found, alias, self.dialect)
        return Columns(found or (), found is None or any(column.name is None for column in found), found is not None)

    def _has_hidden(self, table: str) -> bool:
        """Return whether this may be a virtual table of SQLite, which can have hidden columns.

        False for a view whose definition was understood.
        """
        known = self.tables.values.get(table, {}).keys() == self.tables.columns[table].keys()
        return self.dialect == "sqlite" and table not in self.tables.keys and not known

    def _outputs_of(self, query: exp.Expr) -> tuple[Output, ...] | None:
        """Return the columns of a query; None if they are unknown or it returns none. Raises `NotUnderstood`."""
        if isinstance(query, exp.Subquery):
            return self.outputs(query.this)
        if isinstance(query, exp.SetOperation):
            left = self.outputs(query.this)  # the other query may have other origins, and may read this result
            return tuple(replace(each, origin=None, is_whole=False) for each in left) if left is not None else None
        if isinstance(query, exp.Values):
            first = query.expressions[0]
            values = first.expressions if isinstance(first, exp.Tuple) else [first]
            is_whole = len(query.expressions) == 1
            named = [(f"column{number}", value) for number, value in enumerate(values, 1)]
            return tuple(Output(name, None, value, query, is_whole) for name, value in named)
        returning = query.args.get("returning")
        if returning is None and not isinstance(query, exp.Select):
            return None
        selected = returning.expressions if returning is not None else query.expressions
        return tuple(output for value in selected for output in self._selected(value, query))

    def _selected(self, value: exp.Expr, query: exp.Expr) -> Iterator[Output]:
        """Yield the columns for one item of the target list, which may be `*` or `t.*`."""
        if not value.is_star or isinstance(value, exp.Alias):
            found = self.column(value.unalias().unnest())
            origin = found.column.origin if found is not None else None
            yield Output(output_name(value, self.dialect), origin, value.unalias(), query)
            return
        if any(each for key, each in value.args.items() if key not in {"this", "table"}):
            raise NotUnderstood
        among = self._visible(query, value) or []
        if isinstance(value, exp.Column):
            called = name_of(value.args["table"], self.dialect)
            among = [source for source in among if source.alias == called]
        elif isinstance(query, exp.Merge):
            among = [*among[1:], *among[:1]]
        if not among or not all(self.columns(source).is_complete for source in among):
            raise NotUnderstood
        groups = groups_of([source.node for source in among], self.dialect)
        columns: list[Output] = []
        for place, source in enumerate(among):
            if place and groups[place] != groups[place - 1]:
                yield from columns
                columns = []
            shown = [column for column in self.columns(source).listed if not column.is_hidden]
            listed = [self._named(column, source, query) for column in shown]
            is_star = isinstance(value, exp.Star)
            columns = joined(columns, listed, source.node, self.dialect) if is_star else [*columns, *listed]
        yield from columns

    def _named(self, column: Output, source: Source, query: exp.Expr) -> Output:
        """Return a column of `*`. The tree has no node for it, so this makes one."""
        made = exp.column(column.name or "", table=source.alias)
        made.parent = query
        self._asked.append(made)
        self._refs[id(made)] = ColumnRef(query, source, column)
        return Output(column.name, column.origin, made, query)

    def _visible(self, statement: exp.Expr, part: exp.Expr) -> list[Source] | None:
        """Return the sources that a part of a statement can name; None if it can name nothing of this statement."""
        sources = self.sources(statement)
        places = visible(statement, part, [each.node for each in sources], self.dialect)
        return [sources[at] for at in places] if places is not None else None
