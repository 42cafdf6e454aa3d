"""Find the values that a statement writes to columns of tables, or compares with them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from sqlglot import exp

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.sql.list_items import list_of
from hangar_dal.check.sql.parse import arms_of, leaves, nodes_of, of_type, parameter_name, place_in
from hangar_dal.check.sql.visible import target_of
from hangar_dal.check.statement_info import ColumnUse
from hangar_dal.sqlscan import Dialect

Use = tuple[ColumnUse, exp.Expr]  # a use, and the node of the value

_NEVER_OF_NULL: Final = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_LIMITED: Final = (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIME, exp.DType.INTERVAL)
_COMPARISONS: Final = (*_NEVER_OF_NULL, exp.NullSafeEQ, exp.NullSafeNEQ)


def column_uses(text: str, dialect: Dialect, tables: Tables) -> Iterator[ColumnUse]:
    """Yield each use of a column; nothing if the statement is not understood."""
    binding = bind(text, dialect, tables)
    for use, value in uses_in(binding) if binding is not None else ():
        yield replace(use, at=place_in(value, text, dialect))


def uses_in(binding: Binding) -> Iterator[Use]:
    """Yield each use of a column with the node of the value. The uses have no offset."""
    nodes = binding.nodes
    written: set[int] = set()
    for pair, changed in assignments(nodes):
        written.add(id(pair))
        yield from _assigned(pair, binding.table(changed), binding)
    for insert in of_type(nodes, exp.Insert):
        yield from _inserted(insert, binding)
    for node in of_type(nodes, *_COMPARISONS, exp.In, exp.Between):
        if id(node) not in written:
            yield from _compared(node, binding)
    for case in of_type(nodes, exp.Case):
        if case.this is not None:
            yield from _compared(case, binding)


def compared_nulls(text: str, dialect: Dialect) -> tuple[int, ...]:
    """Return the offsets of NULLs in comparisons such as `name = NULL`, which match no row."""
    nodes = nodes_of(text, dialect)
    written = {id(pair) for pair, _ in assignments(nodes)}
    compared = (node for node in of_type(nodes, *_NEVER_OF_NULL) if id(node) not in written)
    nulls = [side for node in compared for side in (node.this, node.expression) if isinstance(side, exp.Null)]
    return tuple(sorted(at for null in nulls if (at := place_in(null, text, dialect)) is not None))


def assignments(nodes: Sequence[exp.Expr]) -> Iterator[tuple[exp.Expr, exp.Expr | None]]:
    """Yield each assignment of SET, with the table that it changes."""
    for update in of_type(nodes, exp.Update):
        merge = update.find_ancestor(exp.Merge)
        changed = merge.this if merge is not None and update.this is None else update.this
        for pair in update.expressions:
            yield pair, changed
    for insert in of_type(nodes, exp.Insert):
        conflict = insert.args.get("conflict")
        for pair in conflict.expressions if conflict is not None else ():
            yield pair, target_of(insert)


def _assigned(pair: exp.Expr, table: str | None, binding: Binding) -> Iterator[Use]:
    for left, right in sides(pair) if isinstance(pair, exp.EQ) else ():
        if isinstance(left, exp.Column) and not left.table:  # `a.b` in SET is a field of a composite column
            yield from _used(table, left.name, right, binding, written=True)


def _inserted(insert: exp.Insert, binding: Binding) -> Iterator[Use]:
    for name, value in _inserted_values(insert):
        yield from _used(binding.table(target_of(insert)), name, value, binding, written=True)


def _inserted_values(insert: exp.Insert) -> Iterator[tuple[str, exp.Expr]]:
    """Yield each value of an INSERT with the name of its column."""
    if not isinstance(insert.this, exp.Schema):
        return
    names, source = [column.name for column in insert.this.expressions], insert.expression
    rows: list[list[exp.Expr]] = []
    if isinstance(source, exp.Values):
        rows = [list(row.expressions) for row in source.expressions if isinstance(row, exp.Tuple)]
    elif isinstance(source, exp.Select | exp.SetOperation | exp.Subquery):
        rows = [list(select.expressions) for select in arms_of(source) if isinstance(select, exp.Select)]
    for row in rows:
        for name, value in zip(names, row, strict=False):
            if value.is_star:
                break
            yield name, value


def writes_in(binding: Binding) -> Iterator[tuple[TableColumn, exp.Expr]]:
    """Yield each value that is written, with its column, if the column is known."""
    pairs = [
        (binding.table(changed), left.name, right)
        for pair, changed in assignments(binding.nodes)
        for left, right in (sides(pair) if isinstance(pair, exp.EQ) else ())
        if isinstance(left, exp.Column) and not left.table
    ]
    for insert in of_type(binding.nodes, exp.Insert):
        pairs += [(binding.table(target_of(insert)), name, value) for name, value in _inserted_values(insert)]
    for table, name, value in pairs:
        columns = {column.name.lower(): column for column in binding.tables.columns.get(table or "", {}).values()}
        if name.lower() in columns:
            yield columns[name.lower()], value.unalias()


def _compared(node: exp.Expr, binding: Binding) -> Iterator[Use]:
    query = node.args.get("query")
    listed = [*node.expressions, *([query.unnest()] if query is not None else [])]
    listed += [node.args["low"], node.args["high"]] if isinstance(node, exp.Between) else []
    pairs = list(sides(node)) if isinstance(node, _COMPARISONS) else [(node.this, each) for each in listed]
    if isinstance(node, exp.Case):
        pairs = [(node.this, each.this) for each in node.args["ifs"]]
    for one, other in pairs:
        for column, value in ((one, other), (other, one)):
            found = binding.origin(column)
            if found is not None:
                yield from _used(*found, value, binding, written=False)
            elif isinstance(value, exp.Literal):
                yield from _used_below(column, value, binding)


def _used_below(column: exp.Expr, value: exp.Literal, binding: Binding) -> Iterator[Use]:
    """Yield the use of a column that a subquery or a query of WITH selects, if it has no other values."""
    found = binding.column(column)
    if found is not None and found.column.origin is not None and found.column.is_whole:
        yield from _used(*found.column.origin, value, binding, written=False)


def sides(node: exp.Expr) -> Iterator[tuple[exp.Expr, exp.Expr]]:
    """Yield the two sides of a comparison or assignment; one pair for each item of two row values."""
    left, right = node.this, node.expression
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        yield from zip(left.expressions, right.expressions, strict=False)
    elif isinstance(left, exp.Expr) and isinstance(right, exp.Expr):
        yield left, right


def _used(table: str | None, name: str, value: exp.Expr, binding: Binding, *, written: bool) -> Iterator[Use]:
    """Yield the uses of a column by each value that the expression may have; nothing if the column is unknown."""
    columns = {column.name.lower(): column for column in binding.tables.columns.get(table or "", {}).values()}
    column = columns.get(name.lower())
    if table is None or column is None:
        return
    source_column = binding.origin(value.unnest()) if written else None
    if source_column is not None:
        yield ColumnUse(table, column.name, written=True, source_column=source_column), value
        return
    list_ = list_of(value, binding)
    if list_ is not None:
        yield ColumnUse(table, column.name, list_, None, written, each_item=True), value
        return
    for leaf, is_exact in leaves(value, is_exact=True):
        if isinstance(leaf, exp.Placeholder):
            rounded = written and _is_rounded(leaf)
            yield ColumnUse(table, column.name, parameter_name(leaf), None, written, is_exact, is_rounded=rounded), leaf
        elif isinstance(leaf, exp.Literal) and leaf.is_string:
            yield ColumnUse(table, column.name, None, leaf.name, written, is_exact), leaf
        elif isinstance(leaf, exp.Null) and written:
            yield ColumnUse(table, column.name, None, None, written, is_exact), leaf


def _is_rounded(parameter: exp.Placeholder) -> bool:
    """Return whether a CAST around the parameter rounds or cuts its value, as one to `timestamp(0)` or to `name`."""
    type_ = parameter.parent.to if isinstance(parameter.parent, exp.Cast) else None
    if type_ is None:
        return False
    is_limited = type_.this in _LIMITED and bool(type_.expressions)
    return is_limited or isinstance(type_.this, exp.Interval) or type_.this == exp.DType.NAME
