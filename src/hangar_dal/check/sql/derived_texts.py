"""Find the texts of an expression that come from no column, and so have the default collation on PostgreSQL."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import arms_of
from hangar_dal.check.sql.value_kinds import values_together

# Expressions whose result has the collation of their arguments.
_KEEPS_COLLATION: Final = (
    exp.Paren, exp.Lower, exp.Upper, exp.Trim, exp.DPipe, exp.Concat, exp.Substring, exp.Max, exp.Min, exp.Replace,
)  # fmt: skip
_TEXTS: Final = (exp.DType.TEXT, exp.DType.VARCHAR)
_DEEPEST: Final = 30  # a recursive query refers to itself


def derived_texts(value: exp.Expr, binding: Binding, depth: int = 0) -> Iterator[exp.Expr | None]:
    """Yield the literals and the JSON texts that the value may be, and None for every other part."""
    if isinstance(value, exp.Null | exp.Placeholder):
        return
    parts: list[exp.Expr | None] = []
    if isinstance(value, exp.Case | exp.Coalesce):
        parts += values_together(value)
    elif isinstance(value, _KEEPS_COLLATION):
        parts += [value.args.get("this"), value.args.get("expression"), *value.args.get("expressions", ())]
    elif isinstance(value, exp.Column) and depth < _DEEPEST:
        found = binding.column(value)
        parts.append(found.column.value if found is not None and found.column.is_whole else None)
    if _is_derived(value) or not any(isinstance(part, exp.Expr) for part in parts):
        yield value if _is_derived(value) else None
    for part in parts:
        if isinstance(part, exp.Expr):
            yield from derived_texts(part, binding, depth + 1)


def _is_derived(value: exp.Expr) -> bool:
    """Return whether the value is a quoted text, or a text from JSON."""
    if isinstance(value, exp.Cast) and value.to.this in _TEXTS:
        return isinstance(value.this.unnest(), exp.JSONExtractScalar | exp.Literal | exp.Placeholder)
    return isinstance(value, exp.JSONExtractScalar) or (isinstance(value, exp.Literal) and value.is_string)


def sorted_values(ordered: exp.Expr, binding: Binding) -> list[exp.Expr]:
    """Return what a sort key means: one value, or one of each query of a UNION."""
    order = ordered.parent
    union = order.parent if order is not None else None
    if not isinstance(union, exp.SetOperation) or not isinstance(ordered, exp.Ordered):
        return [binding.sort_key(ordered)]
    outputs, key = binding.outputs(union) or (), ordered.this
    if isinstance(key, exp.Literal) and key.is_int:
        place = int(key.name) - 1
    else:
        place = next((at for at, each in enumerate(outputs) if each.name == key.name.lower()), -1)
    arms = [arm for arm in arms_of(union) if isinstance(arm, exp.Select)]
    if place < 0 or any(len(arm.selects) <= place for arm in arms):
        return [key]
    return [arm.selects[place].unalias() for arm in arms]
