"""Read comparisons at which a page may begin, and the sort keys of the page."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding, Output, Source
from hangar_dal.check.sql.parse import below

_Kinds = dict[type[exp.Expr], type[exp.Expr]]

_DOWN: Final = (exp.LT, exp.LTE)
_STRICT: Final = (exp.GT, exp.LT)
_OPPOSITE: Final[_Kinds] = {
    exp.GT: exp.LTE,
    exp.LT: exp.GTE,
    exp.GTE: exp.LT,
    exp.LTE: exp.GT,
}
_TURNED: Final[_Kinds] = {
    exp.GT: exp.LT,
    exp.LT: exp.GT,
    exp.GTE: exp.LTE,
    exp.LTE: exp.GTE,
}

Key = tuple[str, bool]  # the name of a compared column or sort key, and whether the order is descending


class Bound(NamedTuple):
    """A comparison such as `column > :value`. `is_down` is True for `<` and `<=`, `is_strict` for `<` and `>`."""

    column: exp.Expr
    value: exp.Expr
    is_down: bool
    is_strict: bool


def compared(test: exp.Expr, binding: Binding) -> Bound | None:
    """Return a comparison of columns with parameters, or with the row of a subquery; None for any other condition.

    The columns come first: `:a < a` is returned as `a > :a`.
    """
    is_not = isinstance(test, exp.Not)
    test = test.this.unnest() if is_not else test
    kind: type[exp.Expr] = type(test)
    if kind not in _TURNED:
        return None
    kind = _OPPOSITE[kind] if is_not else kind
    left, right = test.this.unnest(), test.expression.unnest()
    if not _has_columns(left, binding):
        left, right, kind = right, left, _TURNED[kind]
    if _has_columns(right, binding) and not isinstance(right, exp.Select):
        return None
    is_given = any(isinstance(source_of(each, binding), exp.Placeholder) for each in below(right))
    return Bound(left, right, kind in _DOWN, kind in _STRICT) if is_given else None


def _has_columns(value: exp.Expr, binding: Binding) -> bool:
    """Return whether the value depends on the row. A column of a subquery that only returns a parameter does not."""
    among = value.find_all(exp.Column, exp.Query)
    return any(not isinstance(source_of(each, binding), exp.Placeholder) for each in among)


def source_of(value: exp.Expr, binding: Binding) -> exp.Expr:
    """Return the expression that a column of subqueries or WITH queries stands for; else the value itself."""
    for inner in binding.followed(value):
        if not inner.is_whole or inner.value is None:
            break
        value = inner.value
    while isinstance(value, exp.Cast) and value.find(exp.Column) is None:
        value = value.this
    return value


def sorted_by(ordered: exp.Expr, binding: Binding) -> Key:
    return name_of(binding.sort_key(ordered), binding), bool(ordered.args.get("desc"))


def fixed_by(held: Sequence[exp.Expr], binding: Binding) -> set[str]:
    """Return the names of all sides of equations, which have one value in all rows and do not affect the order."""
    equal = [each for each in held if isinstance(each, exp.EQ)]
    return {name_of(side, binding) for each in equal for side in (each.this, each.expression)}


def name_of(value: exp.Expr, binding: Binding) -> str:
    """Return a name of the value that is the same for all ways to write one column."""
    while isinstance(value, exp.Paren | exp.Collate):
        value = value.this
    value = source_of(value, binding)
    found = binding.column(value)
    return value.sql(comments=False).lower() if found is None else _name(found.source, found.column)


def decides(names: Sequence[str], column: exp.Expr, binding: Binding) -> bool:
    """Return whether these names include a unique key of the column's table, so that later sort keys have no effect."""
    found = binding.column(source_of(column, binding))
    if found is None or found.source.table is None:
        return False
    listed = {each.origin[1]: _name(found.source, each) for each in binding.columns(found.source).listed if each.origin}
    keys = binding.tables.keys.get(found.source.table, ())
    return any({listed[name] for name in key} <= set(names) for key in keys)


def may_repeat(column: exp.Expr, later: Sequence[exp.Expr], select: exp.Select, binding: Binding) -> bool:
    """Return whether a row of the column's table may occur several times, with other values of the later sort keys.

    This is so if a later key is a column of another table, of which no condition fixes a unique key.
    """
    own = binding.column(source_of(column, binding))
    if own is None:
        return False
    where = select.args.get("where")
    conditions = [where] if where is not None else []
    conditions += [on for join in select.args.get("joins") or () if (on := join.args.get("on")) is not None]
    equal = [test for each in conditions for test in each.find_all(exp.EQ)]
    for key in later:
        found = binding.column(source_of(key, binding))
        if found is None or found.source is own.source or found.source.table is None or found.column.origin is None:
            continue
        sides = [binding.column(side) for test in equal for side in (test.this, test.expression)]
        given = {side.column.name for side in sides if side is not None and side.source is found.source}
        keys = binding.tables.keys.get(found.source.table, ())
        if keys and not any({name.lower() for name in key} <= given for key in keys):
            return True
    return False


def is_nullable(column: exp.Expr, held: Sequence[exp.Expr], binding: Binding) -> bool:
    """Return whether a compared column may be NULL, and no other condition names it."""
    origin = binding.origin(column)
    if origin is None or origin[0] not in binding.tables.keys:
        return False
    name = name_of(column, binding)
    tests = [each for each in held if any(name_of(part, binding) == name for part in each.find_all(exp.Column))]
    return binding.tables.columns[origin[0]][origin[1]].nullable and len(tests) == 1


def _name(source: Source, column: Output) -> str:
    return f"{id(source)}.{column.name}"
