"""Read the values that CHECKs allow in a column from the texts of the constraints.

Understands constraints that list the values: `status IN ('A', 'B')` or `status = 'A' OR status = 'B'`, also after
`status IS NULL OR` or joined to other conditions by AND. Other conditions count as always true, except those that
exclude values: `status <> 'B'` and `status NOT IN ('B')`.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from sqlglot import exp

from hangar_dal.check.sql.parse import conjuncts, disjuncts, parsed
from hangar_dal.migrations.formatting import readable
from hangar_dal.sqlscan import Dialect


def allowed_values(rules: Iterable[str], dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the values that all these CHECKs of a table allow, for the columns whose values a CHECK lists.

    The names of columns are in lower case. The values are texts in the order of the first list.
    """
    found: dict[str, tuple[str, ...]] = {}
    excluded: dict[str, set[str]] = {}
    for test in chain.from_iterable(_tests(rule, dialect) for rule in rules):
        column, values = _listed(test)
        if values:
            found[column] = tuple(value for value in found.get(column, values) if value in values)
        column, without = _excluded(test)
        excluded.setdefault(column, set()).update(without)
    left = {
        column: tuple(value for value in values if value not in excluded.get(column, ()))
        for column, values in found.items()
    }
    return {column: values for column, values in left.items() if values}


def only_lists_values(rule: str, dialect: Dialect) -> bool:
    """Return whether the CHECK consists of lists of values, so that `allowed_values` says all that it says."""
    tests = _tests(rule, dialect)
    return bool(tests) and all(_listed(test)[1] for test in tests)


def _tests(rule: str, dialect: Dialect) -> list[exp.Expr]:
    """Return the conditions of a CHECK that AND joins; [] if it is not understood."""
    # SQLite's rules are stored as words separated by spaces, and the parser does not understand `> =`.
    tree = parsed(f"SELECT {readable(rule).removeprefix('CHECK ')}", dialect)
    return list(conjuncts(tree.expressions[0])) if tree is not None and len(tree.expressions) == 1 else []


def _listed(test: exp.Expr) -> tuple[str, tuple[str, ...]]:
    """Return the column of which the alternatives of an OR list values, and the values; "" if it is not one column."""
    comparisons = [_compared(each) for each in disjuncts(test)]
    columns = {column if values is not None else "" for column, values in comparisons}
    together = tuple(dict.fromkeys(chain.from_iterable(values or () for _, values in comparisons)))
    return (columns.pop(), together) if len(columns) == 1 else ("", ())


def _excluded(test: exp.Expr) -> tuple[str, tuple[str, ...]]:
    """Return the column and the values of `column <> value`, `<> ALL (ARRAY[...])` or `column NOT IN (...)`."""
    opposite = test.this.unnest() if isinstance(test, exp.Not) else test
    if not isinstance(opposite, exp.In if isinstance(test, exp.Not) else exp.NEQ):
        return "", ()
    column = _plain(opposite.this)
    values = _literals(_items(opposite)) if isinstance(column, exp.Column) else None
    return (column.name.lower(), values) if isinstance(column, exp.Column) and values else ("", ())


def _compared(test: exp.Expr) -> tuple[str, tuple[str, ...] | None]:
    """Return the column of one comparison and its values: () for IS NULL, None for any other comparison."""
    column = _plain(test.this) if isinstance(test, exp.Is | exp.EQ | exp.In) else None
    if not isinstance(column, exp.Column):
        return "", None
    if isinstance(test, exp.Is):
        return column.name.lower(), () if isinstance(test.expression, exp.Null) else None
    return column.name.lower(), _literals(_items(test))


def _items(test: exp.Expr) -> Sequence[exp.Expr | None]:
    """Return the values of `= value`, `IN (...)`, `= ANY (ARRAY[...])` and `<> ALL (ARRAY[...])`.

    Returns (None,) for a subquery.
    """
    if isinstance(test, exp.In):
        return test.expressions or (None,)
    value = _plain(test.expression)
    of_all = value.expressions if isinstance(value, exp.Anonymous) and value.name.upper() == "ALL" else []
    array = _plain(value.this) if isinstance(value, exp.Any) else _plain(of_all[0]) if len(of_all) == 1 else None
    # `= ALL` and `<> ANY` have another meaning.
    if isinstance(array, exp.Array) and isinstance(test, exp.EQ if isinstance(value, exp.Any) else exp.NEQ):
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
