"""Read the values that CHECKs allow in a column from the texts of the constraints.

Understands constraints that list the values: `status IN ('A', 'B')` or `status = 'A' OR status = 'B'`, also after
`status IS NULL OR` or joined to other conditions by AND. Other conditions count as always true, except those that
exclude values: `status <> 'B'` and `status NOT IN ('B')`.
"""

from collections.abc import Iterable
from itertools import chain

from sqlglot import exp

from hangar_dal.check.sql.parse import parsed
from hangar_dal.check.sql.restrictions import required, restriction
from hangar_dal.migrations.formatting import readable
from hangar_dal.sqlscan import Dialect


def allowed_values(rules: Iterable[str], dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the values that all these CHECKs of a table allow, for the columns whose values a CHECK lists.

    The names of columns are in lower case. The values are texts in the order of the first list.
    """
    found: dict[str, tuple[str, ...]] = {}
    excluded: dict[str, set[str]] = {}
    for test in chain.from_iterable(conditions_in(rule, dialect) for rule in rules):
        column, values, is_negated = _texts(test, dialect)
        if is_negated:
            excluded.setdefault(column, set()).update(values)
        elif values:
            found[column] = tuple(value for value in found.get(column, values) if value in values)
    left = {
        column: tuple(value for value in values if value not in excluded.get(column, ()))
        for column, values in found.items()
    }
    return {column: values for column, values in left.items() if values}


def only_lists_values(rule: str, dialect: Dialect) -> bool:
    """Return whether the CHECK consists of lists of values, so that `allowed_values` says all that it says."""
    tests = [_texts(test, dialect) for test in conditions_in(rule, dialect)]
    return bool(tests) and all(values and not is_negated for _, values, is_negated in tests)


def conditions_in(rule: str, dialect: Dialect) -> list[exp.Expr]:
    """Return the conditions of a CHECK or an index that AND joins; [] if they are not understood."""
    # SQLite's rules are stored as words separated by spaces, and the parser does not understand `> =`.
    tree = parsed(f"SELECT {readable(rule).removeprefix('CHECK ')}", dialect)
    return list(required(tree.expressions[0])) if tree is not None and len(tree.expressions) == 1 else []


def _texts(test: exp.Expr, dialect: Dialect) -> tuple[str, tuple[str, ...], bool]:
    """Return the column that a condition restricts, its texts and numbers, and whether they are excluded.

    NULL is omitted, because a CHECK that is NULL accepts the row.
    """
    found = restriction(test, dialect)
    if found is None or not isinstance(found.value, exp.Column) or any(isinstance(each, bool) for each in found.values):
        return "", (), False
    return found.value.name.lower(), tuple(each for each in found.values if isinstance(each, str)), found.is_negated
