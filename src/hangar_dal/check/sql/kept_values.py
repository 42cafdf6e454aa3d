"""Find the values that a statement can return in a column with a CHECK or of an enum: `WHERE status = 'NEW'`."""

from collections.abc import Iterator

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, ColumnRef, Output, bind
from hangar_dal.check.sql.filters import filters
from hangar_dal.check.sql.parse import parameter_name
from hangar_dal.check.sql.restrictions import required, restriction
from hangar_dal.sqlscan import Dialect


def kept_values(text: str, dialect: Dialect, tables: Tables) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each result column of which a condition excludes values that its table allows, and the other values.

    They are `(":name",)` if the column equals a parameter.
    """
    binding = bind(text, dialect, tables)
    query = _first_query(binding.tree) if binding is not None else None
    if binding is None or query is None:
        return
    tests = [test for held in _conditions(query, binding) for test in required(held)]
    for output in binding.outputs(query) or ():
        table, column = output.origin or ("", "")
        allowed = tables.columns[table][column].allowed if output.origin is not None else ()
        if output.name is None or not allowed or _is_assigned(column, query):
            continue
        refs = _refs(output, binding)
        kept = allowed
        for test in tests:
            found = restriction(test, dialect)
            if found is not None and binding.column(found.value) in refs:
                kept = tuple(value for value in kept if (value in found.texts()) is not found.is_negated)
        parameters = [name for test in tests for name in _equal_parameters(test, refs, binding)]
        if kept != allowed or parameters:
            yield output.name, kept if kept != allowed else (f":{parameters[0]}",)


def _first_query(tree: exp.Expr) -> exp.Expr | None:
    """Return the first arm of a UNION, from which the databases take the tables of the columns."""
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    return tree if isinstance(tree, exp.Select | exp.Update | exp.Delete) else None


def _conditions(query: exp.Expr, binding: Binding) -> Iterator[exp.Expr]:
    """Yield the conditions that hold for each row, also where an outer join finds one."""
    yield from filters(query, binding) if isinstance(query, exp.Select) else [query.args.get("where") or exp.true()]
    for join in query.args.get("joins") or ():
        if join.side == "LEFT":
            for test in required(join.args.get("on")):
                columns = [binding.column(column) for column in test.find_all(exp.Column)]
                if all(found is not None and found.source.node is join.this for found in columns):
                    yield test


def _is_assigned(column: str, query: exp.Expr) -> bool:
    pairs = query.expressions if isinstance(query, exp.Update) else []
    return any(name.name.lower() == column.lower() for pair in pairs for name in pair.this.find_all(exp.Column))


def _refs(output: Output, binding: Binding) -> set[ColumnRef]:
    """Return the column that is selected, and the columns of subqueries that it means."""
    values = [output.value, *(inner.value for inner in binding.followed(output.value))]
    return {found for value in values if (found := binding.column(value)) is not None}


def _equal_parameters(test: exp.Expr, refs: set[ColumnRef], binding: Binding) -> Iterator[str]:
    sides = [test.this.unnest(), test.expression.unnest()] if isinstance(test, exp.EQ) else []
    for one, other in zip(sides, sides[::-1], strict=True):
        if binding.column(one) in refs and isinstance(other, exp.Placeholder):
            yield parameter_name(other)
