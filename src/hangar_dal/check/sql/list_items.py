"""Find values that are the items of a list parameter: `unnest(:codes)`, `json_each(:codes)`, `= ANY(:ids)`.

Omits values for which this is not certain.
"""

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding, Source
from hangar_dal.check.sql.parse import parameter_name


def list_of(value: exp.Expr, binding: Binding) -> str | None:
    """Return the name of the parameter whose list has this value as an item; None if there is none."""
    value = value.unnest()
    for inner in binding.followed(value):
        if not inner.is_whole or inner.value is None:
            return None
        value = inner.value
    given: exp.Expr | None = None
    if isinstance(value, exp.Explode | exp.Any):
        given = value.this.unnest()
    elif isinstance(value, exp.Anonymous) and value.name.upper() == "ALL" and len(value.expressions) == 1:
        given = value.expressions[0]
    elif isinstance(value, exp.Select) and len(value.expressions) == 1:
        return list_of(value.expressions[0].unalias(), binding)
    elif isinstance(value, exp.Column):
        found = binding.column(value)
        given = _given(found.source, found.column.name) if found is not None else None
    return parameter_name(given) if isinstance(given, exp.Placeholder) else None


def _given(source: Source, name: str | None) -> exp.Expr | None:
    """Return the argument whose items this column of a function in FROM has; None if it is not understood."""
    function = source.node.this if isinstance(source.node, exp.Lateral) else source.node
    alias = source.node.args.get("alias")
    if isinstance(function, exp.Unnest):
        names = [each.name.lower() for each in alias.args.get("columns") or ()] if alias is not None else []
        return dict(zip(names or [source.alias], function.expressions, strict=False)).get(name)
    called = function.this if isinstance(function, exp.Table) else None
    is_each = isinstance(called, exp.Anonymous) and called.name.lower() == "json_each" and name == "value"
    return called.expressions[0] if is_each and called is not None and len(called.expressions) == 1 else None
