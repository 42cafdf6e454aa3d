"""Determine whether an expression is NULL for some of the values that its columns may have.

The opposite of "never NULL" is not enough to report a fault: that a value is not proven to be never NULL says nothing.
"""

from collections.abc import Collection
from contextlib import suppress
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.columns import ask, outputs_of
from hangar_dal.check.nullability.expressions import branches
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.check.sql.parse import parameter_name

# NULL if the first argument is NULL.
_STRICT: Final = (
    exp.Abs, exp.Cast, exp.Collate, exp.Length, exp.Lower, exp.Neg, exp.Round, exp.Substring, exp.Trim, exp.Upper,
)  # fmt: skip
_OF_TWO: Final = (exp.Add, exp.Div, exp.DPipe, exp.Mod, exp.Mul, exp.Sub)
_AGGREGATES: Final = (exp.Avg, exp.Max, exp.Min, exp.Sum)


def can_be_null(value: exp.Expr, scope: NullScope, nones: Collection[str] = ()) -> bool:
    """Return whether the value is NULL for some rows. `nones` are the parameters that may be None."""
    answer = ask(value, scope)
    if answer is not None:
        return answer
    value = value.unalias()
    while isinstance(value, exp.Paren):
        value = value.this

    def can(part: exp.Expr | None) -> bool:
        return part is not None and can_be_null(part, scope, nones)

    match value:
        case exp.Placeholder():
            return parameter_name(value) in nones
        case exp.Case() | exp.If():
            if value.args.get("default" if isinstance(value, exp.Case) else "false") is None:
                return _misses_values(value, scope)
            for branch, known in branches(value, scope):
                with scope.assuming(known):
                    if can(branch):
                        return True
            return False
        case exp.Coalesce():
            return all(map(can, [value.this, *value.expressions]))
        case exp.Subquery():
            return _is_empty_aggregate(value)
    if isinstance(value, _OF_TWO):
        return can(value.left) or can(value.right)
    if isinstance(value, _AGGREGATES):
        return scope.has_groups and not isinstance(value.parent, exp.Filter | exp.Window) and can(value.this)
    return isinstance(value, _STRICT) and can(value.this)


def scope_of(select: exp.Select, binding: Binding, root: NullScope) -> NullScope | None:
    """Return the scope of a query in the statement that `root` is about; None if it is not understood."""
    around = select.find_ancestor(exp.Select)
    while id(select) not in root.visited:
        parent = root if around is None else root.visited.get(id(around))
        if parent is not None:
            _read(select, parent.inside())
            break
        around = around.find_ancestor(exp.Select) if around is not None else None
    return root.visited.get(id(select))


def root_scope(binding: Binding) -> NullScope:
    """Return a scope for a statement, after all of its queries that are understood were read."""
    root = NullScope(binding)
    _read(binding.tree, root)
    return root


def _read(query: exp.Expr, scope: NullScope) -> None:
    with suppress(NotUnderstood, RecursionError):
        outputs_of(query, scope)


def _misses_values(value: exp.Case | exp.If, scope: NullScope) -> bool:
    """Return whether a CASE without ELSE has no branch for some rows.

    With several conditions, this is not known. With values of a column, a CHECK may allow no others.
    """
    if value.this is None or isinstance(value, exp.If):
        tests = [arm.this for arm in value.args["ifs"]] if isinstance(value, exp.Case) else [value.this]
        return len(tests) == 1 and not isinstance(tests[0], exp.Boolean | exp.Literal | exp.Placeholder)
    origin = scope.binding.origin(value.this)
    texts = {arm.this.name for arm in value.args["ifs"] if isinstance(arm.this, exp.Literal)}
    if origin is None or len(texts) != len(value.args["ifs"]):
        return False
    column = scope.binding.tables.columns[origin[0]][origin[1]]
    return column.kind != "bool" and not (column.allowed and texts >= {*column.allowed})


def _is_empty_aggregate(subquery: exp.Subquery) -> bool:
    """Return whether this is `(SELECT max(x) FROM ...)`, which is NULL if no row is found."""
    query = subquery.unnest()
    if not isinstance(query, exp.Select) or query.args.get("group") or query.args.get("from_") is None:
        return False
    (value, *others) = query.expressions
    return not others and query.args.get("where") is not None and isinstance(value.unalias(), _AGGREGATES)
