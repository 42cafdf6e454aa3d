"""Find sort keys that may be NULL without NULLS FIRST or NULLS LAST, which the databases sort differently.

SQLite sorts NULL before all values, PostgreSQL after them. Reports only keys that are certainly nullable.
"""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.columns import outputs_of
from hangar_dal.check.nullability.possible import can_be_null
from hangar_dal.check.nullability.scope import MayBeNull, NullScope, ValueFacts
from hangar_dal.check.ordering.ties import ties
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.names import NotUnderstood
from hangar_dal.query.clauses import scopes_of_text
from hangar_dal.sqlscan import Dialect, Token


def unplaced_nulls(
    text: str, dialect: Dialect, tables: Tables, given: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Return the texts of the outermost sort keys that may be NULL and have no NULLS FIRST or NULLS LAST."""
    binding = bind(text, dialect, tables)
    tree = binding.tree if binding is not None else None
    order = tree.args.get("order") if isinstance(tree, exp.Query) else None
    root = scopes_of_text(text, dialect)[0]
    at_order = root.find("ORDER", "BY") if order else None
    written = list(root.keys(at_order)) if at_order is not None else []  # the parser drops NULLS LAST
    if binding is None or tree is None or order is None or len(written) != len(order.expressions):
        return ()
    scope, found = NullScope(binding, given=given or {}), list[str]()
    try:
        outputs = outputs_of(tree, scope)
        if not any(_may_be_null(ordered.this, tree, outputs, scope) for ordered in order.expressions):
            return ()  # avoids the slower check of the keys before each key
        for at, (key, ordered) in enumerate(zip(written, order.expressions, strict=True)):
            if any(isinstance(item, Token) and item.text.upper() == "NULLS" for item in key):
                continue
            # Sort keys after a unique key of each table have no effect. Stop there, and where this is unknown.
            if at and not ties(text[: written[at - 1][-1].end], dialect, tables):
                break
            column, may_be_null = _meant(ordered.this, tree, outputs, scope)
            if may_be_null is True and (at == 0 or not _is_absent(column, scope)):
                found.append(text[key[0].start : key[-1].end])
    except (NotUnderstood, RecursionError):
        return ()
    return tuple(found)


def _may_be_null(key: exp.Expr, tree: exp.Expr, outputs: Sequence[ValueFacts], scope: NullScope) -> bool:
    """Return whether the key may be NULL, or is not understood."""
    try:
        return _meant(key, tree, outputs, scope)[1] is True
    except NotUnderstood:
        return True


def _meant(
    key: exp.Expr, tree: exp.Expr, outputs: Sequence[ValueFacts], scope: NullScope
) -> tuple[exp.Expr, MayBeNull]:
    """Return the expression of a sort key, and whether it may be NULL.

    A number means a column of the result. So does a name without a table, if the result has a column of that name.
    """
    key = key.this if isinstance(key, exp.Collate) else key
    output = scope.binding.output_of(key, tree)
    place = next((at for at, each in enumerate(scope.binding.outputs(tree) or ()) if each is output), None)
    if place is not None and place < len(outputs):
        selected = tree.selects if isinstance(tree, exp.Select) else []
        value = selected[place].unalias() if len(selected) == len(outputs) else key
        may_be_null = outputs[place].may_be_null
        is_shown = value is not key and isinstance(tree, exp.Select)
        return value, True if may_be_null is None and is_shown and can_be_null(value, scope) else may_be_null
    return key, can_be_null(key, scope) or None


def _is_absent(key: exp.Expr, scope: NullScope) -> bool:
    """Return whether the key is NULL only where an outer join finds no row.

    Such a NULL has no effect on the order, because only one row has the same earlier keys.
    """
    found = scope.local(key) if isinstance(key, exp.Column) and isinstance(key.this, exp.Identifier) else None
    if found is None or not found[0].on_nullable_side or found[0].columns is None:
        return False
    return not found[0].columns[found[1]].may_be_null
