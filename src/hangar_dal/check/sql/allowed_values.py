"""Read the values that a CHECK allows in a column from the text of the constraint.

Understands constraints that list the values: `status IN ('A', 'B')` or `status = 'A' OR status = 'B'`, also after
`status IS NULL OR` or joined to other conditions by AND. Returns no values for other constraints.
"""

from collections.abc import Sequence
from itertools import chain

from sqlglot import exp

from hangar_dal.check.sql.parse import conjuncts, disjuncts, parsed
from hangar_dal.sqlscan import Dialect


def allowed_values(rule: str, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the allowed values by column, for the columns whose values this CHECK lists.

    The names of columns are in lower case. The values are texts in the order of the CHECK.
    """
    tree = parsed(f"SELECT {rule}", dialect)
    if tree is None or len(tree.expressions) != 1:
        return {}
    found = [_listed([_compared(each) for each in disjuncts(test)]) for test in conjuncts(tree.expressions[0])]
    return {column: values for column, values in reversed(found) if column and values}


def _listed(comparisons: Sequence[tuple[str, tuple[str, ...] | None]]) -> tuple[str, tuple[str, ...]]:
    """Return the column that all comparisons of an OR list values of, and the values; "" if it is not one column."""
    columns = {column if values is not None else "" for column, values in comparisons}
    together = tuple(dict.fromkeys(chain.from_iterable(values or () for _, values in comparisons)))
    return (columns.pop(), together) if len(columns) == 1 else ("", ())


def _compared(test: exp.Expr) -> tuple[str, tuple[str, ...] | None]:
    """Return the column of one comparison and its values: () for IS NULL, None for any other comparison."""
    column = _plain(test.this) if isinstance(test, exp.Is | exp.EQ | exp.In) else None
    if not isinstance(column, exp.Column):
        return "", None
    if isinstance(test, exp.Is):
        return column.name.lower(), () if isinstance(test.expression, exp.Null) else None
    return column.name.lower(), _literals(_items(test))


def _items(test: exp.Expr) -> Sequence[exp.Expr | None]:
    """Return the values of `= value`, `IN (...)` and `= ANY (ARRAY[...])`; (None,) for a subquery."""
    if isinstance(test, exp.In):
        return test.expressions or (None,)
    value = _plain(test.expression)
    if isinstance(value, exp.Any) and isinstance(array := _plain(value.this), exp.Array):
        return array.expressions
    return (value,)


def _literals(items: Sequence[exp.Expr | None]) -> tuple[str, ...] | None:
    """Return the literals as texts; None if anything else is among them."""
    values: list[str] = []
    for item in items:
        literal = _plain(item)
        sign = "-" if isinstance(literal, exp.Neg) else ""
        number = _plain(literal.this) if sign and literal is not None else literal
        if not isinstance(number, exp.Literal) or (sign and number.is_string):
            return None
        values.append(sign + number.name)
    return tuple(values)


def _plain(value: exp.Expr | None) -> exp.Expr | None:
    """Return the value without parentheses and casts."""
    while isinstance(value, exp.Paren | exp.Cast):
        value = value.this
    return value
